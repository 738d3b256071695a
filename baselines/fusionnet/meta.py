"""The meta-CNN: genres from the high-level features of a combination (Ng et al. 2020, section on fusion).

Each feature of the combination is a channel of 1024 values. Three blocks of convolution, batch norm,
activation and pooling come first: 32, 64 and 32 kernels of 5, 5 and 3, the first with stride 2. Then come
self-attention with 5 heads and two dense layers. The kernels' sizes, the stride and the 5 heads are the
released code's; the paper names none.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.fusionnet.attention import ChannelAttention, HeadAttention
from baselines.fusionnet.design import DROPOUT, Design

KERNELS = (32, 64, 32)
HEADS = 5


class MetaNetwork(nn.Module):
    """The meta-CNN.

    Args:
        channels: features of the combination (in the released code, copies of them).
        n_genres: number of genres.
        design: with ``two_attentions`` as released [16]: no pool in the third block, and two attentions over
            copies, the second of the transposed map.
        normalise: what the features go through first.

    Shape:
        (batch, channels, 1024) -> (batch, genres)
    """

    def __init__(
        self, channels: int, n_genres: int, design: Design, normalise: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.normalise = normalise or nn.Identity()
        first, second, third = KERNELS
        self.blocks = nn.Sequential(
            *_block(channels, first, 5, 2, design),
            nn.MaxPool1d(2),
            *_block(first, second, 5, 1, design),
            nn.MaxPool1d(2),
            *_block(second, third, 3, 1, design),
            nn.Identity() if design.two_attentions else nn.MaxPool1d(2),
        )
        self.attention = HeadAttention(third, HEADS) if not design.two_attentions else ChannelAttention(HEADS)
        self.second_attention = ChannelAttention(HEADS) if design.two_attentions else None
        with torch.no_grad():
            length = self.blocks.eval()(torch.zeros(1, channels, design.high_level)).shape[2]
        self.blocks.train()
        self.dense = nn.Sequential(
            nn.Linear(HEADS * third * length, design.high_level),
            nn.BatchNorm1d(design.high_level),
            design.activate(),
        )
        self.classifier = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(design.high_level, n_genres))

    def forward(self, high_level: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.classifier(self.high_level(high_level))
        return logits

    def high_level(self, channels: Tensor) -> Tensor:
        """The values after the first dense layer, (batch, 1024)."""
        attended = self.attention(self.blocks(self.normalise(channels)).transpose(1, 2))
        if self.second_attention is not None:
            attended = self.second_attention(attended.transpose(2, 3))
        dense: Tensor = self.dense(attended.flatten(start_dim=1))
        return dense


def _block(incoming: int, outgoing: int, kernel: int, stride: int, design: Design) -> list[nn.Module]:
    return [
        nn.Conv1d(incoming, outgoing, kernel_size=kernel, stride=stride),
        nn.BatchNorm1d(outgoing),
        design.activate(),
    ]
