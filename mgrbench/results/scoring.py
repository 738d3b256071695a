"""Predictions -> all numbers of a run record that follow from them.

Runs and leaderboards use this one function, so that a number cannot differ between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from mgrbench.core.types import Score, Split
from mgrbench.metrics.bootstrap import Bootstrap, fold_mean_std
from mgrbench.metrics.by_fold import fold_scores
from mgrbench.metrics.classification import METRICS, Metric, PerClass, confusion, per_class, scores
from mgrbench.metrics.clusters import clusters_of
from mgrbench.results.predictions import Predictions
from mgrbench.results.run import MeanStd


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from predictions. All but ``fold_scores`` are fields of a `RunRecord`.

    Attributes:
        fold_scores: number of a fold -> metric -> value.
    """

    scores: dict[str, Score]
    fold_scores: dict[int, dict[str, float]]
    fold_mean_std: dict[str, MeanStd]
    per_class: tuple[PerClass, ...]
    confusion: tuple[tuple[int, ...], ...]

    def record_fields(self) -> dict[str, Any]:
        """The fields of a `RunRecord`, by their names."""
        names = ("scores", "fold_mean_std", "per_class", "confusion")
        return {name: getattr(self, name) for name in names}


def derive(predictions: Predictions, split: Split, metrics: Mapping[str, Metric] = METRICS) -> Derived:
    """All scores of predictions: pooled with their intervals, per fold, per genre, and the confusion matrix.

    The pooled value is that of all test tracks together. Its 95 % interval is the percentile bootstrap over
    artists, 10 000 resamples, the same ones for every run on the same test tracks.
    """
    pooled = scores(predictions.outcome, metrics)
    artists = tuple(split.artist.get(track, "") for track in predictions.ids)
    genre = predictions.outcome.genre.tobytes()
    bootstrap = _bootstrap(predictions.ids, artists, genre, len(predictions.genres))
    intervals = bootstrap.intervals(predictions.outcome)
    per_fold = fold_scores(predictions.outcome, predictions.fold, metrics)
    matrix = confusion(predictions.outcome)
    return Derived(
        scores={name: Score(value, *(intervals.get(name) or (None, None))) for name, value in pooled.items()},
        fold_scores=per_fold,
        fold_mean_std={name: _mean_std([fold[name] for fold in per_fold.values()]) for name in pooled},
        per_class=per_class(matrix, predictions.genres),
        confusion=tuple(tuple(row) for row in matrix.tolist()),
    )


def _mean_std(values: Sequence[float]) -> MeanStd:
    mean, std = fold_mean_std(values)
    return MeanStd(mean=mean, std=std)


@lru_cache(maxsize=2)
def _bootstrap(ids: tuple[str, ...], artists: tuple[str, ...], genre: bytes, n_genres: int) -> Bootstrap:
    """The resamples of one set of test tracks; they take tens of megabytes, so only the latest are kept."""
    clusters = clusters_of(ids, dict(zip(ids, artists, strict=True)))
    return Bootstrap(clusters, np.frombuffer(genre, dtype=np.int64), n_genres)
