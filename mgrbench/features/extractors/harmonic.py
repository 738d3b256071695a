"""Logarithmic spectrogram of the harmonic part, after FusionNet (Ng et al. 2020, section III-A).

`mgrbench.features.extractors._hpss` says how it is separated and why the frames are not the released ones;
those are `harmonic_released`. A gain of g adds ln g to every value above the floor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._hpss import N_FFT, Frames, bin_frequencies, log_components

FRAMES = Frames(stft_hop=256, pad_mode="constant")
UNIT = "ln magnitude"

SPEC = FeatureSpec(
    name="harmonic",
    about="Log-magnitude spectrogram of the harmonic part (median filters), hop 1024.",
    shape=(None, N_FFT // 2 + 1),
    parameters=FRAMES.parameters(),
    libraries=("librosa", "numpy", "scipy", "soxr"),
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Log spectrograms of the harmonic part of every segment of some clips.

    Args:
        clips: clips of one dataset.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 257), 0 Hz first; natural logarithm of
        magnitude, -18.4 where there is none.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz.
    """
    return np.stack([log_components(clip, FRAMES)[0] for clip in clips])


def frequencies() -> NDArray[np.float64]:
    """The frequency of each bin in Hz, shape (257,)."""
    return bin_frequencies()
