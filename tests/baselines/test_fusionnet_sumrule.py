"""The sum rule against brute force; inner parts without shared artists; what a rotation gives back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import ortho_group

from baselines.fusionnet.crossfit import Rotation, inner_parts
from baselines.fusionnet.sumrule import combinations, ranked, summed
from mgrbench.core.types import BenchError, Examples, Inputs
from tests.support.neural import examples


def probabilities(features, tracks=40, genres=4, seed=0):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(genres, 0.5), size=(features, tracks))
    return proba, rng.integers(genres, size=tracks)


@pytest.mark.parametrize(("features", "count"), [(1, 0), (2, 1), (3, 4), (7, 120), (8, 247)])
def test_all_combinations_small_ones_first(features, count):
    table = combinations(features)
    assert table.shape == (count, features)
    expected = [
        members
        for size in range(2, features + 1)
        for members in itertools.combinations(range(features), size)
    ]
    assert [tuple(np.flatnonzero(row)) for row in table] == expected


def test_too_many_features_are_refused():
    with pytest.raises(BenchError, match="there are 13 features to combine; give 12 or fewer"):
        combinations(13)


@pytest.mark.parametrize("weight", [None, [3.0, 3.0, 1.0, 2.0, 1.0]])
def test_the_ranking_is_that_of_brute_force(weight):
    proba, genre = probabilities(5)
    weights = np.ones(5) if weight is None else np.array(weight)
    expected = []
    for size in range(2, 6):
        for members in itertools.combinations(range(5), size):
            mixed = sum(weights[i] * proba[i] for i in members) / sum(weights[i] for i in members)
            loss = -np.mean([np.log(mixed[t, genre[t]]) for t in range(len(genre))])
            errors = sum(mixed[t].argmax() != genre[t] for t in range(len(genre)))
            expected.append((errors, loss, members))
    expected.sort()
    found = ranked(proba, genre, None if weight is None else weights)
    assert [entry.members for entry in found] == [members for _, _, members in expected]
    np.testing.assert_allclose([entry.accuracy for entry in found], [1 - e / 40 for e, _, _ in expected])
    np.testing.assert_allclose([entry.loss for entry in found], [loss for _, loss, _ in expected])


def test_combined_probabilities_sum_to_1_and_know_no_order_of_features():
    proba, _ = probabilities(4)
    table = combinations(4)
    mixed = summed(proba, table)
    np.testing.assert_allclose(mixed.sum(axis=2), 1.0)
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(summed(proba[order], table[:, order]), mixed)


# Out-of-fold features


@pytest.mark.parametrize("parts", [2, 3])
def test_inner_parts_share_no_artist_and_hold_every_track_once(parts):
    part = examples(60)
    cut = inner_parts(part, parts)
    assert sorted(np.concatenate(cut).tolist()) == list(range(60))
    artists = [{part.artist[i] for i in positions} for positions in cut]
    assert all(not first & second for first, second in itertools.combinations(artists, 2))
    counts = np.array([np.bincount(part.genre[positions], minlength=3) for positions in cut])
    assert np.ptp(counts, axis=0).max() <= 2


def test_inner_parts_of_tracks_without_artists_are_stratified():
    part = examples(60)
    bare = Examples(part.inputs, part.genre, None)
    counts = [np.bincount(part.genre[positions], minlength=3).tolist() for positions in inner_parts(bare, 4)]
    assert counts == [[5, 5, 5]] * 4


def test_an_artist_credited_beside_another_binds_both():
    ids = tuple("abcdef")
    part = Examples(
        Inputs(ids, {"x": np.zeros((6, 1, 2), dtype=np.float32)}),
        np.zeros(6, dtype=np.int64),
        ("A", "A;B", "B", "C", "D", ""),
    )
    assert any({0, 1, 2} <= set(positions.tolist()) for positions in inner_parts(part, 3))


def test_too_few_artists_are_refused():
    part = examples(6)
    alone = Examples(part.inputs, part.genre, ("A",) * 6)
    with pytest.raises(BenchError, match="tracks of 1 artists only; lower inner_folds, now 3"):
        inner_parts(alone, 3)


def test_a_rotation_and_a_shift_are_undone():
    rng = np.random.default_rng(0)
    target = rng.normal(size=(50, 8))
    matrix = ortho_group.rvs(8, random_state=1)
    source = (target - 0.3) @ matrix + 2.0
    turn = Rotation(source[:40], target[:40])
    np.testing.assert_allclose(turn(source[40:]), target[40:], atol=1e-5)


def test_a_rotation_keeps_distances():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 50, 8))
    turned = Rotation(source, target)(source)
    for i, j in ((0, 1), (3, 9)):
        distance = np.linalg.norm(turned[i] - turned[j])
        assert distance == pytest.approx(np.linalg.norm(source[i] - source[j]), rel=1e-5)
