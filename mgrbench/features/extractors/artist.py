"""Artist features: what a convnet trained to tell artists apart hears (Park et al., ISMIR 2018).

J. Park, J. Lee, J. Park, J.-W. Ha and J. Nam, "Representation learning of music using artist labels"; the
network and its weights are described in `mgrbench.features.extractors._networks.artist`. Of each of its five
layers the
largest value over each 3 s of a clip, then the mean over these: levels of abstraction side by side, as Lee &
Nam ("Multi-level and multi-scale feature aggregation", 2017) pool a tagging network of their own, whose
weights were not found. The authors' own script keeps the last layer only, which is the last 256 values here.

The network has heard recordings of the Million Song Dataset, whose artists may be those of a genre dataset:
an artist-disjoint split of that dataset doesn't keep the network from knowing the artists of its test part.

Levels count: a gain changes these values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.core.audio import segments
from mgrbench.features.extractors._weights import WeightFile

SAMPLE_RATE, N_FFT, HOP, N_MELS, FRAMES = 22050, 1024, 512, 128, 129
WEIGHTS = WeightFile(
    "siamese_artist_10000.h5",
    "3b3ad09c321786c8ea388269ee3c35ab540734ce5209f40a430f1c9b0a25f753",
    "models/model_siamese_10000_4_0.40/model_siamese_10000.h5 of github.com/jongpillee/ismir2018-artist",
)

SPEC = FeatureSpec(
    name="artist",
    about="Park et al.'s artist convnet: five layers pooled, 768 values, one vector a clip.",
    shape=(768,),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "clip": "whole; one shorter than 129 frames is filled up",
        "n_fft": N_FFT,
        "hop": HOP,
        "window": "periodic hann",
        "padding": "n_fft / 2 zeros at both ends",
        "n_mels": N_MELS,
        "mel": "slaney scale and area, 0 Hz to half the sample rate, magnitude",
        "log": "log10(1 + 10 x)",
        "segments": "of 129 frames, one after the other; what is left over is not heard",
        "pooling": "maximum over time in a segment, mean over the segments",
        "weights_sha256": WEIGHTS.sha256,
    },
    libraries=("librosa", "numpy", "soxr", "torch"),
    per_clip=True,
)


def extract(clips: Sequence[Clip], weights: Path | None = None) -> FloatArray:
    """Artist features of some clips, of their whole length.

    Args:
        clips: the clips.
        weights: the weight file; None to look for it in the folder that ``MGRBENCH_WEIGHTS`` names.

    Returns:
        Float32, shape (clips, 1, 768): the maxima of each layer's channels, first layer first.

    Raises:
        BenchError: if the weight file is not at hand or is another one.
    """
    from mgrbench.features.extractors._networks.artist import features, published

    network = published(weights or WEIGHTS.find(), WEIGHTS.sha256)
    return np.stack([features(network, _pieces(clip))[None] for clip in clips])


def compressed_mel(samples: FloatArray) -> FloatArray:
    """What the network was trained on: (samples,) at 22 050 Hz to (frames, 128), from 0 up."""
    import librosa

    spectrum = np.abs(librosa.stft(samples, n_fft=N_FFT, hop_length=HOP, pad_mode="constant"))
    return np.asarray(np.log10(1 + 10 * (_filters() @ spectrum)).T, dtype=np.float32)


def _pieces(clip: Clip) -> FloatArray:
    """The segments of a clip, shape (segments, 129, 128)."""
    samples = clip.resampled(SAMPLE_RATE)
    least = (FRAMES - 1) * HOP
    enough = samples if len(samples) >= least else segments(samples, least, 1)[0]
    frames = compressed_mel(enough)
    count = len(frames) // FRAMES
    return frames[: count * FRAMES].reshape(count, FRAMES, N_MELS)


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    from librosa.filters import mel

    return np.asarray(mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS), dtype=np.float32)
