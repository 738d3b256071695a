"""Settings of a training, shared by every neural baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch

from mgrbench import BenchError, option


@dataclass(frozen=True, slots=True)
class Optimiser:
    """An optimiser and its learning rate over the epochs.

    The defaults are FusionNet's (Ng et al. 2020, section on experimental settings): RMSprop with smoothing
    0.9, L2 weight 4e-5, learning rate 1e-3 multiplied by 0.94 every second epoch.

    Attributes:
        kind: ``"rmsprop"``, ``"adam"`` or ``"sgd"``; Adam takes its betas from torch.
        learning_rate: in the first epoch.
        decay: factor of the learning rate after every ``decay_every`` epochs.
        floor: smallest learning rate.
        smoothing: RMSprop's weight of the past squared gradients.
        epsilon: added to the root of the squared gradients.
        momentum: of RMSprop and of SGD, which looks ahead by it (Nesterov) with ``nesterov``.
        weight_decay: weight of the L2 penalty on every value of the network.
        nesterov: of SGD.
    """

    kind: Literal["rmsprop", "adam", "sgd"] = "rmsprop"
    learning_rate: float = 1e-3
    decay: float = 0.94
    decay_every: int = 2
    floor: float = 0.0
    smoothing: float = 0.9
    epsilon: float = 1e-8
    momentum: float = 0.0
    weight_decay: float = 4e-5
    nesterov: bool = False

    def rate(self, epoch: int) -> float:
        """The learning rate in an epoch, counted from 1."""
        return max(self.floor, self.learning_rate * self.decay ** ((epoch - 1) // self.decay_every))

    def build(
        self, decayed: Iterable[torch.nn.Parameter], others: Iterable[torch.nn.Parameter]
    ) -> torch.optim.Optimizer:
        """The optimiser of some values with the L2 penalty and of others without it."""
        groups = [
            {"params": list(decayed), "weight_decay": self.weight_decay},
            {"params": list(others), "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        if self.kind == "adam":
            return torch.optim.Adam(groups, lr=self.learning_rate, eps=self.epsilon)
        if self.kind == "sgd":
            return torch.optim.SGD(
                groups, lr=self.learning_rate, momentum=self.momentum, nesterov=self.nesterov
            )
        return torch.optim.RMSprop(
            groups, lr=self.learning_rate, alpha=self.smoothing, eps=self.epsilon, momentum=self.momentum
        )


def adam(learning_rate: float) -> Optimiser:
    """Adam at a constant learning rate, without L2 penalty."""
    return Optimiser("adam", learning_rate, decay=1.0, weight_decay=0.0)


def sgd(learning_rate: float, *, nesterov: bool = False) -> Optimiser:
    """Stochastic gradient descent with momentum 0.9 at a constant learning rate, without L2 penalty."""
    return Optimiser("sgd", learning_rate, decay=1.0, momentum=0.9, weight_decay=0.0, nesterov=nesterov)


@dataclass(frozen=True, slots=True)
class Training:
    """How a network is trained.

    Attributes:
        epochs: largest number of passes over the training segments.
        batch: segments in a batch; the last one may hold fewer, or one more.
        patience: epochs without improvement on the validation part after which training ends; 0: never.
        optimisers: the optimisers; each of several steps the same values with the same gradients, in turn.
        clip_norm: largest norm of the gradient; 0 leaves it as it is.
        channels_last: keep images channel by channel within a pixel, which suits some processors.
        bf16: compute the forward pass in bfloat16 where torch takes that for safe; GPU only.
        compiled: compile the network with ``torch.compile``; GPU only.
        drops: how many times, before patience ends it, training goes on from the best epoch instead, with a
            fifth of the learning rate.
    """

    epochs: int = 400
    batch: int = 16
    patience: int = 20
    optimisers: tuple[Optimiser, ...] = (Optimiser(),)
    clip_norm: float = 0.0
    channels_last: bool = False
    bf16: bool = False
    compiled: bool = False
    drops: int = 0

    def check_device(self, device: str) -> None:
        """Refuse what only a GPU does well.

        Raises:
            BenchError: if ``bf16`` or ``compiled`` is wanted elsewhere.
        """
        for name in ("bf16", "compiled"):
            if getattr(self, name) and not device.startswith("cuda"):
                raise BenchError(f"{name} is on and the device is {device}", f"leave out {name} or use cuda")


@dataclass(frozen=True)
class TrainingOptions:
    """The options of every neural baseline. Each of them sets its own defaults, and fixes what it lacks."""

    epochs: int = option(100, "Largest number of passes over the training part.", least=1)
    batch: int = option(16, "Examples in a batch: segments, or the pieces that they are cut into.", least=1)
    patience: int = option(
        10, "Epochs without improvement on the validation part that end training; 0: never.", least=0
    )
    learning_rate: float = option(1e-3, "Learning rate of the first epoch.", above=0)
    clip_norm: float = option(0.0, "Largest norm of the gradient; 0 leaves it as it is.", least=0)
    channels_last: bool = option(False, "Keep images channel by channel within a pixel, which may be faster.")
    bf16: bool = option(False, "Compute the forward pass in bfloat16 where that is safe; GPU only.")
    compiled: bool = option(False, "Compile the network with torch.compile; GPU only.")

    def training(self, *optimisers: Optimiser, drops: int = 0) -> Training:
        """A training with these settings, by these optimisers."""
        return Training(
            self.epochs,
            self.batch,
            self.patience,
            optimisers,
            self.clip_norm,
            self.channels_last,
            self.bf16,
            self.compiled,
            drops,
        )
