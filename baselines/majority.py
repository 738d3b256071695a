"""Most frequent genre of the training tracks: the floor that any model must clear.

Every track gets the shares of the genres among the training tracks as its probabilities. So the prediction is
the most frequent genre (ties: the first), and the log loss is the entropy of a guess that knows only the
shares. It has no features and no parameters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mgrbench import Examples, Inputs

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False


class Majority:
    """Predicts the training shares of the genres for every track."""

    def __init__(self, n_genres: int) -> None:
        self._shares = np.full(n_genres, 1.0 / n_genres)

    def fit(self, train: Examples, valid: Examples | None) -> Majority:
        """Count the genres of the training tracks, and of the validation tracks where there are some."""
        genre = train.genre if valid is None else np.concatenate([train.genre, valid.genre])
        self._shares = np.bincount(genre, minlength=len(self._shares)) / len(genre)
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """The same row for every track, shape (tracks, genres)."""
        return np.tile(self._shares, (len(inputs), 1))


def build(n_genres: int, seed: int, device: str) -> Majority:
    """The model; ``seed`` and ``device`` change nothing."""
    del seed, device
    return Majority(n_genres)
