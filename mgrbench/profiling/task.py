"""What is measured: a model, the features it gets, and tracks to fit it on and to ask it for.

The time of a network does not depend on the values that it gets, so it is fitted for one epoch on a few
tracks. That of a classical model does (support vectors, depth of trees), so it is fitted on about as many
tracks as a fold has, stored ones of the dataset where the feature store has them. Else values are made up:
noise, and a profile a genre.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mgrbench.core.types import BenchError
from mgrbench.profiling.timing import Budget

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One model to be measured, and how.

    Attributes:
        model: what it is found by; name: what its row is called.
        features: the features it gets.
        dataset: name of the dataset whose genres, segments and clips it is to be like.
        shapes: feature -> shape of a segment, where it is not the stored or the computed one.
        genres: number of genres.
        batch: segments in a batch of the network; also clips predicted at a time.
        store: folder of the feature store.
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


def read_shapes(texts: Sequence[str]) -> dict[str, Shape]:
    """``["mel=647x128"]`` -> ``{"mel": (647, 128)}``.

    Raises:
        BenchError: for a text that is no such thing.
    """
    shapes = {}
    for text in texts:
        name, equals, sizes = text.partition("=")
        parts = sizes.split("x")
        if not name or not equals or not all(part.isdecimal() and 0 < int(part) < 10**6 for part in parts):
            raise BenchError(
                f"the shape {text!r} is none", "write --shape feature=time x frequency: mel=647x128"
            )
        shapes[name] = tuple(int(part) for part in parts)
    return shapes
