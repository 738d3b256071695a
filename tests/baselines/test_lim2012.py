"""The system of Lim et al. 2012: values of a track, their ranking, the machine on the best of them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.svm import SVC

from baselines import lim2012
from mgrbench.core.types import BenchError, Examples, Inputs
from tests.support.models import built
from tests.support.systems import accuracy_on_synth

RNG = np.random.default_rng(0)


def telling(count=120, values=30):
    """Rows of which columns 3 and 17 alone tell the genre."""
    genre = np.arange(count) % 3
    rows = RNG.normal(size=(count, values))
    rows[:, 3] += 4.0 * (genre == 1)
    rows[:, 17] += 4.0 * (genre == 2)
    return rows, genre


def test_telling_values_are_ranked_first():
    rows, genre = telling()
    assert set(lim2012.ranked(rows, genre)[:2]) == {3, 17}


def test_the_ranking_is_that_of_machines_for_each_genre_alone():
    rows, genre = telling()
    weights = np.zeros(30)
    for label in range(3):
        weights += SVC(C=1.0, kernel="linear").fit(rows, genre == label).coef_[0] ** 2
    np.testing.assert_array_equal(lim2012.ranked(rows, genre), np.argsort(-weights))


def test_the_ranking_of_more_values_than_tracks_does_not_hang_on_replicas_of_other_labels():
    rows = RNG.normal(size=(300, 1500))
    genre = np.arange(300) % 3
    rows[0] = rows[1]  # replicas; one of them has the wrong label
    rows[:, 7] += 2.0 * genre
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lim2012.ranked(rows, genre)[0] == 7


def test_the_machine_sees_the_best_share_alone():
    rows, genre = telling()
    order = lim2012.ranked(rows, genre)
    machine = lim2012.RankedMachine(lim2012.Ranking(), share=0.2, C=10.0, width=1 / 3).fit(rows, genre)
    plain = SVC(C=10.0, gamma=1 / 18).fit(rows[:, order[:6]], genre)
    others = RNG.normal(size=(50, 30))
    np.testing.assert_allclose(
        machine.decision_function(others), plain.decision_function(others[:, order[:6]]), atol=1e-9
    )


def test_another_training_part_is_ranked_anew():
    ranking, (rows, genre) = lim2012.Ranking(), telling()
    first = ranking.order(rows, genre)
    swapped = rows[:, ::-1].copy()
    np.testing.assert_array_equal(ranking.order(swapped, genre), lim2012.ranked(swapped, genre))
    np.testing.assert_array_equal(ranking.order(rows, genre), first)


def test_the_values_of_a_track(monkeypatch):
    """13 MFCC, 13 differences and 16 of the octaves: 4 statistics, and 4 measures in each sub-band."""
    learnt = []

    class Watched(lim2012.EstimatorModel):
        def fit(self, train, valid):
            learnt.append(train.inputs.arrays["mel"])

    monkeypatch.setattr(lim2012, "EstimatorModel", Watched)
    track = RNG.normal(size=(2, 216, 128)).astype(np.float32)
    part = Examples(Inputs(("a",), {"mel": track[None]}), np.zeros(1, dtype=np.int64))
    built("lim2012", 3, frame_rate=22050 / 1024).fit(part, None)
    values = learnt[0][0, 0]
    timbre, levels, sub_bands = 13 + 13 + 16, 16, 6
    assert len(values) == 4 * timbre + 4 * sub_bands * (timbre + levels)
    differences = np.diff(track.astype(float), axis=-1)[..., :13]
    np.testing.assert_allclose(values[13:26], differences.mean(axis=(0, 1)), atol=1e-9)
    np.testing.assert_allclose(values[3 * timbre + 13 :][:13], differences.max(axis=(0, 1)), atol=1e-9)


def test_a_frame_rate_that_is_none_is_refused():
    with pytest.raises(BenchError, match="frame_rate is 0"):
        built("lim2012", 3, frame_rate=0)


@pytest.mark.parametrize("feature", ["band_frames", "mel"])
def test_learns_synth(feature):
    assert accuracy_on_synth("lim2012", feature) > 0.5
