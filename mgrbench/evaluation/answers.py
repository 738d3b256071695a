"""What a model gives back, checked: probabilities, what it chose, its training curves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.boundary import boundary
from mgrbench.core.types import BenchError, GenreModel
from mgrbench.metrics.classification import ROW_SUM_TOLERANCE


def checked_probabilities(answer: object, tracks: int, genres: int, who: str) -> NDArray[np.float64]:
    """A model's answer as float64 (tracks, genres), each row summing to 1.

    Args:
        answer: what ``predict_proba`` gave.
        tracks: number of tracks that it was asked for.
        genres: number of genres.
        who: names the model in errors.

    Raises:
        BenchError: if the answer has another shape, values that are no numbers or outside of 0..1, or rows
            whose sum is further from 1 than rounding explains.
    """
    hint = "predict_proba returns probabilities of shape (tracks, genres), each row summing to 1"
    proba = np.asarray(answer)
    if proba.shape != (tracks, genres):
        labels = " (labels instead of probabilities?)" if proba.shape == (tracks,) else ""
        raise BenchError(
            f"{who}: predict_proba gave the shape {proba.shape}{labels}, not {(tracks, genres)}", hint
        )
    if not np.issubdtype(proba.dtype, np.number) or np.issubdtype(proba.dtype, np.complexfloating):
        raise BenchError(f"{who}: predict_proba gave values of type {proba.dtype}", hint)
    proba = proba.astype(np.float64)
    if not np.isfinite(proba).all():
        bad = int((~np.isfinite(proba)).any(axis=1).sum())
        raise BenchError(f"{who}: predict_proba gave NaN or infinity in {bad} of {tracks} rows", hint)
    if (proba < 0).any() or (proba > 1 + ROW_SUM_TOLERANCE).any():
        raise BenchError(
            f"{who}: predict_proba gave values from {proba.min():.4g} to {proba.max():.4g}", hint
        )
    sums = proba.sum(axis=1)
    if (wrong := np.abs(sums - 1) > ROW_SUM_TOLERANCE).any():
        worst = float(sums[np.argmax(np.abs(sums - 1))])
        raise BenchError(
            f"{who}: {int(wrong.sum())} of {tracks} rows don't sum to 1 (one gives {worst:.4g})", hint
        )
    return np.asarray(proba / sums[:, None])


def chosen_by(model: GenreModel, name: str) -> dict[str, Any] | None:
    """What a model chose on its validation part, as JSON has it; None if it reports nothing.

    Raises:
        BenchError: if its ``chosen`` is no dictionary that JSON can hold.
    """
    chosen = _reported(model, "chosen", name)
    if chosen is not None and not isinstance(chosen, dict):
        raise BenchError(_wrong_type(model, "chosen", name), _REPORTS)
    return chosen


def history_of(model: GenreModel, name: str) -> tuple[dict[str, Any], ...]:
    """One dictionary per epoch, as JSON has it; empty if the model keeps no history.

    Raises:
        BenchError: if its ``history`` is no list of dictionaries that JSON can hold.
    """
    rows = _reported(model, "history", name)
    if rows is None:
        return ()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BenchError(_wrong_type(model, "history", name), _REPORTS)
    return tuple(rows)


_REPORTS = "chosen is a dictionary, history a list of dictionaries, one an epoch"


def _wrong_type(model: GenreModel, attribute: str, name: str) -> str:
    return f"{name} has a {attribute} of type {type(getattr(model, attribute)).__name__}"


def _reported(model: GenreModel, attribute: str, name: str) -> Any:  # noqa: ANN401
    """An attribute of a model in the types of JSON; None where the model has none."""
    value = getattr(model, attribute, None)
    if value is None:
        return None
    with boundary(name, f"saying its {attribute}"):
        # numpy's and torch's numbers become Python's by item()
        return json.loads(json.dumps(value, default=lambda number: number.item()))
