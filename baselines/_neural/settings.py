"""Settings of a training, shared by every neural baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from baselines._options import chosen_from, number, switch, whole
from mgrbench import BenchError

__all__ = [
    "OPTIMISERS",
    "Optimiser",
    "Training",
    "adam",
    "chosen_from",
    "number",
    "sgd",
    "switch",
    "training_with",
    "whole",
]

OPTIMISERS = ("rmsprop", "adam", "sgd")


@dataclass(frozen=True, slots=True)
class Optimiser:
    """An optimiser and its learning rate over the epochs.

    The defaults are FusionNet's (Ng et al. 2020, section on experimental settings): RMSprop with smoothing
    0.9, L2 weight 4e-5, learning rate 1e-3 multiplied by 0.94 every second epoch.

    Attributes:
        kind: one of `OPTIMISERS`; Adam takes its betas from torch.
        learning_rate: in the first epoch.
        decay: factor of the learning rate after every ``decay_every`` epochs.
        floor: smallest learning rate.
        smoothing: RMSprop's weight of the past squared gradients.
        epsilon: added to the root of the squared gradients.
        momentum: of RMSprop and of SGD, which looks ahead by it (Nesterov) with ``nesterov``.
        weight_decay: weight of the L2 penalty on every value of the network.
        nesterov: of SGD.
    """

    kind: str = "rmsprop"
    learning_rate: float = 1e-3
    decay: float = 0.94
    decay_every: int = 2
    floor: float = 0.0
    smoothing: float = 0.9
    epsilon: float = 1e-8
    momentum: float = 0.0
    weight_decay: float = 4e-5
    nesterov: bool = False

    def __post_init__(self) -> None:
        if self.kind not in OPTIMISERS:
            raise BenchError(f"optimiser {self.kind!r}", f"the optimisers are {', '.join(OPTIMISERS)}")
        number(learning_rate=self.learning_rate)
        number(weight_decay=self.weight_decay, zero=True)

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
        bf16: compute the forward pass in bfloat16 where torch holds that safe; GPU only.
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

    def __post_init__(self) -> None:
        whole(epochs=self.epochs, batch=self.batch)
        whole(patience=self.patience, drops=self.drops, least=0)
        number(clip_norm=self.clip_norm, zero=True)

    def check_device(self, device: str) -> None:
        """Refuse what only a GPU does well.

        Raises:
            BenchError: if ``bf16`` or ``compiled`` is wanted elsewhere.
        """
        for name in ("bf16", "compiled"):
            if getattr(self, name) and not device.startswith("cuda"):
                raise BenchError(f"{name} is on and the device is {device}", f"leave out {name} or use cuda")


def training_with(
    optimiser: Optimiser,
    epochs: int,
    batch: int,
    patience: int,
    clip_norm: float,
    *,
    bf16: bool | str,
    compiled: bool | str,
    channels_last: bool | str = False,
    drops: int = 0,
) -> Training:
    """A training by one optimiser from options as users give them, switches among them as on or off.

    Raises:
        BenchError: for an option out of range.
    """
    return Training(
        epochs,
        batch,
        patience,
        (optimiser,),
        clip_norm,
        switch("channels_last", channels_last),
        switch("bf16", bf16),
        switch("compiled", compiled),
        drops,
    )
