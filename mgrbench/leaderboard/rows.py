"""One finished run -> one row, after everything in it has been derived again from its predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgrbench.metrics import METRICS, Metric
from mgrbench.predictions import read_predictions
from mgrbench.record import score_fields
from mgrbench.runs import PREDICTIONS_FILE, MeanStd, Run, ScoreRecord, Warn, read_run
from mgrbench.scoring import derive
from mgrbench.types import BenchError, Split

TOLERANCE = 1e-9
"""How far a recorded number may be from what the predictions give: the rounding of sums, nothing more."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a leaderboard says of one run.

    Attributes:
        rank: place by accuracy among the ranked rows, equal scores sharing one; None if it is not ranked.
        scores: metric -> pooled value with its interval, derived from the predictions.
        accuracy_folds: mean and population standard deviation of the folds' accuracies.
        warnings: what is known against this run, but not what is known against its split.
        run: folder of the run, relative to the folder of runs.
    """

    rank: int | None
    model: str
    features: tuple[str, ...]
    options: Mapping[str, Any]
    seed: int
    selection: str
    source: str
    scores: Mapping[str, ScoreRecord]
    accuracy_folds: MeanStd
    test_tracks: int
    warnings: tuple[Warn, ...]
    run: str
    version: str
    finished_utc: str

    @property
    def optimistic(self) -> bool:
        """Whether anything was chosen on the test part."""
        return self.selection == "test"


def row_of(
    folder: Path, root: Path, split: Split, genres: tuple[str, ...], metrics: Mapping[str, Metric]
) -> Row:
    """The row of a finished run.

    Raises:
        BenchError: if the run is damaged, was made with another version of the split, or if a number of its
            record is not what its predictions give.
    """
    run = read_run(folder)
    if run.split_sha256 != split.sha256:
        mend = "run it again, or remove the folder"
        raise BenchError(f"was made with another version of {split.name}", mend, folder)
    predictions = read_predictions(folder / PREDICTIONS_FILE, split, genres)
    derived = derive(predictions, split, METRICS)
    fields = score_fields(derived)
    _check(run, fields, {number: dict(scores) for number, scores in derived.fold_scores.items()}, folder)
    extra = {name: metric for name, metric in metrics.items() if name not in METRICS}
    more = derive(predictions, split, extra).scores if extra else {}
    scores = {name: score for name, score in fields["scores"].items() if name in metrics}
    scores |= {name: ScoreRecord(value=score.value) for name, score in more.items()}
    return Row(
        rank=None,
        model=run.model,
        features=tuple(run.features),
        options=run.options,
        seed=run.seed,
        selection=run.selection.rule,
        source=run.source,
        scores=scores,
        accuracy_folds=run.fold_mean_std["accuracy"],
        test_tracks=len(predictions),
        warnings=tuple(warning for warning in run.warnings if warning.code >= "MGR1"),
        run=folder.relative_to(root).as_posix(),
        version=run.code.version,
        finished_utc=run.finished_utc,
    )


def _check(
    run: Run, fields: Mapping[str, Any], folds: Mapping[int, Mapping[str, float]], folder: Path
) -> None:
    """Compare all that the record says with what its predictions give."""
    for name in ("scores", "fold_mean_std", "per_class"):
        recorded = _plain(getattr(run, name))
        if (place := _difference(recorded, _plain(fields[name]), name)) is not None:
            raise _wrong(place, folder)
    if run.confusion != fields["confusion"]:
        raise _wrong("confusion", folder)
    recorded_folds = {fold.fold: fold.scores for fold in run.folds}
    if (place := _difference(recorded_folds, dict(folds), "folds")) is not None:
        raise _wrong(place, folder)


def _wrong(place: str, folder: Path) -> BenchError:
    mend = "the record or the predictions were changed: run the model again, or remove the folder"
    return BenchError(f"{place} is not what the predictions give", mend, folder / "run.json")


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return {position: _plain(inner) for position, inner in enumerate(value)}
    return value.model_dump() if hasattr(value, "model_dump") else value


def _difference(recorded: Any, derived: Any, place: str) -> str | None:  # noqa: ANN401
    """The place of the first difference, or None."""
    if isinstance(recorded, dict) and isinstance(derived, dict):
        if recorded.keys() != derived.keys():
            return place
        parts = (_difference(recorded[key], derived[key], f"{place}.{key}") for key in recorded)
        return next((part for part in parts if part is not None), None)
    if isinstance(recorded, float) and isinstance(derived, float | int):
        return None if math.isclose(recorded, derived, rel_tol=TOLERANCE, abs_tol=TOLERANCE) else place
    return None if recorded == derived else place
