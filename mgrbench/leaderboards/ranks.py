"""Rows of a leaderboard -> ranks, which rows share where they do not differ significantly.

The best row leads the first group. Every row below is compared with it on the tracks that both predicted, by
McNemar's exact test and by the test over artists. The larger p of the two is corrected by Holm's method for
all these comparisons. Going down, rows join the group until one differs significantly (p < .05). That row
leads the next group, and the rest are compared with it. A group's rank is the place of its first row
(1, 1, 1, 4).

A rank says that none of its rows is significantly worse than its first. Two rows of one rank may still differ
significantly from each other. Rows of equal accuracy always share a rank. A row that lacks more than a
twentieth of the test tracks gets no rank, because it was tested on other tracks. Nor does one whose model
lacked more than a hundredth of the training and validation tracks of a fold, because it learned from others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import Split
from mgrbench.leaderboards.hits import unpack_hits
from mgrbench.leaderboards.rows import Row
from mgrbench.metrics.clusters import clusters_of
from mgrbench.metrics.significance import ALPHA, PairedTests, holm, paired_tests
from mgrbench.results.run import Warn
from mgrbench.results.standing import NEARLY_ALL

ENOUGH = 0.95
"""Share of the split's test tracks that a ranked row must have predicted."""

_BLOCK = 128
"""Rows compared at a time, to save memory."""

_LIKELY = 0.8
"""Accuracy for which the interval is given that independent tracks would have."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """How small a difference a split can show.

    Attributes:
        tracks: test tracks.
        groups: number of their clusters by artist.
        independent: half the 95 % interval of an accuracy of .8, if tracks were independent.
        between_rows: half the 95 % interval, over artists, of the difference between a row and the next: the
            median over the ranked rows. None where there are no two rows that got different tracks right.
    """

    tracks: int
    groups: int
    independent: float
    between_rows: float | None


def split_clusters(split: Split) -> NDArray[np.int64]:
    """The cluster by artist of each test track, fold by fold in the order of the split."""
    return clusters_of([track for fold in split.folds for track in fold.test], split.artist)


def ranked(rows: Sequence[Row], clusters: NDArray[np.int64]) -> tuple[Row, ...]:
    """Rows by falling accuracy -> the same with their ranks, tied ones with a warning (MGR107).

    Args:
        rows: the rows, the best one first.
        clusters: see `split_clusters`.
    """
    found = list(rows)
    able = [
        place
        for place, row in enumerate(rows)
        if row.test_tracks >= ENOUGH * len(clusters) and row.trained >= NEARLY_ALL
    ]
    first = 0
    while first < len(able):
        leader, below = able[first], able[first + 1 :]
        difference, p = _compared(rows[leader], [rows[place] for place in below], clusters)
        size = 0
        while size < len(below) and (p[size] >= ALPHA or _equal(rows, able, first + size)):
            size += 1
        found[leader] = replace(rows[leader], rank=first + 1, tied=size > 0)
        for place, behind, likely in zip(below[:size], difference, p, strict=False):
            detail = f"{100 * behind:.1f} points behind the best of its rank, p {likely:.3f}"
            warnings = (*rows[place].warnings, Warn(code="MGR107", detail=detail))
            found[place] = replace(rows[place], rank=first + 1, tied=True, warnings=warnings)
        first += 1 + size
    return tuple(found)


def resolution(rows: Sequence[Row], clusters: NDArray[np.int64]) -> Resolution:
    """How small a difference the test tracks can show, from the ranked rows in their order."""
    tracks = len(clusters)
    complete = [row for row in rows if row.rank is not None]
    widths = []
    for start in range(0, len(complete) - 1, _BLOCK):
        block = complete[start : start + _BLOCK + 1]
        right, tested = unpack_hits([row.hits for row in block], tracks)
        tests = paired_tests(clusters, right[:-1], right[1:], tested[:-1] & tested[1:])
        widths.append(tests.half_width[tests.only_first + tests.only_second > 0])
    known = np.concatenate(widths) if widths else np.array([])
    known = known[np.isfinite(known)]
    return Resolution(
        tracks=tracks,
        groups=int(clusters.max()) + 1,
        independent=1.96 * float(np.sqrt(_LIKELY * (1 - _LIKELY) / tracks)),
        between_rows=float(np.median(known)) if known.size else None,
    )


def _compared(
    leader: Row, others: Sequence[Row], clusters: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each of the others is behind, in accuracy, and p after Holm's correction."""
    tracks = len(clusters)
    (ours,), (tested,) = unpack_hits([leader.hits], tracks)
    parts: list[PairedTests] = []
    for start in range(0, len(others), _BLOCK):
        right, theirs = unpack_hits([row.hits for row in others[start : start + _BLOCK]], tracks)
        parts.append(paired_tests(clusters, ours, right, theirs & tested))
    if not parts:
        return np.array([]), np.array([])
    difference = np.concatenate([part.difference for part in parts])
    p = np.concatenate([part.p for part in parts])
    # On the common tracks a row may be ahead of the leader; then it is not worse.
    return difference, holm(np.where(difference > 0, p, 1.0))


def _equal(rows: Sequence[Row], able: Sequence[int], at: int) -> bool:
    one, next_one = (rows[able[place]].scores["accuracy"].value for place in (at, at + 1))
    return one == next_one
