"""Statistics: the uncertainty of a score.

Tracks of one artist are not independent observations. The bootstrap here therefore draws artists, not tracks:
a cluster bootstrap with percentile intervals (Davison and Hinkley 1997, chapters 3 and 5; Field and Welsh
2007). `mgrbench.metrics.clusters` says which tracks are one cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgrbench.core.types import BenchError, Score
from mgrbench.metrics.classification import MARGIN_METRICS, Margins, Outcome, scores, track_log_loss

RESAMPLES = 10_000
LOSS_UNIT = 2.0**-20
"""Log losses are summed as whole multiples of this many nats, less than a fifth digit of a probability."""
_BLOCK = 512
"""Resamples drawn at a time, to save memory. The draws do not depend on it."""
_SCORED = 2048
"""Resamples scored at a time: few enough that their counts stay in a processor's cache."""

Interval = tuple[float, float] | None


class Bootstrap:
    """Cluster bootstrap of the metrics over one set of test tracks, shared by every run on them.

    A resample draws as many clusters as there are, with replacement, and scores the tracks in them. All
    metrics are functions of sums over clusters, so a resample is a column of whole-number weights, and all
    resamples together are one matrix product. The weights and the sums are whole numbers that their type
    holds exactly, so no result depends on the order in which a linear algebra library adds.

    Args:
        clusters: int, shape (tracks,): the cluster of each track, see `clusters_of`. Only which
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
        support = self._counts(self.genre).astype(self.weights.dtype) @ self.weights
        self._support: NDArray[np.float64] = np.asarray(support, dtype=np.float64)

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
        sums = np.concatenate(columns).astype(self.weights.dtype) @ self.weights
        blocks = [
            self._scored(sums[:, start : start + _SCORED], self._support[:, start : start + _SCORED])
            for start in range(0, sums.shape[1], _SCORED)
        ]
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

    def _scored(self, sums: NDArray[Any], support: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """The metrics of some resamples, few enough for the processor's cache, from their sums."""
        rows = np.asarray(sums, dtype=np.float64)
        margins = Margins(rows[: self.n_genres], rows[self.n_genres : 2 * self.n_genres], support)
        values = {name: metric(margins) for name, metric in MARGIN_METRICS.items()}
        if len(rows) > 2 * self.n_genres:
            loss_sums = np.zeros(rows.shape[1])
            for digits in rows[2 * self.n_genres :][::-1]:
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
            tracks, so nothing is known of other artists.

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

    def differences(self, outcomes: Sequence[Outcome]) -> dict[tuple[int, int], dict[str, Score]]:
        """First minus second of every two models, with 95 % intervals from the same resamples of both.

        Args:
            outcomes: what each model predicted, as in `distributions`.

        Returns:
            Positions (i, j) of two outcomes, i < j -> name of a metric that both have -> difference; without
            an interval where there is a single cluster.

        Raises:
            BenchError: as in `distributions`.
        """
        drawn = [self.distributions(outcome) for outcome in outcomes]
        whole = [scores(outcome) for outcome in outcomes]
        found: dict[tuple[int, int], dict[str, Score]] = {}
        for i, j in combinations(range(len(outcomes)), 2):
            names = [name for name in drawn[i] if name in drawn[j]]
            values = np.stack([drawn[i][name] - drawn[j][name] for name in names])
            ends: list[list[float]] | list[tuple[None, None]] = [(None, None)] * len(names)
            if len(self.weights) > 1:
                ends = np.quantile(values, [0.025, 0.975], axis=1).T.tolist()
            found[i, j] = {
                name: Score(whole[i][name] - whole[j][name], low, high)
                for name, (low, high) in zip(names, ends, strict=True)
            }
        return found

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


