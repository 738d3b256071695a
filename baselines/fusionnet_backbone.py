"""FusionNet's own backbone, without NetVLAD and without attention: the first row of the paper's figure 7.

It has the five convolutional blocks and the dense layers of the coding network; the last map is flattened.
The figure's other rows are ``fusionnet`` with ``attention=off``, with ``netvlad=off``, and as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines._neural.settings import Optimiser, Training, TrainingOptions
from baselines.fusionnet.design import META_OPTIMISER, PaperDesign
from baselines.fusionnet.model import FusionNet
from mgrbench import fixed

FEATURES = ("mel",)
SELECTION = "validation"


@dataclass(frozen=True)
class Options(TrainingOptions, PaperDesign):
    """What can be chosen."""

    clusters: int = fixed(20)
    heads: int = fixed(10)
    high_level: int = fixed(1024)
    netvlad: bool = fixed(False)
    attention: bool = fixed(False)
    inner_folds: int = fixed(3)
    candidates: int = fixed(6)
    epochs: int = 400
    batch: int = 16
    patience: int = 20
    clip_norm: float = fixed(0.0)


def build(n_genres: int, seed: int, device: str, options: Options) -> FusionNet:
    """The model; the seed sets the initial values, the batches and the dropout."""
    training = options.training(Optimiser(learning_rate=options.learning_rate))
    meta = Training(options.epochs, options.batch, options.patience, (META_OPTIMISER,))
    return FusionNet(n_genres, seed, device, options, training, meta)
