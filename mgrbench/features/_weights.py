"""Where the published weight files of the transfer convnet lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgrbench.audio import Clip
from mgrbench.features._device import gpu
from mgrbench.types import FloatArray

VARIABLE = "MGRBENCH_WEIGHTS"
SAMPLE_RATE = 12000


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A published weight file.

    Attributes:
        name: what it is called in the folder that the environment variable ``MGRBENCH_WEIGHTS`` names.
        sha256: its checksum.
    """

    name: str
    sha256: str

    def parameters(self, network: str) -> dict[str, float | int | str | bool]:
        """For `mgrbench.types.FeatureSpec`, with what is particular to the network."""
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
            "weights_sha256": self.sha256,
        }

    def extract(self, clips: Sequence[Clip], path: Path | None, device: str = "cpu") -> FloatArray:
        """Transfer features of some clips, float32 of shape (clips, 1, 160).

        Args:
            clips: the clips.
            path: the weight file; None to look for it in the folder ``MGRBENCH_WEIGHTS``, or else among the
                downloaded ones.
            device: ``"cpu"``, or a GPU: ``"cuda"``, ``"cuda:1"``.

        Raises:
            BenchError: if the weight file is not at hand or is another one, or if there is no such device.
        """
        from mgrbench.features._choi import features, in_double_on, published

        network = published(path or self._find(), self.sha256)
        if device != "cpu":
            network = in_double_on(gpu(device), network)
        return np.stack([features(network, clip.at(SAMPLE_RATE))[None] for clip in clips])

    def _find(self) -> Path:
        from mgrbench.download import cached

        folder = os.environ.get(VARIABLE)
        return Path(folder) / self.name if folder else cached(self.name)
