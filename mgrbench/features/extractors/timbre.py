"""Timbral texture (Tzanetakis & Cook, "Musical genre classification of audio signals", 2002, section III-A).

Spectral centroid, flux, zero-crossing rate and 13 MFCC of windows of 23 ms; of each the running mean over a
texture window of 1 s, and of that the mean and the variance over the clip; and the share of windows of low
energy: 16 × 2 + 1 = 33 values, the list of FusionNet (Ng et al. 2020). Rolloff, which Tzanetakis & Cook have
besides, is not in that list.

Above the floor of the logarithms nothing but the mean of the first MFCC changes under a gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments

SAMPLE_RATE, SIZE, TEXTURE = 22050, 512, 43  # 43 windows are 0.998 s
N_MELS, N_MFCC = 40, 13
FLOOR = 1e-10

NAMES = ("centroid", "flux", "zero_crossings", *(f"mfcc{k}" for k in range(N_MFCC)))

SPEC = FeatureSpec(
    name="timbre",
    about="Timbral texture of Tzanetakis & Cook: 33 statistics, one vector a clip.",
    shape=(2 * len(NAMES) + 1,),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "window_samples": SIZE,
        "hop": SIZE,
        "window": "symmetric hamming, of the spectra only",
        "texture_windows": TEXTURE,
        "clip": "whole; one shorter than a texture window is filled up",
        "centroid": "of the power spectrum, bin / number of bins, 0.5 on silence",
        "flux": "squared differences of the log power spectrum without bin 0, mean / maximum",
        "n_mels": N_MELS,
        "mel": "slaney scale and area, 0 Hz to half the sample rate, power",
        "n_mfcc": N_MFCC,
        "dct": "type 2, orthonormal, of log10(max(power, floor))",
        "floor": FLOOR,
        "statistics": "mean and variance (ddof 0) of running means; share of low energy",
    },
    libraries=("librosa", "numpy", "scipy", "soxr"),
    per_clip=True,
)

_Array = NDArray[np.float64]


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Timbral texture of some clips, of their whole length.

    Args:
        clips: the clips. One shorter than a texture window (1 s) is filled up to it as short clips are filled
            up for segments.

    Returns:
        Float32, shape (clips, 1, 33): the means in the order of `NAMES`, the variances in that order, the
        share of windows of low energy.
    """
    least = TEXTURE * SIZE
    rows = []
    for clip in clips:
        samples = clip.resampled(SAMPLE_RATE)
        rows.append(texture(samples if len(samples) >= least else segments(samples, least, 1)[0]))
    return np.array(rows, dtype=np.float32)[:, None]


def texture(samples: FloatArray) -> _Array:
    """The 33 values of a recording of at least 22 016 samples at 22 050 Hz."""
    windows = samples[: len(samples) // SIZE * SIZE].reshape(-1, SIZE).astype(np.float64)
    running = _running_means(describe(windows))
    energy = np.sqrt(np.square(windows).mean(axis=1))
    quiet = np.lib.stride_tricks.sliding_window_view(energy, TEXTURE)
    low_energy = (quiet < quiet.mean(axis=1, keepdims=True)).mean()
    return np.concatenate([running.mean(axis=0), running.var(axis=0), [low_energy]])


def describe(windows: _Array) -> _Array:
    """What is measured in each analysis window.

    Args:
        windows: samples, shape (windows, 512).

    Returns:
        Shape (windows, 16), columns in the order of `NAMES`. Centroid, flux and zero-crossing rate lie
        between 0 and 1.
    """
    from scipy.fft import dct, rfft

    power = np.square(np.abs(rfft(windows * np.hamming(SIZE), axis=1)))
    bins = power.shape[1]
    total = power.sum(axis=1)
    weighted = power @ np.arange(bins) / bins
    centroid = np.divide(weighted, total, out=np.full(len(power), 0.5), where=total > 0)
    positive = windows >= 0
    crossings = (positive[:, 1:] != positive[:, :-1]).sum(axis=1) / SIZE
    cepstrum = dct(np.log10(np.maximum(power @ _mel_filters().T, FLOOR)), norm="ortho", axis=1)
    return np.column_stack([centroid, _flux(power), crossings, cepstrum[:, :N_MFCC]])


def _flux(power: _Array) -> _Array:
    """How evenly over the bins the log spectrum has changed since the window before; 0 for the first.

    The mean over the bins of the squared change, divided by its maximum over the bins (as in Marsyas, the
    authors' software): 1 where all bins have changed alike, near 0 where few have.
    """
    change = np.square(np.diff(np.log(np.maximum(power[:, 1:], FLOOR)), axis=0))
    largest = change.max(axis=1)
    flux = np.divide(change.mean(axis=1), largest, out=np.zeros(len(change)), where=largest > 0)
    return np.concatenate([[0.0], flux])


def _running_means(values: _Array) -> _Array:
    """Means over each `TEXTURE` consecutive rows: (windows, n) to (windows - TEXTURE + 1, n)."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, TEXTURE, axis=0).mean(axis=-1))


@lru_cache(maxsize=1)
def _mel_filters() -> _Array:
    """The mel filters, shape (40, 257)."""
    from librosa.filters import mel

    return np.asarray(mel(sr=SAMPLE_RATE, n_fft=SIZE, n_mels=N_MELS, dtype=np.float64))
