"""Scattering against kymatio's numpy frontend, and by what it is invariant to."""

from __future__ import annotations

import numpy as np
import pytest

from mgrbench.core.audio import Clip
from mgrbench.core.types import BenchError, FloatArray
from mgrbench.features.extractors import scatter

pytest.importorskip("kymatio")

# kymatio.numpy itself cannot be imported beside SciPy 1.17, its one-dimensional part can.
from kymatio.scattering1d.filter_bank import scattering_filter_factory
from kymatio.scattering1d.frontend.numpy_frontend import ScatteringNumPy1D

from mgrbench.features.extractors._scattering.transform import Scattering

RATE = 22050
SIZES = ((2**14, 6, 4), (10000, 7, 3), (20011, 6, 8))  # samples, octaves, filters an octave


def _signals(samples: int) -> FloatArray:
    """Noise, a tone, an impulse, a constant and a chirp, full scale."""
    time = np.arange(samples)
    rows = [
        np.random.default_rng(0).uniform(-1, 1, samples),
        np.sin(0.3 * time),
        np.eye(1, samples, samples // 3)[0],
        np.ones(samples),
        np.sin(1e-5 * time**2),
    ]
    return np.array(rows, dtype=np.float32)


def _kymatio(signals: FloatArray, octaves: int, per_octave: int) -> tuple[np.ndarray, np.ndarray]:
    """kymatio's coefficients in double precision (signals, frames, paths), and orders of the paths.

    One frame is kept more than kymatio keeps.
    """
    reference = ScatteringNumPy1D(octaves, signals.shape[1], per_octave)
    extra = 1 + signals.shape[1] // 2**octaves - (reference.ind_end[octaves] - reference.ind_start[octaves])
    reference.ind_end[octaves] += extra
    return reference.scattering(signals.astype(np.float64)).swapaxes(1, 2), reference.meta()["order"]


@pytest.mark.parametrize(("samples", "octaves", "per_octave"), SIZES)
def test_equals_kymatio(samples: int, octaves: int, per_octave: int) -> None:
    signals = _signals(samples)
    expected, orders = _kymatio(signals, octaves, per_octave)
    transform = Scattering(samples, octaves, per_octave)
    values = transform(signals)
    assert values.dtype == np.float32
    assert values.shape == expected.shape == (len(signals), transform.frames, len(transform.gains))
    assert transform.order1 == (orders == 1).sum()
    error = np.abs(values - expected) / transform.gains
    assert error.max() < 1e-6  # of full scale, on the scale of the formulas


@pytest.fixture(scope="module")
def segment() -> FloatArray:
    """10 s in which everything happens: a chord, a beat, noise."""
    time = np.arange(220500) / RATE
    beat = np.exp(-8 * (time % 0.5))
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (110.0, 277.2, 659.3))
    signal = chord / 4 + beat * np.random.default_rng(0).uniform(-0.3, 0.3, 220500)
    return signal.astype(np.float32)


@pytest.fixture(scope="module")
def expected(segment: FloatArray) -> np.ndarray:
    return _kymatio(segment[None] / np.abs(segment).max(), 10, 6)[0][0]


def test_a_segment_equals_kymatio(segment: FloatArray, expected: np.ndarray) -> None:
    transform = scatter.scattering(220500)
    values = transform(segment[None] / np.abs(segment).max())[0]
    assert values.shape == expected.shape == (216, 280)
    assert transform.order1 == 55
    assert np.abs(values - expected).max() < 2e-6 * np.abs(expected).max()
    assert (np.abs(values - expected).max(axis=0) < 1e-5 * np.abs(expected).max(axis=0)).all()


def test_the_feature_is_the_floored_logarithm(segment: FloatArray, expected: np.ndarray) -> None:
    values = scatter.extract([Clip("x", segment, RATE, 10.0, 1)])[0, 0]
    floor = 1e-6 * scatter.scattering(220500).gains
    assert np.allclose(values, np.log(np.maximum(np.abs(expected), floor)), rtol=0, atol=0.02)


def test_gains_are_what_kymatio_scales_its_filters_by() -> None:
    samples, octaves, per_octave = SIZES[0]
    transform = Scattering(samples, octaves, per_octave)
    reference = ScatteringNumPy1D(octaves, samples, per_octave)
    octave_of = np.nan_to_num(reference.meta()["j"]).sum(axis=1)
    assert np.array_equal(transform.gains, np.exp2(-octave_of).astype(np.float32))


def test_filters_are_kymatios() -> None:
    transform = Scattering(2**14, 6, 4)
    length = transform.length
    _, first, second = scattering_filter_factory(length, 6, (4, 1), 2**6)
    following = [band for band in second if band["j"] > 0]
    for ours, theirs in zip(transform.first_order + transform.second_order, first + following, strict=True):
        response = np.zeros(length)
        response[np.arange(ours.first, ours.stop) % length] = ours.taps.real * 2**ours.octave
        assert np.abs(response - theirs["levels"][0]).max() < 1e-6


def test_does_not_depend_on_the_batch() -> None:
    transform = Scattering(2**14, 6, 4)
    signals = np.random.default_rng(0).standard_normal((11, 2**14)).astype(np.float32)
    alone = np.concatenate([transform(one[None]) for one in signals])
    assert np.array_equal(transform(signals), alone)


@pytest.mark.parametrize("gain", [1e-3, 0.5, 3.0])
def test_log_scattering_does_not_change_under_a_gain(gain: float) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (1, 66150)).astype(np.float32)
    louder = scatter.log_scattering(np.float32(gain) * noise)
    assert np.allclose(louder, scatter.log_scattering(noise), rtol=0, atol=1e-3)


def test_silence_lies_at_the_floor() -> None:
    values = scatter.log_scattering(np.zeros((1, 66150), np.float32))
    assert np.allclose(values, np.log(1e-6 * scatter.scattering(66150).gains))


def test_a_shift_by_a_hop_shifts_the_frames() -> None:
    transform = Scattering(2**15, 8, 6)
    burst = np.zeros(2**15, np.float32)
    burst[12000:13000] = np.random.default_rng(0).uniform(-1, 1, 1000)
    before, after = transform(np.stack([burst, np.roll(burst, transform.hop)]))
    assert np.allclose(after[21:-20], before[20:-21], rtol=0, atol=1e-7)


def test_a_tone_peaks_in_the_path_of_its_frequency() -> None:
    reference = ScatteringNumPy1D(8, 2**15, 6).meta()
    centres = reference["xi"][reference["order"] == 1][:, 0]
    transform = Scattering(2**15, 8, 6)
    for index in (3, 10, 20):
        tone = np.sin(2 * np.pi * centres[index] * np.arange(2**15)).astype(np.float32)
        first = (
            transform(tone[None])[0, 64, 1 : 1 + transform.order1] / transform.gains[1 : 1 + transform.order1]
        )
        assert first.argmax() == index


@pytest.mark.parametrize("samples", [1, 1000, 5000])
def test_too_short_segments_are_refused(samples: int) -> None:
    with pytest.raises(BenchError, match=f"segments of {samples} samples are too short for scattering"):
        Scattering(samples, 10, 6)
