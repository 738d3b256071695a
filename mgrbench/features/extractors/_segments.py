"""The segments of several clips as one array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mgrbench import BenchError, Clip, FloatArray


def stacked(clips: Sequence[Clip], sample_rate: int) -> FloatArray:
    """The segments of some clips of one dataset.

    Args:
        clips: at least one clip.
        sample_rate: Hz at which the feature is defined.

    Returns:
        Float32, shape (clips, segments, samples).

    Raises:
        BenchError: if the dataset's sample rate is another one.
    """
    for clip in clips:
        if clip.sample_rate != sample_rate:
            problem = (
                f"clip {clip.id} comes at {clip.sample_rate} Hz, the feature is defined at {sample_rate} Hz"
            )
            raise BenchError(problem, f"set the dataset's sample_rate to {sample_rate}")
    return np.stack([clip.segments() for clip in clips])
