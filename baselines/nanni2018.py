"""Textures of three images, acoustic values and a convolutional network, scores summed (Nanni et al. 2018).

L. Nanni, Y. M. G. Costa, R. L. Aguiar, C. N. Silla Jr. and S. Brahnam, "Ensemble of deep learning, visual and
acoustic features for music genre classification", Journal of New Music Research 47(4), 2018. The abstract was
read; the rest follows accounts of the paper.

Stated: an ensemble of acoustic features, of handcrafted textures and of features that networks learn. It sees
several images of the sound, a scattering transform among them. The settings are the same for all datasets.

Filled in: the system of 2017 (``nanni2017``) and a network on the first image that is given. The network's
scores have the weight of either side of it (``network_weight``). By default the network is that of
``costa2017``, from the start: patches of 16 frames, 30 epochs. ``pretrained=on`` fine-tunes one that was
trained on photographs instead, as accounts say that the paper does. It has AlexNet's convolutions
(`baselines._neural.alexnet`), sees the spectrogram of each segment, and learns at a tenth of the rate. Which
networks the paper takes, and how many, is not known here. The weights are not downloaded: the error that
comes without them names the file to get.

Different: as for ``nanni2017``; there is no image of the scattering transform. Cost: that of ``nanni2017``
and of the network of ``costa2017``, so it needs a GPU. ``pretrained=on`` takes 0.66 billion multiplications a
segment, where a clip's patches take 0.6 billion together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from baselines._neural.alexnet import ImageNetwork, published
from baselines._neural.network import MakeNetwork, Shape
from baselines._neural.patches import BesideNetwork, PatchNetwork
from baselines._neural.pieces import cut
from baselines._neural.settings import TrainingOptions, sgd
from baselines.nanni2016 import Options as TextureOptions
from baselines.nanni2016 import visual_acoustic
from baselines.nanni2017 import DESCRIPTORS
from mgrbench import FloatArray, Printed, Reference, fixed, option

FEATURES = ("mel", "harmonic", "percussive", "rhythm")
SELECTION = "none"

REFERENCE = Reference(
    citation="Nanni, Costa, Aguiar, Silla & Brahnam, Ensemble of deep learning, visual and acoustic features "
    "for music genre classification, Journal of New Music Research 47(4)",
    year=2018,
    fidelity="reading",
    doi="10.1080/09298215.2018.1438476",
    printed=(
        Printed(dataset="gtzan", accuracy=0.957, protocol="random 10-fold, no artist filter"),
        Printed(dataset="ismir2004", accuracy=0.921, protocol="official training and evaluation halves"),
    ),
    cited=28,
)


WIDTH = 16
"""Frames of a patch, as in ``costa2017``."""


@dataclass(frozen=True)
class Options(TrainingOptions, TextureOptions):
    """What can be chosen."""

    epochs: int = 30
    batch: int = 128
    patience: int = fixed(0)  # there is no validation part
    learning_rate: float = option(
        0.01, "Learning rate of a network that begins at random; a pretrained one has a tenth.", above=0
    )
    pretrained: bool = option(False, "The network was trained on photographs; off: it begins at random.")
    network_weight: float = option(1.0, "Weight of the network's scores; the visual ones have 1.", least=0)


def build(n_genres: int, seed: int, device: str, options: Options) -> BesideNetwork:
    """The model; the seed sets the network's initial values, batches and dropout, machines run on the CPU.

    Raises:
        BenchError: if the pretrained network's weights are not at hand.
    """
    other = visual_acoustic(DESCRIPTORS, n_genres, options)
    tuned = options.pretrained
    training = options.training(sgd(options.learning_rate / 10 if tuned else options.learning_rate))
    make, pieces = _fine_tuned() if tuned else (PatchNetwork, partial(cut, window=WIDTH, hop=WIDTH))
    return BesideNetwork(make, n_genres, seed, device, training, pieces, other, options.network_weight)


def _fine_tuned() -> tuple[MakeNetwork, Callable[[FloatArray], FloatArray]]:
    """A network that begins with published weights, and whole segments for it."""
    state = published()

    def make(shape: Shape, genres: int) -> nn.Module:
        del shape
        return ImageNetwork(state, genres)

    def whole(values: FloatArray) -> FloatArray:
        return values

    return make, whole
