"""Scale transforms: a tempo changes little, a rhythm much; the Mellin transform's closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gamma

from mgrbench.core.audio import Clip
from mgrbench.features.extractors import scale_transform as feature

RATE = feature.SAMPLE_RATE
STRAIGHT, DOTTED = (0.0, 0.5), (0.0, 0.75)


def clicks(bpm, places=STRAIGHT, seconds=20.0):
    """Bursts of noise at these places of every beat."""
    rng = np.random.default_rng(0)
    samples = np.zeros(round(seconds * RATE), np.float32)
    burst = rng.normal(size=200) * np.exp(-np.arange(200) / 40)
    for beat in np.arange(0.1, seconds - 1, 60 / bpm):
        for number, place in enumerate(places):
            start = round((beat + place * 60 / bpm) * RATE)
            samples[start : start + 200] += (1.0, 0.4)[number] * burst[: len(samples) - start]
    return samples


def spectrum(samples):
    return feature.scale_spectrum(feature.onsets(samples))


def test_the_scale_transform_is_the_mellin_transform():
    """Of t·exp(-t/s) it is s^(1.5 - jc) Γ(1.5 - jc), whose magnitude falls with |c| as the library's must."""
    import librosa

    times = np.arange(400.0)
    found = np.abs(librosa.fmt(times * np.exp(-times / 20), t_min=feature.T_MIN, beta=feature.BETA))[:20]
    count = int(np.ceil(np.log(399 / feature.T_MIN) / np.log(400 / 399)))
    scale = 2 * np.pi * np.arange(20) / (np.log(399 / feature.T_MIN) * (count + 1) / count)
    expected = np.abs(gamma(1.5 - 1j * scale))
    np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=0.15, atol=0.01)


def test_a_tempo_changes_less_than_a_rhythm():
    slow, fast, other = spectrum(clicks(100)), spectrum(clicks(120)), spectrum(clicks(100, DOTTED))
    tempo, rhythm = np.linalg.norm(slow - fast), np.linalg.norm(slow - other)
    assert tempo < 0.6 * rhythm

    def plain(samples):
        return feature.autocorrelations(feature.onsets(samples)).mean(axis=0)

    unscaled = np.linalg.norm(plain(clicks(100)) - plain(clicks(120)))
    assert unscaled / np.linalg.norm(plain(clicks(100))) > 3 * tempo / np.linalg.norm(slow)


def test_the_autocorrelation_peaks_at_the_beat():
    found = feature.autocorrelations(feature.onsets(clicks(100, (0.0,))))
    assert found[:, :, 0] == pytest.approx(1.0)
    lags = found.mean(axis=(0, 1))
    assert 15 + lags[15:45].argmax() == 30  # 0.6 s of 20 ms


def test_onsets_lie_where_clicks_do():
    found = feature.onsets(clicks(60, (0.0,), seconds=9.0)).sum(axis=0)
    peaks = (
        np.flatnonzero(
            (found[1:-1] > found[:-2]) & (found[1:-1] >= found[2:]) & (found[1:-1] > found.max() / 2)
        )
        + 1
    )
    np.testing.assert_allclose(peaks / feature.RATE, 0.1 + np.arange(len(peaks)), atol=0.03)
    assert len(peaks) == 8


def test_correlations_are_numpys():
    found = np.random.default_rng(0).random((8, 90))
    np.testing.assert_allclose(feature.correlations(found), np.corrcoef(found)[np.triu_indices(8, 1)])
    assert not feature.correlations(np.ones((8, 90))).any()


def test_bands_that_begin_together_correlate():
    values = feature.extract([Clip("x", clicks(100), RATE, 5.0, 2)])[0, 0]
    assert values[480:].min() > 0.5
