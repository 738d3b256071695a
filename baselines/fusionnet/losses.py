"""Softmax cross-entropy with centre loss.

The loss is L_s + λ L_c with L_c = ½ Σ_i ‖x_i − c_{y_i}‖² over the high-level features x_i of a batch (Ng et
al. 2020, section on the loss; Y. Wen et al., "A discriminative feature learning approach for deep face
recognition", ECCV 2016). Wen et al. write both as sums over the batch. Here both are means, which keeps their
ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from baselines._neural.training import Objective


class CentreLoss(nn.Module):
    """Half the mean squared distance of high-level features to the centre of their genre.

    Args:
        n_genres: number of centres.
        size: values of a feature.
        released: as the released code has it: no ½, and centres that are never updated, since their optimiser
            was given the network's values. The features are drawn to the random points where they started.

    Shape:
        (batch, size), (batch,) -> ()
    """

    def __init__(self, n_genres: int, size: int, *, released: bool = False) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(n_genres, size), requires_grad=not released)
        self.factor = 1.0 if released else 0.5

    def forward(self, high_level: Tensor, genre: Tensor) -> Tensor:
        """The loss of a batch."""
        distance = (high_level - self.centres[genre]).square().sum(dim=1)
        return self.factor * distance.mean()


class CentredObjective(Objective):
    """Cross-entropy of the logits plus weighted centre loss.

    Args:
        network: has ``high_level`` (segments -> high-level features) and ``classifier`` (those -> logits).
        n_genres: number of genres.
        size: values of a high-level feature.
        weight: λ; with 0 there are no centres.
        softmax_twice: apply the softmax before the cross-entropy, which applies it again, as the released
            code does: for ten genres the loss can't fall below 1.461, and gradients vanish where the network
            is sure.
        released_centres: see `CentreLoss`.
    """

    def __init__(
        self,
        network: nn.Module,
        n_genres: int,
        size: int,
        *,
        weight: float,
        softmax_twice: bool = False,
        released_centres: bool = False,
    ) -> None:
        super().__init__(network)
        self.weight = weight
        self.softmax_twice = softmax_twice
        self.centre_loss = CentreLoss(n_genres, size, released=released_centres) if weight else None

    def forward(self, segments: Tensor, genre: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of a batch, a scalar, and the logits, shape (batch, genres)."""
        high_level = cast("Callable[[Tensor], Tensor]", self.network.high_level)(segments)
        logits = cast("Callable[[Tensor], Tensor]", self.network.classifier)(high_level).float()
        answer = logits.softmax(dim=1) if self.softmax_twice else logits
        loss = nn.functional.cross_entropy(answer, genre)
        if self.centre_loss is not None:
            loss = loss + self.weight * self.centre_loss(high_level.float(), genre)
        return loss, logits
