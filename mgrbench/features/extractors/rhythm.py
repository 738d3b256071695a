"""Rhythm Histogram and Statistical Spectrum Descriptor (Lidy & Rauber, ISMIR 2005, sections 2.2 and 2.3).

Both are taken from the loudness in sone of 24 critical bands over 5.94 s
(`mgrbench.features.extractors._loudness`). The histogram holds how strongly loudness is modulated at 0.17 to
10.1 Hz, which is 10 to 605 beats per minute; the descriptor holds moments of each band's loudness, so it
hears timbre as much as rhythm.

Loudness is absolute, so a gain changes these values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments
from mgrbench.features.extractors._loudness import BANDS, loudness, piece_samples, pieces

SAMPLE_RATE, MODULATIONS, MODULATION_FFT, STATISTICS = 22050, 60, 512, 7

SPEC = FeatureSpec(
    name="rhythm",
    about="Rhythm Histogram (60) and Statistical Spectrum Descriptor (168), one vector a clip.",
    shape=(MODULATIONS + STATISTICS * BANDS,),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "piece_samples": piece_samples(SAMPLE_RATE),
        "pieces": "consecutive; of 45 s and more without the first and the last; a shorter clip is filled up",
        "n_fft": 512,
        "hop": 256,
        "window": "symmetric hann",
        "bands": BANDS,
        "loudness": "rp_extract f5e6fe6, in sone",
        "modulations": MODULATIONS,
        "modulation_fft": MODULATION_FFT,
        "histogram": "sum over the bands of the moduli / 256, unweighted, median over the pieces",
        "descriptor": "mean, variance, skewness, kurtosis, median, min, max; mean over the pieces",
    },
    libraries=("numpy", "scipy", "soxr"),
    per_clip=True,
)

_Matrix = NDArray[np.float64]


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Rhythm features of some clips, of their whole length.

    A clip shorter than one piece (5.94 s) is filled up to it as short clips are filled up for segments.

    Args:
        clips: the clips.

    Returns:
        Float32, shape (clips, 1, 228): 60 bins of the histogram, then the descriptor.
    """
    least = piece_samples(SAMPLE_RATE)
    rows = []
    for clip in clips:
        samples = clip.resampled(SAMPLE_RATE)
        enough = samples if len(samples) >= least else segments(samples, least, 1)[0]
        rows.append(np.concatenate(features(enough, SAMPLE_RATE)))
    return np.array(rows, dtype=np.float32)[:, None]


def features(samples: NDArray[np.floating], sample_rate: int) -> tuple[_Matrix, _Matrix]:
    """Rhythm Histogram and Statistical Spectrum Descriptor of a recording.

    Args:
        samples: full scale ±1, shape (samples,).
        sample_rate: 11 025, 22 050 or 44 100 Hz.

    Returns:
        The histogram, float64 of shape (60,), and the descriptor, float64 of shape (168,).

    Raises:
        BenchError: if the recording is shorter than 5.94 s, or the sample rate is not supported.
    """
    sones = [loudness(piece, sample_rate) for piece in pieces(samples, sample_rate)]
    histogram = np.median([rhythm_histogram(sone) for sone in sones], axis=0)
    descriptor = np.mean([spectrum_descriptor(sone) for sone in sones], axis=0)
    return histogram, descriptor


def ssd(samples: NDArray[np.floating], sample_rate: int) -> _Matrix:
    """The Statistical Spectrum Descriptor alone, shape (168,); see `features`."""
    return features(samples, sample_rate)[1]


def rhythm_histogram(sone: _Matrix) -> _Matrix:
    """Modulation of loudness, summed over the bands: (24, frames) to (60,).

    Bin k is (k + 1) * 0.168 Hz.
    """
    from scipy.fft import rfft

    modulation = np.abs(rfft(sone, n=MODULATION_FFT, axis=-1)) / 256
    return np.asarray(modulation[:, 1 : MODULATIONS + 1].sum(axis=0))


def spectrum_descriptor(sone: _Matrix) -> _Matrix:
    """Statistics of each band's loudness over time: (24, frames) to (168,), one statistic after the other.

    Mean, variance (ddof 0), skewness, Pearson kurtosis, median, minimum, maximum. Skewness and kurtosis of
    a band that does not change are undefined and given as 0.
    """
    mean = sone.mean(axis=1, keepdims=True)
    centred = sone - mean
    variance = np.square(centred).mean(axis=1)
    constant = variance <= np.square(np.finfo(np.float64).eps * mean[:, 0])
    scale = np.where(constant, 1, np.sqrt(variance))
    skewness, kurtosis = (np.where(constant, 0, (centred**k).mean(axis=1) / scale**k) for k in (3, 4))
    low, high = sone.min(axis=1), sone.max(axis=1)
    return np.concatenate([mean[:, 0], variance, skewness, kurtosis, np.median(sone, axis=1), low, high])
