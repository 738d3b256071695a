"""The samples themselves, in pieces of 59 049 as SampleCNN takes them (Lee, Park, Kim & Nam 2018).

59 049 is 3 to the tenth power, 2.678 s at 22 050 Hz: ten steps of a network that keep one value of three
leave one. Pieces follow each other from the start of a segment, and what is left over at its end is not
heard (10 s hold three, 2 s of them are lost); a segment shorter than a piece is filled up as clips are.

Nothing is done to the levels: a gain is a factor. Mind the size: 2.1 MB for 30 s of a clip, 2.1 GB for GTZAN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments
from mgrbench.features.extractors._segments import stacked

SAMPLE_RATE, SAMPLES = 22050, 3**10

SPEC = FeatureSpec(
    name="wave",
    about="Samples in pieces of 59 049 (2.7 s), as networks on raw audio take them.",
    shape=(None, SAMPLES),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "samples": SAMPLES,
        "pieces": "one after the other from the start of a segment; a shorter segment is filled up to one",
        "level": "as decoded, full scale 1",
    },
    libraries=("numpy", "soxr"),
)


def extract(clips: Sequence[Clip]) -> FloatArray:
    """The pieces of every segment of some clips.

    Args:
        clips: clips of one dataset.

    Returns:
        Float32, shape (clips, segments, pieces, 59049).

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz.
    """
    samples = stacked(clips, SAMPLE_RATE)
    pieces = samples.shape[2] // SAMPLES
    if not pieces:
        return np.stack([np.stack([segments(one, SAMPLES, 1) for one in clip]) for clip in samples])
    return samples[:, :, : pieces * SAMPLES].reshape(*samples.shape[:2], pieces, SAMPLES)
