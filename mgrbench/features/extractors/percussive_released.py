"""`percussive` with the frames of FusionNet's released code, for replicating its numbers.

Spectra of 512 samples every 1024, so that half of the samples are never seen, and padding by reflection,
librosa's default of 2020. Use `percussive` for anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._hpss import HOP, N_FFT, Frames, bin_frequencies, log_components

FRAMES = Frames(stft_hop=HOP, pad_mode="reflect")
UNIT = "ln magnitude"

SPEC = FeatureSpec(
    name="percussive_released",
    about="As percussive, but from 512 of every 1024 samples, as FusionNet's released code computes it.",
    shape=(None, N_FFT // 2 + 1),
    parameters=FRAMES.parameters(),
    libraries=("librosa", "numpy", "scipy", "soxr"),
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Log spectrograms of the percussive part of every segment of some clips.

    Args:
        clips: clips of one dataset.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 257), 0 Hz first; natural logarithm of
        magnitude, -18.4 where there is none.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz.
    """
    return np.stack([log_components(clip, FRAMES)[1] for clip in clips])


def frequencies() -> NDArray[np.float64]:
    """The frequency of each bin in Hz, shape (257,)."""
    return bin_frequencies()
