"""Statistics: how far a score can be trusted.

Tracks of one artist are not independent observations: who recognises one song of an album recognises the
next. The bootstrap here therefore draws artists, not tracks (a cluster bootstrap with percentile intervals:
Davison and Hinkley 1997, chapters 3 and 5; Field and Welsh 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgrbench.metrics import MARGIN_METRICS, Margins, Outcome, track_log_loss
from mgrbench.types import BenchError

RESAMPLES = 10_000
LOSS_UNIT = 2.0**-20
"""Log losses are summed as whole multiples of this many nats, less than a fifth digit of a probability."""
_BLOCK = 512
"""Resamples drawn at a time, to save memory; the draws are the same whatever it is."""

Interval = tuple[float, float] | None


def clusters_by_artist(artist: Sequence[str]) -> NDArray[np.int64]:
    """Number the groups of tracks that artists tie together.

    Two tracks that share a credited artist are in one cluster, and so are tracks that a chain of such
    pairs connects. A track of unknown artist is a cluster of its own.

    Args:
        artist: per track the credited artist ids joined by ``;``, empty where unknown.

    Returns:
        int64, shape (tracks,): cluster numbers from 0, in order of first appearance.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    tracks = len(artist)
    credited = [(i, name) for i, names in enumerate(artist) for name in names.split(";") if name]
    node = {name: tracks + i for i, name in enumerate(dict.fromkeys(name for _, name in credited))}
    rows = np.array([i for i, _ in credited], dtype=np.int64)
    columns = np.array([node[name] for _, name in credited], dtype=np.int64)
    size = tracks + len(node)
    graph = coo_array((np.ones(len(credited), dtype=np.int8), (rows, columns)), shape=(size, size))
    component = connected_components(graph, directed=False)[1][:tracks]
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first)).astype(np.int64)[inverse]