def fold_mean_std(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and *population* standard deviation (divided by n, not n − 1) of the folds' values.

    The standard deviations printed by Ng, Zeng and Wang (IEEE Access 2020) are population ones. They say how
    much the folds differ, not how uncertain the mean is.

    Returns:
        The mean, and the standard deviation; None for a single fold, which differs from no other.

    Raises:
        BenchError: if there are no values.
    """
    if not len(values):
        raise BenchError("there are no folds to average over", "give at least one value")
    return float(np.mean(values)), float(np.std(values)) if len(values) > 1 else None


def bootstrap_share(
    clusters: ArrayLike, right: ArrayLike, tried: ArrayLike, resamples: int = RESAMPLES, seed: int = 0
) -> Score:
    """Share of right answers, Σ right / Σ tried, with its 95 % interval by a bootstrap over clusters.

    Args:
        clusters: int, shape (tracks,): the cluster of each track, see `clusters_of`.
        right: whole numbers, shape (tracks,) or (repeats, tracks): how many answers to a track were right.
            Repeats, as by several seeds, are resampled too, independently of the clusters (the pigeonhole
            bootstrap: Owen 2007), so that the interval also holds what they differ by.
        tried: whole numbers of the same shape: how many answers there were.
        resamples: number of resamples.
        seed: seed of the draws.

    Raises:
        BenchError: if shapes differ or nothing was tried.
    """
    return _share_difference(clusters, [right, tried], resamples, seed)


def bootstrap_difference(
    clusters: ArrayLike,
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Score:
    """Difference of two shares, each (right, tried) as in `bootstrap_share`, from the same resamples.

    A track may count in both shares, in one or in neither: so two models on the same tracks can be compared
    as well as two groups of tracks. A resample in which nothing of one share was tried is left out.

    Raises:
        BenchError: if shapes differ or nothing was tried of one share.
    """
    return _share_difference(clusters, [*first, *second], resamples, seed)


def paired_bootstrap(
    clusters: ArrayLike, first: ArrayLike, second: ArrayLike, resamples: int = RESAMPLES, seed: int = 0
) -> Score:
    """Mean of first − second over the tracks, with its 95 % interval by a bootstrap over clusters.

    Args:
        clusters: int, shape (tracks,): the cluster of each track, see `clusters_of`.
        first: shape (tracks,) or (repeats, tracks): what the one got of each track, 1 for a right answer and
            0 for a wrong one; repeats as in `bootstrap_share`.
        second: the same of the other, on the same tracks in the same order.
        resamples: number of resamples.
        seed: seed of the draws.

    Raises:
        BenchError: if shapes differ or there are no tracks.
    """
    every = np.ones_like(np.asarray(first), dtype=np.int64)
    return _share_difference(clusters, [first, every, second, every], resamples, seed)


def _share_difference(clusters: ArrayLike, columns: Sequence[ArrayLike], resamples: int, seed: int) -> Score:
    """Of the columns a, m, b, n: Σa / Σm − Σb / Σn; of a and m alone the first share."""
    table = [np.atleast_2d(np.asarray(column, dtype=np.float64)) for column in columns]
    numbers = np.asarray(clusters)
    if any(column.shape != table[0].shape or column.shape[1:] != numbers.shape for column in table):
        shapes = ", ".join(str(np.shape(column)) for column in (numbers, *columns))
        raise BenchError(f"the arrays of a bootstrap differ in shape: {shapes}", "give one value a track")
    if not all(tried.any() for tried in table[1::2]):
        raise BenchError("a share of nothing has no interval", "give at least one track")
    numbers = np.unique(numbers, return_inverse=True)[1].ravel()
    size, repeats = int(numbers.max()) + 1, len(table[0])
    sums = np.array([[np.bincount(numbers, row, size) for row in column] for column in table])

    def value(of: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = of[::2] / of[1::2]
        return np.asarray(shares[0] - shares[1] if len(shares) > 1 else shares[0])

    whole = float(value(sums.sum(axis=(1, 2))))
    if size == 1:
        return Score(whole)
    of_repeats = np.random.default_rng([seed, repeats]).multinomial(
        repeats, [1 / repeats] * repeats, size=resamples
    )
    drawn = []
    for start, weights in _blocks(size, resamples, seed, np.float64):
        each = of_repeats[start : start + weights.shape[1]].T
        drawn.append(value((sums @ weights * each).sum(axis=1)))
    values = np.concatenate(drawn)
    low, high = np.quantile(values[np.isfinite(values)], [0.025, 0.975]).tolist()
    return Score(whole, low, high)


def _draw(clusters: int, resamples: int, seed: int, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """How many times each resample draws each cluster, shape (clusters, resamples)."""
    weights = np.empty((clusters, resamples), dtype=dtype)
    for start, block in _blocks(clusters, resamples, seed, dtype):
        weights[:, start : start + block.shape[1]] = block
    return weights


def _blocks(
    clusters: int, resamples: int, seed: int, dtype: type[np.floating[Any]]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """The same some resamples at a time: number of the first one, and (clusters, resamples of the block)."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        many = min(_BLOCK, resamples - start)
        drawn = generator.integers(clusters, size=(many, clusters))
        drawn += np.arange(many)[:, None] * clusters
        yield start, np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).T.astype(dtype)
