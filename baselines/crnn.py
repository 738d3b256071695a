"""Convolutional recurrent network on mel spectrograms (Choi et al. 2017).

K. Choi, G. Fazekas, M. Sandler and K. Cho, "Convolutional recurrent neural networks for music
classification", ICASSP 2017. Four 3 × 3 convolutions of 64, 128, 128 and 128 kernels come first, each with
batch norm, ELU, a max-pool and dropout 0.1. The pools are 2 × 2, 3 × 3, 4 × 4 and 4 × 4. The remaining map,
read along time, goes through two GRU layers of 32 and dropout 0.3. The last state is classified.

They had 96 bands and 1366 frames. Here the sizes are the feature's, and a pool is cut to the size of what it
pools. Of 216 frames only two steps are left for the GRU, of the paper's 1366 fourteen. Adam at 1e-3, batches
of 64 and the patience are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from baselines._neural.network import SegmentNetwork, Shape
from baselines._neural.settings import TrainingOptions, adam

FEATURES = ("mel",)
SELECTION = "validation"
WIDTHS = (64, 128, 128, 128)
POOLS = (2, 3, 4, 4)
STATE = 32


class ConvolutionalRecurrent(nn.Module):
    """The network.

    Args:
        shape: (time, frequency) of a segment.
        n_genres: number of genres.

    Shape:
        (batch, time, frequency) -> (batch, genres)
    """

    def __init__(self, shape: Shape, n_genres: int) -> None:
        super().__init__()
        _, bands = shape
        blocks, incoming = [], 1
        for width, pool in zip(WIDTHS, POOLS, strict=True):
            blocks.append(_Block(incoming, width, pool))
            incoming, bands = width, max(1, bands // pool)
        self.blocks = nn.Sequential(*blocks)
        self.recurrent = nn.GRU(incoming * bands, STATE, num_layers=2, batch_first=True)
        self.classifier = nn.Sequential(nn.Dropout(0.3), nn.Linear(STATE, n_genres))

    def forward(self, segments: Tensor) -> Tensor:
        """Logits."""
        maps = self.blocks(segments[:, None])  # (batch, channels, steps, bands)
        states, _ = self.recurrent(maps.transpose(1, 2).flatten(start_dim=2))
        logits: Tensor = self.classifier(states[:, -1])
        return logits


class _Block(nn.Module):
    def __init__(self, incoming: int, width: int, pool: int) -> None:
        super().__init__()
        self.pool = pool
        self.layers = nn.Sequential(
            nn.Conv2d(incoming, width, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ELU()
        )
        self.dropout = nn.Dropout(0.1)

    def forward(self, values: Tensor) -> Tensor:
        wide = self.layers(values)
        time, frequency = wide.shape[2:]
        pooled = nn.functional.max_pool2d(wide, (min(self.pool, time), min(self.pool, frequency)))
        dropped: Tensor = self.dropout(pooled)
        return dropped


@dataclass(frozen=True)
class Options(TrainingOptions):
    """What can be chosen."""

    epochs: int = 60
    batch: int = 64
    patience: int = 8


def build(n_genres: int, seed: int, device: str, options: Options) -> SegmentNetwork:
    """The model; the seed sets the initial values, the batches and the dropout."""
    training = options.training(adam(options.learning_rate))
    return SegmentNetwork(ConvolutionalRecurrent, n_genres, seed, device, training)
