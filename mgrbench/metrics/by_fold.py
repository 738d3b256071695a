"""Each metric of each fold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mgrbench.metrics.classification import (
    MARGIN_METRICS,
    METRICS,
    Margins,
    Metric,
    Outcome,
    scores,
    track_log_loss,
)


def fold_scores(
    outcome: Outcome, fold: NDArray[np.int64], metrics: Mapping[str, Metric] = METRICS
) -> dict[int, dict[str, float]]:
    """Score every fold of an outcome.

    The built-in metrics are computed for all folds at once, others fold by fold.

    Args:
        outcome: what was predicted in all folds.
        fold: shape (tracks,): the number of the fold of each prediction.
        metrics: name -> metric, in the order of the result. Without probabilities, those that need them are
            left out.

    Returns:
        number of a fold -> name of a metric -> value, in the order of the numbers.

    Raises:
        BenchError: if a metric gives something that is not a finite number.
    """
    numbers, index = np.unique(fold, return_inverse=True)
    margins = _margins(outcome, index, len(numbers))
    folds: dict[int, dict[str, float]] = {number: {} for number in numbers.tolist()}
    for name, metric in metrics.items():
        if metric.needs_proba and outcome.proba is None:
            continue
        if METRICS.get(name) is metric and name in MARGIN_METRICS:
            values = MARGIN_METRICS[name](margins).tolist()
        elif METRICS.get(name) is metric and name == "log_loss":
            values = (np.bincount(index, track_log_loss(outcome)) / margins.tracks).tolist()
        else:
            values = [scores(outcome.of(fold == number), {name: metric})[name] for number in folds]
        for number, value in zip(folds, values, strict=True):
            folds[number][name] = value
    return folds


def _margins(outcome: Outcome, index: NDArray[np.intp], folds: int) -> Margins:
    """The margins of every fold, each of shape (genres, folds)."""

    def count(genre: NDArray[np.int64], fold: NDArray[np.intp]) -> NDArray[np.float64]:
        cells = np.bincount(genre * folds + fold, minlength=outcome.n_genres * folds)
        return cells.reshape(outcome.n_genres, folds).astype(np.float64)

    right = outcome.genre == outcome.predicted
    return Margins(
        hits=count(outcome.genre[right], index[right]),
        predicted=count(outcome.predicted, index),
        support=count(outcome.genre, index),
    )
