"""Logarithmic constant-Q spectrogram, as in FusionNet (Ng et al. 2020, section III-B).

The natural logarithm of the magnitude of librosa's constant-Q transform. The released code replaces exact
zeros by 1e-6 and nothing else; here magnitudes are clamped at 1e-6, which real recordings never fall below.

A gain of g adds ln g to every value above the floor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._segments import stacked

SAMPLE_RATE, HOP = 22050, 1024
LOWEST_NOTE, N_BINS, BINS_PER_OCTAVE = 36, 84, 12
FLOOR = 1e-6
UNIT = "ln magnitude"

SPEC = FeatureSpec(
    name="cqt",
    about="Log-magnitude constant-Q transform: 84 semitones up from C2 (65.4 Hz), hop 1024.",
    shape=(None, N_BINS),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "hop": HOP,
        "lowest_note_midi": LOWEST_NOTE,
        "n_bins": N_BINS,
        "bins_per_octave": BINS_PER_OCTAVE,
        "transform": "librosa.cqt with its defaults: tuned to 440 Hz, zeros at both ends, soxr_hq",
        "log": "ln(max(magnitude, floor))",
        "floor": FLOOR,
    },
    libraries=("librosa", "numpy", "scipy", "soxr"),
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Log constant-Q spectrograms of every segment of some clips.

    Args:
        clips: clips of one dataset.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 84), lowest note first; natural logarithm of
        magnitude, -13.8 where there is none.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz.
    """
    import librosa

    # librosa builds its filters at every call, so all segments go in one.
    transform = librosa.cqt(
        stacked(clips, SAMPLE_RATE),
        sr=SAMPLE_RATE,
        hop_length=HOP,
        fmin=librosa.midi_to_hz(LOWEST_NOTE),
        n_bins=N_BINS,
        bins_per_octave=BINS_PER_OCTAVE,
        tuning=0.0,
    )
    magnitude = np.maximum(np.abs(transform), FLOOR, dtype=np.float32)
    return np.ascontiguousarray(np.log(magnitude).swapaxes(-1, -2))


def frequencies() -> NDArray[np.float64]:
    """The frequency of each semitone in Hz, shape (84,)."""
    import librosa

    return np.asarray(librosa.midi_to_hz(LOWEST_NOTE + np.arange(N_BINS) * 12 / BINS_PER_OCTAVE))
