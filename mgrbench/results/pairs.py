"""Two models on the same test tracks: how far apart they are, on which genres, and what they disagree on."""

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
    """Two runs on the tracks of one genre: how many each got right, and p after Holm over the genres.

    The p is the larger one of McNemar's test and the test over artists.
    """

    genre: str
    tracks: int
    first: int
    second: int
    p_holm: float

    @property
    def told_apart(self) -> bool:
        """Whether these tracks show that one of them is better on this genre."""
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
    """Two of the runs, by their position among the entrants; differences are first minus second.

    Attributes:
        differences: of accuracy and macro F1, with intervals by the paired bootstrap over artists.
        only_first: tracks that only the first got right.
        only_second: tracks that only the second got right.
        mcnemar: p of McNemar's exact test.
        over_artists: p of the test over artists.
        p_holm: the larger of the two, after Holm over all pairs.
        over_folds: t and p of the corrected resampled t-test; None of a single fold.
        genres: genre by genre.
        disagreements: the tracks they predicted different genres of.
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
    def told_apart(self) -> bool:
        """Whether the common tracks show that one of them is better."""
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
