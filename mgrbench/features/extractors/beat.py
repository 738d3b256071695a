"""Beat histogram of Tzanetakis & Cook ("Musical genre classification of audio signals", 2002, section III-B).

The envelopes of octave bands (a wavelet transform with four Daubechies coefficients, rectification, a
one-pole low-pass, decimation) are added up; the highest three peaks of the enhanced autocorrelation of
every 3 s go with their height into a histogram of 40 to 200 beats a minute. Six values of it: the share of
its two highest peaks in its sum, the ratio of the second to the first, their places in beats a minute, the
sum.

Ours, where accounts of the paper leave it open: seven octaves, 86 Hz to 11 kHz; the low-pass has the same
time constant in each, 100 samples at 22 050 Hz; the sum is divided by the number of windows, so that it
doesn't grow with the clip; peaks are placed between lags by a parabola. A gain changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments

SAMPLE_RATE, WINDOW, HOP = 22050, 65536, 32768
LEVELS, SMOOTHING = 7, 0.99
RATE = SAMPLE_RATE / 2**LEVELS
SLOWEST, FASTEST, PEAKS = 40, 200, 3

NAMES = ("first_share", "second_share", "ratio", "first_bpm", "second_bpm", "sum")

SPEC = FeatureSpec(
    name="beat",
    about="Beat histogram of Tzanetakis & Cook: 6 values, one vector a clip.",
    shape=(len(NAMES),),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "wavelet": "Daubechies, four coefficients",
        "levels": LEVELS,
        "smoothing": "0.99 a sample at 22 050 Hz, the same time constant in every band",
        "window": WINDOW,
        "hop": HOP,
        "clip": "whole; one shorter than a window is filled up",
        "autocorrelation": "of the sum of the centred envelopes, divided by lag 0",
        "enhancement": "clipped at 0, less itself stretched by 2 and by 3, clipped",
        "bpm": f"{SLOWEST} to {FASTEST}",
        "peaks": PEAKS,
    },
    libraries=("numpy", "scipy", "soxr"),
    per_clip=True,
)

_Array = NDArray[np.float64]

_ROOT = np.sqrt(3.0)
WAVELET_LOW = np.array([1 + _ROOT, 3 + _ROOT, 3 - _ROOT, 1 - _ROOT]) / (4 * np.sqrt(2.0))
WAVELET_HIGH = WAVELET_LOW[::-1] * np.array([1.0, -1.0, 1.0, -1.0])


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Beat histogram values of some clips, of their whole length.

    Args:
        clips: the clips. One shorter than 3 s is filled up to it as short clips are filled up for segments.

    Returns:
        Float32, shape (clips, 1, 6), in the order of `NAMES`; 0 where there is no beat.
    """
    rows = []
    for clip in clips:
        samples = clip.resampled(SAMPLE_RATE)
        enough = samples if len(samples) >= WINDOW else segments(samples, WINDOW, 1)[0]
        rows.append(summary(histogram(enough)))
    return np.array(rows, dtype=np.float32)[:, None]


def histogram(samples: NDArray[np.floating]) -> _Array:
    """Beat histogram of at least 65 536 samples at 22 050 Hz: strength of 40, 41, … 200 beats a minute."""
    strengths = np.zeros(FASTEST - SLOWEST + 1)
    starts = range(0, len(samples) - WINDOW + 1, HOP)
    for start in starts:
        for bpm, height in beats(envelope(samples[start : start + WINDOW].astype(np.float64))):
            strengths[round(bpm) - SLOWEST] += height / len(starts)
    return strengths


def envelope(samples: _Array) -> _Array:
    """Sum of the centred envelopes of the octave bands, at 172 Hz."""
    from scipy.signal import lfilter

    total = np.zeros(len(samples) >> LEVELS)
    rest = samples
    for level in range(1, LEVELS + 1):
        wrapped = np.concatenate([rest, rest[:3]])  # periodic, so that lengths halve exactly
        detail = np.convolve(wrapped, WAVELET_HIGH, mode="valid")[::2]
        rest = np.convolve(wrapped, WAVELET_LOW, mode="valid")[::2]
        pole = SMOOTHING ** (2**level)
        smooth = lfilter([1 - pole], [1, -pole], np.abs(detail))[:: 2 ** (LEVELS - level)]
        total += smooth - smooth.mean()
    return total


def beats(strength: _Array) -> list[tuple[float, float]]:
    """The highest peaks of the enhanced autocorrelation of an envelope, as (beats a minute, height)."""
    found = enhanced_autocorrelation(strength)
    lags = np.arange(int(np.ceil(60 * RATE / FASTEST)), int(60 * RATE / SLOWEST) + 1)
    left, middle, right = found[lags - 1], found[lags], found[lags + 1]
    peaks = np.flatnonzero((middle > left) & (middle >= right) & (middle > 0))
    highest = peaks[np.argsort(-middle[peaks], kind="stable")][:PEAKS]
    bend = left[highest] - 2 * middle[highest] + right[highest]
    place = lags[highest] + 0.5 * (left[highest] - right[highest]) / bend
    tempi = np.clip(60 * RATE / place, SLOWEST, FASTEST)
    return list(zip(tempi.tolist(), middle[highest].tolist(), strict=True))


def enhanced_autocorrelation(strength: _Array) -> _Array:
    """Autocorrelation without its negative part and without what repeats a shorter lag; lag 0 is 1.

    All 0 where the envelope does not change.
    """
    from scipy.fft import irfft, rfft

    count = len(strength)
    plain = irfft(np.square(np.abs(rfft(strength, n=2 * count))))[:count]
    if plain[0] <= np.finfo(np.float64).tiny:
        return np.zeros(count)
    clipped = np.maximum(plain / plain[0], 0)
    lags, rest = np.arange(count), clipped
    for factor in (2, 3):
        rest = np.maximum(rest - np.interp(lags / factor, lags, clipped), 0)
    return np.asarray(rest)


def summary(strengths: _Array) -> _Array:
    """The six values of a histogram, in the order of `NAMES`."""
    total = strengths.sum()
    if total <= 0:
        return np.zeros(len(NAMES))
    padded = np.concatenate([[0.0], strengths, [0.0]])
    peaks = np.flatnonzero((strengths > padded[:-2]) & (strengths >= padded[2:]))
    first, second = [*peaks[np.argsort(-strengths[peaks], kind="stable")], -1][:2]
    high, low = strengths[first], strengths[second] if second >= 0 else 0.0
    tempo = SLOWEST + second if second >= 0 else 0
    return np.array([high / total, low / total, low / high, SLOWEST + first, tempo, total])
