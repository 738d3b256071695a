"""The music-tagging convnet of Choi et al. 2017 (arXiv 1703.09179) and its two published weight files.

Five times convolution 3 × 3, batch norm, ELU, max-pooling, 32 channels each, on a mel spectrogram of 29 s;
the transfer feature is the average of each of the 5 × 32 maps. The two files differ in more than weights:

* **theano** (Keras 1, the model behind the published features): Theano's convolution turns kernels by 180°,
  and its batch norm (mode 2) takes the statistics of the batch at test, too. A vector then depends on the
  clips it was computed with; here each clip is a batch of its own. Averages are of the pooled maps.
* **keras2** (Keras 2, other weights): ordinary batch norm with stored statistics, and spectrograms
  standardised clip by clip. Averages are of the maps before pooling.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mgrbench import FloatArray
from mgrbench.features.extractors._device import computing
from mgrbench.features.extractors._networks.keras import State, load, tensor, verify

SAMPLE_RATE, SAMPLES = 12000, 348000  # 29 s
N_FFT, HOP, N_MELS, FRAMES = 512, 256, 96, 1360
RANGE_DB = 80.0
CHANNELS = 32
POOLS = ((2, 4), (3, 4), (2, 5), (2, 4), (4, 4))
FEATURES = len(POOLS) * CHANNELS

_EPSILON = 1e-3  # Keras' default in both versions


class ChoiConvnet(nn.Module):
    """The convolutional part of the tagger, giving transfer features instead of tags.

    Args:
        keras2: which of the two models it is, see the module's docstring.

    Shape:
        - input: (clips, 1, 96, 1360), decibels, lowest mel first
        - output: (clips, 160), layer after layer
    """

    def __init__(self, *, keras2: bool) -> None:
        super().__init__()
        widths = (1, *([CHANNELS] * len(POOLS)))
        norm = nn.BatchNorm2d if keras2 else nn.InstanceNorm2d
        self.keras2 = keras2
        self.convolutions = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in pairwise(widths))
        self.norms = nn.ModuleList(norm(CHANNELS, eps=_EPSILON, affine=True) for _ in POOLS)
        self.pools = nn.ModuleList(nn.MaxPool2d(pool) for pool in POOLS)

    def maps(self, spectrograms: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The maps of each layer before and after its pool, each (clips, 32, mels, frames)."""
        if self.keras2:
            deviation, mean = torch.std_mean(spectrograms, dim=(1, 2, 3), correction=0, keepdim=True)
            spectrograms = (spectrograms - mean) / (deviation + 1e-7)
        layers = []
        for convolution, norm, pool in zip(self.convolutions, self.norms, self.pools, strict=True):
            before = nn.functional.elu(norm(convolution(spectrograms)))
            spectrograms = pool(before)
            layers.append((before, spectrograms))
        return layers

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Transfer features."""
        layers = self.maps(spectrograms)
        averages = [(before if self.keras2 else after).mean(dim=(2, 3)) for before, after in layers]
        return torch.cat(averages, dim=1)


def load_weights(path: Path) -> ChoiConvnet:
    """The convnet with the weights of one of the two published files; the file itself tells which.

    Args:
        path: an HDF5 file.

    Raises:
        BenchError: if it is missing, is no HDF5 file, or is neither of the two.
    """
    return load(path, _read)


@lru_cache(maxsize=2)
def published(path: Path, sha256: str) -> ChoiConvnet:
    """The convnet with the weights of a published file, which must be that very file.

    Args:
        path: where it lies.
        sha256: its checksum, which the values of the feature depend on.

    Raises:
        BenchError: if it is missing or another file.
    """
    verify(path, sha256)
    return load_weights(path)


@lru_cache(maxsize=2)
def in_double_on(device: torch.device, network: ChoiConvnet) -> ChoiConvnet:
    """A copy of the convnet on a device, in double precision; `_device` says why."""
    return deepcopy(network).double().to(device)


def features(network: ChoiConvnet, samples: NDArray[np.floating]) -> FloatArray:
    """Transfer features of one recording, computed where the convnet is and in its precision.

    The spectrogram is always computed on the CPU.

    Args:
        network: from `load_weights` or `in_double_on`.
        samples: at 12 kHz, shape (samples,). The first 29 s count; shorter ones are followed by zeros.

    Returns:
        Float32, shape (160,).

    Raises:
        BenchError: if the device's memory does not suffice.
    """
    with computing():
        spectrogram = torch.from_numpy(melgram(samples)).to(next(network.parameters()))
        return np.asarray(network(spectrogram[None, None])[0].float().cpu().numpy())


def melgram(samples: NDArray[np.floating]) -> FloatArray:
    """The spectrogram the convnet was trained on.

    Args:
        samples: at 12 kHz, shape (samples,); cut or filled with zeros to 29 s.

    Returns:
        Float32, shape (96, 1360): mel power in dB below its maximum, from -80 to 0.
    """
    import librosa

    signal = np.zeros(SAMPLES, dtype=np.float32)
    signal[: len(samples)] = samples[:SAMPLES]
    power = librosa.feature.melspectrogram(
        y=signal, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, fmax=SAMPLE_RATE / 2
    )
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.asarray(np.maximum(decibels - decibels.max(), -RANGE_DB), dtype=np.float32)


def _read(stored: h5py.File) -> tuple[ChoiConvnet, State]:
    keras2 = "model_weights" in stored
    return ChoiConvnet(keras2=keras2), _keras2_state(stored) if keras2 else _theano_state(stored)


def _theano_state(stored: h5py.File) -> State:
    group = stored["ConvBNEluDr"]
    state = {}
    for layer in range(len(POOLS)):
        kernel = np.flip(group[f"convolution2d_{layer + 1}_W"][:], axis=(2, 3)).copy()
        state[f"convolutions.{layer}.weight"] = torch.from_numpy(kernel)
        state[f"convolutions.{layer}.bias"] = tensor(group[f"convolution2d_{layer + 1}_b"])
        state[f"norms.{layer}.weight"] = tensor(group[f"batchnormalization_{layer + 1}_gamma"])
        state[f"norms.{layer}.bias"] = tensor(group[f"batchnormalization_{layer + 1}_beta"])
    return state


def _keras2_state(stored: h5py.File) -> State:
    state = {}
    for layer in range(len(POOLS)):
        convolution = stored[f"model_weights/conv2d_{layer + 1}/conv2d_{layer + 1}"]
        norm = stored[f"model_weights/batch_normalization_{layer + 1}/batch_normalization_{layer + 1}"]
        kernel = convolution["kernel:0"][:].transpose(3, 2, 0, 1).copy()
        state[f"convolutions.{layer}.weight"] = torch.from_numpy(kernel)
        state[f"convolutions.{layer}.bias"] = tensor(convolution["bias:0"])
        state[f"norms.{layer}.weight"] = tensor(norm["gamma:0"])
        state[f"norms.{layer}.bias"] = tensor(norm["beta:0"])
        state[f"norms.{layer}.running_mean"] = tensor(norm["moving_mean:0"])
        state[f"norms.{layer}.running_var"] = tensor(norm["moving_variance:0"])
    return state
