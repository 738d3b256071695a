"""Frames of bands and of timbre against librosa, and by what they should hear."""

from __future__ import annotations

from itertools import pairwise

import librosa
import numpy as np
import pytest
from scipy.fft import dct

from mgrbench.core.audio import Clip
from mgrbench.features.extractors import band_frames, timbre_frames

RATE = 22050
COLUMN = timbre_frames.NAMES.index


def noise(seconds=2.0):
    return np.random.default_rng(0).uniform(-0.1, 0.1, round(seconds * RATE))


def tone(hertz, seconds=2.0):
    return 0.3 * np.sin(2 * np.pi * hertz / RATE * np.arange(round(seconds * RATE)))


SPECTRUM = {"n_fft": 1024, "hop_length": 512, "window": "hamming", "pad_mode": "constant"}


def test_timbre_is_librosas():
    found = timbre_frames.frames(noise())
    magnitude = np.abs(librosa.stft(noise(), **SPECTRUM))
    bands = librosa.feature.melspectrogram(S=magnitude**2, sr=RATE, n_mels=128)
    cepstrum = dct(10 * np.log10(bands), norm="ortho", axis=0)[:20].T
    np.testing.assert_allclose(found[:, :20], cepstrum, rtol=1e-4, atol=1e-3)
    bin_width = RATE / 1024
    centroid = librosa.feature.spectral_centroid(S=magnitude, sr=RATE)[0] / (513 * bin_width)
    np.testing.assert_allclose(found[:, COLUMN("centroid")], centroid, rtol=1e-6)
    rolloff = librosa.feature.spectral_rolloff(S=magnitude, sr=RATE, roll_percent=0.85)[0] / bin_width
    np.testing.assert_allclose(found[:, COLUMN("rolloff")] * 513, rolloff, atol=1e-6)
    flatness = librosa.feature.spectral_flatness(S=magnitude)[0]
    np.testing.assert_allclose(found[:, COLUMN("flatness")], flatness, rtol=1e-6)


def test_energy_flux_and_crossings_of_a_tone():
    inner = timbre_frames.frames(tone(2205.0))[3:-3]
    np.testing.assert_allclose(inner[:, COLUMN("energy")], 0.3**2 / 2, rtol=0.01)
    np.testing.assert_allclose(inner[:, COLUMN("zero_crossings")], 0.2, atol=0.002)
    assert inner[:, COLUMN("flux")].max() < 0.05 * timbre_frames.frames(noise())[3:-3, COLUMN("flux")].mean()


def test_timbre_of_a_clip_does_not_hear_its_offset_or_level():
    loud = Clip("x", (tone(440) + noise()).astype(np.float32), RATE, 1.0, 2)
    soft = Clip("x", (0.25 * (tone(440) + noise()) + 0.1).astype(np.float32), RATE, 1.0, 2)
    first, second = (timbre_frames.extract([clip]) for clip in (loud, soft))
    np.testing.assert_allclose(first, second, atol=2e-3)


def test_band_frames_by_a_literal_computation():
    """One frame in the middle, bin by bin as the paper writes it."""
    samples = noise()
    found = band_frames.frames(samples)[40]
    scaled = samples * 2**15
    emphasised = scaled - 0.95 * np.concatenate([[0.0], scaled[:-1]])
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(512) / 512)
    start = 40 * 256 - 256
    power = np.abs(np.fft.rfft(emphasised[start : start + 512] * window)) ** 2
    edges = [0, 100, 200, 400, 800, 1600, 3200, 6400, 20000]
    hertz = np.arange(257) * RATE / 512
    for octave, (low, high) in enumerate(pairwise(edges)):
        ordered = sorted(p for p, f in zip(power, hertz, strict=True) if low <= f < high)
        few = max(1, round(0.2 * len(ordered)))
        peak, valley = np.log(np.mean(ordered[-few:])), np.log(np.mean(ordered[:few]))
        assert found[25 + octave] == pytest.approx(peak - valley, abs=1e-6)
        assert found[33 + octave] == pytest.approx(valley, abs=1e-6)
    bands = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=25, norm=None) @ power
    np.testing.assert_allclose(found[:25], np.log(1 + bands), rtol=1e-6)


def test_the_envelope_shares_every_bin_out_once():
    shares = band_frames.half_octaves().toarray()
    assert shares.shape == (16, 257)
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert (shares >= 0).all()
    assert (shares > 0).sum(axis=0).max() <= 3  # half octaves below 100 Hz are narrower than a bin


@pytest.mark.parametrize("hertz", [90.0, 300.0, 1200.0, 5000.0, 9000.0])
def test_a_tone_stands_out_in_its_band(hertz):
    frame = band_frames.frames(tone(hertz))[60]
    octave = int(np.searchsorted(band_frames.OCTAVES[1:-1], hertz, side="right"))
    assert frame[25:33].argmax() == octave
    half = int(np.searchsorted(band_frames.HALF_OCTAVES[1:-1], hertz, side="right"))
    assert abs(int(frame[42:].argmax()) - half) <= (1 if hertz < 100 else 0)
    assert np.sqrt(np.mean(frame[42:] ** 2)) == pytest.approx(1)
