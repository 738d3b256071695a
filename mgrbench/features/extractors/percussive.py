"""Logarithmic spectrogram of the percussive part, after FusionNet (Ng et al. 2020, section III-B).

`mgrbench.features.extractors._hpss` says how it is separated, and why the frames are not the released ones;
those are `percussive_released`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mgrbench import Clip, FloatArray
from mgrbench.features.extractors._hpss import EVERY_SAMPLE, UNIT, frequencies, log_spectrograms, spec

__all__ = ["SPEC", "UNIT", "extract", "frequencies"]

SPEC = spec(
    "percussive",
    "Log-magnitude spectrogram of the percussive part (median filters), hop 1024.",
    EVERY_SAMPLE,
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """Float32 (clips, segments, 1 + samples // 1024, 257), see `log_spectrograms`."""
    return log_spectrograms(clips, "percussive", EVERY_SAMPLE)
