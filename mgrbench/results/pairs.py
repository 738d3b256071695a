"""Two models on the same test tracks: their differences, overall and by genre, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import Score, Split
from mgrbench.metrics.bootstrap import Bootstrap
from mgrbench.metrics.classification import Outcome
from mgrbench.metrics.significance import ALPHA, corrected_resampled_t, holm, paired_tests

METRICS = ("accuracy", "macro_f1")

Key = tuple[str, int]
"""A track and the fold that tests it."""


@dataclass(frozen=True, slots=True)
class GenreResult:
    """Two runs on the tracks of one genre.

    Attributes:
        genre: its name.
        tracks: number of its tracks.
        first, second: how many of these the first and the second run got right.
        p_holm: the larger p of McNemar's test and of the test over artists, corrected by Holm's method for
            all genres.
    """

    genre: str
    tracks: int
    first: int
    second: int
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the difference is significant: p < .05."""
        return self.p_holm < ALPHA


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A track of which two runs predicted different genres."""

    track_id: str
    fold: int
    genre: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs of a comparison; differences are first minus second.

    Attributes:
        first, second: their positions among the entrants.
        differences: of accuracy and macro F1, with intervals by the paired bootstrap over artists.
        only_first: tracks that only the first got right.
        only_second: tracks that only the second got right.
        mcnemar: p of McNemar's exact test.
        over_artists: p of the test over artists.
        p_holm: the larger of the two, corrected by Holm's method for all pairs.
        over_folds: t and p of the corrected resampled t-test; None for a single fold.
        genres: the same for each genre.
        disagreements: the tracks of which they predicted different genres.
    """

    first: int
    second: int
    differences: dict[str, Score]
    only_first: int
    only_second: int
    mcnemar: float
    over_artists: float
    p_holm: float
    over_folds: tuple[float, float] | None
    genres: tuple[GenreResult, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def significant(self) -> bool:
        """Whether the difference is significant by the test over artists and by McNemar's: p < .05."""
        return self.p_holm < ALPHA


def make_pairs(
    outcomes: Sequence[Outcome],
    bootstrap: Bootstrap,
    split: Split,
    keys: Sequence[Key],
    genres: tuple[str, ...],
) -> tuple[Pair, ...]:
    """Every two of some outcomes on the same tracks.

    Args:
        outcomes: what each model predicted.
        bootstrap: the resamples of these tracks.
        split: the split they are test tracks of.
        keys: the tracks, each with the fold that tests it.
        genres: names of the genres.
    """
    right = [outcome.genre == outcome.predicted for outcome in outcomes]
    folds = np.array([fold for _, fold in keys])
    chosen = list(combinations(range(len(outcomes)), 2))
    tests = [paired_tests(bootstrap.clusters, right[i], right[j][None]) for i, j in chosen]
    adjusted = holm([float(test.p[0]) for test in tests]).tolist()
    differences = bootstrap.differences(outcomes)
    pairs = []
    for (i, j), test, p_holm in zip(chosen, tests, adjusted, strict=True):
        pair = Pair(
            first=i,
            second=j,
            differences={name: differences[i, j][name] for name in METRICS},
            only_first=int(test.only_first[0]),
            only_second=int(test.only_second[0]),
            mcnemar=float(test.mcnemar[0]),
            over_artists=float(test.clustered[0]),
            p_holm=p_holm,
            over_folds=_over_folds(right[i], right[j], folds, split),
            genres=_by_genre(bootstrap.clusters, right[i], right[j], outcomes[i].genre, genres),
            disagreements=_disagreements(outcomes[i], outcomes[j], keys, genres),
        )
        pairs.append(pair)
    return tuple(pairs)


def _over_folds(
    first: NDArray[np.bool_], second: NDArray[np.bool_], folds: NDArray[np.int64], split: Split
) -> tuple[float, float] | None:
    numbers = np.unique(folds).tolist()
    if len(numbers) < 2:
        return None
    differences = [float(first[folds == fold].mean() - second[folds == fold].mean()) for fold in numbers]
    used = [split.folds[fold - 1] for fold in numbers]
    test = sum(len(fold.test) for fold in used)
    train = sum(len(fold.train) + len(fold.valid) for fold in used)
    return corrected_resampled_t(differences, test / train)


def _by_genre(
    clusters: NDArray[np.int64],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    genre: NDArray[np.int64],
    genres: tuple[str, ...],
) -> tuple[GenreResult, ...]:
    present = np.unique(genre)
    masks = genre == present[:, None]
    tests = paired_tests(clusters, first, np.broadcast_to(second, masks.shape), masks)
    adjusted = holm(tests.p).tolist()
    return tuple(
        GenreResult(genres[index], int(mask.sum()), int(first[mask].sum()), int(second[mask].sum()), p)
        for index, mask, p in zip(present.tolist(), masks, adjusted, strict=True)
    )


def _disagreements(
    first: Outcome, second: Outcome, keys: Sequence[Key], genres: tuple[str, ...]
) -> tuple[Disagreement, ...]:
    return tuple(
        Disagreement(
            *keys[row], genres[first.genre[row]], genres[first.predicted[row]], genres[second.predicted[row]]
        )
        for row in np.flatnonzero(first.predicted != second.predicted).tolist()
    )
