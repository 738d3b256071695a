"""mel, cqt, harmonic and percussive against librosa, and by what they are for."""

from __future__ import annotations

from types import ModuleType

import librosa
import numpy as np
import pytest
from scipy.ndimage import median_filter

from mgrbench.core.audio import Clip
from mgrbench.core.types import FloatArray
from mgrbench.features.extractors import (
    _hpss,
    cqt,
    harmonic,
    harmonic_released,
    mel,
    percussive,
    percussive_released,
)

RATE = 22050
SECONDS = 3.0
SAMPLES = round(SECONDS * RATE)


def _music() -> FloatArray:
    """A tone, a decaying series of clicks and a little noise."""
    time = np.arange(SAMPLES) / RATE
    signal = 0.3 * np.sin(2 * np.pi * 441 * time) + 0.01 * np.random.default_rng(0).standard_normal(SAMPLES)
    signal[:: RATE // 4] += 0.8
    return signal.astype(np.float32)


def _values(feature: ModuleType, samples: FloatArray) -> FloatArray:
    values: FloatArray = feature.extract([Clip("x", samples, RATE, len(samples) / RATE, 1)])
    return values[0, 0]


def test_mel_equals_librosa() -> None:
    power = librosa.feature.melspectrogram(y=_music(), sr=RATE, n_fft=2048, hop_length=1024, n_mels=128)
    assert np.allclose(_values(mel, _music()), np.log(power.T), rtol=0, atol=1e-5)


def test_cqt_equals_librosa() -> None:
    transform = librosa.cqt(
        _music(), sr=RATE, hop_length=1024, fmin=librosa.midi_to_hz(36), n_bins=84, bins_per_octave=12
    )
    assert np.allclose(_values(cqt, _music()), np.log(np.abs(transform.T)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("note", [48, 69, 100])
def test_cqt_of_a_note_peaks_at_its_semitone(note: int) -> None:
    tone = np.sin(2 * np.pi * librosa.midi_to_hz(note) / RATE * np.arange(SAMPLES)).astype(np.float32)
    middle = _values(cqt, tone)[20:-20]
    assert (middle.argmax(axis=1) == note - 36).all()


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 5000.0])
def test_mel_of_a_tone_peaks_at_its_band(hertz: float) -> None:
    tone = np.sin(2 * np.pi * hertz / RATE * np.arange(SAMPLES)).astype(np.float32)
    centres = librosa.mel_frequencies(130, fmin=0, fmax=RATE / 2)[1:-1]
    peak = centres[_values(mel, tone)[5:-5].argmax(axis=1)]
    assert np.abs(peak / hertz - 1).max() < 0.06


def test_released_components_equal_librosa() -> None:
    spectrum = librosa.stft(_music(), n_fft=512, hop_length=1024, pad_mode="reflect")
    parts = librosa.decompose.hpss(spectrum)
    for feature, part in zip((harmonic_released, percussive_released), parts, strict=True):
        expected = np.log(np.maximum(np.abs(part.T), 1e-8))
        assert np.allclose(_values(feature, _music()), expected, rtol=0, atol=1e-4)


def test_components_equal_librosa_on_averaged_frames() -> None:
    power = np.abs(librosa.stft(_music(), n_fft=512, hop_length=256)) ** 2
    frames = 1 + SAMPLES // 1024
    nearest = [range(max(4 * k - 2, 0), 4 * k + 2) for k in range(frames - 1)]
    nearest.append(range(4 * (frames - 1) - 2, power.shape[1]))
    averaged = np.sqrt(np.stack([power[:, list(group)].mean(axis=1) for group in nearest], axis=1))
    parts = librosa.decompose.hpss(averaged)
    for feature, part in zip((harmonic, percussive), parts, strict=True):
        expected = np.log(np.maximum(part.T, 1e-8))
        assert np.allclose(_values(feature, _music()), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("shape", [(40, 50), (3, 40, 50), (2, 3, 40, 50)])
def test_separate_equals_librosa_to_the_bit(shape: tuple[int, ...]) -> None:
    spectrogram = np.random.default_rng(0).exponential(size=shape).astype(np.float32)
    spectrogram[..., 3:20, :] = 0
    ours = _hpss.separate(spectrogram)
    theirs = librosa.decompose.hpss(spectrogram.swapaxes(-1, -2))
    for mine, other in zip(ours, theirs, strict=True):
        assert np.array_equal(mine, other.swapaxes(-1, -2))


@pytest.mark.parametrize("length", [15, 16, 31, 100])
@pytest.mark.parametrize("width", [3, 31])
def test_running_median_equals_scipy_to_the_bit(length: int, width: int) -> None:
    rows = np.random.default_rng(0).integers(0, 9, (7, length)).astype(np.float32)
    expected = median_filter(rows, size=(1, width), mode="reflect")
    assert np.array_equal(_hpss.running_median(rows, width), expected)


def test_components_share_one_separation(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    separate = _hpss.separate
    monkeypatch.setattr(_hpss, "separate", lambda values: calls.append(1) or separate(values))
    clip = Clip("x", _music(), RATE, SECONDS, 1)
    harmonic.extract([clip])
    percussive.extract([clip])
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("first", "second"), [(harmonic, percussive), (harmonic_released, percussive_released)]
)
def test_a_tone_is_harmonic_and_noise_bursts_are_percussive(first: ModuleType, second: ModuleType) -> None:
    tone = np.sin(2 * np.pi * 1033.6 / RATE * np.arange(SAMPLES)).astype(np.float32)
    bursts = np.zeros(SAMPLES, np.float32)
    for start in range(RATE // 2, SAMPLES, RATE // 2):
        bursts[start : start + 900] = np.random.default_rng(start).standard_normal(900)
    energy = {
        (name, part): np.exp(2 * _values(part, signal).astype(np.float64)).sum()
        for name, signal in (("tone", tone), ("bursts", bursts))
        for part in (first, second)
    }
    assert energy["tone", first] > 20 * energy["tone", second]
    assert energy["bursts", second] > 20 * energy["bursts", first]


def test_an_attack_between_released_windows_is_seen_by_the_default_frames() -> None:
    click = np.zeros(SAMPLES, np.float32)
    click[20 * 1024 + 512] = 1
    assert _values(percussive_released, click).max() == pytest.approx(np.log(1e-8))
    assert _values(percussive, click).max() > np.log(0.1)
