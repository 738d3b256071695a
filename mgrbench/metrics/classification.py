"""Metrics: the true and the predicted genres of some tracks, reduced to numbers.

An `Outcome` holds the predictions of a model for some tracks. Everything but log loss is a function of three
counts a genre, the *margins* of the confusion matrix:

* ``hits[i]``: tracks of genre i that were predicted i (the diagonal, TP_i),
* ``predicted[i]``: tracks that were predicted i (a column's sum, TP_i + FP_i),
* ``support[i]``: tracks whose genre is i (a row's sum, TP_i + FN_i).

The formulas below are scikit-learn's and a test holds them to it. They are written out because they work on
whole stacks of margins at once: the bootstrap in `mgrbench.metrics.bootstrap` needs ten thousand, and a run
with ten folds is scored eleven times. A score and its interval come from the same formula.

Conventions: a ratio whose denominator is zero is 0, no metric is ever NaN, and rows are true genres.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgrbench.core.types import BenchError

CLIP = 1e-7
"""Smallest probability that log loss uses: about the resolution of float32, in which most models predict. It
limits the loss of a track to 16.1 nats, so that a single probability of 0 gives no infinite loss."""

ROW_SUM_TOLERANCE = 0.01
"""How far a track's probabilities may be from summing to 1, which three printed decimals need."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a model predicted for some tracks, beside what is true.

    Attributes:
        genre: int64, shape (tracks,): the true genre's position in ``Dataset.genres``.
        predicted: int64, shape (tracks,): the predicted genre's position.
        proba: float64, shape (tracks, genres), or None where the model gives no probabilities. Every row
            sums to 1 within `ROW_SUM_TOLERANCE`, since stored probabilities are rounded.
        n_genres: number of genres of the dataset, whether or not all of them occur here.

    Raises:
        BenchError: if there are no tracks, shapes differ, a genre is out of range, or ``proba`` has values
            outside 0..1, values that are not numbers, or rows that do not sum to 1.
    """

    genre: NDArray[np.int64]
    predicted: NDArray[np.int64]
    proba: NDArray[np.float64] | None
    n_genres: int

    def __post_init__(self) -> None:
        if self.n_genres < 1:
            raise BenchError(f"n_genres is {self.n_genres}", "give the dataset's number of genres")
        genre = _positions(self.genre, self.n_genres, "genre")
        predicted = _positions(self.predicted, self.n_genres, "predicted")
        if len(genre) != len(predicted):
            problem = f"genre and predicted differ in length: {len(genre)} != {len(predicted)}"
            raise BenchError(problem, "give one prediction a track")
        if not len(genre):
            raise BenchError("there are no tracks to score", "give at least one prediction")
        object.__setattr__(self, "genre", genre)
        object.__setattr__(self, "predicted", predicted)
        if self.proba is not None:
            object.__setattr__(self, "proba", _probabilities(self.proba, (len(genre), self.n_genres)))

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.genre)

    def of(self, tracks: NDArray[np.bool_] | NDArray[np.intp]) -> Outcome:
        """The outcome of some of the tracks, by a mask or by their positions."""
        proba = None if self.proba is None else self.proba[tracks]
        return Outcome(self.genre[tracks], self.predicted[tracks], proba, self.n_genres)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Confusion matrix, int64 (genres, genres): rows are true, columns predicted genres."""
        pairs = np.bincount(self.genre * self.n_genres + self.predicted, minlength=self.n_genres**2)
        return pairs.reshape(self.n_genres, self.n_genres).astype(np.int64)

    @cached_property
    def margins(self) -> Margins:
        """The margins of the confusion matrix, each of shape (genres,)."""
        counts = self.counts.astype(np.float64)
        return Margins(counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1))


@dataclass(frozen=True, eq=False)
class Margins:
    """Counts a genre, float64 of shape (genres, ...); see the top of this file.

    Trailing axes are independent sets of tracks, for example the resamples of a bootstrap.
    """

    hits: NDArray[np.float64]
    predicted: NDArray[np.float64]
    support: NDArray[np.float64]

    @cached_property
    def tracks(self) -> NDArray[np.float64]:
        """Number of tracks, shape (...)."""
        return np.asarray(self.support.sum(axis=0))

    @cached_property
    def f1(self) -> NDArray[np.float64]:
        """F1 of each genre, shape (genres, ...): 2 TP / (2 TP + FP + FN), 0 for a genre that is nowhere."""
        return np.asarray(2 * self.hits / np.maximum(self.predicted + self.support, 1))


def accuracy(margins: Margins) -> NDArray[np.float64]:
    """Share of the tracks whose genre was predicted; shape (...)."""
    return np.asarray(margins.hits.sum(axis=0) / margins.tracks)


