"""`harmonic` with the frames of FusionNet's released code, for replicating its numbers.

Spectra of 512 samples every 1024, so that half of the samples are never seen, and padding by reflection,
librosa's default of 2020. Use `harmonic` for anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

from mgrbench import Clip, FloatArray
from mgrbench.features.extractors._hpss import RELEASED, UNIT, frequencies, log_spectrograms, spec

__all__ = ["SPEC", "UNIT", "extract", "frequencies"]

SPEC = spec(
    "harmonic_released",
    "As harmonic, but from 512 of every 1024 samples, as FusionNet's released code computes it.",
    RELEASED,
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Float32 (clips, segments, 1 + samples // 1024, 257), see `log_spectrograms`."""
    return log_spectrograms(clips, "harmonic", RELEASED)
