"""The artist network of Park et al. 2018 (arXiv 1710.06648) and its published weight file.

Five one-dimensional convolutions along time over 128 mel bands, each with batch norm, ReLU and max-pooling,
trained to tell artists of the Million Song Dataset apart (github.com/jongpillee/ismir2018-artist, MIT
licence).
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
from mgrbench.features.extractors._networks.keras import State, load, tensor, verify

BANDS, FRAMES = 128, 129
WIDTHS, KERNELS, POOLS = (128, 128, 128, 128, 256), (4, 4, 4, 2, 1), (4, 4, 4, 2, 1)
FEATURES = sum(WIDTHS)
MEAN, DEVIATION = 0.22620339, 0.25794547

_EPSILON = 1e-3
_PARTS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


class ArtistNetwork(nn.Module):
    """The convolutions, giving what each finds in a segment.

    Shape:
        - input: (segments, 129, 128), compressed mel magnitudes as `mgrbench.features.extractors.artist` has
        them - output: (segments, 768), the largest value over time of each channel, layer after layer
    """

    def __init__(self) -> None:
        super().__init__()
        pairs = pairwise((BANDS, *WIDTHS))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(*pair, kernel) for pair, kernel in zip(pairs, KERNELS, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, eps=_EPSILON) for width in WIDTHS)

    def forward(self, segments: Tensor) -> Tensor:
        """Largest values."""
        values = ((segments - MEAN) / DEVIATION).transpose(1, 2)
        found = []
        for convolution, norm, kernel, pool in zip(
            self.convolutions, self.norms, KERNELS, POOLS, strict=True
        ):
            # As TensorFlow fills up for "same": the larger half of an odd number of zeros at the end.
            filled = nn.functional.pad(values, ((kernel - 1) // 2, kernel // 2))
            values = nn.functional.max_pool1d(norm(convolution(filled)).relu(), pool)
            found.append(values.amax(dim=2))
        return torch.cat(found, dim=1)


def load_weights(path: Path) -> ArtistNetwork:
    """The network with the weights of a file as Keras writes them.

    Raises:
        BenchError: if it is missing, is no HDF5 file, or holds other weights.
    """
    return load(path, lambda stored: (ArtistNetwork(), _state(stored)))


@lru_cache(maxsize=2)
def published(path: Path, sha256: str) -> ArtistNetwork:
    """The network with the weights of the published file, which must be that very file.

    Raises:
        BenchError: if it is missing or another file.
    """
    verify(path, sha256)
    return load_weights(path)


def features(network: ArtistNetwork, segments: FloatArray) -> FloatArray:
    """Mean over the segments of a recording: (segments, 129, 128) to (768,)."""
    return np.asarray(network(torch.from_numpy(segments)).mean(dim=0).numpy())


def _state(stored: h5py.File) -> State:
    state = {}
    for layer in range(len(WIDTHS)):
        convolution = stored[f"model_weights/conv1d_{layer + 1}/conv1d_{layer + 1}"]
        norm = stored[f"model_weights/batch_normalization_{layer + 1}/batch_normalization_{layer + 1}"]
        kernel = convolution["kernel:0"][:].transpose(2, 1, 0).copy()
        state[f"convolutions.{layer}.weight"] = torch.from_numpy(kernel)
        state[f"convolutions.{layer}.bias"] = tensor(convolution["bias:0"])
        for name, of_keras in _PARTS.items():
            state[f"norms.{layer}.{name}"] = tensor(norm[f"{of_keras}:0"])
    return state
