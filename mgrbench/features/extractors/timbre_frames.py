"""Timbre of frames of 46 ms, for sound textures (Foleiss & Tavares 2020, the set of 26 values).

J. H. Foleiss and T. F. Tavares, "Texture selection for automatic music genre classification", Applied Soft
Computing 89, 2020; the list of values and their parameters are those of the authors' code. Of the clip
brought to mean 0 and variance 1: 20 MFCC, spectral centroid, rolloff, flatness and flux, energy and
zero-crossing rate. The authors resample to 44 100 Hz and take 2048 samples every 1024; at 22 050 Hz these
are 1024 every 512, and nothing is lost but an empty upper half of the spectrum.

A gain changes nothing. Of a silent clip, flatness is 1, and all else lies at its floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._segments import stacked

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SAMPLE_RATE, N_FFT, HOP = 22050, 1024, 512
N_MELS, N_MFCC = 128, 20
ROLLOFF, FLOOR = 0.85, 1e-10

NAMES = (
    *(f"mfcc{k}" for k in range(N_MFCC)),
    *("centroid", "rolloff", "flatness", "flux", "energy", "zero_crossings"),
)

SPEC = FeatureSpec(
    name="timbre_frames",
    about="MFCC (20), centroid, rolloff, flatness, flux, energy and zero-crossing rate of 46 ms frames.",
    shape=(None, len(NAMES)),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "clip": "mean 0 and variance 1 over the whole clip",
        "n_fft": N_FFT,
        "hop": HOP,
        "window": "periodic hamming",
        "padding": "n_fft / 2 zeros at both ends",
        "n_mels": N_MELS,
        "mel": "slaney scale and area, 0 Hz to half the sample rate, power",
        "n_mfcc": N_MFCC,
        "dct": "type 2, orthonormal, of 10 log10(max(power, floor))",
        "floor": FLOOR,
        "centroid": "of the magnitudes, bin / number of bins, 0.5 on silence",
        "rolloff": ROLLOFF,
        "flatness": "geometric / arithmetic mean of max(power, floor)",
        "flux": "root mean square of the change of the magnitudes, 0 for the first frame",
        "energy": "mean square of the frame's samples",
    },
    libraries=("librosa", "numpy", "scipy", "soxr"),
)

_Array = NDArray[np.float64]


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Frames of every segment of some clips.

    Args:
        clips: clips at 22 050 Hz of one dataset.

    Returns:
        Float32, shape (clips, segments, frames, 26), values in the order of `NAMES`. Centroid, rolloff,
        flatness and zero-crossing rate lie between 0 and 1.

    Raises:
        BenchError: if the clips come at another sample rate.
    """
    every = []
    for clip, segments in zip(clips, stacked(clips, SAMPLE_RATE), strict=True):
        whole = clip.samples.astype(np.float64)
        mean, deviation = whole.mean(), whole.std()
        scale = deviation if deviation > 1e-9 else 1.0
        every.append([frames((segment.astype(np.float64) - mean) / scale) for segment in segments])
    return np.array(every, dtype=np.float32)


def frames(samples: _Array) -> _Array:
    """Frames of samples at 22 050 Hz as they are, not normalised: shape (frames, 26)."""
    from scipy.fft import dct, rfft
    from scipy.signal import get_window

    padded = np.pad(samples, N_FFT // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    magnitude = np.abs(rfft(windows * get_window("hamming", N_FFT), axis=1))
    power = np.square(magnitude)
    bands = (_mel_filters() @ power.T).T
    cepstrum = dct(10 * np.log10(np.maximum(bands, FLOOR)), norm="ortho", axis=1)[:, :N_MFCC]
    floored = np.maximum(power, FLOOR)
    flatness = np.exp(np.log(floored).mean(axis=1)) / floored.mean(axis=1)
    change = np.diff(magnitude, axis=0, prepend=magnitude[:1])
    positive = windows >= 0
    crossings = (positive[:, 1:] != positive[:, :-1]).mean(axis=1)
    others = (
        _centroid(magnitude),
        _rolloff(magnitude),
        flatness,
        np.sqrt(np.square(change).mean(axis=1)),
        np.square(windows).mean(axis=1),
        crossings,
    )
    return np.column_stack([cepstrum, *others])


def _centroid(magnitude: _Array) -> _Array:
    """Centre of gravity of each spectrum, as a share of the bins."""
    bins, total = magnitude.shape[1], magnitude.sum(axis=1)
    weighted = (magnitude * (np.arange(bins) / bins)).sum(axis=1)
    return np.asarray(np.divide(weighted, total, out=np.full(len(total), 0.5), where=total > 0))


def _rolloff(magnitude: _Array) -> _Array:
    """Share of the bins below which `ROLLOFF` of the magnitudes lies."""
    running = np.cumsum(magnitude, axis=1)
    return np.asarray((running < ROLLOFF * running[:, -1:]).mean(axis=1))


@lru_cache(maxsize=1)
def _mel_filters() -> csr_array:
    """The mel filters, (128, 513); sparse, so that sums do not depend on the number of threads."""
    from librosa.filters import mel
    from scipy.sparse import csr_array

    return csr_array(mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, dtype=np.float64))
