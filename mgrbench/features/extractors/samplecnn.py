"""SampleCNN features: what a network on raw audio, trained to tag music, hears (Lee, Park, Kim & Nam 2018).

`mgrbench.features.extractors._networks.samplecnn` describes the network and its weight file. As in its
authors' own script, 12 pieces of 59 049 samples, evenly spread over the clip; of each the last hidden layer,
then the mean.

The network has heard recordings of the Million Song Dataset, which may be, or may be by the artists of, those
of a genre dataset, whatever the split. No checksum of the weight file is known, so any file with the same
layout is taken, and values are only as good as it is: extract them anew (``--replace``) with another file.

Levels count: a gain changes these values.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments
from mgrbench.features.extractors._weights import WeightFile

SAMPLE_RATE, SAMPLES, PIECES = 22050, 3**10, 12
WEIGHTS = WeightFile(
    "weight_msdTag.hdf5", published="models/weight_msdTag.hdf5 of github.com/jongpillee/musicTagging_MSD"
)

SPEC = FeatureSpec(
    name="samplecnn",
    about="Lee et al.'s tagging network on samples: its last hidden layer, 256 values, one vector a clip.",
    shape=(256,),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "samples": SAMPLES,
        "pieces": PIECES,
        "clip": "whole, pieces evenly spread over it; one shorter than a piece is filled up",
        "pooling": "maximum over time in a piece, mean over the pieces",
        "weights": "weight_msdTag.hdf5 as given, its checksum is not known",
        "epsilon": 1e-5,
    },
    libraries=("numpy", "soxr", "torch"),
    per_clip=True,
)


def extract(clips: Sequence[Clip], weights: Path | None = None) -> FloatArray:
    """SampleCNN features of some clips, of their whole length.

    Args:
        clips: the clips.
        weights: the weight file; None to look for it in the folder that ``MGRBENCH_WEIGHTS`` names.

    Returns:
        Float32, shape (clips, 1, 256).

    Raises:
        BenchError: if the weight file is not at hand or holds other weights.
    """
    from mgrbench.features.extractors._networks.samplecnn import features, load_weights

    network = load_weights(weights or WEIGHTS.find())
    return np.stack([features(network, spread(clip.resampled(SAMPLE_RATE)))[None] for clip in clips])


def spread(samples: FloatArray) -> FloatArray:
    """Twelve pieces from the start of a clip to its end: (samples,) to (12, 59049)."""
    enough = samples if len(samples) >= SAMPLES else segments(samples, SAMPLES, 1)[0]
    hop = (len(enough) - SAMPLES) // (PIECES - 1)
    return np.stack([enough[piece * hop :][:SAMPLES] for piece in range(PIECES)])
