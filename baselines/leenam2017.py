"""Features of several levels of a pretrained network, a dense network on top (Lee & Nam 2017).

J. Lee and J. Nam, "Multi-level and multi-scale feature aggregation using pretrained convolutional neural
networks for music auto-tagging", IEEE Signal Processing Letters 24(8), 2017. The abstract was read; the rest
follows accounts of the paper.

Stated: convolutional networks over 128 mel bands, of several input lengths, are trained on tags of the
Million Song Dataset. Of each layer the largest value in each segment is taken, then the mean over segments. A
fully connected classifier learns from all of them.

Filled in: one hidden layer of 512 ReLU, dropout 0.5, Adam at 1e-3, batches of 16, patience 8.

Different: the authors' weights were not found. In their place stands a network of the same group and kind
with published weights, of one input length (feature ``artist``, 768 values). It was trained to recognise
artists of the Million Song Dataset. Those artists may be in the dataset that it is judged on, whatever the
split. Every row of this system has to be read so.

``pretrained=off`` trains such a network from the start, with its levels pooled the same way, on a time ×
frequency feature: ``--feature mel --option pretrained=off``. Segments are then those of the feature. The
printed figure is of 290 test tracks without known faults, and not comparable with 10-fold figures. Cost: a
tenth of a second an epoch of 600 tracks on one core, once the feature is there. ``pretrained=off`` needs a
GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._neural.network import SegmentNetwork, Shape
from baselines._neural.settings import TrainingOptions, adam
from mgrbench import Printed, Reference, fixed, option

FEATURES = ("artist",)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Lee & Nam, Multi-level and multi-scale feature aggregation using pretrained convolutional "
    "neural networks for music auto-tagging, IEEE Signal Processing Letters 24(8)",
    year=2017,
    fidelity="reading",
    printed=(
        Printed(
            dataset="gtzan",
            accuracy=0.72,
            protocol="fault-filtered 443/197/290 split, not comparable with 10-fold",
        ),
    ),
    cited=11,
)

HIDDEN = 512
WIDTHS, KERNELS, POOLS = (128, 128, 128, 128, 256), (4, 4, 4, 2, 1), (4, 4, 4, 2, 1)


class MultiLevel(nn.Module):
    """Convolutions along time whose levels are all pooled over time and classified together.

    Shape:
        (batch, time, frequency) -> (batch, genres)
    """

    def __init__(self, bands: int, n_genres: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList()
        for width, kernel in zip(WIDTHS, KERNELS, strict=True):
            filled = nn.ConstantPad1d(((kernel - 1) // 2, kernel // 2), 0.0)
            convolution = nn.Conv1d(bands, width, kernel, bias=False)
            self.levels.append(nn.Sequential(filled, convolution, nn.BatchNorm1d(width), nn.ReLU()))
            bands = width
        self.classifier = dense(sum(WIDTHS), n_genres)

    def forward(self, segments: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.classifier(self.pooled(segments))
        return logits

    def pooled(self, segments: Tensor) -> Tensor:
        """The largest value over time of each channel of each level, shape (batch, 768)."""
        values, found = segments.transpose(1, 2), []
        for level, pool in zip(self.levels, POOLS, strict=True):
            wide = level(values)
            values = nn.functional.max_pool1d(wide, min(pool, wide.shape[2]))
            found.append(values.amax(dim=2))
        return torch.cat(found, dim=1)


def dense(values: int, n_genres: int) -> nn.Module:
    """The classifier on vectors."""
    return nn.Sequential(nn.Linear(values, HIDDEN), nn.ReLU(), nn.Dropout(0.5), nn.Linear(HIDDEN, n_genres))


@dataclass(frozen=True)
class Options(TrainingOptions):
    """What can be chosen."""

    epochs: int = 100
    batch: int = 16
    patience: int = 8
    channels_last: bool = fixed(False)  # there is no image
    pretrained: bool = option(
        True,
        "The feature is the vector of a pretrained network; off: time × frequency, to train a network on.",
    )


def build(n_genres: int, seed: int, device: str, options: Options) -> SegmentNetwork:
    """The model; the seed sets the initial values, the batches and the dropout."""

    def make(shape: Shape, genres: int) -> nn.Module:
        return dense(shape[0], genres) if options.pretrained else MultiLevel(shape[1], genres)

    training = options.training(adam(options.learning_rate))
    return SegmentNetwork(make, n_genres, seed, device, training, axes=1 if options.pretrained else 2)
