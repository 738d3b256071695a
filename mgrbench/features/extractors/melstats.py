"""Log-mel and MFCC statistics: the simplest feature that is computed from audio.

Of every segment: mean and standard deviation over time of 64 log-mel bands and of 20 MFCC. Rhythm and
harmony reach it only through the standard deviations, so it hears timbre and production above all, and
with them the artist: that is what makes it a good probe of the artist effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mgrbench import Clip, FeatureSpec, FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

N_MELS, N_MFCC = 64, 20
N_FFT, HOP = 2048, 1024
FLOOR = 1e-10

SPEC = FeatureSpec(
    name="melstats",
    about="Mean and standard deviation over time of 64 log-mel bands and 20 MFCC.",
    shape=(2 * N_MELS + 2 * N_MFCC,),
    parameters={
        "n_fft": N_FFT,
        "hop": HOP,
        "window": "periodic hann",
        "padding": "n_fft / 2 zeros at both ends",
        "n_mels": N_MELS,
        "mel": "slaney scale and area, 0 Hz to half the sample rate, power",
        "log": "10 log10(max(power, floor))",
        "floor": FLOOR,
        "n_mfcc": N_MFCC,
        "dct": "type 2, orthonormal, of the log-mel bands",
        "statistics": "mel mean, mel std, mfcc mean, mfcc std; std with ddof 0",
    },
    libraries=("librosa", "numpy", "scipy", "soxr"),
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Statistics of every segment of some clips.

    Args:
        clips: clips of one dataset, so all with the same number of segments.

    Returns:
        Float32, shape (clips, segments, 168): 64 mel means in dB (power 1 is 0 dB, floor -100 dB),
        64 mel standard deviations, 20 MFCC means, 20 MFCC standard deviations.
    """
    from librosa.filters import mel
    from scipy.sparse import csr_array

    # Sparse, since a BLAS product gives other last bits with another number of threads.
    rates = {clip.sample_rate for clip in clips}
    filters = {rate: csr_array(mel(sr=rate, n_fft=N_FFT, n_mels=N_MELS)) for rate in rates}
    return np.stack([_statistics(clip.segments(), filters[clip.sample_rate]) for clip in clips])


def _statistics(segments: FloatArray, filters: csr_array) -> FloatArray:
    """Statistics of segments of shape (segments, samples), as (segments, 168)."""
    import librosa
    from scipy.fft import dct

    spectrum = librosa.stft(segments, n_fft=N_FFT, hop_length=HOP, center=True, pad_mode="constant")
    power = spectrum.real**2 + spectrum.imag**2
    bands = 10.0 * np.log10(np.maximum(np.stack([filters @ segment for segment in power]), FLOOR))
    cepstrum = dct(bands, type=2, norm="ortho", axis=-2)[:, :N_MFCC]
    parts = [statistic for values in (bands, cepstrum) for statistic in (values.mean(-1), values.std(-1))]
    return np.concatenate(parts, axis=-1).astype(np.float32)
