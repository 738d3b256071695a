"""Log-mel and MFCC statistics: against librosa's own path, and on signals that break careless code."""

from __future__ import annotations

from importlib.metadata import version

import librosa
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from mgrbench.core.audio import Clip
from mgrbench.features.extractors.melstats import FLOOR, HOP, N_FFT, N_MELS, N_MFCC, SPEC, extract

RATE = 22_050
MEL_MEAN, MEL_STD = slice(0, 64), slice(64, 128)
MFCC_MEAN, MFCC_STD = slice(128, 148), slice(148, 168)


def clip(samples, name="x"):
    return Clip(name, np.asarray(samples, np.float32), RATE, 2.5, 2)


def music(seed=0, seconds=5.0):
    rng, time = np.random.default_rng(seed), np.arange(int(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * time) for hertz in rng.uniform(80, 5000, 4))
    return 0.1 * tones * (1 + np.sin(2 * np.pi * 2 * time)) + 0.01 * rng.standard_normal(len(time))


HARD = {
    "silence": np.zeros(5 * RATE),
    "impulse": np.eye(1, 5 * RATE, 1000)[0],
    "one sample": np.ones(1),
    "one silent sample": np.zeros(1),
    "full-scale square": np.sign(np.sin(np.arange(5 * RATE) * 0.1)),
    "almost silent": np.full(5 * RATE, 1e-30),
    "short": music(seconds=0.3),
    "long": music(seconds=12.0),
}


@pytest.mark.parametrize("name", HARD)
def test_any_clip_gives_finite_values_of_the_stated_shape(name):
    values = extract([clip(HARD[name])])
    assert values.shape == (1, 2, *SPEC.shape)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


def test_silence_is_the_floor():
    values = extract([clip(HARD["silence"])])[0]
    # processors round the logarithm of a float32 differently in its last digit
    np.testing.assert_allclose(values[:, MEL_MEAN], 10 * np.log10(FLOOR), rtol=2e-7)
    np.testing.assert_array_equal(values[:, MEL_STD], 0)
    np.testing.assert_array_equal(values[:, MFCC_STD], 0)


def test_values_are_librosas():
    subject = clip(music())
    got = extract([subject])[0]
    for segment, values in zip(subject.segments(), got, strict=True):
        power = librosa.feature.melspectrogram(y=segment, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS)
        bands = librosa.power_to_db(power, amin=FLOOR, top_db=None)
        cepstrum = librosa.feature.mfcc(S=bands, n_mfcc=N_MFCC)
        parts = [bands.mean(1), bands.std(1), cepstrum.mean(1), cepstrum.std(1)]
        np.testing.assert_allclose(values, np.concatenate(parts), rtol=1e-4, atol=1e-3)


def test_twice_the_amplitude_is_six_decibels_more_and_no_other_change():
    quiet, loud = extract([clip(music()), clip(2 * music())])
    np.testing.assert_allclose(loud[:, MEL_MEAN] - quiet[:, MEL_MEAN], 20 * np.log10(2), atol=1e-3)
    np.testing.assert_allclose(loud[:, MEL_STD], quiet[:, MEL_STD], atol=1e-3)
    np.testing.assert_allclose(loud[:, 129:148], quiet[:, 129:148], atol=1e-2)


def test_a_tone_is_loudest_in_its_own_band():
    centres = librosa.mel_frequencies(n_mels=N_MELS + 2, fmax=RATE / 2)[1:-1]
    for band in (10, 30, 50):
        tone = np.sin(2 * np.pi * centres[band] * np.arange(5 * RATE) / RATE)
        assert extract([clip(tone)])[0, 0, MEL_MEAN].argmax() == band


def test_one_at_a_time_or_together_is_the_same_to_the_bit():
    pieces = [music(seed) for seed in range(4)]
    together = extract([clip(piece) for piece in pieces])
    alone = np.concatenate([extract([clip(piece)]) for piece in pieces])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, extract([clip(piece) for piece in pieces]))


def test_the_number_of_threads_changes_no_bit():
    pieces = [clip(music(seed, 12.0)) for seed in range(3)]
    values = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            values.append(extract(pieces))
    np.testing.assert_array_equal(*values)


def test_the_two_segments_are_told_apart():
    first, second = extract([clip(np.concatenate([music(1, 2.5), music(2, 2.5)]))])[0]
    assert np.abs(first - second).max() > 1


def test_the_spec_names_installed_libraries():
    assert SPEC.name == "melstats"
    assert all(version(library) for library in SPEC.libraries)


def test_real_clips_give_finite_values(shared_data):
    from mgrbench.core.audio import decode

    files = sorted((shared_data / "gtzan_audio_17s").glob("*00000.flac"))
    values = extract([Clip(file.stem, decode(file)[0], RATE, 5.0, 3) for file in files])
    assert values.shape == (10, 3, 168)
    assert np.isfinite(values).all()
    assert values[:, :, MEL_STD].min() > 0
