"""`transfer` with the weights that its authors published later, for Keras 2.

Another training of the same network, with stored statistics in its batch norm, so that its vectors have
never depended on a batch. They do not resemble those of `transfer`, map by map.

On a GPU the values are the same to within 1e-5, as with `transfer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._transfer import extract_with, parameters
from mgrbench.features.extractors._weights import WeightFile

WEIGHTS = WeightFile(
    "choi_keras2_model_best.hdf5", "b5042bd44de1fdd9d757b764d9246e6934f47c8bdc5c15bf13566495f3439d48"
)

SPEC = FeatureSpec(
    name="transfer_keras2",
    about="Choi et al.'s tagging convnet with its Keras 2 weights, one vector a clip.",
    shape=(160,),
    parameters=parameters(WEIGHTS, "spectrogram standardised, averages of the maps before the pools"),
    libraries=("librosa", "numpy", "soxr", "torch"),
    per_clip=True,
)


def extract(clips: Sequence[Clip], weights: Path | None = None, device: str = "cpu") -> FloatArray:
    """Transfer features of the first 29 s of some clips.

    Args:
        clips: the clips.
        weights: the weight file; None to look for it in the folder that ``MGRBENCH_WEIGHTS`` names.
        device: ``"cpu"``, or a GPU: ``"cuda"``, ``"cuda:1"``.

    Returns:
        Float32, shape (clips, 1, 160): the 32 averages of each layer, first layer first.

    Raises:
        BenchError: if the weight file is not at hand or is another one, or if there is no such device.
    """
    return extract_with(WEIGHTS, clips, weights, device)
