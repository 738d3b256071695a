"""Frames of 23 ms: mel bands, octave contrast and spectral envelope (Lee et al. 2009, section II-A).

C.-H. Lee et al., "Automatic music genre classification based on modulation spectral analysis of spectral
and cepstral features", IEEE Transactions on Multimedia 11(4), 2009. Of pre-emphasised Hamming frames with
half overlap:

* **mel**: natural log of 1 + the power in 25 triangular mel bands. The paper's 20 MFCC are their cosine
  transform, which a model takes when it wants them.
* **octave**: in the bands 0-100-200-400-…-6400-11025 Hz the log of the mean of the highest fifth of the
  power less that of the lowest (contrast), for 8 bands, then that of the lowest (valley).
* **envelope** (NASE of MPEG-7): decibels of the power below 62.5 Hz, in 14 half-octave bands up to 8 kHz
  and above 8 kHz, divided by their root mean square; that comes first.

Ours: samples are taken in the range of 16 bits, so that the 1 in the log and the floors lie below the noise
of a recording; at 22 050 Hz the paper's highest octave and last two half octaves (it has 44 100 Hz) are not
there; the filters are Slaney's; the analysis windows are centred, with zeros before and behind a segment. A
gain changes the values.
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

SAMPLE_RATE, N_FFT, HOP, N_MELS = 22050, 512, 256, 25
PRE_EMPHASIS, FULL_SCALE, ALPHA = 0.95, 2.0**15, 0.2
OCTAVES = (0.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, SAMPLE_RATE / 2)
HALF_OCTAVES = (0.0, *(62.5 * 2.0 ** (half / 2) for half in range(15)), SAMPLE_RATE / 2)

SPEC = FeatureSpec(
    name="band_frames",
    about="Log mel bands (25), octave contrast and valley (16) and spectral envelope (17) of 23 ms frames.",
    shape=(None, N_MELS + 2 * (len(OCTAVES) - 1) + len(HALF_OCTAVES)),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "n_fft": N_FFT,
        "hop": HOP,
        "window": "periodic hamming",
        "padding": "n_fft / 2 zeros at both ends",
        "pre_emphasis": PRE_EMPHASIS,
        "full_scale": FULL_SCALE,
        "n_mels": N_MELS,
        "mel": "slaney scale, height 1, 0 Hz to half the sample rate, ln(1 + power)",
        "octaves": "100 Hz to 6400 Hz, one below, one above; ln of the mean power, at least 1",
        "alpha": ALPHA,
        "envelope": "half octaves 62.5 Hz to 8 kHz, one below, one above; dB, at least 0; bins shared",
    },
    libraries=("librosa", "numpy", "scipy", "soxr"),
)

_Array = NDArray[np.float64]


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Frames of every segment of some clips.

    Args:
        clips: clips at 22 050 Hz of one dataset.

    Returns:
        Float32, shape (clips, segments, frames, 58): 25 mel bands, 8 contrasts, 8 valleys, the RMS of the
        envelope, its 16 values.

    Raises:
        BenchError: if the clips come at another sample rate.
    """
    every = [[frames(segment) for segment in segments] for segments in stacked(clips, SAMPLE_RATE)]
    return np.array(every, dtype=np.float32)


def frames(samples: NDArray[np.floating]) -> _Array:
    """Frames of samples at 22 050 Hz, full scale ±1: shape (frames, 58)."""
    from librosa import stft
    from scipy.signal import get_window

    scaled = FULL_SCALE * samples.astype(np.float64)
    scaled[1:] -= PRE_EMPHASIS * scaled[:-1].copy()
    window = get_window("hamming", N_FFT)
    spectrum = stft(scaled, n_fft=N_FFT, hop_length=HOP, window=window, center=True, pad_mode="constant")
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.log1p(_mel_filters() @ power)
    periodogram = power / (np.square(window).sum() * N_FFT)
    periodogram[1:-1] *= 2  # the other half of the spectrum
    return np.concatenate([mel, octave_contrast(power), envelope(periodogram)]).T


def octave_contrast(power: _Array) -> _Array:
    """Contrasts, then valleys, of the octaves: (257, frames) to (16, frames)."""
    hertz = np.arange(power.shape[0]) * SAMPLE_RATE / N_FFT
    band = np.searchsorted(OCTAVES[1:-1], hertz, side="right")
    peaks, valleys = [], []
    for number in range(len(OCTAVES) - 1):
        ordered = np.sort(power[band == number], axis=0)
        few = max(1, round(ALPHA * len(ordered)))
        peaks.append(np.log(np.maximum(ordered[-few:].mean(axis=0), 1)))
        valleys.append(np.log(np.maximum(ordered[:few].mean(axis=0), 1)))
    return np.concatenate([np.array(peaks) - np.array(valleys), valleys])


def envelope(periodogram: _Array) -> _Array:
    """Normalised spectral envelope: (257, frames) to (17, frames), the RMS of the decibels first."""
    decibels = 10 * np.log10(np.maximum(half_octaves() @ periodogram, 1))
    rms = np.sqrt(np.square(decibels).mean(axis=0, keepdims=True))
    shape = np.divide(decibels, rms, out=np.zeros_like(decibels), where=rms > 0)
    return np.concatenate([rms, shape])


@lru_cache(maxsize=1)
def _mel_filters() -> csr_array:
    """The mel filters, (25, 257); sparse, so that sums do not depend on the number of threads."""
    from librosa.filters import mel
    from scipy.sparse import csr_array

    return csr_array(mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, norm=None, dtype=np.float64))


@lru_cache(maxsize=1)
def half_octaves() -> csr_array:
    """How much of each bin belongs to each band, (16, 257); columns sum to 1.

    A bin closer to an edge than half the distance of two bins counts for both bands, in proportion.
    """
    from scipy.sparse import csr_array

    width = SAMPLE_RATE / N_FFT
    hertz = np.arange(N_FFT // 2 + 1) * width
    # The share of a bin, taken for a rectangle as wide as two bins are apart, that lies below each edge.
    below = np.clip((np.array(HALF_OCTAVES[1:-1])[:, None] - hertz) / width + 0.5, 0, 1)
    edges = np.concatenate([np.zeros((1, len(hertz))), below, np.ones((1, len(hertz)))])
    return csr_array(np.diff(edges, axis=0))
