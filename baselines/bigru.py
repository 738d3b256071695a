"""Bidirectional recurrent network with attention over time (after Yu et al. 2020).

Y. Yu, S. Luo, S. Liu, H. Qiao, Y. Liu and L. Feng, "Deep attention based music genre classification",
Neurocomputing 372, 2020. Only the abstract was read.

Stated: a bidirectional GRU reads a spectrogram. Its states are averaged with weights from an attention. The
attention is computed from the states (*serial*) or beside them from the input (*parallelised*), by a linear
map or by a small CNN. The last was best.

Filled in: the sizes are the simplest reading. The GRU has 128 values a direction. The CNN has two 3 × 3
convolutions with 16 kernels, each pooled by 4 in frequency, and one over the bands that remain. Dropout is
0.5. Adam runs at 1e-3, on batches of 128.

Different: the paper's input is an STFT of 3 s. Here it is the feature and the segment that is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._neural.network import SegmentNetwork, Shape
from baselines._neural.settings import TrainingOptions, adam
from mgrbench import fixed, option

FEATURES = ("mel",)
SELECTION = "validation"
STATE = 128
KERNELS = 16


class AttentiveRecurrent(nn.Module):
    """The network.

    Args:
        shape: (time, frequency) of a segment.
        n_genres: number of genres.
        attention: ``"cnn"``, ``"linear"``, ``"serial"``, or ``"none"``, which weighs all times the same.

    Shape:
        (batch, time, frequency) -> (batch, genres)
    """

    def __init__(self, shape: Shape, n_genres: int, attention: str) -> None:
        super().__init__()
        _, bands = shape
        self.recurrent = nn.GRU(bands, STATE, batch_first=True, bidirectional=True)
        self.serial = attention == "serial"
        self.attention: nn.Module | None = None
        if attention == "cnn":
            self.attention = _CNNAttention(bands)
        elif attention != "none":
            self.attention = nn.Linear(2 * STATE if self.serial else bands, 1)
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(2 * STATE, n_genres))

    def forward(self, segments: Tensor) -> Tensor:
        """Logits."""
        states, _ = self.recurrent(segments)
        weights = self.weights(segments, states)
        logits: Tensor = self.classifier((weights * states).sum(dim=1))
        return logits

    def weights(self, segments: Tensor, states: Tensor) -> Tensor:
        """Weights of the times, shape (batch, time, 1), summing to 1."""
        if self.attention is None:
            return torch.full_like(states[:, :, :1], 1.0 / states.shape[1])
        scores: Tensor = self.attention(states if self.serial else segments)
        return scores.softmax(dim=1)


class _CNNAttention(nn.Module):
    """A score for each time from its surroundings: (batch, time, frequency) -> (batch, time, 1)."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.pools = [min(4, bands), min(4, max(1, bands // 4))]
        left = bands // self.pools[0] // self.pools[1]
        self.layers = nn.Sequential(
            nn.Conv2d(1, KERNELS, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d((1, self.pools[0])),
            nn.Conv2d(KERNELS, KERNELS, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d((1,
            self.pools[1])), nn.Conv2d(KERNELS, 1, kernel_size=(1, left)),
        )  # fmt: skip

    def forward(self, segments: Tensor) -> Tensor:
        scores: Tensor = self.layers(segments[:, None])
        return scores[:, 0]


@dataclass(frozen=True)
class Options(TrainingOptions):
    """What can be chosen."""

    epochs: int = 60
    batch: int = 128
    patience: int = 10
    channels_last: bool = fixed(False)  # there is no image
    attention: str = option(
        "cnn",
        "The times are weighed by a CNN or a linear map of the input, by the states, or not at all.",
        choices=("cnn", "linear", "serial", "none"),
    )


def build(n_genres: int, seed: int, device: str, options: Options) -> SegmentNetwork:
    """The model; the seed sets the initial values, the batches and the dropout."""

    def make(shape: Shape, genres: int) -> nn.Module:
        return AttentiveRecurrent(shape, genres, options.attention)

    training = options.training(adam(options.learning_rate))
    return SegmentNetwork(make, n_genres, seed, device, training)