def balanced_accuracy(margins: Margins) -> NDArray[np.float64]:
    """Mean recall over the genres that occur among the true ones; shape (...)."""
    recall = margins.hits / np.maximum(margins.support, 1)
    return np.asarray(recall.sum(axis=0) / np.count_nonzero(margins.support, axis=0))


def macro_f1(margins: Margins) -> NDArray[np.float64]:
    """Mean F1 over the genres that occur among the true or the predicted ones; shape (...).

    A genre that is in neither is left out, as by scikit-learn's ``f1_score(average="macro")`` without
    ``labels``: so a perfect prediction scores 1 on any set of tracks, also on a fold or a resample that
    misses a genre. Where every genre occurs this is the mean over all.
    """
    return np.asarray(margins.f1.sum(axis=0) / np.count_nonzero(margins.predicted + margins.support, axis=0))


def weighted_f1(margins: Margins) -> NDArray[np.float64]:
    """Mean F1 over the genres, each weighted by its number of true tracks; shape (...)."""
    return np.asarray((margins.f1 * margins.support).sum(axis=0) / margins.tracks)


def mcc(margins: Margins) -> NDArray[np.float64]:
    """Matthews correlation of several classes (Gorodkin 2004, R_K); shape (...).

    It is 0 where only one genre is true, or only one is predicted.
    """
    squared = margins.tracks**2
    covariance = margins.hits.sum(axis=0) * margins.tracks - (margins.support * margins.predicted).sum(axis=0)
    spread = (squared - (margins.support**2).sum(axis=0)) * (squared - (margins.predicted**2).sum(axis=0))
    # Counts are whole numbers: a spread that is not 0 is at least 1, and where it is 0 the covariance is too.
    return np.asarray(covariance / np.sqrt(np.maximum(spread, 1)))


def track_log_loss(outcome: Outcome) -> NDArray[np.float64]:
    """Log loss of each track in nats, shape (tracks,): −ln of its true genre's probability.

    A row is divided by its sum first, since stored probabilities are rounded to five significant digits, and
    the probability is raised to `CLIP` where it is smaller.

    Raises:
        BenchError: if the outcome has no probabilities.
    """
    if outcome.proba is None:
        raise BenchError("log loss needs probabilities", "score a run that stores them")
    true = outcome.proba[np.arange(len(outcome)), outcome.genre] / outcome.proba.sum(axis=1)
    return np.asarray(0.0 - np.log(np.clip(true, CLIP, 1.0)))  # not −ln: the loss of a certain track is 0.0


MARGIN_METRICS: Mapping[str, Callable[[Margins], NDArray[np.float64]]] = MappingProxyType(
    {formula.__name__: formula for formula in (accuracy, balanced_accuracy, macro_f1, weighted_f1, mcc)}
)
"""The metrics that are functions of the margins, over whole stacks of them."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that says how good an outcome is.

    Attributes:
        name: the name it is called by.
        about: one sentence with the formula and its source.
        function: outcome -> a finite value.
        higher_is_better: False for losses.
        needs_proba: True where outcomes without probabilities cannot be scored; they lack the metric.
    """

    name: str
    about: str
    function: Callable[[Outcome], float]
    higher_is_better: bool = True
    needs_proba: bool = False


def _of_margins(name: str, about: str) -> Metric:
    return Metric(name, about, lambda outcome: float(MARGIN_METRICS[name](outcome.margins)))


_BUILT_IN = (
    _of_margins("accuracy", "Share of the tracks whose genre was predicted, Σ TP_i / N."),
    _of_margins("balanced_accuracy", "Mean recall TP_i / (TP_i + FN_i) of the genres that occur."),
    _of_margins("macro_f1", "Mean of 2 TP_i / (2 TP_i + FP_i + FN_i) over the genres true or predicted."),
    _of_margins("weighted_f1", "Mean of the genres' F1, weighted by their number of true tracks."),
    _of_margins(
        "mcc",
        "Matthews correlation (Gorodkin 2004) of t_i true and p_i predicted tracks of genre i: "
        "(N Σ TP_i − Σ t_i p_i) / sqrt((N² − Σ t_i²) (N² − Σ p_i²)).",
    ),
    Metric(
        "log_loss",
        f"Mean of −ln p(true genre) in nats, with p at least {CLIP:g}.",
        lambda outcome: float(track_log_loss(outcome).mean()),
        higher_is_better=False,
        needs_proba=True,
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _BUILT_IN})
"""The built-in metrics by name."""


def scores(outcome: Outcome, metrics: Mapping[str, Metric] = METRICS) -> dict[str, float]:
    """Every metric of an outcome that it can be scored by.

    Args:
        outcome: what was predicted. Without probabilities the metrics that need them are left out.
        metrics: name -> metric, in the order of the result.

    Raises:
        BenchError: if a metric gives something that is not a finite number.
    """
    values: dict[str, float] = {}
    for name, metric in metrics.items():
        if metric.needs_proba and outcome.proba is None:
            continue
        value = float(metric.function(outcome))
        if not math.isfinite(value):
            raise BenchError(
                f"metric {name!r} gives {value}", "make it return a finite number, or leave it out"
            )
        values[name] = value
    return values


