"""Does the result of a model depend on its seed? Tried on a few made-up tracks, for a class cannot say it.

A ``random_state`` in a signature says little. A support vector machine has one and does not use it. XGBoost
uses its own only where an option asks for a share of the tracks or values.
"""

from __future__ import annotations

import io
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

import numpy as np

from mgrbench.core.boundary import boundary
from mgrbench.core.types import BenchError, Examples, FloatArray, GenreModel, Inputs

GENRES = 3
SEEDS = (0, 1, 2)
SIZES = ((60, 6), (24, 60))
"""Tracks and values of each trial. Some solvers draw numbers only where values outnumber tracks."""


def depends_on_seed(name: str, build: Callable[[int], GenreModel]) -> bool:
    """Whether a model predicts otherwise under another seed, to the last bit, for made-up tracks.

    Args:
        name: of the model, for errors.
        build: called with a seed; gives an unfitted model of `GENRES` genres.

    Returns:
        Whether any of `SEEDS` changed a prediction; True also where the model does not work on such tracks,
        since then nothing is known.
    """
    try:
        with boundary(name, "trying seeds"), redirect_stdout(io.StringIO()), _undisturbed():
            return any(_differs(build, tracks, values) for tracks, values in SIZES)
    except BenchError:
        return True


def _differs(build: Callable[[int], GenreModel], tracks: int, values: int) -> bool:
    rng = np.random.default_rng(tracks)
    genre = np.arange(tracks) % GENRES
    shift = rng.normal(size=(GENRES, values))[genre]
    train, test = (shift + rng.normal(scale=2.0, size=shift.shape) for _ in range(2))

    def predicted(seed: int) -> FloatArray:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - as a fold does, for a class that takes no seed
        model = build(seed)
        model.fit(Examples(_inputs(train), genre.astype(np.int64)), None)
        return np.asarray(model.predict_proba(_inputs(test)))

    first = predicted(SEEDS[0])
    return any(not np.array_equal(first, predicted(seed)) for seed in SEEDS[1:])


def _inputs(table: np.ndarray) -> Inputs:
    ids = tuple(f"track {number}" for number in range(len(table)))
    return Inputs(ids, {"feature": table[:, None].astype(np.float32)})


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without warnings about so few tracks; the global generators go on as if nothing was drawn."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
