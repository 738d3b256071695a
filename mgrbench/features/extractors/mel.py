"""Logarithmic mel power spectrogram, as in FusionNet (Ng et al. 2020, section III-B).

The natural logarithm of librosa's mel spectrogram. The released code replaces exact zeros by 1e-6 and
nothing else, which puts silence above quiet noise; here power is clamped at 1e-10, librosa's own floor
for decibels. The noise of 16-bit samples lies at about 4e-9, so real recordings get the released values
to the last digit.

A gain of g adds 2 ln g to every value above the floor.

On a GPU (`mgrbench.features.extractors._device`) the values are the same to within 1e-5; 2e-6 was measured
between torch, on a CPU, and librosa.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._device import computing, gpu
from mgrbench.features.extractors._segments import stacked

if TYPE_CHECKING:
    import torch

SAMPLE_RATE, N_FFT, HOP, N_MELS = 22050, 2048, 1024, 128
FLOOR = 1e-10
UNIT = "ln power"

AT_A_TIME = 8  # segments in a GPU's memory: about 100 MiB where they last 10 s

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


def extract(clips: Sequence[Clip], device: str = "cpu") -> FloatArray:
    """Log-mel spectrograms of every segment of some clips.

    Args:
        clips: clips of one dataset.
        device: ``"cpu"``, or a GPU: ``"cuda"``, ``"cuda:1"``.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 128), lowest band first; natural logarithm of
        power, -23.03 where there is none.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz, or if there is no such device.
    """
    segments = stacked(clips, SAMPLE_RATE)
    if device != "cpu":
        place = gpu(device)
        return np.stack([log_mel_on(place, one) for one in segments])
    return np.stack([log_mel(one) for one in segments])


def log_mel(segments: FloatArray) -> FloatArray:
    """Log-mel spectrograms by librosa: (segments, samples) to (segments, frames, 128)."""
    import librosa

    spectra = librosa.stft(segments, n_fft=N_FFT, hop_length=HOP, pad_mode="constant")
    power = _filters() @ (np.square(spectra.real) + np.square(spectra.imag))
    return np.asarray(np.log(np.maximum(power.swapaxes(-1, -2), np.float32(FLOOR))))


def log_mel_on(device: torch.device, segments: FloatArray) -> FloatArray:
    """The same by torch, on one of its devices, in double precision like librosa's STFT.

    Args:
        device: where to compute.
        segments: float32, shape (segments, samples).

    Returns:
        Float32, shape (segments, frames, 128).

    Raises:
        BenchError: if the device's memory does not suffice.
    """
    import torch

    window, filters = _tables_on(device)
    values = []
    with computing():
        for part in np.array_split(segments, -(-len(segments) // AT_A_TIME)):
            signals = torch.tensor(part, dtype=torch.float64, device=device)
            spectra = torch.stft(signals, N_FFT, HOP, window=window, pad_mode="constant", return_complex=True)
            power = filters @ (spectra.real.square() + spectra.imag.square())
            values.append(power.transpose(1, 2).clamp_min(FLOOR).log().float().cpu().numpy())
    return np.concatenate(values)


def frequencies() -> NDArray[np.float64]:
    """The centre of each band in Hz, where its filter is highest; shape (128,)."""
    import librosa

    return np.asarray(librosa.mel_frequencies(N_MELS + 2, fmin=0.0, fmax=SAMPLE_RATE / 2)[1:-1])


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    """The mel filters, shape (128, 1025)."""
    from librosa.filters import mel

    return np.asarray(mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS), dtype=np.float32)


@lru_cache(maxsize=2)
def _tables_on(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Window and filters on a device, in double precision."""
    import torch

    window = torch.hann_window(N_FFT, periodic=True, dtype=torch.float64, device=device)
    return window, torch.tensor(_filters(), dtype=torch.float64, device=device)
