"""The training engine of every neural baseline: epochs, early stopping, checkpoints, history.

An epoch depends on the state before it, on the seed and on its number, and on nothing else. Its batches and
its dropout are drawn from a generator seeded with just these. So an interrupted training goes on from its
last checkpoint to the same values, to the bit on a CPU with the same number of threads.

The epoch that is kept is the one with the highest accuracy on the validation tracks. Of several it is the one
with the smallest log loss, then the first. Without a validation part it is the last, and nothing ends early.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from baselines._neural.checkpoints import Checkpoints
from baselines._neural.memory import keep_freed_memory
from baselines._neural.prediction import scored, track_probabilities
from baselines._neural.segments import Segments, check_trainable, seeded
from baselines._neural.settings import Training
from mgrbench import BenchError

OnEpoch = Callable[[Mapping[str, Any]], None]
"""Told after each epoch its row of the history, with the largest number of epochs as ``"epochs"``."""


class Objective(nn.Module):
    """A network with the loss that it is trained on: softmax cross-entropy of its logits.

    Attributes:
        network: the network, which gives logits. Values to learn outside of it belong to the loss; they have
            no L2 penalty.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, segments: Tensor, genre: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of a batch, a scalar, and the logits, shape (batch, genres)."""
        logits = self.network(segments).float()
        return nn.functional.cross_entropy(logits, genre), logits


@dataclass(frozen=True, slots=True)
class Place:
    """Where a training happens.

    Attributes:
        device: ``"cpu"`` or ``"cuda"``.
        seed: of the model; the name is mixed in, so that the networks of one model draw differently.
        checkpoints: where an unfinished training is kept.
        on_epoch: told after each epoch.
    """

    device: str = "cpu"
    seed: int = 0
    checkpoints: Checkpoints = field(default_factory=lambda: Checkpoints(None))
    on_epoch: OnEpoch | None = None


def train(
    objective: Objective,
    train: Segments,
    valid: Segments | None,
    settings: Training,
    place: Place,
    name: str,
) -> list[dict[str, Any]]:
    """Train a network; afterwards it holds the values of the epoch that is kept, in evaluation mode.

    Args:
        objective: the network with its loss.
        train: what to learn from.
        valid: what to choose the epoch on; None to take the last.
        settings: how to train.
        place: where.
        name: name of the network within its model, in the history and on disk.

    Returns:
        A row for each epoch: network, epoch (from 1), learning_rate, train_loss and train_accuracy (of
        segments, while training), valid_loss and valid_accuracy (of tracks), seconds.

    Raises:
        BenchError: if the loss stops being finite, if there is nothing to learn from, or by `Checkpoints`.
    """
    settings.check_device(place.device)
    check_trainable(train, name)
    if place.device == "cpu":
        keep_freed_memory()
    run = _Run(objective, settings, place, name)
    run.restore()
    while not run.finished():
        run.epoch(train, valid)
    run.finish()
    return run.history


def kept_epoch(history: list[dict[str, Any]]) -> int:
    """The epoch that was kept, counted from 1: the best on the validation tracks, else the last."""
    if not history or "valid_accuracy" not in history[0]:
        return len(history)
    return int(min(history, key=_rank)["epoch"])


_DROP = 5.0
"""What the learning rate is divided by where a training goes on from its best epoch."""


class _Network(Protocol):
    def __call__(self, segments: Tensor, genre: Tensor) -> tuple[Tensor, Tensor]: ...


class _Run:
    """A training under way."""

    def __init__(self, objective: Objective, settings: Training, place: Place, name: str) -> None:
        self.history: list[dict[str, Any]] = []
        self._objective = objective.to(place.device)
        if settings.channels_last:
            self._objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._step: _Network = torch.compile(objective) if settings.compiled else objective
        self._settings, self._place, self._name = settings, place, name
        self._optimisers = self._anew()
        self._best: dict[str, Tensor] | None = None
        self._done = False
        shapes = [tuple(value.shape) for value in objective.state_dict().values()]
        self._identity = f"{name} seed {place.seed} {settings} {shapes}"

    def restore(self) -> None:
        """Go on where an interrupted training stopped, if there was one."""
        kept = self._place.checkpoints.load(self._name, self._identity)
        if kept is None:
            return
        self._objective.load_state_dict(kept["objective"])
        self._best, self._done, self.history = kept["best"], kept["done"], kept["history"]
        for optimiser, state in zip(self._optimisers, kept["optimisers"], strict=False):
            optimiser.load_state_dict(state)

    def finished(self) -> bool:
        """Whether there were enough epochs, or too many without improvement."""
        patience = self._settings.patience
        _, stale = _progress(self.history, patience, self._settings.drops)
        enough = len(self.history) >= self._settings.epochs
        return self._done or enough or (patience > 0 and stale >= patience)

    def epoch(self, train: Segments, valid: Segments | None) -> None:
        """One pass over the training segments, then a look at the validation tracks."""
        number = len(self.history) + 1
        started = time.perf_counter()
        drops = self._drops()
        rates = [choice.rate(number) / _DROP**drops for choice in self._settings.optimisers]
        for rate, optimiser in zip(rates, self._optimisers, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate
        with seeded(self._place.device, self._place.seed, self._name, number):
            loss, accuracy = self._pass(train)
        if not math.isfinite(loss):
            hint = "lower the learning rate, or set clip_norm"
            raise BenchError(f"{self._name}: the loss is {loss} in epoch {number}", hint)
        row = {
            "network": self._name,
            "epoch": number,
            "learning_rate": rates[0],
        }
        row |= {"train_loss": loss, "train_accuracy": accuracy}
        if valid is not None:
            row |= self._validated(valid)
        self.history.append(row)
        if valid is not None and kept_epoch(self.history) == number:
            self._best = {key: value.cpu().clone() for key, value in self._objective.state_dict().items()}
        if self._best is not None and self._drops() > drops:
            self._objective.load_state_dict(self._best)
            self._optimisers = self._anew()
        row["seconds"] = round(time.perf_counter() - started, 3)
        self._save()
        if self._place.on_epoch:
            self._place.on_epoch({**row, "epochs": self._settings.epochs})

    def finish(self) -> None:
        """Put the kept epoch's values into the network, and keep no more than these."""
        if self._best is not None:
            self._objective.load_state_dict(self._best)
        self._objective.eval()
        if not self._done:
            self._done, self._optimisers, self._best = True, [], None
            self._save()

    def _anew(self) -> list[torch.optim.Optimizer]:
        """The optimisers as they begin."""
        own = list(self._objective.network.parameters())
        of_loss = [
            value for key, value in self._objective.named_parameters() if not key.startswith("network.")
        ]
        return [choice.build(own, of_loss) for choice in self._settings.optimisers]

    def _drops(self) -> int:
        return _progress(self.history, self._settings.patience, self._settings.drops)[0]

    def _pass(self, train: Segments) -> tuple[float, float]:
        """Mean loss and accuracy over the segments, while training."""
        self._objective.train()
        device, bf16 = self._place.device, self._settings.bf16
        # Summed on the device: reading a number there would wait for every batch.
        totals = torch.zeros(2, dtype=torch.float64, device=device)
        for segments, genre in train.batches(self._settings.batch, device):
            with torch.autocast(device.partition(":")[0], torch.bfloat16, enabled=bf16):
                loss, logits = self._step(segments, genre)
            self._objective.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            if self._settings.clip_norm:
                nn.utils.clip_grad_norm_(self._objective.parameters(), self._settings.clip_norm)
            for optimiser in self._optimisers:
                optimiser.step()
            totals += torch.stack([loss.detach() * len(genre), (logits.argmax(dim=1) == genre).sum()])
        mean_loss, accuracy = (totals / train.count).tolist()
        return mean_loss, accuracy

    def _validated(self, valid: Segments) -> dict[str, float]:
        self._objective.eval()
        network, bf16 = self._objective.network, self._settings.bf16
        proba = track_probabilities(network, valid.values, self._place.device, bf16=bf16)
        return scored(proba, valid.genre)

    def _save(self) -> None:
        content = {
            "objective": self._objective.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "best": self._best,
            "done": self._done,
            "history": self.history,
        }
        self._place.checkpoints.save(self._name, self._identity, content)


def _progress(history: list[dict[str, Any]], patience: int, drops: int) -> tuple[int, int]:
    """How often the learning rate was divided, of ``drops`` times, and epochs since that or the best one."""
    done = stale = 0
    best = (math.inf, math.inf)
    for row in history:
        rank = _rank(row) if "valid_accuracy" in row else best
        better = rank < best or "valid_accuracy" not in row
        best, stale = (rank, 0) if better else (best, stale + 1)
        if 0 < patience <= stale and done < drops:
            done, stale = done + 1, 0
    return done, stale


def _rank(row: Mapping[str, Any]) -> tuple[float, float]:
    return -row["valid_accuracy"], row["valid_loss"]
