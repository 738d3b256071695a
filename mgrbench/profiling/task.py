"""One model to be measured: what it is, what it gets, and how it is measured.

A task holds names and numbers alone, so that it can be sent to a process of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mgrbench.profiling.timing import Budget

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A model with its options and features, as a user or a row of a leaderboard names it.

    Attributes:
        model: a plugin's name, or where the model is.
        options: the options that were set.
        features: the features that it gets; empty for its own.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One model to be measured, and how.

    Attributes:
        model: where the model is found again, from any process.
        name: what its row is called.
        features: the features that it gets.
        dataset: the dataset that genres, segments and clips are taken from.
        genres: number of genres.
        batch: segments in a batch of the network; also clips predicted at a time.
        device: where the model computes: ``cpu``, ``cuda`` or one of several GPUs.
        threads: threads that every library may use.
        budget: how long a figure is measured.
        store: folder of the feature store.
        options: the model's options.
        shapes: feature -> shape of a segment, where it is not the stored or the computed one.
        seed: seed of the model.
        precision: number format of forward pass and training step: ``float32`` or ``bf16``.
        compiled: whether these two go through ``torch.compile``.
    """

    model: str
    name: str
    features: tuple[str, ...]
    dataset: str
    genres: int
    batch: int
    device: str
    threads: int
    budget: Budget
    store: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    seed: int = 0
    precision: str = "float32"
    compiled: bool = False
