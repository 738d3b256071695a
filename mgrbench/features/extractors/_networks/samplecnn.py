"""SampleCNN as it was trained to tag the Million Song Dataset, and its published weight file.

J. Lee, J. Park, K. L. Kim and J. Nam, "SampleCNN: end-to-end deep convolutional neural networks using very
small filters for music classification", Applied Sciences 8(1), 2018; network and weights are those of
github.com/jongpillee/musicTagging_MSD (MIT licence): of the paper's network, with 256 channels in the last
three convolutions and no dropout.

The file is one of Keras 1.1.0 on Theano, read by what these are known to write, and was not at hand: Theano's
convolution turns kernels around, and what is called ``running_std`` is a variance.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor, nn

from mgrbench import FloatArray
from mgrbench.features.extractors._networks.keras import State, load, tensor

SAMPLES = 3**10
WIDTHS = (128, 128, 128, *(256,) * 8)
FEATURES = WIDTHS[-1]

_EPSILON = 1e-5
_PARTS = {"weight": "gamma", "bias": "beta", "running_mean": "running_mean", "running_var": "running_std"}


class SampleNetwork(nn.Module):
    """The convolutions, giving the last hidden layer instead of tags.

    Shape:
        - input: (segments, 59049), samples at 22 050 Hz
        - output: (segments, 256), the largest value over time of each channel
    """

    def __init__(self) -> None:
        super().__init__()
        kernels = (*(3,) * 10, 1)
        pairs = zip(pairwise((1, *WIDTHS)), kernels, strict=True)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(*pair, kernel, padding=kernel // 2) for pair, kernel in pairs
        )
        self.convolutions[0] = nn.Conv1d(1, WIDTHS[0], 3, stride=3)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, eps=_EPSILON) for width in WIDTHS)

    def forward(self, segments: Tensor) -> Tensor:
        """Largest values."""
        values = segments[:, None]
        last = len(WIDTHS) - 1
        for layer, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            values = norm(convolution(values)).relu()
            if 0 < layer < last:
                values = nn.functional.max_pool1d(values, 3)
        return values.amax(dim=2)


@lru_cache(maxsize=2)
def load_weights(path: Path) -> SampleNetwork:
    """The network with the weights of a file as Keras 1.1 writes them.

    Raises:
        BenchError: if it is missing, is no HDF5 file, or holds other weights.
    """
    return load(path, lambda stored: (SampleNetwork(), _state(stored)))


def features(network: SampleNetwork, segments: FloatArray) -> FloatArray:
    """Mean over the segments of a recording: (segments, 59049) to (256,)."""
    return np.asarray(network(torch.from_numpy(segments)).mean(dim=0).numpy())


def _state(stored: h5py.File) -> State:
    group = stored.get("model_weights", stored)
    state = {}
    for layer in range(len(WIDTHS)):
        convolution, norm = f"convolution1d_{layer + 1}", f"batchnormalization_{layer + 1}"
        kernel = group[f"{convolution}/{convolution}_W"][:]  # (time, 1, incoming, outgoing)
        if kernel.ndim != 4:
            raise KeyError(f"{convolution}_W of {kernel.ndim} axes")
        turned = np.flip(kernel[:, 0], axis=0).transpose(2, 1, 0).copy()
        state[f"convolutions.{layer}.weight"] = torch.from_numpy(turned)
        state[f"convolutions.{layer}.bias"] = tensor(group[f"{convolution}/{convolution}_b"])
        for name, of_keras in _PARTS.items():
            state[f"norms.{layer}.{name}"] = tensor(group[f"{norm}/{norm}_{of_keras}"])
    return state
