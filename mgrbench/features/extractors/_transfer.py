"""What ``transfer`` and ``transfer_keras2`` share: one convnet, two weight files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mgrbench import Clip, FloatArray
from mgrbench.features.extractors._device import gpu
from mgrbench.features.extractors._weights import WeightFile

SAMPLE_RATE = 12000


def parameters(weights: WeightFile, network: str) -> dict[str, float | int | str | bool]:
    """For `mgrbench.FeatureSpec`, with what is particular to the network."""
    return {
        "sample_rate": SAMPLE_RATE,
        "clip": "first 29 s, followed by zeros if shorter",
        "n_fft": 512,
        "hop": 256,
        "window": "periodic hann",
        "padding": "256 zeros at both ends",
        "n_mels": 96,
        "mel": "slaney scale and area, 0 to 6000 Hz, power",
        "log": "10 log10(max(power, 1e-10)) below the maximum, at most 80 dB",
        "network": network,
        "epsilon": 1e-3,
        "weights_sha256": weights.sha256,
    }


def extract_with(
    weights: WeightFile, clips: Sequence[Clip], path: Path | None, device: str = "cpu"
) -> FloatArray:
    """Transfer features of some clips, float32 of shape (clips, 1, 160).

    Args:
        weights: the published weight file.
        clips: the clips.
        path: where it lies; None to look for it, see `WeightFile.find`.
        device: ``"cpu"``, or a GPU: ``"cuda"``, ``"cuda:1"``.

    Raises:
        BenchError: if the weight file is not at hand or is another one, or if there is no such device.
    """
    from mgrbench.features.extractors._networks.choi import features, in_double_on, published

    network = published(path or weights.find(), weights.sha256)
    if device != "cpu":
        network = in_double_on(gpu(device), network)
    return np.stack([features(network, clip.resampled(SAMPLE_RATE))[None] for clip in clips])
