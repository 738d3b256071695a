"""Convolutional network on samples, pretrained or from the start (Lee, Park, Kim & Nam 2018).

J. Lee, J. Park, K. L. Kim and J. Nam, "SampleCNN: end-to-end deep convolutional neural networks using very
small filters for music classification", Applied Sciences 8(1), 2018. Layers, training and transfer are those
of the authors' code (jongpillee/sampleCNN, jongpillee/musicTagging_MSD on GitHub). The paper was not read.

Stated: the network reads 59 049 samples, 2.678 s. It has a convolution 3 of stride 3, nine convolutions 3
with a pool of 3 each, and one convolution 1. All have batch norm and ReLU; dropout 0.5 and a dense layer
follow. It learns by gradient descent with Nesterov's momentum 0.9 at 0.01, on batches of 23. The rate is
divided by 5 four times, whenever three epochs have brought nothing. Outputs of a clip's pieces are averaged.
For transfer the network is the one that was trained to tag the Million Song Dataset (feature ``samplecnn``,
256 values a clip). Its values are brought to mean 0 and variance 1 all together, for an RBF machine with C =
1 and gamma 1/d.

Filled in: cross-entropy over genres in place of one output a tag.

Different: the rate's further decay by 1e-6 a batch is left out. The best epoch has the best accuracy of
validation tracks, not the smallest loss. ``pretrained=on``, the default, is the transfer. Its network may
have been trained on recordings or artists of the dataset that it is judged on, whatever the split. Every row
of it has to be read so. It needs ``samplecnn``, hence the weight file, which is not downloaded and was not
available when this was written.

``pretrained=off`` trains the network: ``--feature wave --option pretrained=off``. The printed figure is of
the transfer on 290 test tracks without known faults, and not comparable with 10-fold figures. Cost from the
start: 1.85 million values and 1.73 billion multiplications a piece. Learning takes three times that, and a 30
s clip has 9 pieces, so it needs a GPU. The transfer reads 12 pieces of each clip, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from torch import Tensor, nn

from baselines._neural.network import Shape
from baselines._neural.pieces import PieceNetwork
from baselines._neural.settings import TrainingOptions, sgd
from mgrbench import EstimatorModel, FloatArray, GenreModel, Printed, Reference, fixed, option

FEATURES = ("samplecnn",)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Lee, Park, Kim & Nam, SampleCNN: end-to-end deep convolutional neural networks using very "
    "small filters for music classification, Applied Sciences 8(1)",
    year=2018,
    fidelity="reading",
    doi="10.3390/app8010150",
    printed=(
        Printed(
            dataset="gtzan",
            accuracy=0.821,
            protocol="transfer, fault-filtered 443/197/290 split, not comparable with 10-fold",
        ),
    ),
    cited=12,
)

SAMPLES = 3**10
WIDTHS = (128, 128, 128, *(256,) * 6, 512, 512)
DROPS = 4

_Rows = NDArray[np.float64]


class SampleCNN(nn.Module):
    """The network.

    Of 59 049 samples one step in time is left; of longer pieces each channel's largest value is classified,
    and with shorter ones a pool is cut to the size of what it pools.

    Shape:
        (batch, samples) -> (batch, genres)
    """

    def __init__(self, n_genres: int) -> None:
        super().__init__()
        first = nn.Conv1d(1, WIDTHS[0], 3, stride=3)
        middle = [nn.Conv1d(*pair, 3, padding=1) for pair in pairwise(WIDTHS[:-1])]
        convolutions = [first, *middle, nn.Conv1d(*WIDTHS[-2:], 1)]
        self.convolutions = nn.ModuleList(convolutions)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in WIDTHS)
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(WIDTHS[-1], n_genres))
        for convolution in convolutions:
            nn.init.kaiming_uniform_(convolution.weight, nonlinearity="relu")
            if convolution.bias is not None:
                nn.init.zeros_(convolution.bias)

    def forward(self, pieces: Tensor) -> Tensor:
        """Logits."""
        values = nn.functional.pad(pieces, (0, max(0, 3 - pieces.shape[1])))[:, None]
        last = len(WIDTHS) - 1
        for layer, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            values = norm(convolution(values)).relu()
            if 0 < layer < last:
                values = nn.functional.max_pool1d(values, min(3, values.shape[2]))
        logits: Tensor = self.classifier(values.amax(dim=2))
        return logits


class OneScale(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Bring all values together, not each by itself, to mean 0 and variance 1."""

    def fit(self, rows: _Rows, genre: object = None) -> OneScale:
        """Learn the mean and the deviation of all values."""
        del genre
        self.mean_, self.deviation_ = float(rows.mean()), float(rows.std()) or 1.0
        return self

    def transform(self, rows: _Rows) -> _Rows:
        """Scaled values."""
        return np.asarray((rows - self.mean_) / self.deviation_)


@dataclass(frozen=True)
class Options(TrainingOptions):
    """What can be chosen; all but ``pretrained`` is of a network that is trained here."""

    epochs: int = 100
    batch: int = 23
    patience: int = option(
        3,
        "Epochs without improvement after which the rate is divided, and in the end training ends.",
        least=0,
    )
    learning_rate: float = 0.01
    channels_last: bool = fixed(False)  # there is no image
    pretrained: bool = option(
        True, "The feature is the vector of a pretrained network; off: samples, to train a network on."
    )


def build(n_genres: int, seed: int, device: str, options: Options) -> GenreModel:
    """The model; the seed sets the initial values, the batches and the dropout."""
    if options.pretrained:
        return EstimatorModel(transfer_machine, n_genres, scale=False)

    def make(shape: Shape, genres: int) -> nn.Module:
        del shape
        return SampleCNN(genres)

    training = options.training(sgd(options.learning_rate, nesterov=True), drops=DROPS)
    return PieceNetwork(make, n_genres, seed, device, training, side_by_side, axes=1, raw=True)


def transfer_machine() -> Pipeline:
    """The authors' machine on the pretrained network's vectors."""
    return Pipeline([("scale", OneScale()), ("svm", SVC(gamma="auto"))])


def side_by_side(values: FloatArray) -> FloatArray:
    """The pieces of all segments: (tracks, segments, pieces, 59049) to (tracks, segments · pieces, 59049)."""
    if values.ndim != 4 or values.shape[3] != SAMPLES:
        return values
    return values.reshape(len(values), -1, SAMPLES)
