"""Paired tests: do two models differ significantly in what they got right of the same test tracks?

Three tests, each of which misses something:

* McNemar's exact test (McNemar 1947; a two-sided binomial test of the tracks that exactly one model got
  right) holds for any number of tracks, but takes tracks for independent, which those of one artist are not.
* The test over artists compares the difference with its standard error over clusters of tracks, by a t
  distribution (the linearised form of the bootstrap in `mgrbench.metrics.bootstrap`; Field and Welsh 2007).
  It allows for the tracks of one artist, but is an approximation that needs a fair number of artists.
* The corrected resampled t-test (Nadeau and Bengio 2003) compares the folds' differences, with a variance
  that allows for overlapping training parts. Only this test allows for the choice of training tracks.

In leaderboards and comparisons two models differ significantly if they do by both of the first two tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgrbench.core.types import BenchError

ALPHA = 0.05
"""Two models differ significantly where p, after Holm's correction, is below this."""


@dataclass(frozen=True, slots=True)
class PairedTests:
    """One model beside several others, each on the tracks both were tested on; arrays of shape (others,).

    Attributes:
        tracks: int64, how many tracks that is.
        difference: float64, accuracy of the first minus that of the other; 0 where there are no tracks.
        error: float64, its standard error over clusters; NaN where there are fewer than two clusters.
        half_width: float64, half the length of its 95 % interval by the t distribution; NaN as before.
        only_first: int64, tracks that only the first got right.
        only_second: int64, tracks that only the other got right.
        mcnemar: float64, p of McNemar's exact test.
        clustered: float64, p of the test over clusters; 1 where there are fewer than two.
    """

    tracks: NDArray[np.int64]
    difference: NDArray[np.float64]
    error: NDArray[np.float64]
    half_width: NDArray[np.float64]
    only_first: NDArray[np.int64]
    only_second: NDArray[np.int64]
    mcnemar: NDArray[np.float64]
    clustered: NDArray[np.float64]

    @property
    def p(self) -> NDArray[np.float64]:
        """The larger p of McNemar's test and the test over clusters: both must reject."""
        return np.maximum(self.mcnemar, self.clustered)


def paired_tests(
    clusters: ArrayLike, first: ArrayLike, others: ArrayLike, tested: ArrayLike | None = None
) -> PairedTests:
    """Compare a model with others on the same tracks.

    Args:
        clusters: int, shape (tracks,): see `mgrbench.metrics.clusters.clusters_of`.
        first: bool, shape (tracks,): what the model got right; or (others, tracks), one model for each.
        others: bool, shape (others, tracks): what each of the others got right.
        tested: bool, shape (others, tracks): the tracks that both were tested on; all without it.

    Raises:
        BenchError: if shapes differ.
    """
    rows = np.asarray(others, dtype=bool)
    numbers, ours = np.asarray(clusters), np.asarray(first, dtype=bool)
    both = np.ones_like(rows) if tested is None else np.asarray(tested, dtype=bool)
    fits = rows.ndim == 2 and both.shape == rows.shape and numbers.shape == rows.shape[1:]
    if not fits or ours.shape not in {rows.shape, rows.shape[1:]}:
        shapes = f"{numbers.shape}, {ours.shape}, {rows.shape}, {both.shape}"
        raise BenchError(f"the arrays of a paired test differ in shape: {shapes}", "give one value a track")
    if not len(numbers):
        raise BenchError("there are no tracks to compare on", "give at least one track")
    only_first, only_second = both & ours & ~rows, both & ~ours & rows
    differences = _cluster_sums(numbers, only_first.astype(np.int64) - only_second)
    difference, error, half_width, p = _over_clusters(differences, _cluster_sums(numbers, both))
    b, c = only_first.sum(axis=1), only_second.sum(axis=1)
    return PairedTests(both.sum(axis=1), difference, error, half_width, b, c, mcnemar(b, c), p)


def mcnemar(only_first: ArrayLike, only_second: ArrayLike) -> NDArray[np.float64]:
    """The p of McNemar's exact test: 2 · P(X <= min(b, c)) with X binomial (b + c, 1/2), at most 1.

    Args:
        only_first: whole numbers, any shape: tracks that only the first model got right.
        only_second: of the same shape: tracks that only the second got right.
    """
    from scipy.special import bdtr

    b, c = np.asarray(only_first), np.asarray(only_second)
    return np.asarray(np.minimum(1.0, 2 * bdtr(np.minimum(b, c).astype(np.float64), b + c, 0.5)))


def corrected_resampled_t(differences: Sequence[float], test_to_train: float) -> tuple[float, float]:
    """The t and two-sided p of the corrected resampled t-test (Nadeau and Bengio 2003).

    t = mean / √((1/J + test_to_train) · variance), with J − 1 degrees of freedom and the variance divided by
    J − 1. For k-fold cross-validation, repeated or not, ``test_to_train`` is 1 / (k − 1).

    Args:
        differences: the folds' differences, J of them.
        test_to_train: size of the test part divided by that of the training part.

    Raises:
        BenchError: if there are fewer than two folds, or if ``test_to_train`` is not positive.
    """
    from scipy.special import stdtr

    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2:
        raise BenchError(f"there are {len(values)} folds", "the corrected t-test needs two or more")
    if not test_to_train > 0:
        raise BenchError(
            f"test_to_train is {test_to_train}", "give the test part's size by the training part's"
        )
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    if variance == 0:
        return (0.0, 1.0) if mean == 0 else (float(np.copysign(np.inf, mean)), 0.0)
    t = mean / float(np.sqrt((1 / len(values) + test_to_train) * variance))
    return t, float(2 * stdtr(len(values) - 1, -abs(t)))


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """p-values adjusted by Holm (1979), in the order given; of m the smallest is multiplied by m, and so on.

    Raises:
        BenchError: if one is no probability.
    """
    values = np.asarray(p, dtype=np.float64)
    if not np.all((values >= 0) & (values <= 1)):
        raise BenchError("a p-value is not between 0 and 1", "give probabilities")
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1.0, stepped)
    return adjusted


def _cluster_sums(
    clusters: NDArray[np.int64], values: NDArray[np.int64] | NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Sums over the tracks of each cluster: (rows, tracks) -> (rows, clusters)."""
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=clusters[order[:1]] - 1))
    return np.add.reduceat(values[:, order], starts, axis=1, dtype=np.int64)


def _over_clusters(
    sums: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Σ sums / Σ sizes of each row with its standard error, half width and p; shape (rows, clusters) each."""
    from scipy.special import stdtr, stdtrit

    count = np.count_nonzero(sizes, axis=1)
    tracks = np.maximum(sizes.sum(axis=1), 1)
    difference = sums.sum(axis=1) / tracks
    rest = ((sums - difference[:, None] * sizes) ** 2).sum(axis=1)
    freedom = np.where(count > 1, count - 1, 1)
    error = np.where(count > 1, np.sqrt((freedom + 1) / freedom * rest) / tracks, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(difference) / error
    # Without any difference t is 0/0, and of a single cluster nothing is known: neither is significant.
    p = np.where(np.isnan(t) | (difference == 0), 1.0, 2 * stdtr(freedom, -np.nan_to_num(t, posinf=np.inf)))
    half_width = np.asarray(stdtrit(freedom, 1 - ALPHA / 2) * error, dtype=np.float64)
    return np.asarray(difference), np.asarray(error, dtype=np.float64), half_width, np.asarray(p)
