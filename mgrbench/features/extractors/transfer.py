"""Transfer features: what a convnet trained to tag music hears (Choi et al. 2017, arXiv 1703.09179).

`mgrbench.features.extractors._networks.choi` describes the network. These are the weights and the definition
behind the features that its authors published, with one difference. Theirs were computed in batches of 256
clips sorted by genre, with the statistics of the batch, so each vector carries a little of the others; here
every clip is a batch of its own. With the ten complete GTZAN clips at hand, correlation with the published
features is .97, .86, .81, .68 and .69 from the first layer to the fifth, and .98, .93, .93, .91 and .94 where
the ten are taken as one batch.

Decibels are counted from the clip's maximum, so a gain changes nothing.

On a GPU (`mgrbench.features.extractors._device`) the values, which lie between -1 and 8, are the same to
within 1e-5: there the convnet computes in double precision, and 2e-6 was measured between double and single
on a CPU (with ten GTZAN clips, tones, noise and silence).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._transfer import extract_with, parameters
from mgrbench.features.extractors._weights import WeightFile

WEIGHTS = WeightFile(
    "choi_weights_theano.hdf5", "caf89f811415691fbb245be7eef394b9cebd787d7e3f78e29695972141cf2a08"
)

SPEC = FeatureSpec(
    name="transfer",
    about="Choi et al.'s tagging convnet: averages of its 5 × 32 maps, one vector a clip.",
    shape=(160,),
    parameters=parameters(WEIGHTS, "batch statistics of each clip alone, averages of the pooled maps"),
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
