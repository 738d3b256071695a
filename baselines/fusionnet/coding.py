"""Feature coding networks: from one low-level feature of a segment to a high-level feature and logits.

Two-dimensional features (time × frequency) go through five blocks of convolution, batch norm, activation and
pooling (Ng et al. 2020, section on the feature coding network). The map of every block is coded by a NetVLAD
of its own; the codings, stacked to X of M = 224 rows and K columns, go through self-attention and two dense
layers. Vectors (timbre, rhythm, transfer) go through two one-dimensional convolutions, self-attention and the
same dense layers, as the released code has it for the transfer feature; the paper's networks for vectors were
never released.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.fusionnet.attention import ChannelAttention, HeadAttention
from baselines.fusionnet.design import DROPOUT, Design
from baselines.fusionnet.netvlad import NetVLAD, laid_out
from mgrbench import BenchError

CHANNELS = (32, 32, 32, 64, 64)
VECTOR_CHANNELS = 32
VECTOR_HEADS = 2


class ConvBlock(nn.Module):
    """Convolution 3 × 3, batch norm, activation, max-pool 2 × 2.

    An axis of length 1 is not pooled, so that small inputs pass too. The pool is taken before the activation:
    every activation of `ACTIVATIONS` rises, so the values are the same, and there are a quarter of them.

    Shape:
        (batch, channels, time, frequency) -> (batch, more channels, ⌊time / 2⌋, ⌊frequency / 2⌋)
    """

    def __init__(self, incoming: int, outgoing: int, design: Design) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(incoming, outgoing, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(outgoing)
        self.activation = design.activate()

    def forward(self, values: Tensor) -> Tensor:
        """The pooled map."""
        wide = self.norm(self.convolution(values))
        time, frequency = wide.shape[2:]
        pooled: Tensor = self.activation(nn.functional.max_pool2d(wide, (min(2, time), min(2, frequency))))
        return pooled


class MapCoder(nn.Module):
    """The convolutional blocks with their codings, X and its attention, flattened.

    Shape:
        (batch, time, frequency) -> (batch, N · M · K)
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ConvBlock(*pair, design) for pair in zip((1, *CHANNELS), CHANNELS, strict=False)
        )
        self.codings = nn.ModuleList(
            NetVLAD(channels, design.clusters, released_start=design.released_start)
            for channels in (CHANNELS if design.netvlad else ())
        )
        self.scrambled = design.scrambled_layout
        self.attention: nn.Module = nn.Identity()
        if design.attention:
            width = design.clusters if design.netvlad else CHANNELS[-1]
            self.attention = _attention(width, design.heads, design)

    def forward(self, segments: Tensor) -> Tensor:
        """The attended codings of all levels."""
        attended: Tensor = self.attention(self.codes(segments))
        return attended.flatten(start_dim=1)

    def codes(self, segments: Tensor) -> Tensor:
        """X, shape (batch, M, K); without NetVLAD the positions of the last map, (batch, positions, 64)."""
        levels = []
        values = segments[:, None]
        for number, block in enumerate(self.blocks):
            values = block(values)
            if self.codings:
                levels.append(laid_out(self.codings[number](values), scrambled=self.scrambled))
        return torch.cat(levels, dim=1) if levels else values.flatten(start_dim=2).transpose(1, 2)


class VectorCoder(nn.Module):
    """Two convolutions along a vector and attention between its positions, flattened.

    Shape:
        (batch, values) -> (batch, 2 · 32 · values)
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(1, VECTOR_CHANNELS, kernel_size=5, padding=2),
            nn.BatchNorm1d(VECTOR_CHANNELS),
            design.activate(),
            nn.Conv1d(VECTOR_CHANNELS, VECTOR_CHANNELS, kernel_size=5, padding=2),
            nn.BatchNorm1d(VECTOR_CHANNELS),
            design.activate(),
        )
        self.attention: nn.Module = nn.Identity()
        if design.attention:
            self.attention = _attention(VECTOR_CHANNELS, VECTOR_HEADS, design)

    def forward(self, segments: Tensor) -> Tensor:
        """The attended map."""
        attended: Tensor = self.attention(self.layers(segments[:, None]).transpose(1, 2))
        return attended.flatten(start_dim=1)


class CodingNetwork(nn.Module):
    """A coding network: what codes a segment, then two dense layers.

    Args:
        shape: of a segment, (time, frequency) or (values,).
        n_genres: number of genres.
        design: which FusionNet.
        normalise: what the segments go through first, usually a fitted `Standardise`.

    Attributes:
        high_level: segments -> the values (1024) after the first dense layer, batch norm and activation.
        classifier: those -> logits, with dropout between.

    Shape:
        (batch, *shape) -> (batch, genres)
    """

    def __init__(
        self, shape: tuple[int, ...], n_genres: int, design: Design, normalise: nn.Module | None = None
    ) -> None:
        super().__init__()
        coder = _coder(shape, design)
        self.high_level = nn.Sequential(
            normalise or nn.Identity(),
            coder,
            nn.Linear(_flat_size(coder, shape), design.high_level),
            nn.BatchNorm1d(design.high_level),
            design.activate(),
        )
        self.classifier = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(design.high_level, n_genres))

    def forward(self, segments: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.classifier(self.high_level(segments))
        return logits


def _attention(width: int, heads: int, design: Design) -> nn.Module:
    return ChannelAttention(heads) if design.identical_heads else HeadAttention(width, heads)


def _coder(shape: tuple[int, ...], design: Design) -> nn.Module:
    if len(shape) == 2:
        return MapCoder(design)
    if len(shape) == 1:
        return VectorCoder(design)
    raise BenchError(
        f"a segment has {len(shape)} axes, shape {shape}", "give features of (time, frequency) or (values,)"
    )


def _flat_size(coder: nn.Module, shape: tuple[int, ...]) -> int:
    """Values that the coder gives for a segment, found by trying it on one of zeros."""
    coder.eval()
    with torch.no_grad():
        size = int(coder(torch.zeros(1, *shape)).shape[1])
    coder.train()
    return size
