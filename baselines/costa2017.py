"""Convolutional network on patches of a spectrogram, summed with robust LBP textures (Costa et al. 2017).

Y. M. G. Costa, L. S. Oliveira and C. N. Silla Jr., "An evaluation of convolutional neural networks for music
classification using spectrograms", Applied Soft Computing 52, 2017. The abstract was read; the rest follows
accounts of the paper.

Stated: a network learns from spectrogram images, and its scores are combined with those of machines on
handcrafted textures. Two things are from accounts: the textures are robust local binary patterns (RLBP), and
the network sees patches of the image whose scores are combined.

Filled in: patches of all bands × 16 frames, one after the other. The network has two convolutions 5 × 5 with
64 kernels, each with ReLU and a pool of 2. A dense layer of 500 and dropout 0.5 follow. It learns by
stochastic gradient descent with momentum 0.9 at 0.01, on batches of 128, for 30 epochs, the last of which is
taken. Uniform RLBP (8 neighbours, radius 2) are counted in 10 zones, one RBF machine each with the settings
of ``nanni2016``. The network's and the machines' scores are brought to mean 0 and variance 1 over the genres
of a track. They are summed with equal weight.

Different: the image is a stored log-mel spectrogram of 128 bands at 21.5 frames a second, not a linear one
256 pixels high. So a patch lasts 0.74 s, and equal zones are zones of the mel scale. No figure was printed
for GTZAN. Cost: 16 million multiplications a patch (`mgrbench profile`), 39 patches a 30 s clip and 30
epochs. On one core an epoch of 900 clips of 24 patches takes 45 s, so it needs a GPU. The textures cost
little beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from baselines._neural.patches import BesideNetwork, PatchNetwork
from baselines._neural.pieces import cut
from baselines._neural.settings import TrainingOptions, sgd
from baselines.nanni2016 import Options as TextureOptions
from baselines.nanni2016 import visual_acoustic
from mgrbench import Printed, Reference, fixed, option

FEATURES = ("mel",)
SELECTION = "none"

REFERENCE = Reference(
    citation="Costa, Oliveira & Silla, An evaluation of convolutional neural networks for music "
    "classification using spectrograms, Applied Soft Computing 52",
    year=2017,
    fidelity="reading",
    doi="10.1016/j.asoc.2016.12.024",
    printed=(Printed(dataset="ismir2004", accuracy=0.871, protocol="not traced"),),
    cited=29,
)


@dataclass(frozen=True)
class Options(TrainingOptions):
    """What can be chosen."""

    epochs: int = 30
    batch: int = 128
    patience: int = fixed(0)  # there is no validation part
    learning_rate: float = 0.01
    width: int = option(16, "Frames of a patch.", least=1)
    zones: int = option(10, "Zones of an image; 1 is the image as a whole.", least=1)
    weight: float = option(1.0, "Weight of the network's scores; the textures' have 1.", least=0)


def build(n_genres: int, seed: int, device: str, options: Options) -> BesideNetwork:
    """The model; the seed sets the network's initial values, batches and dropout, machines run on the CPU."""
    textures = visual_acoustic(("rlbp",), n_genres, TextureOptions(zones=options.zones, acoustic=False))
    pieces = partial(cut, window=options.width, hop=options.width)
    training = options.training(sgd(options.learning_rate))
    return BesideNetwork(PatchNetwork, n_genres, seed, device, training, pieces, textures, options.weight)
