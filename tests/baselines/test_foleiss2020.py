"""The system of Foleiss & Tavares 2020: textures, their selection, and the vote."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

from baselines import foleiss2020
from baselines._handcrafted import frames as _frames
from baselines._handcrafted import sound_texture as _texture
from mgrbench.core.types import BenchError
from tests.support.models import built
from tests.support.systems import accuracy_on_synth, examples

RNG = np.random.default_rng(0)


def test_textures_are_running_means_and_variances():
    frames = RNG.normal(size=(2, 30, 4))
    found = _texture.textures(frames, window=8, step=5)
    expected = [
        np.concatenate([segment[start : start + 8].mean(axis=0), segment[start : start + 8].var(axis=0)])
        for segment in frames
        for start in range(0, 30 - 8 + 1, 5)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert _texture.textures(frames, window=100, step=5).shape == (2, 8)


def test_changes_stand_beside_the_frames():
    frames = np.array([1.0, 4.0, 9.0, 16.0])[:, None]
    np.testing.assert_array_equal(
        _texture.with_changes(frames), [[1, 0, 0], [4, 3, 3], [9, 5, 2], [16, 7, 2]]
    )


def test_centres_of_clear_clusters_are_their_means():
    where = np.repeat(np.array([[0.0, 0], [50, 0], [0, 50]]), 20, axis=0)
    rows = where + RNG.normal(size=where.shape)
    centres = _texture.centroids(rows, 3, seed=0)
    expected = rows.reshape(3, 20, 2).mean(axis=1)
    np.testing.assert_allclose(centres[np.lexsort(centres.T)], expected[np.lexsort(expected.T)], atol=1e-9)


def test_few_textures_are_all_taken_and_equal_ones_repeated():
    rows = RNG.normal(size=(3, 2))
    np.testing.assert_array_equal(_texture.centroids(rows, 5, seed=0), rows)
    np.testing.assert_array_equal(_texture.evenly(rows, 5), rows)
    assert _texture.centroids(np.ones((9, 2)), 4, seed=0).shape == (4, 2)
    np.testing.assert_array_equal(_texture.evenly(np.arange(9.0)[:, None], 3).ravel(), [0, 4, 8])


def test_a_track_is_what_most_of_its_textures_are(monkeypatch):
    learnt, asked = [], []

    class Watched(foleiss2020.EstimatorModel):
        def fit(self, train, valid):
            learnt.append(train.inputs.arrays["timbre_frames"])
            return super().fit(train, valid)

        def predict_proba(self, inputs):
            asked.append(inputs.arrays["timbre_frames"])
            return super().predict_proba(inputs)

    monkeypatch.setattr(foleiss2020, "EstimatorModel", Watched)
    model = built("foleiss2020", 6, C=10.0, gamma="auto", selector="linspace")
    train, test = examples("train", "timbre_frames"), examples("test", "timbre_frames")
    model.fit(train, None)
    proba = model.predict_proba(test.inputs)
    flat = {"train": learnt[0].astype(float), "test": asked[-1].astype(float)}
    count = flat["train"].shape[1]
    values = flat["train"].reshape(-1, flat["train"].shape[-1])
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    machine = SVC(C=10, gamma="auto", break_ties=True)
    machine.fit((values - mean) / deviation, np.repeat(train.genre, count))
    said = machine.predict((flat["test"].reshape(-1, values.shape[1]) - mean) / deviation)
    shares = (said.reshape(-1, count)[:, :, None] == np.arange(6)).mean(axis=1)
    np.testing.assert_allclose(proba, shares, atol=1e-12)


def test_a_log_mel_spectrogram_gives_25_values():
    level = np.zeros((1, 3, 10), np.float32)
    level[0, 1, 4] = 1.0
    found = _frames.shapes(level)
    others = dict(zip(("centroid", "rolloff", "mean", "deviation", "flux"), found[0, 1, -5:], strict=True))
    assert _frames.shapes(RNG.normal(size=(2, 9, 128)).astype(np.float32)).shape == (2, 9, 25)
    assert others["centroid"] == pytest.approx(0.4)
    assert others["rolloff"] == pytest.approx(0.4)
    assert others["mean"] == pytest.approx(0.1)
    assert others["deviation"] == pytest.approx(0.3)
    assert others["flux"] == pytest.approx(np.sqrt(0.1))


@pytest.mark.parametrize(
    "options", [{"textures": 0}, {"textures": 2.5}, {"selector": "best"}, {"frame_rate": 0}]
)
def test_an_option_out_of_range_is_refused(options):
    with pytest.raises(BenchError, match=next(iter(options))):
        built("foleiss2020", 3, **options)


@pytest.mark.parametrize("feature", ["timbre_frames", "mel"])
def test_learns_synth(feature):
    assert accuracy_on_synth("foleiss2020", feature, C=10.0) > 0.5
