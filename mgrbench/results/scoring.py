"""Predictions -> everything that a run record says under its scores.

Runs and leaderboards use this one function, so that a number can't differ between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import Score, Split
from mgrbench.metrics.bootstrap import Bootstrap, clusters_by_artist, fold_mean_std
from mgrbench.metrics.classification import (
    MARGIN_METRICS,
    METRICS,
    Margins,
    Metric,
    confusion,
    per_class,
    scores,
    track_log_loss,
)
from mgrbench.results.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from predictions, in the form of the fields of `mgrbench.results.run.Run`."""

    scores: Mapping[str, Score]
    fold_scores: Mapping[int, Mapping[str, float]]
    fold_mean_std: Mapping[str, tuple[float, float]]
    per_class: tuple[Mapping[str, Any], ...]
    confusion: tuple[tuple[int, ...], ...]


def derive(predictions: Predictions, split: Split, metrics: Mapping[str, Metric] = METRICS) -> Derived:
    """All scores of predictions: pooled with their intervals, per fold, per genre, and the confusion matrix.

    The pooled value is that of all test tracks together. Its 95 % interval is the percentile bootstrap over
    artists, 10 000 resamples, the same ones for every run on the same test tracks.
    """
    pooled = scores(predictions.outcome, metrics)
    artists = tuple(split.artist.get(track, "") for track in predictions.ids)
    bootstrap = _bootstrap(artists, predictions.outcome.genre.tobytes(), len(predictions.genres))
    intervals = bootstrap.intervals(predictions.outcome)
    per_fold = _fold_scores(predictions, metrics)
    matrix = confusion(predictions.outcome)
    return Derived(
        scores={name: Score(value, *(intervals.get(name) or (None, None))) for name, value in pooled.items()},
        fold_scores=per_fold,
        fold_mean_std={name: fold_mean_std([fold[name] for fold in per_fold.values()]) for name in pooled},
        per_class=tuple(_genre_row(row, predictions.genres) for row in per_class(matrix)),
        confusion=tuple(tuple(row) for row in matrix.tolist()),
    )


def _fold_scores(predictions: Predictions, metrics: Mapping[str, Metric]) -> dict[int, dict[str, float]]:
    """Each metric of each fold; those that are functions of the margins for all folds at once."""
    numbers, index = np.unique(predictions.fold, return_inverse=True)
    outcome, shape = predictions.outcome, (len(predictions.genres), len(numbers))

    def count(genre: NDArray[np.int64], fold: NDArray[np.intp]) -> NDArray[np.float64]:
        cells = np.bincount(genre * shape[1] + fold, minlength=shape[0] * shape[1])
        return cells.reshape(shape).astype(np.float64)

    right = outcome.genre == outcome.predicted
    margins = Margins(
        hits=count(outcome.genre[right], index[right]),
        predicted=count(outcome.predicted, index),
        support=count(outcome.genre, index),
    )
    folds: dict[int, dict[str, float]] = {number: {} for number in numbers.tolist()}
    for name, metric in metrics.items():
        if metric.needs_proba and outcome.proba is None:
            continue
        if METRICS.get(name) is metric and name in MARGIN_METRICS:
            values = MARGIN_METRICS[name](margins).tolist()
        elif METRICS.get(name) is metric and name == "log_loss":
            values = (np.bincount(index, track_log_loss(outcome)) / margins.tracks).tolist()
        else:
            values = [scores(predictions.of_fold(number), {name: metric})[name] for number in folds]
        for number, value in zip(folds, values, strict=True):
            folds[number][name] = value
    return folds


def _genre_row(row: Any, genres: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401
    values = asdict(row)
    return {"genre": genres[values.pop("genre_index")], **values}


@lru_cache(maxsize=2)
def _bootstrap(artists: tuple[str, ...], genre: bytes, n_genres: int) -> Bootstrap:
    """The resamples of one set of test tracks; they take tens of megabytes, so only the latest are kept."""
    return Bootstrap(clusters_by_artist(artists), np.frombuffer(genre, dtype=np.int64), n_genres)
