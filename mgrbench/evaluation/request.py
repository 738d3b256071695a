"""What an evaluation is asked for: what is evaluated, how it is carried out, and who is told of progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mgrbench.core.types import Dataset, Split
from mgrbench.models.source import ModelLike

OnFold = Callable[[int, int], None]
"""Told after each fold how many are finished, and how many there are."""

OnEpoch = Callable[[Mapping[str, Any]], None]
"""Told after each epoch of a network what a model's ``on_epoch`` is told, with the fold as ``"fold"``."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is evaluated.

    Attributes:
        model: a plugin's name, ``package.module:Class``, ``./file.py:Class``, or a class or build function.
        dataset: a dataset or its name.
        split: a split, its name, or the path of a split file.
        features: names of stored features; without any, those that the model names.
        options: options of the model. ``selection="test"`` gives it the test part to choose on.
        seed: seed that every fold's model is built with.
        name: name of the row; None for the model's own name.
    """

    model: ModelLike
    dataset: str | Dataset
    split: str | Path | Split
    features: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How an evaluation is carried out.

    Attributes:
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        store: folder of the feature store; None for the usual one.
        allow_missing: evaluate although features lack tracks of the split.
        jobs: folds computed at the same time, each in a process of its own; -1 for one a core.
        fresh: compute again what is stored.
    """

    device: str = "auto"
    store: Path | None = None
    allow_missing: bool = False
    jobs: int = 1
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Who is told how far an evaluation is; None for nobody.

    Attributes:
        on_fold: told of finished folds.
        on_epoch: told of epochs where folds are computed in this process; several processes tell of folds.
    """

    on_fold: OnFold | None = None
    on_epoch: OnEpoch | None = None


USUAL = Settings()
SILENT = Progress()
"""Nobody is told."""
