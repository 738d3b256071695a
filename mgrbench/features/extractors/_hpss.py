"""Harmonic and percussive part of a spectrogram, by median filters, several times faster than librosa.

Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010, as librosa.decompose.hpss
defines it: sustained tones are lines along time, which a median over frequency takes out; attacks are lines
along frequency, which a median over time takes out; the two medians then share each bin between them.

Nearly all of librosa's time goes into SciPy's general median filter. SciPy filters a one-dimensional array
ten times faster, so all rows are laid end to end, each with its reflected ends, and filtered as one.

**Frames.** FusionNet's released code takes spectra of 512 samples every 1024, so half of the samples are
never seen, and an attack that falls between two windows is lost. Here spectra of 512 samples are taken
every 256 and the power of the four around each multiple of 1024 is averaged before the separation. That
keeps the released array, 216 frames × 257 bins for 10 s, its time grid and the extent of the two median
filters (31 frames or 1.4 s, 31 bins or 1.3 kHz), while every sample counts. A longer window at the hop of
1024 would see all samples, too, but with four times the bins and a fourth of the extent in Hz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._segments import stacked

SAMPLE_RATE, N_FFT, HOP, WIDTH = 22050, 512, 1024, 31
UNIT = "ln magnitude"

Part = Literal["harmonic", "percussive"]


@dataclass(frozen=True, slots=True)
class Frames:
    """How frames are made.

    Attributes:
        stft_hop: samples between spectra; a divisor of `HOP`.
        pad_mode: what numpy.pad puts before the first and behind the last sample.
        floor: what magnitudes are clamped at before the logarithm.
    """

    stft_hop: int
    pad_mode: Literal["constant", "reflect"]
    floor: float = 1e-8

    def parameters(self) -> dict[str, float | int | str | bool]:
        """What the values depend on."""
        return {
            "sample_rate": SAMPLE_RATE,
            "n_fft": N_FFT,
            "stft_hop": self.stft_hop,
            "hop": HOP,
            "window": "periodic hann",
            "padding": f"n_fft / 2 samples at both ends, {self.pad_mode}",
            "frame": "root of the mean power of the spectra nearest to each multiple of hop",
            "separation": "median filters and soft masks of power 2, margin 1",
            "median_frames": WIDTH,
            "median_bins": WIDTH,
            "log": "ln(max(magnitude, floor))",
            "floor": self.floor,
        }


EVERY_SAMPLE = Frames(stft_hop=256, pad_mode="constant")
RELEASED = Frames(stft_hop=HOP, pad_mode="reflect")
"""Those of FusionNet's released code: half of the samples are never seen, and the ends are reflected, as was
librosa's default in 2020."""


def spec(name: str, about: str, frames: Frames) -> FeatureSpec:
    """The specification of a feature that is a part of a spectrogram."""
    return FeatureSpec(
        name=name,
        about=about,
        shape=(None, N_FFT // 2 + 1),
        parameters=frames.parameters(),
        libraries=("librosa", "numpy", "scipy", "soxr"),
    )


def log_spectrograms(clips: Sequence[Clip], part: Part, frames: Frames) -> FloatArray:
    """Log spectrograms of a part of every segment of some clips.

    Both parts are computed together and once a clip, so that the second feature costs nothing. A gain of g
    adds ln g to every value above the floor.

    Args:
        clips: clips of one dataset.
        part: which part.
        frames: how frames are made.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 257), 0 Hz first; natural logarithm of
        magnitude, -18.4 where there is none.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz.
    """
    return np.stack([_log_parts(clip, frames)[part] for clip in clips])


def _log_parts(clip: Clip, frames: Frames) -> dict[Part, FloatArray]:
    """Both parts of a clip, each of shape (segments, frames, bins)."""

    def compute() -> dict[Part, FloatArray]:
        parts = separate(magnitudes(stacked([clip], SAMPLE_RATE)[0], frames))
        harmonic, percussive = (np.log(np.maximum(part, np.float32(frames.floor))) for part in parts)
        return {"harmonic": harmonic, "percussive": percussive}

    return clip.memo(("hpss", frames), compute)


def frequencies() -> NDArray[np.float64]:
    """The frequency of each bin in Hz, from 0 to half the sample rate; shape (257,)."""
    return np.arange(N_FFT // 2 + 1, dtype=np.float64) * (SAMPLE_RATE / N_FFT)


def magnitudes(signals: FloatArray, frames: Frames) -> FloatArray:
    """Magnitude spectrograms: (signals, samples) to (signals, 1 + samples // 1024, 257)."""
    import librosa

    spectra = librosa.stft(signals, n_fft=N_FFT, hop_length=frames.stft_hop, pad_mode=frames.pad_mode)
    count = HOP // frames.stft_hop
    if count == 1:
        return np.ascontiguousarray(np.abs(spectra).swapaxes(-1, -2))
    power = np.square(spectra.real) + np.square(spectra.imag)
    # The first frame has only the spectra from its centre on, the last one takes in all that follow.
    starts = np.maximum(count * np.arange(1 + signals.shape[-1] // HOP) - count // 2, 0)
    sizes = np.diff(starts, append=power.shape[-1]).astype(np.float32)
    return np.asarray(np.sqrt(np.add.reduceat(power.swapaxes(-1, -2), starts, axis=-2) / sizes[:, None]))


def separate(spectrogram: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The harmonic and the percussive part of magnitude spectrograms, as librosa.decompose.hpss gives them.

    Args:
        spectrogram: shape (..., time, frequency).

    Returns:
        Two arrays of that shape that add up to it.
    """
    from librosa.util import softmask

    harmonic = running_median(spectrogram.swapaxes(-1, -2), WIDTH).swapaxes(-1, -2)
    percussive = running_median(spectrogram, WIDTH)
    return (
        spectrogram * softmask(harmonic, percussive, power=2.0, split_zeros=True),
        spectrogram * softmask(percussive, harmonic, power=2.0, split_zeros=True),
    )


def running_median(rows: FloatArray, width: int) -> FloatArray:
    """The median of ``width`` neighbours along the last axis; rows go on mirrored at both ends.

    Equal to ``scipy.ndimage.median_filter`` with ``mode="reflect"`` and a window of one row.

    Args:
        rows: shape (..., values).
        width: an odd number.
    """
    from scipy.ndimage import median_filter

    half = width // 2
    padded = np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(half, half)], mode="symmetric")
    filtered: FloatArray = median_filter(padded.ravel(), size=width).reshape(padded.shape)
    return filtered[..., half:-half]
