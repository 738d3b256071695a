"""A stored run, read back, and believed only once all it says has been derived again from its predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.core.types import BenchError, Split
from mgrbench.results.folder import PREDICTIONS_FILE, RUN_FILE, read_run
from mgrbench.results.predictions import Predictions, read_predictions
from mgrbench.results.record import score_fields, score_warnings
from mgrbench.results.run import Run
from mgrbench.results.scoring import derive

TOLERANCE = 1e-9
"""How far a recorded number may be from what the predictions give: the rounding of sums, nothing more."""


def stored_run(folder: Path, split: Split, genres: tuple[str, ...]) -> tuple[Run, Predictions]:
    """The run in a folder, with the scores that its predictions give, and these predictions.

    Raises:
        BenchError: if the run is damaged, was made with another version of the split, if a number of its
            record is not what its predictions give, or if it lacks a warning that they call for.
    """
    run = read_run(folder)
    if run.split_sha256 != split.sha256:
        hint = "run it again, or remove the folder"
        raise BenchError(f"was made with another version of {split.name}", hint, folder)
    predictions = read_predictions(folder / PREDICTIONS_FILE, split, genres)
    derived = derive(predictions, split)
    fields = score_fields(derived)
    recorded = {name: getattr(run, name) for name in fields}
    recorded["folds"] = {fold.fold: {"scores": fold.scores, "n_test": fold.n_test} for fold in run.folds}
    tracks = np.bincount(predictions.fold)
    folds = {
        number: {"scores": scores, "n_test": int(tracks[number])}
        for number, scores in derived.fold_scores.items()
    }
    if (place := _difference(recorded, fields | {"folds": folds})) is not None:
        raise _wrong(place, folder)
    said = {warning.code for warning in run.warnings}
    if hidden := {warning.code for warning in score_warnings(predictions, split)} - said:
        raise _wrong(f"leaving out the warning {min(hidden)}", folder)
    return run.model_copy(update={"predictions": predictions, **fields}), predictions


def _wrong(place: str, folder: Path) -> BenchError:
    hint = (
        "the record or the predictions were changed: run the model again with --fresh, or remove the folder"
    )
    return BenchError(f"{place} is not what the predictions give", hint, folder / RUN_FILE)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return {position: _plain(inner) for position, inner in enumerate(value)}
    return value.model_dump() if hasattr(value, "model_dump") else value


def _difference(recorded: Mapping[str, Any], derived: Mapping[str, Any]) -> str | None:
    """The place of the first difference, or None."""
    if recorded == derived:  # as most are, to the last digit
        return None
    place = _first_place(_plain(recorded), _plain(derived), "")
    return None if place is None else place.removeprefix(".")


def _first_place(recorded: Any, derived: Any, place: str) -> str | None:  # noqa: ANN401
    if isinstance(recorded, dict) and isinstance(derived, dict):
        if recorded.keys() != derived.keys():
            return place
        parts = (_first_place(recorded[key], derived[key], f"{place}.{key}") for key in recorded)
        return next((part for part in parts if part is not None), None)
    if isinstance(recorded, float) and isinstance(derived, float | int):
        return None if math.isclose(recorded, derived, rel_tol=TOLERANCE, abs_tol=TOLERANCE) else place
    return None if recorded == derived else place
