"""A stored run, read back. All scores of its record are computed again from its predictions and compared.

A record with other numbers than its predictions give is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from mgrbench.core.types import BenchError, Dataset, Split
from mgrbench.results.find import run_dataset, run_split
from mgrbench.results.folder import PREDICTIONS_FILE, RUN_FILE, read_record
from mgrbench.results.predictions import read_predictions
from mgrbench.results.record import score_warnings
from mgrbench.results.run import Run
from mgrbench.results.scoring import derive
from mgrbench.results.trained import FEWER, in_training, training_warnings
from mgrbench.splits import settled

TOLERANCE = 1e-9
"""How far a recorded number may be from what the predictions give: the rounding of sums, nothing more."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that was read from a folder.

    Attributes:
        folder: the folder.
        run: the run, with the scores that its predictions give.
        split: its split.
        dataset: its dataset.
    """

    folder: Path
    run: Run
    split: Split
    dataset: Dataset


def load_run(folder: Path, *, split: Split | None = None, dataset: Dataset | None = None) -> StoredRun:
    """Load the run in a folder.

    Args:
        folder: the folder.
        split: its split; found by the name in the record without it.
        dataset: its dataset; found by the name in the record without it.

    Raises:
        BenchError: if there is no such split or dataset, if the split says of a track what the dataset does
            not, or as by `checked_run`.
    """
    record = read_record(folder)
    data = dataset or run_dataset(record.dataset)
    used = settled(split or run_split(record.split, folder), data)
    return StoredRun(folder, checked_run(folder, used, data.genres), used, data)


def checked_run(folder: Path, split: Split, genres: tuple[str, ...]) -> Run:
    """The run in a folder, with the scores that its predictions give.

    Raises:
        BenchError: if the run is damaged, was made with another version of the split, if a number of its
            record is not what its predictions give, or if it lacks a warning that they call for.
    """
    record = read_record(folder)
    if record.split_sha256 != split.sha256:
        hint = "run it again, or remove the folder"
        raise BenchError(f"was made with another version of {split.name}", hint, folder)
    predictions = read_predictions(folder / PREDICTIONS_FILE, split, genres)
    derived = derive(predictions, split)
    fields = derived.record_fields()
    recorded = {name: getattr(record, name) for name in fields}
    recorded["folds"] = {fold.fold: {"scores": fold.scores, "n_test": fold.n_test} for fold in record.folds}
    tracks = np.bincount(predictions.fold)
    folds = {
        number: {"scores": scores, "n_test": int(tracks[number])}
        for number, scores in derived.fold_scores.items()
    }
    if (place := _difference(recorded, fields | {"folds": folds})) is not None:
        raise _wrong(place, folder)
    recorded_codes = {warning.code for warning in record.warnings}
    if hidden := {warning.code for warning in score_warnings(predictions, split)} - recorded_codes:
        raise _wrong(f"leaving out the warning {min(hidden)}", folder)
    for fold in record.folds:
        if fold.n_split not in {None, in_training(split.folds[fold.fold - 1])}:
            raise _wrong(f"folds.{fold.fold}.n_split", folder, "the split has")
    # Older records do not say that training tracks were missing; their folds show it.
    late = [] if FEWER in recorded_codes else training_warnings(record, split)
    fields["warnings"] = (*record.warnings, *late)
    return Run(**dict(record) | fields, predictions=predictions)


def _wrong(place: str, folder: Path, instead: str = "the predictions give") -> BenchError:
    hint = (
        "the record or the predictions were changed: run the model again with --fresh, or remove the folder"
    )
    return BenchError(f"{place} is not what {instead}", hint, folder / RUN_FILE)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return {position: _plain(inner) for position, inner in enumerate(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.model_dump() if isinstance(value, BaseModel) else value


def _difference(recorded: Mapping[str, Any], derived: Mapping[str, Any]) -> str | None:
    """The place of the first difference, or None."""
    if recorded == derived:  # as most are, to the last digit
        return None
    place = _first_place(_plain(recorded), _plain(derived), "")
    return None if place is None else place.removeprefix(".")


def _first_place(recorded: object, derived: object, place: str) -> str | None:
    if isinstance(recorded, dict) and isinstance(derived, dict):
        if recorded.keys() != derived.keys():
            return place
        parts = (_first_place(recorded[key], derived[key], f"{place}.{key}") for key in recorded)
        return next((part for part in parts if part is not None), None)
    if isinstance(recorded, float) and isinstance(derived, float | int):
        return None if math.isclose(recorded, derived, rel_tol=TOLERANCE, abs_tol=TOLERANCE) else place
    return None if recorded == derived else place
