"""Bidirectional GRU with attention over time, on pieces of 3 s (Yu et al. 2020).

Y. Yu, S. Luo, S. Liu, H. Qiao, Y. Liu and L. Feng, "Deep attention based music genre classification",
Neurocomputing 372, 2020. Only the abstract was read.

Stated: a bidirectional recurrent network reads a spectrogram, and attention weighs the times. It is computed
from the network's states (``serial``) or beside them from the input, by a linear map (``linear``) or a small
CNN (``cnn``). The last was best, hence the default.

Filled in: the network's sizes are the simplest reading, those of ``bigru``. Pieces of 3 s overlap by half.
Adam runs at 1e-3, on batches of 128, and the epoch is chosen on the validation tracks.

Different: the paper's input is an STFT spectrogram. Here it is the feature that is given, a log-mel one by
default. Each of its bands is standardised over the training part. ``frame_rate`` is its number of frames a
second. Cost: two minutes an epoch for 900 clips on one core with the CNN, up to 60 epochs a fold, so it needs
a GPU. On mels of 12.9 frames a second it is half a minute.

On random folds the validation tracks cost it points: they are of other artists than the training part, and no
longer trained on. Mels of 12.9 frames a second and 12 epochs get .75 and .80 on the first two folds of
``gtzan/random10``. Trained on all tracks, it gets .80 and .84 after the last epoch, and .82 and .86 after the
one that is best on test (``selection=test``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from torch import nn

from baselines._handcrafted.frames import FrameRate
from baselines._neural.network import Shape
from baselines._neural.pieces import PieceNetwork, cut
from baselines._neural.settings import adam
from baselines.bigru import AttentiveRecurrent
from baselines.bigru import Options as AttentionOptions
from mgrbench import Printed, Reference

FEATURES = ("mel",)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Yu, Luo, Liu, Qiao, Liu & Feng, Deep attention based music genre classification, "
    "Neurocomputing 372",
    year=2020,
    fidelity="reading",
    printed=(
        Printed(dataset="gtzan", accuracy=0.9, protocol="10-fold, no artist filter"),
        Printed(dataset="extballroom", accuracy=0.927, protocol="not known; no artist filter"),
    ),
    cited=15,
)

SECONDS, HOP_SECONDS = 3.0, 1.5


@dataclass(frozen=True)
class Options(AttentionOptions, FrameRate):
    """What can be chosen."""


def build(n_genres: int, seed: int, device: str, options: Options) -> PieceNetwork:
    """The model; the seed sets the initial values, the batches and the dropout."""

    def make(shape: Shape, genres: int) -> nn.Module:
        return AttentiveRecurrent(shape, genres, options.attention)

    window, hop = (max(1, round(seconds * options.frame_rate)) for seconds in (SECONDS, HOP_SECONDS))
    pieces = partial(cut, window=window, hop=hop)
    return PieceNetwork(make, n_genres, seed, device, options.training(adam(options.learning_rate)), pieces)
