"""Predictions, and what is known of how they were made -> a run."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from mgrbench.core.machine import code_state, cpu_name, gpu_name, package_versions
from mgrbench.core.types import Dataset, Fold, Split
from mgrbench.results.predictions import Predictions
from mgrbench.results.run import (
    Code,
    Cost,
    Environment,
    FoldRecord,
    Run,
    Selection,
    Warn,
)
from mgrbench.results.scoring import Derived, derive
from mgrbench.results.trained import in_training, training_warnings
from mgrbench.splits import audit_split, split_from_text


@dataclass(frozen=True, slots=True)
class Origin:
    """How predictions came about, as far as the record says it.

    Attributes:
        model: name of the row.
        selection: what was chosen on which part.
        parts: fold -> its parts, as the model got them.
        started: when the work began.
        options: options of the model.
        features: feature -> fingerprint.
        seed: seed of the models.
        cost: what the work took.
        plugin_sha256: checksum of the model's source, or of a file of scored predictions.
        warnings: those that follow neither from the split nor from the predictions.
    """

    model: str
    selection: Selection
    parts: Mapping[int, Fold]
    started: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    cost: Cost = field(default_factory=Cost)
    plugin_sha256: str | None = None
    warnings: Sequence[Warn] = ()


def make_run(predictions: Predictions, dataset: Dataset, split: Split, origin: Origin) -> Run:
    """Make a run of predictions, with all scores that they give and all warnings that are known.

    Args:
        predictions: what was predicted.
        dataset: the dataset.
        split: the split.
        origin: how the predictions came about.
    """
    derived = derive(predictions, split)
    run = Run(
        model=origin.model,
        options=dict(origin.options),
        features=dict(origin.features),
        dataset=dataset.name,
        split=split.name,
        split_sha256=split.sha256,
        seed=origin.seed,
        selection=origin.selection,
        folds=_fold_records(origin.parts, split, derived),
        **derived.record_fields(),
        cost=origin.cost,
        environment=environment(),
        code=Code.model_validate(code_state()),
        plugin_sha256=origin.plugin_sha256,
        warnings=(
            *_split_warnings(split, dataset),
            *origin.warnings,
            *score_warnings(predictions, split),
        ),
        started_utc=_utc(origin.started),
        finished_utc=_utc(datetime.now(UTC)),
        predictions=predictions,
    )
    return run.model_copy(update={"warnings": (*run.warnings, *training_warnings(run, split))})


def environment() -> Environment:
    """The machine and the library versions, now."""
    return Environment(
        python=platform.python_version(),
        packages=package_versions(),
        platform=f"{platform.system()} {platform.machine()}",
        cpu=cpu_name(),
        gpu=gpu_name() if "torch" in sys.modules else None,
    )


def _fold_records(parts: Mapping[int, Fold], split: Split, derived: Derived) -> tuple[FoldRecord, ...]:
    return tuple(
        FoldRecord(
            fold=number,
            n_train=len(part.train),
            n_valid=len(part.valid),
            n_test=len(part.test),
            n_split=in_training(split.folds[number - 1]),
            scores=dict(derived.fold_scores[number]),
        )
        for number, part in parts.items()
    )


def _split_warnings(split: Split, dataset: Dataset) -> list[Warn]:
    checks = audit_split(split, dataset).checks
    return [Warn(code=check.code, detail=check.detail) for check in checks if check.status == "leak"]


def score_warnings(predictions: Predictions, split: Split) -> list[Warn]:
    """The warnings that follow from predictions.

    Some are missing (MGR104), or the commonest training genre scores more (MGR106).
    """
    warnings = []
    if len(predictions) < split.test_tracks:
        detail = f"{len(predictions)} of the split's {split.test_tracks} test tracks"
        warnings.append(Warn(code="MGR104", detail=detail))
    right = int((predictions.outcome.predicted == predictions.outcome.genre).sum())
    majority = _majority_hits(predictions, split)
    if right < majority:
        detail = f"{right} tracks right, {majority} by always naming the commonest training genre"
        warnings.append(Warn(code="MGR106", detail=detail))
    return warnings


def _majority_hits(predictions: Predictions, split: Split) -> int:
    """How many predictions would be right if each fold's commonest training genre were always named."""
    commonest = np.array(_commonest(split.text, predictions.genres))
    return int((predictions.outcome.genre == commonest[predictions.fold - 1]).sum())


@lru_cache(maxsize=8)
def _commonest(split_text: str, genres: tuple[str, ...]) -> tuple[int, ...]:
    """Per fold the position of the commonest training genre; of equally common ones the first.

    The split's text is the key of the cache: a leaderboard asks for each of its rows.
    """
    split = split_from_text(split_text, "split")
    counts = [Counter(split.genre[track] for track in (*fold.train, *fold.valid)) for fold in split.folds]
    return tuple(
        max(range(len(genres)), key=lambda genre: (count[genres[genre]], -genre)) for count in counts
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
