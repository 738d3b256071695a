"""Convolutional recurrent network on 3 s of mel spectrogram (Bisharad & Laskar 2019).

D. Bisharad and R. H. Laskar, "Music genre recognition using convolutional recurrent neural network
architecture", Expert Systems 36(4), 2019. This follows accounts of the paper; the paper itself was not
consulted.

Stated: mel spectrograms of pieces of 3 s, convolutions, then recurrence, then the genre.

Filled in: the layers are those of ``crnn`` (Choi et al. 2017): four convolutions with batch norm, ELU,
pooling and dropout, and two GRU layers of 32. Adam runs at 1e-3, on batches of 64, for at most 60 epochs,
with patience 8. A track's probabilities are the mean over its pieces.

Different: pieces of one track never stand on both sides of a split here. Of the paper this is not known. The
65 frames that 3 s have in ``mel`` leave one step for the GRU; 129 frames (43 a second, ``frame_rate=``) leave
two. Cost: two minutes an epoch of 800 clips on one core, on mels of 12.9 frames a second. So it needs a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from baselines._handcrafted.frames import FrameRate
from baselines._neural.pieces import PieceNetwork, cut
from baselines._neural.settings import adam
from baselines.crnn import ConvolutionalRecurrent
from baselines.crnn import Options as RecurrentOptions
from mgrbench import Printed, Reference

FEATURES = ("mel",)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Bisharad & Laskar, Music genre recognition using convolutional recurrent neural network "
    "architecture, Expert Systems 36(4)",
    year=2019,
    fidelity="reading",
    printed=(
        Printed(
            dataset="gtzan",
            accuracy=0.8536,
            protocol="no artist filter; whether pieces of a track stayed together is not known",
        ),
    ),
    cited=14,
)

SECONDS = 3.0


@dataclass(frozen=True)
class Options(RecurrentOptions, FrameRate):
    """What can be chosen."""


def build(n_genres: int, seed: int, device: str, options: Options) -> PieceNetwork:
    """The model; the seed sets the initial values, the batches and the dropout."""
    window = max(1, round(SECONDS * options.frame_rate))
    pieces = partial(cut, window=window, hop=window)
    training = options.training(adam(options.learning_rate))
    return PieceNetwork(ConvolutionalRecurrent, n_genres, seed, device, training, pieces)
