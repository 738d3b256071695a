"""Modulation scale spectrum: rhythm without its tempo (after Marchand & Peeters, DAFx 2014 and 2016).

U. Marchand and G. Peeters, "Scale and shift invariant time/frequency representation using auditory
statistics: application to rhythm description", MLSP 2016; the papers were not consulted. Onsets in eight
groups of mel bands; their autocorrelation over 8 s, every half second; its scale transform, a Mellin
transform on the line 1/2, the magnitude of which is the same for a function and for a stretched one. A faster
performance of the same rhythm therefore has (nearly) the same values. Beside it, how the groups' onsets
correlate with each other, one of the "auditory statistics" of McDermott & Simoncelli (2011).

The constants are those of code for the same transform (maia-ls/tismir-beat-2024, ``rhythmic_features``); the
number of groups and of coefficients are ours. A gain changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments

SAMPLE_RATE, N_FFT, HOP, N_MELS = 8000, 256, 160, 40
RATE = SAMPLE_RATE / HOP
GROUPS, COEFFICIENTS = 8, 60
WINDOW, STEP = 400, 25
RANGE_DB, FLOOR = 80.0, 1e-10
T_MIN, BETA = 0.5, 0.5

SPEC = FeatureSpec(
    name="scale_transform",
    about="Scale transform of onsets' autocorrelation in 8 groups of bands, and their correlations.",
    shape=(GROUPS * COEFFICIENTS + GROUPS * (GROUPS - 1) // 2,),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "clip": "whole; one shorter than 8 s is filled up",
        "n_fft": N_FFT,
        "hop": HOP,
        "window": "periodic hann",
        "padding": "n_fft / 2 zeros at both ends",
        "n_mels": N_MELS,
        "mel": "slaney scale and area, 0 Hz to half the sample rate, power",
        "log": "10 log10 of the power, at most 80 dB below the clip's highest",
        "onsets": "positive changes, summed in groups of 5 bands, Gaussian with a deviation of 1 frame",
        "autocorrelation": "400 frames every 25, divided by lag 0",
        "scale": "t_min 0.5, beta 0.5, magnitudes, first 60, mean over the windows",
    },
    libraries=("librosa", "numpy", "scipy", "soxr"),
    per_clip=True,
)

_Array = NDArray[np.float64]


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Rhythm of some clips, of their whole length.

    Args:
        clips: the clips. One shorter than 8 s is filled up to it as short clips are filled up for segments.

    Returns:
        Float32, shape (clips, 1, 508): 60 magnitudes of each group, lowest group first, then the 28
        correlations, (first, second), (first, third) … of the groups. All 0 where nothing begins.
    """
    rows = []
    for clip in clips:
        samples = clip.resampled(SAMPLE_RATE)
        least = WINDOW * HOP
        found = onsets(samples if len(samples) >= least else segments(samples, least, 1)[0])
        rows.append(np.concatenate([scale_spectrum(found).ravel(), correlations(found)]))
    return np.array(rows, dtype=np.float32)[:, None]


def onsets(samples: FloatArray) -> _Array:
    """How much begins in each group of bands: (samples,) at 8 kHz to (8, frames), 50 frames a second."""
    import librosa
    from scipy.ndimage import gaussian_filter1d

    spectrum = librosa.stft(samples.astype(np.float64), n_fft=N_FFT, hop_length=HOP, pad_mode="constant")
    power = _filters() @ np.square(np.abs(spectrum))
    level = 10 * np.log10(np.maximum(power, FLOOR))
    level = np.maximum(level, level.max() - RANGE_DB)
    rise = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0)
    return np.asarray(gaussian_filter1d(rise.reshape(GROUPS, -1, rise.shape[1]).sum(axis=1), 1.0, axis=1))


def autocorrelations(found: _Array) -> _Array:
    """Of windows of onsets, divided by lag 0: (groups, frames) to (windows, groups, 400)."""
    from scipy.fft import irfft, rfft

    windows = np.lib.stride_tricks.sliding_window_view(found, WINDOW, axis=1)[:, ::STEP].swapaxes(0, 1)
    plain = irfft(np.square(np.abs(rfft(windows, n=2 * WINDOW, axis=-1))), axis=-1)[..., :WINDOW]
    energy = plain[..., :1]
    return np.divide(plain, energy, out=np.zeros_like(plain), where=energy > 1e-9)


def scale_spectrum(found: _Array) -> _Array:
    """Mean magnitude of the scale transform of the windows: (groups, frames) to (groups, 60)."""
    import librosa

    transformed = librosa.fmt(autocorrelations(found), t_min=T_MIN, beta=BETA)
    return np.asarray(np.abs(transformed)[..., :COEFFICIENTS].mean(axis=0))


def correlations(found: _Array) -> _Array:
    """Pearson's coefficient of each pair of groups, 0 where one never changes; shape (28,)."""
    centred = found - found.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-9)
    return np.asarray((unit @ unit.T)[np.triu_indices(GROUPS, 1)])


@lru_cache(maxsize=1)
def _filters() -> _Array:
    from librosa.filters import mel

    return np.asarray(mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, dtype=np.float64))
