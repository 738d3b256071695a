"""The system of Lee et al. 2009: modulation spectra, discriminants after whitening, summed distances."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import MinMaxScaler

from baselines import lee2009
from baselines._handcrafted import frames as _frames
from baselines._handcrafted import modulation_spectrum as _modspec
from mgrbench.core.types import BenchError, Examples, Inputs
from tests.support.models import built
from tests.support.systems import accuracy_on_synth, examples

RNG = np.random.default_rng(0)


def test_the_modulation_spectrum_is_what_the_paper_writes_down():
    frames = RNG.normal(size=(2, 40, 3))
    window, expected, count = 16, np.zeros((3, 8)), 0
    for segment in frames:
        for start in range(0, 40 - window + 1, window // 2):
            piece = segment[start : start + window]
            for value in range(3):
                for k in range(8):
                    wave = np.exp(-2j * np.pi * k * np.arange(window) / window)
                    expected[value, k] += abs(np.sum(piece[:, value] * wave))
            count += 1
    np.testing.assert_allclose(_modspec.modulation_spectrum(frames, window), expected / count, atol=1e-9)


def test_with_the_papers_frames_there_are_its_eight_sub_bands():
    assert _modspec.window_frames(22050 / 256) == 512
    found = _modspec.modulation(_modspec.modulation_spectrum(RNG.normal(size=(1, 1024, 2)), 512))
    assert found.contrast.shape == (2, 8)
    assert _modspec.modulation_vector(RNG.normal(size=(1, 1024, 20)), 512).shape == (112,)


@pytest.mark.parametrize("hertz", [0.5, 1.0, 2.0, 4.0, 8.0])
def test_a_beat_lies_in_the_sub_band_of_its_rate(hertz):
    rate = 22050 / 256
    beat = np.cos(2 * np.pi * hertz * np.arange(861) / rate)[None, :, None]
    contrast = _modspec.modulation(_modspec.modulation_spectrum(beat, 512)).contrast[0]
    lowest = rate / 512 * 2 ** np.arange(8)
    assert contrast.argmax() == np.searchsorted(2 * lowest, hertz, side="right")


def test_measures_of_a_sub_band_by_hand():
    found = _modspec.modulation(np.array([[4.0, 1.0, 2.0, 8.0]]))
    np.testing.assert_allclose(found.contrast, [[3, 6]])
    np.testing.assert_allclose(found.valley, [[1, 2]])
    np.testing.assert_allclose(found.flatness, [[2 / 2.5, 4 / 5]])
    np.testing.assert_allclose(found.crest, [[4 / 2.5, 8 / 5]])
    silent = _modspec.modulation(np.zeros((1, 4)))
    np.testing.assert_array_equal([silent.flatness, silent.crest], np.ones((2, 1, 2)))


def test_the_vector_is_statistics_along_rows_then_columns():
    frames = RNG.normal(size=(1, 64, 5))
    found = _modspec.modulation(_modspec.modulation_spectrum(frames, 32))
    vector = _modspec.modulation_vector(frames, 32)
    np.testing.assert_allclose(vector[:5], found.contrast.mean(axis=1))
    np.testing.assert_allclose(vector[15:20], found.valley.std(axis=1))
    np.testing.assert_allclose(vector[20:24], found.contrast.mean(axis=0))
    assert len(vector) == 4 * 5 + 4 * 4


def test_distances_decide_as_scikit_learns_discriminant_analysis():
    genre = np.arange(120) % 4
    rows = RNG.normal(size=(4, 6))[genre] + RNG.normal(size=(120, 6)) @ RNG.normal(size=(6, 6))
    others = 2 * RNG.normal(size=(200, 6))
    distances = lee2009.WhitenedDiscriminants().fit(rows, genre).distances(others)
    scaler = MinMaxScaler().fit(rows)
    oracle = LinearDiscriminantAnalysis(priors=[0.25] * 4).fit(scaler.transform(rows), genre)
    np.testing.assert_array_equal(
        distances.argmin(axis=1),
        oracle.classes_[oracle.predict_proba(scaler.transform(others)).argmax(axis=1)],
    )
    # Differences of log posteriors are half the differences of squared distances.
    log_odds = np.log(oracle.predict_proba(scaler.transform(others)))
    np.testing.assert_allclose(
        log_odds[:, 0] - log_odds[:, 1], -0.5 * (distances[:, 0] - distances[:, 1]), atol=1e-6
    )


def test_few_tracks_of_many_values_are_no_trouble():
    genre = np.arange(12) % 3
    rows = RNG.normal(size=(12, 50)) + 3 * genre[:, None]
    system = lee2009.WhitenedDiscriminants().fit(rows, genre)
    assert np.isfinite(system.distances(RNG.normal(size=(5, 50)))).all()
    np.testing.assert_array_equal(system.distances(rows).argmin(axis=1), genre)


def test_four_systems_are_summed(monkeypatch):
    learnt, measured = [], []

    class Watched(lee2009.WhitenedDiscriminants):
        def fit(self, rows, genre):
            learnt.append(rows)
            return super().fit(rows, genre)

        def distances(self, rows):
            measured.append(super().distances(rows))
            return measured[-1]

    monkeypatch.setattr(lee2009, "WhitenedDiscriminants", Watched)
    array = RNG.normal(size=(12, 2, 40, 30)).astype(np.float32)
    part = Examples(Inputs(tuple("abcdefghijkl"), {"mel": array}), np.arange(12) % 3)
    model = built("lee2009", 4).fit(part, None)
    assert len(learnt) == 4
    np.testing.assert_array_equal(learnt[3], np.concatenate(learnt[:3], axis=1))
    proba = model.predict_proba(part.inputs)
    assert (proba[:, 3] == 0).all()  # a genre that the training part lacks
    assert len(measured) == 4
    np.testing.assert_array_equal(proba.argmax(axis=1), sum(measured).argmin(axis=1))
    with pytest.raises(BenchError, match="fitted on other features"):
        model.predict_proba(Inputs(("a",), {"x": np.zeros((1, 1, 5), np.float32)}))


def test_a_log_mel_spectrogram_gives_the_same_in_decibels_and_in_logarithms():
    """Levels only: the unit scales what it must and changes nothing else."""
    log = RNG.normal(size=(2, 50, 128)).astype(np.float32)
    one, ten = (_frames.bands(values, "mel", 21.5) for values in (log, 10 * log))
    np.testing.assert_allclose(ten.octave, 10 * one.octave, rtol=1e-5)
    np.testing.assert_allclose(ten.envelope[..., 1:], one.envelope[..., 1:], rtol=1e-5)
    assert one.octave.shape == (2, 50, 16)
    assert one.envelope.shape == (2, 50, 17)
    assert (one.octave[..., :8] >= 0).all()


def test_stored_frames_are_taken_apart_as_the_feature_puts_them_together():
    values = examples("valid", "band_frames").inputs.arrays["band_frames"][0]
    found = _frames.bands(values, "band_frames", 1.0)
    assert (found.mel.shape[-1], found.octave.shape[-1], found.envelope.shape[-1]) == (25, 16, 17)
    assert found.rate == pytest.approx(86.13, abs=0.01)
    assert (found.octave[..., :8] >= -1e-5).all()
    rms = np.sqrt(np.square(found.envelope[..., 1:]).mean(axis=-1))
    np.testing.assert_allclose(rms[found.envelope[..., 0] > 0], 1.0, atol=1e-4)


@pytest.mark.parametrize("rate", [0, -1, "quick", float("inf")])
def test_a_frame_rate_that_is_none_is_refused(rate):
    with pytest.raises(BenchError, match="frame_rate is"):
        built("lee2009", 4, frame_rate=rate)


@pytest.mark.parametrize("feature", ["band_frames", "mel"])
def test_learns_synth(feature):
    assert accuracy_on_synth("lee2009", feature) > 0.5
