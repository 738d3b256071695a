"""Textures of three images, acoustic values and a convolutional network, scores summed (Nanni et al. 2018).

L. Nanni, Y. M. G. Costa, R. L. Aguiar, C. N. Silla Jr. and S. Brahnam, "Ensemble of deep learning, visual and
acoustic features for music genre classification", Journal of New Music Research 47(4), 2018; the abstract was
read, the rest is after accounts of the paper.

Stated: an ensemble of acoustic features, of handcrafted textures and of features that networks learn, on
several images of the sound, a scattering transform among them; the same settings for all datasets.

Filled in: the system of 2017 (``nanni2017``) and a network on the first image that is given, whose scores
have the weight of either side of it (``network_weight``). By default the network is that of ``costa2017``,
from the start: patches of 16 frames, 30 epochs. ``pretrained=on`` fine-tunes one that knows photographs
instead, as accounts say that the paper does: AlexNet's convolutions (`baselines._neural.alexnet`) on the
spectrogram of each segment, at a tenth of the learning rate. Which networks the paper takes, and how many,
is not known here. The weights are not fetched: the message that comes without them says what to get.

Different: as for ``nanni2017``; there is no image of the scattering transform. Cost: that of ``nanni2017``
and of the network of ``costa2017``, so it wants a GPU, the more with ``pretrained=on``: 0.66 billion
multiplications a segment, where a clip's patches take 0.6 billion together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from baselines._neural.alexnet import ImageNetwork, published
from baselines._neural.network import MakeNetwork, Shape
from baselines._neural.patches import BesideNetwork, PatchNetwork
from baselines._neural.pieces import cut
from baselines._neural.settings import sgd, training_with
from baselines._options import number, switch
from baselines.costa2017 import WIDTH
from baselines.nanni2016 import ZONES, visual_acoustic
from baselines.nanni2017 import DESCRIPTORS
from mgrbench import FloatArray, Printed, Reference

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


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    pretrained: bool | str = False,
    network_weight: float = 1.0,
    zones: int = ZONES,
    segments: str = "together",
    acoustic: bool | str = True,
    weight: float = 1.0,
    epochs: int = 30,
    batch: int = 128,
    learning_rate: float = 0.01,
    clip_norm: float = 0.0,
    channels_last: bool | str = False,
    bf16: bool | str = False,
    compiled: bool | str = False,
) -> BesideNetwork:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``; machines run on the CPU.
        pretrained: whether the network is one trained on photographs, ``on``, or begins at random, ``off``.
        network_weight: of the network's scores; the visual ones have 1.
        zones: zones of an image; 1 is the image as a whole.
        segments: ``"together"``, a track is one example of a machine; ``"apart"``, each of its segments is.
        acoustic: whether vectors and MFCC take part, ``on`` or ``off``.
        weight: of the acoustic scores; the visual ones have 1.
        epochs: number of epochs.
        batch: patches, or segments, in a batch.
        learning_rate: of a network that begins at random; a pretrained one has a tenth.
        clip_norm: largest norm of the gradient; 0 leaves it as it is.
        channels_last: memory layout of images, on or off.
        bf16: bfloat16 on a GPU, on or off.
        compiled: ``torch.compile`` on a GPU, on or off.

    Raises:
        BenchError: for an option out of range, or if the pretrained network's weights are not at hand.
    """
    number(zero=True, network_weight=network_weight)
    other = visual_acoustic(DESCRIPTORS, n_genres, zones, segments, acoustic, weight)
    tuned = switch("pretrained", pretrained)
    training = training_with(
        sgd(learning_rate / 10 if tuned else learning_rate), epochs, batch, 0, clip_norm,
        channels_last=channels_last, bf16=bf16, compiled=compiled,
    )  # fmt: skip
    make, pieces = _fine_tuned() if tuned else (PatchNetwork, partial(cut, window=WIDTH, hop=WIDTH))
    return BesideNetwork(make, n_genres, seed, device, training, pieces, other, network_weight)


def _fine_tuned() -> tuple[MakeNetwork, Callable[[FloatArray], FloatArray]]:
    """A network that begins with published weights, and whole segments for it."""
    state = published()

    def make(shape: Shape, genres: int) -> nn.Module:
        del shape
        return ImageNetwork(state, genres)

    def whole(values: FloatArray) -> FloatArray:
        return values

    return make, whole
