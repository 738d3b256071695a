"""Convolutional network on patches of a spectrogram, summed with robust LBP textures (Costa et al. 2017).

Y. M. G. Costa, L. S. Oliveira and C. N. Silla Jr., "An evaluation of convolutional neural networks for music
classification using spectrograms", Applied Soft Computing 52, 2017; the abstract was read, the rest is after
accounts of the paper.

Stated: a network learns from spectrogram images; its scores are combined with those of machines on
handcrafted textures. That these are robust local binary patterns (RLBP), and that the network sees patches
of the image whose scores are combined, is from accounts.

Filled in: patches of all bands × 16 frames, one after the other; two convolutions 5 × 5 with 64 kernels, each
with ReLU and a pool of 2, a dense layer of 500, dropout 0.5; stochastic gradient descent with momentum 0.9 at
0.01, batches of 128, 30 epochs, the last of which is taken; uniform RLBP (8 neighbours, radius 2) in 10
zones, one RBF machine each with the settings of ``nanni2016``; the network's and the machines' scores brought
to mean 0 and variance 1 over the genres of a track and summed with equal weight.

Different: the image is a stored log-mel spectrogram of 128 bands at 21.5 frames a second, not a linear one
256 pixels high, so that a patch lasts 0.74 s and equal zones are zones of the mel scale. No figure was
printed for GTZAN. Cost: 16 million multiplications a patch (`mgrbench profile`), 39 patches a 30 s clip and
30 epochs, so it wants a GPU (45 s an epoch of 900 clips of 24 patches on one core); the textures cost little
beside it.
"""

from __future__ import annotations

from functools import partial

from baselines._neural.patches import BesideNetwork, PatchNetwork
from baselines._neural.pieces import cut
from baselines._neural.settings import sgd, training_with
from baselines._options import number, whole
from baselines.nanni2016 import visual_acoustic
from mgrbench import Printed, Reference

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

WIDTH = 16
ZONES = 10


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    width: int = WIDTH,
    zones: int = ZONES,
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
        width: frames of a patch.
        zones: zones of an image; 1 is the image as a whole.
        weight: of the network's scores; the textures' have 1.
        epochs: number of epochs.
        batch: patches in a batch.
        learning_rate: of the gradient descent.
        clip_norm: largest norm of the gradient; 0 leaves it as it is.
        channels_last: memory layout of images, on or off.
        bf16: bfloat16 on a GPU, on or off.
        compiled: ``torch.compile`` on a GPU, on or off.

    Raises:
        BenchError: for an option out of range.
    """
    whole(width=width)
    number(zero=True, weight=weight)
    training = training_with(
        sgd(learning_rate), epochs, batch, 0, clip_norm,
        channels_last=channels_last, bf16=bf16, compiled=compiled,
    )  # fmt: skip
    textures = visual_acoustic(("rlbp",), n_genres, zones, "together", acoustic=False, weight=0.0)
    pieces = partial(cut, window=width, hop=width)
    return BesideNetwork(PatchNetwork, n_genres, seed, device, training, pieces, textures, weight)
