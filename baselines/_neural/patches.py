"""A convolutional network on patches of spectrograms, alone or beside machines on textures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines._handcrafted.sum_rule import standardised
from baselines._neural.network import MakeNetwork, Shape
from baselines._neural.pieces import PieceNetwork
from baselines._neural.settings import Training
from mgrbench import BenchError, Examples, FloatArray, Inputs

KERNELS, HIDDEN = 64, 500
SMALLEST = 16
"""Frames, and bands, of which two convolutions and two pools leave one."""


class PatchNetwork(nn.Module):
    """Two convolutions 5 × 5, each with ReLU and a pool of 2 × 2, then two dense layers.

    Args:
        shape: (time, frequency) of a patch; a smaller one than 16 × 16 is filled up with zeros.
        n_genres: number of genres.

    Shape:
        (batch, time, frequency) -> (batch, genres)
    """

    def __init__(self, shape: Shape, n_genres: int) -> None:
        super().__init__()
        missing = [max(0, SMALLEST - size) for size in shape]
        left = [((max(SMALLEST, size) - 4) // 2 - 4) // 2 for size in shape]
        self.layers = nn.Sequential(
            nn.ZeroPad2d((0, missing[1], 0, missing[0])),
            nn.Conv2d(1, KERNELS, kernel_size=5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(KERNELS, KERNELS, kernel_size=5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(KERNELS * left[0] * left[1], HIDDEN), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(HIDDEN, n_genres),
        )  # fmt: skip

    def forward(self, patches: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.layers(patches[:, None])
        return logits


class Scorer(Protocol):
    """Another model of the same tracks that can say its scores."""

    def fit(self, train: Examples, valid: Examples | None) -> object:
        """Learn from all features of the training tracks."""
        ...

    def scores(self, inputs: Inputs) -> NDArray[np.float64]:
        """Scores, shape (tracks, genres), on a scale where those of one side have variance 1."""
        ...


class BesideNetwork(PieceNetwork):
    """A network that sees pieces of an image, and another model of the same tracks: their scores are summed.

    The network's scores are its probabilities of a track, the mean over the pieces, brought to mean 0 and
    variance 1 over the genres. It sees the first of the features that is time × frequency; the other model
    gets them all.

    Args:
        make: as for `SegmentNetwork`.
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        training: how to train the network.
        pieces: as for `PieceNetwork`.
        other: the other model.
        weight: of the network's scores.
    """

    def __init__(
        self,
        make: MakeNetwork,
        n_genres: int,
        seed: int,
        device: str,
        training: Training,
        pieces: Callable[[FloatArray], FloatArray],
        other: Scorer,
        weight: float = 1.0,
    ) -> None:
        super().__init__(make, n_genres, seed, device, training, pieces)
        self._other = other
        self._weight = weight
        self._image = ""

    def fit(self, train_part: Examples, valid: Examples | None) -> BesideNetwork:
        """Fit both.

        Raises:
            BenchError: if no feature is time × frequency, or as by either of them.
        """
        images = [name for name, array in train_part.inputs.arrays.items() if array.ndim == 4]
        if not images:
            raise BenchError(
                "this model was given no image", "name a feature of (time, frequency), such as mel"
            )
        self._image = images[0]
        self._other.fit(train_part, valid)
        super().fit(self._seen(train_part), None if valid is None else self._seen(valid))
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """Softmax of the summed scores, float64 of shape (tracks, genres): no calibrated probabilities."""
        from scipy.special import softmax

        of_network = standardised(super().predict_proba(self._only_image(inputs)))
        return np.asarray(softmax(self._other.scores(inputs) + self._weight * of_network, axis=1))

    def embed(self, inputs: Inputs) -> FloatArray:
        """What the network's last dense layer gets of tracks: float32 (tracks, values)."""
        return super().embed(self._only_image(inputs))

    def _seen(self, examples: Examples) -> Examples:
        return Examples(self._only_image(examples.inputs), examples.genre, examples.artist)

    def _only_image(self, inputs: Inputs) -> Inputs:
        arrays = {name: array for name, array in inputs.arrays.items() if name == self._image}
        return Inputs(inputs.ids, arrays)
