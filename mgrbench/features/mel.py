"""Logarithmic mel power spectrogram, as in FusionNet (Ng et al. 2020, section III-A).

The natural logarithm of librosa's mel spectrogram. The released code replaces exact zeros by 1e-6 and
nothing else, which puts silence above quiet noise; here power is clamped at 1e-10, librosa's own floor
for decibels. The noise of 16-bit samples lies at about 4e-9, so real recordings get the released values
to the last digit.

A gain of g adds 2 ln g to every value above the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mgrbench.audio import Clip
from mgrbench.features._segments import stacked
from mgrbench.types import FeatureSpec, FloatArray

SAMPLE_RATE, N_FFT, HOP, N_MELS = 22050, 2048, 1024, 128
FLOOR = 1e-10

SPEC = FeatureSpec(
    name="mel",
    about="Log-mel power spectrogram: 128 Slaney mels, hop 1024.",
    shape=(None, N_MELS),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "n_fft": N_FFT,
        "hop": HOP,
        "window": "periodic hann",
        "padding": "n_fft / 2 zeros at both ends",
        "n_mels": N_MELS,
        "mel": "slaney scale and area, 0 Hz to half the sample rate, power",
        "log": "ln(max(power, floor))",
        "floor": FLOOR,
    },
    libraries=("librosa", "numpy", "soxr"),
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Log-mel spectrograms of every segment of some clips.

    Args:
        clips: clips of one dataset.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 128), lowest band first; natural logarithm of
        power, -23.03 where there is none.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz.
    """
    import librosa

    def spectrogram(segments: FloatArray) -> FloatArray:
        spectra = librosa.stft(segments, n_fft=N_FFT, hop_length=HOP, pad_mode="constant")
        power = _filters() @ (np.square(spectra.real) + np.square(spectra.imag))
        return np.asarray(np.log(np.maximum(power.swapaxes(-1, -2), np.float32(FLOOR))))

    return np.stack([spectrogram(segments) for segments in stacked(clips, SAMPLE_RATE)])


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    """The mel filters, shape (128, 1025)."""
    from librosa.filters import mel

    return np.asarray(mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS), dtype=np.float32)
