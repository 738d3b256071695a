"""Rank groups against their definition, written out row by row, and what a board keeps to form them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.core.types import Fold, Score, Split
from mgrbench.leaderboards.hits import Hits, pack_hits, unpack_hits
from mgrbench.leaderboards.ranks import ranked, resolution, split_clusters
from mgrbench.leaderboards.rows import Row
from mgrbench.metrics.bootstrap import Bootstrap
from mgrbench.metrics.classification import Outcome
from mgrbench.metrics.significance import holm, paired_tests
from mgrbench.results.predictions import Predictions
from mgrbench.results.run import MeanStd, Warn
from mgrbench.results.scoring import derive
from mgrbench.results.standing import stands_apart
from mgrbench.splits import load_split

TRACKS = 300
CLUSTERS = np.repeat(np.arange(100), 3)


def row(right: np.ndarray, tested: np.ndarray | None = None, name: str = "x") -> Row:
    """A row that got these tracks right."""
    seen = np.ones_like(right) if tested is None else tested
    return Row(
        rank=None,
        model=name,
        features=(),
        options={},
        seed=0,
        selection="none",
        source="measured",
        scores={"accuracy": Score(float(right[seen].mean()))},
        accuracy_folds=MeanStd(mean=0, std=0),
        test_tracks=int(seen.sum()),
        warnings=(),
        run=name,
        version="0",
        finished_utc="",
        hits=Hits(np.packbits(right & seen).tobytes(), np.packbits(seen).tobytes()),
        versions={},
        confusion=(),
        folder=Path(name),
    )


def rows_of(seed: int, many: int, spread: float = 1.0) -> list[Row]:
    """Models of falling skill, the best first, some of which lack a few tracks."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(size=100)[CLUSTERS] + rng.normal(size=TRACKS)
    made = []
    for skill in np.linspace(spread, -spread, many):
        right = ease + rng.normal(size=TRACKS) + skill > 0
        tested = rng.random(TRACKS) < (1 if rng.random() < 0.8 else 0.98)
        made.append(row(right, tested))
    return sorted(made, key=lambda made_row: -made_row.scores["accuracy"].value)


def by_definition(rows: list[Row]) -> list[int | None]:
    """The ranks, as the module's docstring says it, one comparison at a time."""
    ranks: list[int | None] = [None] * len(rows)
    open_places = [at for at, one in enumerate(rows) if one.test_tracks >= 0.95 * TRACKS]
    placed = 0
    while open_places:
        leader, below = open_places[0], open_places[1:]
        p = []
        for other in below:
            (mine, theirs), (seen, seen_too) = unpack_hits([rows[leader].hits, rows[other].hits], TRACKS)
            both = seen & seen_too
            test = paired_tests(CLUSTERS[both], mine[both], theirs[None, both])
            p.append(float(test.p[0]) if test.difference[0] > 0 else 1.0)
        group = [leader]
        for other, likely in zip(below, holm(p).tolist(), strict=True):
            equal = rows[other].scores["accuracy"].value == rows[group[-1]].scores["accuracy"].value
            if likely < 0.05 and not equal:
                break
            group.append(other)
        for member in group:
            ranks[member] = placed + 1
        placed += len(group)
        open_places = [at for at in open_places if at not in group]
    return ranks


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("many", "spread"), [(1, 1.0), (12, 0.0), (12, 1.0), (40, 2.0)])
def test_groups_are_those_of_the_definition(seed, many, spread):
    rows = rows_of(seed, many, spread)
    got = ranked(rows, CLUSTERS)
    assert [one.rank for one in got] == by_definition(rows)
    for one in got:
        alike = sum(other.rank == one.rank for other in got)
        assert one.tied == (alike > 1)
        first = next(other for other in got if other.rank == one.rank)
        assert ("MGR107" in [w.code for w in one.warnings]) == (one.tied and one is not first)


def test_equals_share_a_rank_and_the_distant_do_not():
    right = np.arange(TRACKS) % 10 < 8
    worse = right & (np.arange(TRACKS) % 2 == 0)
    got = ranked([row(right), row(right), row(worse), row(worse)], CLUSTERS)
    assert [one.rank for one in got] == [1, 1, 3, 3]


def test_equally_good_models_are_seldom_told_apart():
    """Twenty models of one skill: the best and the worst of them differ by luck, and rarely get two ranks."""
    ranks = [max(one.rank for one in ranked(rows_of(seed, 20, 0.0), CLUSTERS)) for seed in range(30)]
    assert np.mean([rank > 1 for rank in ranks]) < 0.35


