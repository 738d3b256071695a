"""From samples to loudness in sone on the Bark scale: what the rhythm features are taken from.

The steps S1 to S6 of Rhythm Patterns: T. Lidy and A. Rauber, "Evaluation of feature extractors and
psycho-acoustic transformations for music genre classification", ISMIR 2005, with the constants of the
authors' program rp_extract (and of E. Pampalk's MA Toolbox before it).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mgrbench import BenchError

BANDS = 24
PIECE_SECONDS = 2**17 / 22050
HEARING = 0.0875 * 2**15  # full scale in the units in which power 1 is 0 dB, the threshold of hearing

# Upper edges of the critical bands in Hz (Zwicker).
BARK_EDGES = (
    *(100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720),
    *(2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500),
)

# Equal-loudness contours: sound pressure level in dB at these frequencies for each loudness level in phon.
CONTOUR_HZ = (
    *(31.62, 50, 70.7, 100, 141.4, 200, 316.2, 500, 707.1, 1000, 1414),
    *(1682, 2000, 2515, 3162, 3976, 5000, 7071, 10000, 11890, 14140, 15500),
)
CONTOURS = {
    3: (55, 40, 32, 24, 19, 14, 10, 6, 4, 3, 2, 2, 0, -2, -5, -4, 0, 5, 10, 14, 25, 35),
    20: (66, 52, 43, 37, 32, 27, 23, 21, 20, 20, 20, 20, 19, 16, 13, 13, 18, 22, 25, 30, 40, 50),
    40: (76, 64, 57, 51, 47, 43, 41, 41, 40, 40, 40, 39.5, 38, 35, 33, 33, 35, 41, 46, 50, 60, 70),
    60: (89, 79, 74, 70, 66, 63, 61, 60, 60, 60, 60, 59, 56, 53, 52, 53, 56, 61, 65, 70, 80, 90),
    80: (103, 96, 92, 88, 85, 83, 81, 80, 80, 80, 80, 79, 76, 72, 70, 70, 75, 79, 83, 87, 95, 105),
    100: (118, 110, 107, 105, 103, 102, 101, *[100] * 4, 99, 97, 94, 90, 90, 95, 100, 103, 105, 108, 115),
}  # fmt: skip

# Samples of a piece and of an FFT at each sample rate, always 5.94 s and 23 ms.
_SIZES = {11025: (2**16, 256), 22050: (2**17, 512), 44100: (2**18, 1024)}

_Matrix = NDArray[np.float64]


def piece_samples(sample_rate: int) -> int:
    """Number of samples of a piece.

    Raises:
        BenchError: if the sample rate is none of 11 025, 22 050 and 44 100 Hz.
    """
    if sample_rate not in _SIZES:
        rates = ", ".join(map(str, _SIZES))
        raise BenchError(f"loudness is not defined at {sample_rate} Hz", f"resample to one of {rates} Hz")
    return _SIZES[sample_rate][0]


def pieces(samples: NDArray[np.floating], sample_rate: int) -> NDArray[np.floating]:
    """The consecutive pieces of 5.94 s; of 45 s and more without the first and the last one.

    Args:
        samples: shape (samples,).
        sample_rate: Hz.

    Returns:
        Shape (pieces, samples of a piece).

    Raises:
        BenchError: if there is not one whole piece, or the sample rate is not supported.
    """
    size = piece_samples(sample_rate)
    count = len(samples) // size
    if not count:
        seconds = len(samples) / sample_rate
        hint = f"give at least {PIECE_SECONDS:.2f} s"
        raise BenchError(f"{seconds:.2f} s are too short for the rhythm features", hint)
    whole = samples[: count * size].reshape(count, size)
    return whole[1:-1] if len(samples) >= 45 * sample_rate else whole


def loudness(piece: NDArray[np.floating], sample_rate: int) -> _Matrix:
    """Loudness in sone of a piece.

    Args:
        piece: samples, full scale ±1, shape (samples,).
        sample_rate: 11 025, 22 050 or 44 100 Hz.

    Returns:
        Float64, shape (24 bands, frames), a frame every 11.6 ms.
    """
    from scipy.fft import rfft

    size = _SIZES[sample_rate][1]
    window = np.hanning(size)
    frames = np.lib.stride_tricks.sliding_window_view(HEARING * piece.astype(np.float64), size)
    power = np.square(np.abs(rfft(frames[:: size // 2] * window, axis=-1))) / np.square(window).sum()
    power[:, 1:] *= 2
    bands = masking() @ _bark(sample_rate, size) @ power.T / (2 * math.pi)
    return sone(loudness_level(10 * np.log10(np.maximum(bands, 1))))


@lru_cache
def _bark(sample_rate: int, size: int) -> _Matrix:
    """Zeros and ones that sum the bins of an FFT into bands, shape (24, size / 2 + 1)."""
    frequencies = sample_rate / size * np.arange(size // 2 + 1)
    edges = np.array([0, *BARK_EDGES])[:, None]
    return ((frequencies >= edges[:-1]) & (frequencies < edges[1:])).astype(np.float64)


@lru_cache
def masking() -> _Matrix:
    """Masking between bands (Schroeder, Atal & Hall 1979), shape (24, 24)."""
    band = np.arange(BANDS)
    distance = band[:, None] - band + 0.474
    decibels = 15.81 + 7.5 * distance - 17.5 * np.sqrt(1 + np.square(distance))
    return np.asarray(np.power(10.0, decibels / 10))


@lru_cache
def contour_levels() -> _Matrix:
    """Decibels of each contour at the bands' upper edges, shape (contours, 24)."""
    return np.array([np.interp(BARK_EDGES, CONTOUR_HZ, contour) for contour in CONTOURS.values()])


def loudness_level(decibels: _Matrix) -> _Matrix:
    """Loudness level: linear between the contours and above them, 3 phon below the lowest."""
    levels, phon = contour_levels(), np.array(list(CONTOURS), dtype=np.float64)
    far = 1000.0
    slope = (phon[-1] - phon[-2]) / (levels[-1] - levels[-2])
    knots = np.vstack([levels, levels[-1] + far])
    values = np.vstack([np.repeat(phon[:, None], BANDS, axis=1), phon[-1] + far * slope])
    return np.array([np.interp(decibels[band], knots[:, band], values[:, band]) for band in range(BANDS)])


def sone(phon: _Matrix) -> _Matrix:
    """Loudness (Bladon & Lindblom 1981)."""
    return np.where(phon >= 40, np.exp2((phon - 40) / 10), np.power(phon / 40, 2.642))