def confusion(outcome: Outcome) -> NDArray[np.int64]:
    """Confusion matrix, int64 (genres, genres): rows are true, columns predicted genres."""
    return outcome.counts.copy()


@dataclass(frozen=True, slots=True)
class PerClass:
    """How one genre was predicted. All but the name and the support are shares, 0..1.

    Attributes:
        genre: its name.
        precision: TP / (TP + FP), 0 if the genre was never predicted.
        recall: TP / (TP + FN), 0 if no track is of the genre.
        f1: 2 TP / (2 TP + FP + FN), 0 if both.
        accuracy: (TP + TN) / N, eq. 16 of Ng, Zeng and Wang (IEEE Access 2020): how many tracks are on the
            right side of "this genre or not".
        accuracy_as_printed: what the tables of that paper print under the name, which is another number:
            C / (C + FP_i + Σ_{j≠i} FN_j), C = Σ_j TP_j. A genre of low recall scores *higher* by it, so it
            serves to compare with those tables and nothing else.
        support: number of tracks of the genre.
    """

    genre: str
    precision: float
    recall: float
    f1: float
    accuracy: float
    accuracy_as_printed: float
    support: int


def per_class(confusion: ArrayLike, genres: Sequence[str]) -> tuple[PerClass, ...]:
    """What a confusion matrix says of each genre.

    Args:
        confusion: counts, shape (genres, genres), rows are true genres.
        genres: names of the genres, in the order of the rows.

    Raises:
        BenchError: if it is not a square matrix of whole numbers that are not negative, or is all 0; or if
            there are more or fewer names than rows.
    """
    counts = np.asarray(confusion)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not np.issubdtype(counts.dtype, np.integer):
        problem = f"a confusion matrix cannot be {counts.dtype} of shape {counts.shape}"
        raise BenchError(problem, "give whole numbers, as many rows as columns")
    if counts.size == 0 or counts.min() < 0 or counts.max() == 0:
        raise BenchError("a confusion matrix has negative counts or no tracks", "give counts of tracks")
    if len(genres) != len(counts):
        problem = f"there are {len(genres)} names of genres for {len(counts)} rows of a confusion matrix"
        raise BenchError(problem, "name each genre once")
    hits, predicted, support = counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1)
    missed, wrongly = support - hits, predicted - hits
    total, right = counts.sum(), hits.sum()
    printed_denominator = right + wrongly + (missed.sum() - missed)
    columns = (
        hits / np.maximum(predicted, 1),
        hits / np.maximum(support, 1),
        2 * hits / np.maximum(predicted + support, 1),
        (total - missed - wrongly) / total,
        right / np.maximum(printed_denominator, 1),
        support,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(PerClass(genre, *row) for genre, row in zip(genres, rows, strict=True))


def _positions(values: ArrayLike, n_genres: int, name: str) -> NDArray[np.int64]:
    positions = np.asarray(values)
    if positions.ndim != 1 or (positions.size and not np.issubdtype(positions.dtype, np.integer)):
        problem = f"{name} is {positions.dtype} of shape {positions.shape}"
        raise BenchError(problem, "give one whole number a track: the genre's position")
    outside = positions[(positions < 0) | (positions >= n_genres)]
    if outside.size:
        raise BenchError(f"{name} has {outside[0]}", f"genres are numbered 0 to {n_genres - 1}")
    return np.ascontiguousarray(positions, dtype=np.int64)


def _probabilities(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float64]:
    proba = np.asarray(values, dtype=np.float64)
    if proba.shape != shape:
        raise BenchError(
            f"proba has shape {proba.shape}, not {shape}", "give one row a track, one column a genre"
        )
    if fault := probability_fault(proba):
        row, problem = fault
        raise BenchError(f"proba of track {row}: {problem}", "give probabilities from 0 to 1 that sum to 1")
    return proba


def probability_fault(proba: NDArray[np.float64]) -> tuple[int, str] | None:
    """The first row that holds no probabilities, and what is wrong with it.

    Args:
        proba: shape (tracks, genres).
    """
    valid = (proba >= 0) & (proba <= 1 + ROW_SUM_TOLERANCE)
    if not valid.all():
        row, column = np.argwhere(~valid)[0].tolist()
        return row, f"genre {column} is {proba[row, column]}"
    sums = proba.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > ROW_SUM_TOLERANCE)
    return (int(wrong[0]), f"the sum is {sums[wrong[0]]:g}") if wrong.size else None