def test_a_row_on_few_tracks_neither_leads_nor_joins():
    right = np.arange(TRACKS) % 10 < 8
    few = row(np.ones(TRACKS, dtype=bool), np.arange(TRACKS) < 5)
    got = ranked([few, row(right), row(right & (CLUSTERS % 2 == 0))], CLUSTERS)
    assert [(one.rank, one.tied) for one in got] == [(None, False), (1, False), (2, False)]


def test_resolution_is_the_median_of_neighbours():
    got = ranked(rows_of(0, 12), CLUSTERS)
    found = resolution(got, CLUSTERS)
    widths = []
    for one, other in pairwise(got):
        (mine, theirs), (seen, seen_too) = unpack_hits([one.hits, other.hits], TRACKS)
        both = seen & seen_too
        widths.append(paired_tests(CLUSTERS[both], mine[both], theirs[None, both]).half_width[0])
    assert found.between_rows == pytest.approx(np.median(widths))
    assert (found.tracks, found.groups) == (TRACKS, 100)
    assert resolution(got[:1], CLUSTERS).between_rows is None
    twins = ranked([got[0], got[0]], CLUSTERS)
    assert resolution(twins, CLUSTERS).between_rows is None, "equal rows show no difference at all"


@given(st.integers(1, 70), st.integers(0, 5), st.randoms(use_true_random=False))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_bits_come_back(tracks, rows, random):
    made = [[random.random() < 0.5 for _ in range(tracks)] for _ in range(2 * rows)]
    hits = [
        Hits(np.packbits(right).tobytes(), np.packbits(tested).tobytes())
        for right, tested in zip(made[::2], made[1::2], strict=True)
    ]
    if rows:
        right, tested = unpack_hits(hits, tracks)
        assert right.tolist() == made[::2]
        assert tested.tolist() == made[1::2]


def test_hits_follow_the_split_whatever_the_order_of_the_predictions():
    split = load_split("gtzan/artist3")
    keys = [(track, number) for number, fold in enumerate(split.folds, 1) for track in fold.test]
    rng = np.random.default_rng(0)
    right = rng.random(len(keys)) < 0.7
    genre = rng.integers(10, size=len(keys))
    predicted = np.where(right, genre, (genre + 1) % 10)

    def predictions(order: np.ndarray) -> Predictions:
        ids, folds = zip(*(keys[at] for at in order), strict=True)
        outcome = Outcome(genre[order], predicted[order], None, 10)
        return Predictions(ids, np.array(folds), outcome, tuple("abcdefghij"))

    whole = pack_hits(predictions(np.arange(len(keys))), split)
    assert pack_hits(predictions(rng.permutation(len(keys))), split) == whole
    (got,), (tested,) = unpack_hits([whole], len(keys))
    assert np.array_equal(got, right)
    assert tested.all()
    part = rng.permutation(len(keys))[:500]
    (got,), (tested,) = unpack_hits([pack_hits(predictions(part), split)], len(keys))
    assert set(np.flatnonzero(tested)) == set(part.tolist())
    assert np.array_equal(got, right & tested)
    assert len(split_clusters(split)) == len(keys)


def test_a_track_of_unknown_artist_that_two_folds_test_counts_once_in_the_rank_and_in_the_interval():
    tracks = tuple(f"t{number:02d}" for number in range(40))
    folds = (Fold((), (), tracks), Fold((), (), tracks[:20]))
    split = Split("made/up", folds, dict.fromkeys(tracks, "a"), dict.fromkeys(tracks, ""), {}, "", "")
    ids = (*tracks, *tracks[:20])
    right = np.arange(60) % 20 < 7
    outcome = Outcome(np.zeros(60, np.int64), np.where(right, 0, 1), None, 2)
    predictions = Predictions(ids, np.repeat([1, 2], [40, 20]), outcome, ("a", "b"))
    once = np.array([*range(40), *range(20)])

    clusters = split_clusters(split)
    assert clusters.tolist() == once.tolist()
    assert resolution([], clusters).groups == 40
    score = derive(predictions, split).scores["accuracy"]
    assert (score.low, score.high) == Bootstrap(once, outcome.genre, 2).intervals(outcome)["accuracy"]
    assert (score.low, score.high) != Bootstrap(range(60), outcome.genre, 2).intervals(outcome)["accuracy"]


def test_a_row_that_lacks_a_broken_clip_speaks_for_its_split_and_one_that_lacks_many_does_not():
    tested = row(np.ones(1000, bool), np.arange(1000) < 999)
    assert not stands_apart(tested.codes, tested.test_tracks, 1000)
    assert stands_apart(tested.codes, 989, 1000)
    labelled = replace(tested, warnings=(Warn(code="MGR103", detail=""),))
    assert stands_apart(labelled.codes, tested.test_tracks, 1000)
