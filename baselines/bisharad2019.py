"""Convolutional recurrent network on 3 s of mel spectrogram (Bisharad & Laskar 2019).

D. Bisharad and R. H. Laskar, "Music genre recognition using convolutional recurrent neural network
architecture", Expert Systems 36(4), 2019; after accounts of the paper, the paper itself was not consulted.

Stated: mel spectrograms of pieces of 3 s, convolutions, then recurrence, then the genre.

Filled in: the layers are those of ``crnn`` (Choi et al. 2017: four convolutions with batch norm, ELU, pooling
and dropout, two GRU layers of 32); Adam at 1e-3, batches of 64, at most 60 epochs, patience 8; a track's
probabilities are the mean over its pieces.

Different: pieces of one track never stand on both sides of a split here, which is not known of the paper. Of
the 65 frames that 3 s have in ``mel`` one step is left for the GRU, of 129 frames (43 a second,
``frame_rate=``) two. Cost: two minutes an epoch of 800 clips on one core, on mels of 12.9 frames a second, so
it wants a GPU.
"""

from __future__ import annotations

from functools import partial

from baselines._neural.pieces import PieceNetwork, cut
from baselines._neural.settings import adam, training_with
from baselines._options import number
from baselines.crnn import ConvolutionalRecurrent
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

FRAME_RATE = 22050 / 1024
SECONDS = 3.0


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    frame_rate: float = FRAME_RATE,
    epochs: int = 60,
    batch: int = 64,
    patience: int = 8,
    learning_rate: float = 1e-3,
    clip_norm: float = 0.0,
    channels_last: bool | str = False,
    bf16: bool | str = False,
    compiled: bool | str = False,
) -> PieceNetwork:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        frame_rate: frames a second of the feature.
        epochs: largest number of epochs.
        batch: pieces in a batch.
        patience: epochs without improvement after which training ends; 0: never.
        learning_rate: of Adam.
        clip_norm: largest norm of the gradient; 0 leaves it as it is.
        channels_last: memory layout of images, on or off.
        bf16: bfloat16 on a GPU, on or off.
        compiled: ``torch.compile`` on a GPU, on or off.

    Raises:
        BenchError: for an option out of range.
    """
    number(frame_rate=frame_rate)
    training = training_with(
        adam(learning_rate), epochs, batch, patience, clip_norm,
        channels_last=channels_last, bf16=bf16, compiled=compiled,
    )  # fmt: skip
    window = max(1, round(SECONDS * frame_rate))
    pieces = partial(cut, window=window, hop=window)
    return PieceNetwork(ConvolutionalRecurrent, n_genres, seed, device, training, pieces)
