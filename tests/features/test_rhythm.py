"""Rhythm Histogram and Statistical Spectrum Descriptor against rp_extract, and by what they hear.

``data/rp_extract.npz`` holds what rp_extract (tuwien-musicir, commit f5e6fe6) computed for the signal of
`_signal`, and two of its tables. It is synthetic; no recording is in it.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mgrbench.core.audio import Clip, decode
from mgrbench.core.types import BenchError
from mgrbench.features.extractors import _loudness, rhythm

REFERENCE = Path(__file__).parents[1] / "data" / "rp_extract.npz"


def _signal(rate: int, seconds: int) -> np.ndarray:
    """A beating tone, a gated tone and noise of a generator that is the same everywhere."""
    time = np.arange(rate * seconds) / rate
    state, noise = 12345, np.empty(len(time))
    for index in range(len(time)):
        state = (1664525 * state + 1013904223) % 2**32
        noise[index] = state / 2**32 * 2 - 1
    beating = 0.3 * (1 + 0.8 * np.sin(2 * np.pi * 2 * time)) * np.sin(2 * np.pi * 440 * time)
    gated = 0.2 * (np.sin(2 * np.pi * 4 * time) > 0) * np.sin(2 * np.pi * 3000 * time)
    return beating + gated + 0.05 * noise


@pytest.mark.parametrize(("rate", "seconds"), [(22050, 10), (22050, 30), (44100, 10)])
def test_equals_rp_extract(rate: int, seconds: int) -> None:
    histogram, descriptor = rhythm.features(_signal(rate, seconds), rate)
    with np.load(REFERENCE) as reference:
        assert np.allclose(histogram, reference[f"rh_{rate}_{seconds}"], rtol=1e-6, atol=0)
        assert np.allclose(descriptor, reference[f"ssd_{rate}_{seconds}"], rtol=1e-6, atol=0)


def test_tables_equal_rp_extract() -> None:
    with np.load(REFERENCE) as reference:
        assert np.allclose(_loudness.contour_levels(), reference["loudness_levels"], rtol=0, atol=1e-6)
        assert np.allclose(_loudness.masking(), reference["spread"], rtol=1e-12)


def test_descriptor_of_gtzan_clips_equals_the_published_one(shared_data: Path) -> None:
    with np.load(shared_data / "gtzan_handcrafted.npz") as published:
        rows = dict(zip(published["ids"], published["ssd"], strict=True))
    clips = sorted((shared_data / "gtzan_audio_30s").glob("*.au"))
    assert len(clips) == 10
    for path in clips:
        samples, rate = decode(path)
        # Where a band is silent, what is left of it depends on how the FFT rounds: 5e-38 here, 0 there.
        assert np.allclose(rhythm.ssd(samples, rate), rows[path.stem], rtol=1e-6, atol=1e-30)


def test_statistics_equal_scipy() -> None:
    sone = np.random.default_rng(0).gamma(2, size=(24, 511))
    sone[5] = 3.25
    descriptor = rhythm.spectrum_descriptor(sone).reshape(7, 24)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the constant band
        skewness = np.nan_to_num(stats.skew(sone, axis=1))
        kurtosis = np.nan_to_num(stats.kurtosis(sone, axis=1, fisher=False))
    expected = [sone.mean(1), sone.var(1), skewness, kurtosis, np.median(sone, 1), sone.min(1), sone.max(1)]
    assert np.allclose(descriptor, expected)
    assert descriptor[2, 5] == descriptor[3, 5] == 0


@pytest.mark.parametrize("hertz", [1.0, 2.0, 4.0, 8.0])
def test_histogram_of_a_beat_peaks_at_its_rate(hertz: float) -> None:
    time = np.arange(6 * 22050) / 22050
    beat = (1 + np.sin(2 * np.pi * hertz * time)) * np.random.default_rng(0).uniform(-0.3, 0.3, len(time))
    histogram = rhythm.features(beat, 22050)[0]
    assert histogram.argmax() + 1 == pytest.approx(hertz * _loudness.PIECE_SECONDS, abs=0.6)


def test_a_tone_at_1000_hz_of_40_decibels_is_one_sone() -> None:
    decibels = np.full((24, 1), 40.0)
    band = int(np.argmin(np.abs(_loudness.contour_levels()[2] - 40)))
    assert _loudness.sone(_loudness.loudness_level(decibels))[band] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("decibels", "phon"), [(-50.0, 3.0), (3.0, 3.0), (30.0, 30.0), (80.0, 80.0), (110.0, 110.0)]
)
def test_loudness_level_at_1000_hz_is_the_sound_pressure_level(decibels: float, phon: float) -> None:
    levels = np.array(
        [np.interp(1000, _loudness.CONTOUR_HZ, contour) for contour in _loudness.CONTOURS.values()]
    )
    assert np.array_equal(levels, list(_loudness.CONTOURS))
    band = _loudness.BARK_EDGES.index(920)  # its contours are those of 1000 Hz from 20 phon on
    level = _loudness.loudness_level(np.full((24, 1), decibels))[band, 0]
    assert level == pytest.approx(phon, abs=0.5)


@pytest.mark.parametrize(("seconds", "count"), [(5.945, 1), (12, 2), (44.9, 7), (45, 5), (60, 8)])
def test_number_of_pieces(seconds: float, count: int) -> None:
    assert len(_loudness.pieces(np.zeros(round(seconds * 22050)), 22050)) == count


def test_pieces_of_a_long_recording_leave_out_both_ends() -> None:
    size = _loudness.piece_samples(22050)
    found = _loudness.pieces(np.arange(9 * size), 22050)
    assert np.array_equal(found[:, 0], size * np.arange(1, 8))


def test_too_short_a_recording_is_refused() -> None:
    with pytest.raises(
        BenchError, match=r"5\.00 s are too short for the rhythm features; give at least 5\.94 s"
    ):
        rhythm.features(np.zeros(5 * 22050), 22050)


def test_an_unsupported_rate_is_refused() -> None:
    with pytest.raises(BenchError, match="48000 Hz"):
        rhythm.features(np.zeros(48000 * 10), 48000)


def test_a_short_clip_is_filled_up() -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 4 * 22050).astype(np.float32)
    filled = np.concatenate([noise, noise[2 * len(noise) - _loudness.piece_samples(22050) :]])
    values = rhythm.extract([Clip("x", noise, 22050, 3.0, 1), Clip("y", filled, 22050, 3.0, 1)])
    assert np.array_equal(values[0], values[1])
