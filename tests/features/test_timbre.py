"""Timbral texture by what it should hear."""

from __future__ import annotations

import numpy as np
import pytest

from mgrbench.core.types import FloatArray
from mgrbench.features.extractors import timbre

RATE = 22050
MFCC0 = timbre.NAMES.index("mfcc0")


def _noise(seconds: float = 3.0) -> FloatArray:
    return np.random.default_rng(0).uniform(-0.1, 0.1, round(seconds * RATE)).astype(np.float32)


def _tone(hertz: float, seconds: float = 3.0) -> FloatArray:
    return np.sin(2 * np.pi * hertz / RATE * np.arange(round(seconds * RATE))).astype(np.float32)


def _mean(samples: FloatArray, name: str) -> float:
    return float(timbre.texture(samples)[timbre.NAMES.index(name)])


@pytest.mark.parametrize("gain", [0.25, 4.0])
def test_a_gain_moves_only_the_mean_of_mfcc0(gain: float) -> None:
    before, after = timbre.texture(_noise()), timbre.texture(np.float32(gain) * _noise())
    moved = np.abs(after - before) > 1e-6
    assert np.flatnonzero(moved).tolist() == [MFCC0]
    assert after[MFCC0] - before[MFCC0] == pytest.approx(np.sqrt(timbre.N_MELS) * 2 * np.log10(gain))


@pytest.mark.parametrize("hertz", [500.0, 2000.0, 8000.0])
def test_centroid_and_zero_crossings_of_a_tone_are_its_frequency(hertz: float) -> None:
    relative = hertz / (RATE / 2)
    assert _mean(_tone(hertz), "centroid") == pytest.approx(relative, abs=0.003)
    assert _mean(_tone(hertz), "zero_crossings") == pytest.approx(relative, abs=0.003)


def test_centroid_of_white_noise_lies_in_the_middle() -> None:
    assert _mean(_noise(), "centroid") == pytest.approx(0.5, abs=0.01)


def test_zero_crossings_of_white_noise_are_every_other_sample() -> None:
    assert _mean(_noise(), "zero_crossings") == pytest.approx(0.5, abs=0.01)


def test_silence_has_the_stated_values() -> None:
    values = timbre.texture(np.zeros(2 * RATE, np.float32))
    expected = np.zeros(timbre.SPEC.shape)
    expected[timbre.NAMES.index("centroid")] = 0.5
    expected[MFCC0] = np.sqrt(timbre.N_MELS) * np.log10(timbre.FLOOR)
    assert np.allclose(values, expected, atol=1e-9)


def test_flux_is_between_none_and_all_alike() -> None:
    rng = np.random.default_rng(0)
    windows = np.tile(rng.standard_normal(timbre.SIZE), (3, 1))
    windows[2] *= 0.1  # the whole spectrum falls alike
    flux = timbre.describe(windows)[:, timbre.NAMES.index("flux")]
    assert flux[0] == flux[1] == 0
    assert flux[2] == pytest.approx(1)
    assert 0 < _mean(_noise(), "flux") < 1


def test_a_bright_sound_lowers_mfcc1() -> None:
    assert _mean(_noise() + _tone(9000) * 0.3, "mfcc1") < _mean(_noise() + _tone(300) * 0.3, "mfcc1")


def test_mfcc_equal_librosa() -> None:
    import librosa

    windows = _noise().astype(np.float64)[: 512 * 100].reshape(-1, 512)
    power = np.abs(np.fft.rfft(windows * np.hamming(512), axis=1)) ** 2
    mel = librosa.feature.melspectrogram(S=power.T, sr=RATE, n_mels=40)
    expected = librosa.feature.mfcc(S=np.log10(mel), n_mfcc=13).T
    assert np.allclose(timbre.describe(windows)[:, MFCC0:], expected)


def test_variances_are_those_of_one_second_means() -> None:
    samples = np.concatenate([_tone(500, 2), _tone(5000, 2)])
    values = timbre.describe(samples[: len(samples) // 512 * 512].reshape(-1, 512).astype(np.float64))[:, 0]
    means = [values[start : start + 43].mean() for start in range(len(values) - 42)]
    texture = timbre.texture(samples)
    assert texture[0] == pytest.approx(np.mean(means))
    assert texture[len(timbre.NAMES)] == pytest.approx(np.var(means))


def test_low_energy_is_high_where_most_windows_are_quiet() -> None:
    pulses = 0.001 * _noise(4)
    for start in range(0, len(pulses) - 512, RATE // 4):
        pulses[start : start + 512] += 0.8 * _tone(1000, 512 / RATE)
    assert timbre.texture(pulses)[-1] > 0.8
    assert timbre.texture(_noise())[-1] == pytest.approx(0.5, abs=0.1)


def test_there_are_33_values() -> None:
    assert timbre.texture(_noise()).shape == timbre.SPEC.shape == (33,)
