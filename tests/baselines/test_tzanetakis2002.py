"""The system of Tzanetakis & Cook 2002: the beat histogram, and the classifiers on top."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from mgrbench.core.types import BenchError, Examples, Inputs
from mgrbench.features.extractors import beat
from tests.support.models import built
from tests.support.systems import accuracy_on_synth

RATE = beat.SAMPLE_RATE
FIRST, SECOND = beat.NAMES.index("first_bpm"), beat.NAMES.index("second_bpm")


def clicks(bpm, seconds=12.0):
    """A short burst of noise on every beat."""
    samples = np.zeros(round(seconds * RATE))
    burst = np.random.default_rng(0).normal(size=400) * np.hanning(400)
    for start in np.arange(0, len(samples) - 400, 60 * RATE / bpm).astype(int):
        samples[start : start + 400] += burst
    return 0.3 * samples


@pytest.mark.parametrize("bpm", [70, 100, 120, 150])
def test_a_click_track_has_its_tempo(bpm):
    values = beat.summary(beat.histogram(clicks(bpm)))
    assert values[FIRST] == pytest.approx(bpm, abs=2)
    assert values[0] > 0.5


def test_the_wavelet_is_that_of_daubechies():
    # Orthonormal, and blind to constants and to ramps: two vanishing moments.
    low, high = beat.WAVELET_LOW, beat.WAVELET_HIGH
    assert low @ low == pytest.approx(1)
    assert low[:2] @ low[2:] == pytest.approx(0)
    assert low @ high == pytest.approx(0)
    assert low.sum() == pytest.approx(np.sqrt(2))
    np.testing.assert_allclose([high.sum(), high @ np.arange(4)], 0, atol=1e-12)


def test_the_autocorrelation_is_a_sum_of_products_without_repeats():
    strength = np.random.default_rng(1).normal(size=60)
    plain = np.array([strength[: 60 - lag] @ strength[lag:] for lag in range(60)])
    clipped = np.maximum(plain / plain[0], 0)
    expected = clipped
    for factor in (2, 3):
        stretched = np.interp(np.arange(60) / factor, np.arange(60), clipped)
        expected = np.maximum(expected - stretched, 0)
    np.testing.assert_allclose(beat.enhanced_autocorrelation(strength), expected, atol=1e-9)
    period = np.tile([1.0, 0, 0, 0, 0, 0, 0, 0], 10) - 1 / 8
    enhanced = beat.enhanced_autocorrelation(period)
    assert enhanced[8] > 0.5
    assert enhanced[[16, 24]].max() < 1e-9


def test_the_six_values_of_a_histogram_by_hand():
    strengths = np.zeros(161)
    strengths[[20, 21, 80]] = [6.0, 1.0, 3.0]
    np.testing.assert_allclose(beat.summary(strengths), [0.6, 0.3, 0.5, 60, 120, 10])
    strengths[80] = 0
    np.testing.assert_allclose(beat.summary(strengths), [6 / 7, 0, 0, 60, 0, 7])
    np.testing.assert_array_equal(beat.summary(np.zeros(161)), np.zeros(6))


def part(count, seed):
    rng = np.random.default_rng(seed)
    genre = np.arange(count) % 3
    values = np.random.default_rng(9).normal(size=(3, 1, 5))[genre] + rng.normal(size=(count, 1, 5))
    return Examples(Inputs(tuple(map(str, range(count))), {"x": values.astype(np.float32)}), genre)


def test_one_gaussian_is_naive_bayes():
    train, test = part(90, 0), part(60, 1)
    model = built("tzanetakis2002", 3, classifier="gaussian", reg_covar=1e-9)
    model.fit(train, None)
    rows = [one.inputs.arrays["x"][:, 0].astype(float) for one in (train, test)]
    oracle = GaussianNB(var_smoothing=1e-9).fit(rows[0], train.genre).predict_proba(rows[1])
    np.testing.assert_allclose(model.predict_proba(test.inputs), oracle, atol=1e-4)


def test_neighbours_vote():
    model = built("tzanetakis2002", 3, classifier="knn", neighbours=5)
    model.fit(part(90, 0), None)
    votes = 5 * model.predict_proba(part(60, 1).inputs)
    np.testing.assert_allclose(votes, votes.round())


@pytest.mark.parametrize("options", [{"classifier": "svm"}, {"components": 0}, {"neighbours": 1.5}])
def test_an_option_out_of_range_is_refused(options):
    with pytest.raises(BenchError, match=next(iter(options))):
        built("tzanetakis2002", 3, **options)


def test_learns_synth():
    assert accuracy_on_synth("tzanetakis2002", classifier="gaussian") > 0.4
