"""A fitted FusionNet of several features as one network, from segments to the logits of tracks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from baselines.fusionnet.coding import CodingNetwork
from baselines.fusionnet.meta import MetaNetwork


class Fused(nn.Module):
    """What predicts: the coding networks of the chosen combination, and the meta-CNN behind them.

    Shape:
        one (tracks, segments, ...) for each feature -> (tracks, genres), logits
    """

    def __init__(self, coding: Sequence[CodingNetwork], copies: Sequence[int], meta: MetaNetwork) -> None:
        super().__init__()
        self.coding: Sequence[CodingNetwork] = nn.ModuleList(coding)  # type: ignore[assignment]
        self.copies = tuple(copies)
        self.meta = meta

    def forward(self, *features: Tensor) -> Tensor:
        """Logits of tracks."""
        channels = []
        for network, copies, segments in zip(self.coding, self.copies, features, strict=True):
            rows = network.high_level(segments.flatten(0, 1))
            high_level = rows.unflatten(0, segments.shape[:2]).mean(dim=1)
            channels += [high_level] * copies
        logits: Tensor = self.meta(torch.stack(channels, dim=1))
        return logits
