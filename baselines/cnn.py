"""Small VGG-like convolutional network on mel spectrograms: what a good student would try first.

It has four blocks of two 3 × 3 convolutions, batch norm and ReLU, with a max-pool after each. They follow K.
Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015,
but are narrow. Then come the mean over time and frequency, dropout and one dense layer: 0.6 million values in
all. It is no published system. Widths, Adam's rate and the rest are ours and tuned on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from baselines._neural.network import SegmentNetwork
from baselines._neural.settings import TrainingOptions, adam

FEATURES = ("mel",)
SELECTION = "validation"
WIDTHS = (32, 64, 128, 128)


class MelCNN(nn.Module):
    """The network.

    Shape:
        (batch, time, frequency) -> (batch, genres)
    """

    def __init__(self, n_genres: int, dropout: float = 0.3) -> None:
        super().__init__()
        pairs = zip((1, *WIDTHS), WIDTHS, strict=False)
        self.blocks = nn.ModuleList(
            nn.Sequential(*_layer(incoming, width), *_layer(width, width)) for incoming, width in pairs
        )
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(WIDTHS[-1], n_genres))

    def forward(self, segments: Tensor) -> Tensor:
        """Logits."""
        values = segments[:, None]
        for block in self.blocks:
            values = block(values)
            time, frequency = values.shape[2:]
            values = nn.functional.max_pool2d(values, (min(2, time), min(2, frequency)))
        logits: Tensor = self.classifier(values.mean(dim=(2, 3)))
        return logits


def _layer(incoming: int, width: int) -> list[nn.Module]:
    # No bias: the batch norm behind it has one.
    convolution = nn.Conv2d(incoming, width, kernel_size=3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(width), nn.ReLU()]


@dataclass(frozen=True)
class Options(TrainingOptions):
    """What can be chosen."""

    epochs: int = 100
    batch: int = 32
    patience: int = 15


def build(n_genres: int, seed: int, device: str, options: Options) -> SegmentNetwork:
    """The model; the seed sets the initial values, the batches and the dropout."""
    training = options.training(adam(options.learning_rate))
    return SegmentNetwork(lambda _, genres: MelCNN(genres), n_genres, seed, device, training)
