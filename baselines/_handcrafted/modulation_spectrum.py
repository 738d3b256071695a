"""Modulation spectra: how strongly and how fast each value of a frame goes up and down (Lee et al. 2009)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW_SECONDS = 512 * 256 / 22050
"""Lee et al.: 512 frames, 86.1 of them a second, every next window half a window later."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Modulation:
    """What the sub-bands of modulation spectra are like, each of shape (values, sub-bands).

    Attributes:
        contrast: largest magnitude less the smallest.
        valley: smallest magnitude.
        flatness: geometric over arithmetic mean; 1 where all are 0.
        crest: largest over mean; 1 where all are 0.
    """

    contrast: _Array
    valley: _Array
    flatness: _Array
    crest: _Array


def window_frames(frame_rate: float) -> int:
    """Frames in a window of 5.94 s."""
    return max(2, round(WINDOW_SECONDS * frame_rate))


def modulation_spectrum(frames: NDArray[np.floating], window: int) -> _Array:
    """Mean magnitude of the Fourier transform of each trajectory, over all windows of a track.

    Windows overlap by half and lie within segments; a segment shorter than a window is one window.

    Args:
        frames: shape (segments, time, values).
        window: frames in a window.

    Returns:
        Shape (values, window // 2): bin k is k periods in a window. The mean is in it, as bin 0.
    """
    from scipy.fft import rfft

    window = min(window, frames.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(frames, window, axis=1)[:, :: max(1, window // 2)]
    magnitude = np.abs(rfft(windows.astype(np.float64), axis=-1)).mean(axis=(0, 1))
    return np.asarray(magnitude[:, : max(1, window // 2)])


def modulation(spectrum: _Array) -> Modulation:
    """Contrast, valley, flatness and crest of the whole octaves [0, 2), [2, 4), [4, 8) … of the bins.

    With 512 frames in a window these are the 8 sub-bands of Lee et al.: 0–0.33, 0.33–0.67, … 21.5–43 Hz.

    Args:
        spectrum: shape (values, bins).
    """
    bins = spectrum.shape[1]
    ends = [end for end in 2 ** np.arange(1, 32) if end <= bins] or [bins]
    bands = [spectrum[:, start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    highest, lowest, mean = (
        np.stack([measure(band, axis=1) for band in bands], axis=1) for measure in (np.max, np.min, np.mean)
    )
    tiny = np.finfo(np.float64).tiny
    geometric = np.stack([np.exp(np.log(np.maximum(band, tiny)).mean(axis=1)) for band in bands], axis=1)
    sounding = mean > tiny
    flatness = np.divide(geometric, mean, out=np.ones_like(mean), where=sounding)
    crest = np.divide(highest, mean, out=np.ones_like(mean), where=sounding)
    return Modulation(highest - lowest, lowest, flatness, crest)


def modulation_vector(frames: NDArray[np.floating], window: int) -> _Array:
    """The vector of a track after Lee et al.: 4 · values + 4 · sub-bands numbers.

    Mean and standard deviation of the contrasts, and of the valleys, of each value over the sub-bands; then
    of each sub-band over the values.

    Args:
        frames: shape (segments, time, values).
        window: frames in a window.
    """
    found = modulation(modulation_spectrum(frames, window))
    matrices = (found.contrast, found.valley)
    return np.concatenate(
        [
            statistic
            for axis in (1, 0)
            for matrix in matrices
            for statistic in (matrix.mean(axis=axis), matrix.std(axis=axis))
        ]
    )
