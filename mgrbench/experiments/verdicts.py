"""The numbers that an experiment ends with: accuracies, drops between protocols, and the effect of artists.

They are computed from verdicts, that is, from which test tracks got the right genre. Every interval is a 95 %
bootstrap over artists and, where there are several, over seeds. It estimates how the number varies with other
artists, other random folds and other models. A few seeds show only part of that variation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import BenchError, Dataset, Score, Split, Track
from mgrbench.metrics.bootstrap import (
    bootstrap_difference,
    bootstrap_share,
    paired_bootstrap,
)
from mgrbench.metrics.clusters import clusters_of
from mgrbench.splits import audit_folds

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Which test tracks a model gave the right genre.

    Attributes:
        tracks: the test tracks.
        right: int64, shape (seeds, tracks): 1 where the predicted genre is right, else 0.
    """

    tracks: tuple[Track, ...]
    right: Counts

    @property
    def clusters(self) -> NDArray[np.int64]:
        """int64, shape (tracks,): the cluster of each track, see `clusters_of`."""
        artist = {track.id: track.artist for track in self.tracks}
        return clusters_of([track.id for track in self.tracks], artist)

    def accuracy(self) -> Score:
        """Share of right answers over all seeds, with its interval."""
        return bootstrap_share(self.clusters, self.right, np.ones_like(self.right))

    def per_seed(self) -> tuple[float, ...]:
        """Share of right answers of each seed."""
        return tuple(self.right.mean(axis=1).tolist())

    def of(self, tracks: Sequence[Track]) -> Verdicts:
        """The verdicts on some of the tracks, in their order."""
        place = {track.id: position for position, track in enumerate(self.tracks)}
        return Verdicts(tuple(tracks), self.right[:, [place[track.id] for track in tracks]])


@dataclass(frozen=True, slots=True)
class Drop:
    """The accuracy lost between two protocols, on the tracks that both test.

    Attributes:
        value: accuracy under the first protocol minus that under the second.
        tracks: number of tracks that both test.
    """

    value: Score
    tracks: int


def drop(first: Verdicts, second: Verdicts) -> Drop:
    """The accuracy lost between two protocols, paired by track and seed."""
    tested = {track.id for track in first.tracks}
    both = [track for track in second.tracks if track.id in tested]
    one, other = first.of(both), second.of(both)
    return Drop(paired_bootstrap(one.clusters, one.right, other.right), len(both))


@dataclass(frozen=True, slots=True)
class ArtistOverlap:
    """Accuracy on the test tracks whose artist is in training, beside that on the others.

    Tracks of unknown artist are in neither group. The counts are of answers: a track counts once per seed,
    and its group may differ between seeds.

    Attributes:
        known: accuracy on the tracks whose artist is in training; None where there are none.
        strange: accuracy on the tracks whose artist is not in training; None where there are none.
        difference: ``known`` minus ``strange``; None where one of them is.
        n_known, n_strange: number of answers in either group.
        n_unknown: number of answers on tracks of unknown artist.
    """

    known: Score | None
    strange: Score | None
    difference: Score | None
    n_known: int
    n_strange: int
    n_unknown: int


def artist_overlap(verdicts: Verdicts, met: NDArray[np.bool_]) -> ArtistOverlap:
    """Accuracy by whether the artist is in training.

    Args:
        verdicts: the answers.
        met: shape (seeds, tracks): whether a track's artist is in the training part of its fold.

    Raises:
        BenchError: if the shapes differ.
    """
    named = np.array([bool(track.artist) for track in verdicts.tracks])
    groups = [met & named, ~met & named]
    if verdicts.right.shape != met.shape:
        problem = f"verdicts and artists met differ in shape: {verdicts.right.shape} != {met.shape}"
        raise BenchError(problem, "give one value an answer")
    shares = [(verdicts.right * group, group.astype(np.int64)) for group in groups]
    sizes = [int(tried.sum()) for _, tried in shares]
    clusters = verdicts.clusters
    scores = [
        bootstrap_share(clusters, *share) if size else None for share, size in zip(shares, sizes, strict=True)
    ]
    difference = bootstrap_difference(clusters, shares[0], shares[1]) if all(sizes) else None
    return ArtistOverlap(scores[0], scores[1], difference, sizes[0], sizes[1], int((~named).sum()) * len(met))


def artists_met(split: Split, dataset: Dataset) -> frozenset[str]:
    """The test tracks that have their artist in the training part of their fold, as the audit finds them."""
    audit = audit_folds(split.name, split.folds, dataset)
    return frozenset(leak.track_id for leak in audit.leaks if leak.same_artist)
