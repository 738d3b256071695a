"""Textures of harmonic and percussive images beside those of the whole (Nanni et al. 2017).

L. Nanni, Y. M. G. Costa, D. R. Lucio, C. N. Silla Jr. and S. Brahnam, "Combining visual and acoustic features
for audio classification tasks", Pattern Recognition Letters 88, 2017. This follows accounts of the paper; the
paper itself was not consulted.

Stated: the system of 2016 (``nanni2016``) on three images, the spectrogram and its harmonic and its
percussive part, with more descriptors. The settings are the same for all datasets.

Filled in: as for ``nanni2016``. Of the further descriptors there is the rotation-invariant co-occurrence of
adjacent LBP (RIC-LBP), at radii 1, 2 and 4.

Different: as for ``nanni2016``. The modulation variance descriptor of the paper's acoustic side is missing.
The MFCC statistics are taken of every image, of the bins as they are where they are linear in frequency.
Zones of linear images have their edges on the mel scale. Cost: about four times that of ``nanni2016``, for
four descriptors of three images in place of three of one.
"""

from __future__ import annotations

from baselines.nanni2016 import DESCRIPTORS as FORMER
from baselines.nanni2016 import Options, VisualAcoustic, visual_acoustic
from mgrbench import Printed, Reference

FEATURES = ("mel", "harmonic", "percussive", "rhythm")
SELECTION = "none"
STOCHASTIC = False

REFERENCE = Reference(
    citation="Nanni, Costa, Lucio, Silla & Brahnam, Combining visual and acoustic features for audio "
    "classification tasks, Pattern Recognition Letters 88",
    year=2017,
    fidelity="reading",
    printed=(
        Printed(dataset="gtzan", accuracy=0.906, protocol="random 10-fold, no artist filter"),
        Printed(dataset="ismir2004", accuracy=0.909, protocol="official training and evaluation halves"),
    ),
    cited=9,
)

DESCRIPTORS = (*FORMER, "ric_lbp")


def build(n_genres: int, seed: int, device: str, options: Options) -> VisualAcoustic:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device
    return visual_acoustic(DESCRIPTORS, n_genres, options)
