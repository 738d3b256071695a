"""Bidirectional recurrent network with attention over time (after Yu et al. 2020).

Y. Yu, S. Luo, S. Liu, H. Qiao, Y. Liu and L. Feng, "Deep attention based music genre classification",
Neurocomputing 372, 2020: a bidirectional GRU reads a spectrogram; its states are averaged with weights from
an attention, which is computed from the states (*serial*) or beside them from the input (*parallelised*), by
a linear map or by a small CNN; the last was best. Only the abstract was read: sizes are the simplest reading
(GRU of 128 a direction; CNN of two 3 × 3 convolutions with 16 kernels, each pooled by 4 in frequency, and one
over the bands that remain; dropout 0.5; Adam at 1e-3, batches of 128). The paper's input is an STFT of 3 s;
here it is the feature and the segment that is given.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines._neural.network import SegmentNetwork, Shape
from baselines._neural.settings import adam, training_with
from baselines._options import chosen_from

FEATURES = ("mel",)
SELECTION = "validation"
ATTENTIONS = ("cnn", "linear", "serial", "none")
STATE = 128
KERNELS = 16


class AttentiveRecurrent(nn.Module):
    """The network.

    Args:
        shape: (time, frequency) of a segment.
        n_genres: number of genres.
        attention: one of `ATTENTIONS`; ``"none"`` weighs all times the same.

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


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    attention: str = "cnn",
    epochs: int = 60,
    batch: int = 128,
    patience: int = 10,
    learning_rate: float = 1e-3,
    clip_norm: float = 0.0,
    bf16: bool | str = False,
    compiled: bool | str = False,
) -> SegmentNetwork:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        attention: one of `ATTENTIONS`.
        epochs: largest number of epochs.
        batch: segments in a batch.
        patience: epochs without improvement after which training ends; 0: never.
        learning_rate: of Adam.
        clip_norm: largest norm of the gradient; 0 leaves it as it is.
        bf16: bfloat16 on a GPU, on or off.
        compiled: ``torch.compile`` on a GPU, on or off.

    Raises:
        BenchError: for an option out of range.
    """
    chosen_from(ATTENTIONS, attention=attention)
    training = training_with(
        adam(learning_rate), epochs, batch, patience, clip_norm, bf16=bf16, compiled=compiled
    )

    def make(shape: Shape, genres: int) -> nn.Module:
        return AttentiveRecurrent(shape, genres, attention)

    return SegmentNetwork(make, n_genres, seed, device, training)