class Bootstrap:
    """Cluster bootstrap of the metrics over one set of test tracks, shared by every run on them.

    A resample draws as many clusters as there are, with replacement, and scores the tracks in them. All
    metrics are functions of sums over clusters, so a resample is a column of whole-number weights, and all
    resamples together are one matrix product. The weights and the sums are whole numbers that their type
    holds exactly, so no result depends on the order in which a linear algebra library adds.

    Args:
        clusters: int, shape (tracks,): the cluster of each track, see `clusters_by_artist`. Only which
            numbers are equal and their order matter.
        genre: int64, shape (tracks,): the true genres.
        n_genres: number of genres of the dataset.
        resamples: number of resamples.
        seed: seed of the draws.

    Attributes:
        genre: int64, shape (tracks,), as given.
        clusters: int64, shape (tracks,): the clusters, renumbered from 0 without gaps.
        weights: float, shape (clusters, resamples): how many times a resample holds a cluster.

    Raises:
        BenchError: if there are no tracks or resamples, or ``clusters`` and ``genre`` differ in shape.
    """

    def __init__(
        self, clusters: ArrayLike, genre: ArrayLike, n_genres: int, resamples: int = RESAMPLES, seed: int = 0
    ) -> None:
        # An outcome that is all right checks the genres, and its predictions have the genres' counts.
        truth = Outcome(np.asarray(genre), np.asarray(genre), None, n_genres)
        numbers = np.asarray(clusters)
        if numbers.shape != truth.genre.shape:
            problem = f"clusters and genre differ in shape: {numbers.shape} != {truth.genre.shape}"
            raise BenchError(problem, "give one cluster number a track")
        if resamples < 1:
            raise BenchError(f"resamples is {resamples}", "draw at least one")
        self.genre = truth.genre
        self.n_genres = n_genres
        self.clusters: NDArray[np.int64] = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
        sizes = np.bincount(self.clusters)
        # No count's sum is larger than in a resample that holds nothing but the largest cluster; digits are
        # chosen to fit. Single precision halves the time, and holds whole numbers up to 2**24.
        single = len(sizes) * int(sizes.max()) < 2**24
        self.weights = _draw(len(sizes), resamples, seed, np.float32 if single else np.float64)
        self._digit = 2 ** int(np.log2((2**24 if single else 2**53) // len(sizes)))
        self._support = self._resampled(self._counts(self.genre))

    def distributions(self, outcome: Outcome) -> dict[str, NDArray[np.float64]]:
        """Each metric's value in each resample, by the metric's name.

        Args:
            outcome: what a model predicted for the tracks of this bootstrap, in their order. Without
                probabilities there is no log loss.

        Returns:
            float64 arrays of shape (resamples,). A genre that a resample misses is treated as by
            `mgrbench.metrics`: left out of balanced accuracy, and of macro F1 unless it was predicted.

        Raises:
            BenchError: if the outcome's true genres are not those of this bootstrap.
        """
        if outcome.n_genres != self.n_genres or not np.array_equal(outcome.genre, self.genre):
            problem = "the true genres are not those the bootstrap was drawn for"
            raise BenchError(problem, "make a Bootstrap of these test tracks, in this order")
        right = outcome.predicted == outcome.genre
        columns = [self._counts(outcome.genre, right), self._counts(outcome.predicted)]
        if outcome.proba is not None:
            columns.append(self._loss_digits(outcome))
        sums = self._resampled(np.concatenate(columns))
        margins = Margins(sums[: self.n_genres], sums[self.n_genres : 2 * self.n_genres], self._support)
        values = {name: metric(margins) for name, metric in MARGIN_METRICS.items()}
        if outcome.proba is not None:
            loss_sums = np.zeros(self.weights.shape[1])
            for digits in sums[2 * self.n_genres :][::-1]:
                loss_sums = loss_sums * self._digit + digits
            values["log_loss"] = loss_sums * LOSS_UNIT / margins.tracks
        return values

    def intervals(self, outcome: Outcome, confidence: float = 0.95) -> dict[str, Interval]:
        """Percentile interval of each metric, by the metric's name.

        Args:
            outcome: as in `distributions`.
            confidence: share of the resamples that lie inside.

        Returns:
            name -> (low, high), or None where there is a single cluster: every resample is then the same
            tracks, and tells nothing of how other artists would have fared.

        Raises:
            BenchError: as in `distributions`, or if ``confidence`` is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise BenchError(f"confidence is {confidence}", "give a share between 0 and 1, such as 0.95")
        values = self.distributions(outcome)
        if len(self.weights) == 1:
            return dict.fromkeys(values)
        tails = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = np.quantile(np.stack(list(values.values())), tails, axis=1).tolist()
        return dict(zip(values, zip(low, high, strict=True), strict=True))

    def _counts(self, genre: NDArray[np.int64], which: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Tracks of each genre in each cluster, shape (genres, clusters), of all or of ``which``."""
        cells = genre * len(self.weights) + self.clusters
        if which is not None:
            cells = cells[which]
        counts = np.bincount(cells, minlength=self.n_genres * len(self.weights))
        return counts.reshape(self.n_genres, len(self.weights))

    def _loss_digits(self, outcome: Outcome) -> NDArray[np.int64]:
        """Each cluster's log loss in `LOSS_UNIT`, shape (digits, clusters), the lowest digit first.

        Single precision cannot sum numbers as large as the losses exactly, but their digits to base
        ``_digit`` it can.
        """
        loss = np.bincount(self.clusters, track_log_loss(outcome))
        rest = np.rint(loss / LOSS_UNIT).astype(np.int64)
        digits: list[NDArray[np.int64]] = []
        while not digits or rest.any():
            digits.append(rest % self._digit)
            rest //= self._digit
        return np.stack(digits)

    def _resampled(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sums over clusters, shape (rows, clusters) -> (rows, resamples)."""
        return np.asarray(counts.astype(self.weights.dtype) @ self.weights, dtype=np.float64)


def fold_mean_std(values: Sequence[float]) -> tuple[float, float]:
    """Mean and *population* standard deviation (divided by n, not n − 1) of the folds' values.

    The population one is what the standard deviations printed by Ng, Zeng and Wang (IEEE Access 2020) fit.
    It says how much the folds differ, not how far the mean can be trusted.

    Raises:
        BenchError: if there are no values.
    """
    if not len(values):
        raise BenchError("there are no folds to average over", "give at least one value")
    return float(np.mean(values)), float(np.std(values))


def _draw(clusters: int, resamples: int, seed: int, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """How many times each resample draws each cluster, shape (clusters, resamples)."""
    generator = np.random.default_rng(seed)
    weights = np.empty((clusters, resamples), dtype=dtype)
    for start in range(0, resamples, _BLOCK):
        block = weights[:, start : start + _BLOCK]
        drawn = generator.integers(clusters, size=(block.shape[1], clusters))
        drawn += np.arange(block.shape[1])[:, None] * clusters
        block[...] = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).T
    return weights
