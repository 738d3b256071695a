"""A fitted FusionNet of several features as one network, from segments to the logits of tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
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


class Summed(nn.Module):
    """What predicts where the sum rule decides: the coding networks of the best combination.

    Args:
        coding: the networks.
        weights: of the networks; None for equal ones.

    Shape:
        one (tracks, segments, ...) for each feature -> (tracks, genres), logarithms of probabilities
    """

    def __init__(self, coding: Sequence[CodingNetwork], weights: NDArray[np.float64] | None = None) -> None:
        super().__init__()
        self.coding: Sequence[CodingNetwork] = nn.ModuleList(coding)  # type: ignore[assignment]
        shares = torch.ones(len(coding)) if weights is None else torch.from_numpy(weights).float()
        self.shares = (shares / shares.sum()).tolist()

    def forward(self, *features: Tensor) -> Tensor:
        """Logarithms of the tracks' probabilities."""
        total: Tensor | float = 0.0
        for network, share, segments in zip(self.coding, self.shares, features, strict=True):
            proba = network(segments.flatten(0, 1)).softmax(dim=-1)
            total = total + share * proba.unflatten(0, segments.shape[:2]).mean(dim=1)
        logits: Tensor = torch.log(torch.as_tensor(total))
        return logits
