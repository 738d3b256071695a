"""Many machines, each on its own vector of a track, whose scores are added up (the sum rule)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from mgrbench import BenchError, Examples

Vectors = Mapping[str, NDArray[np.floating]]
"""Name of a machine -> what it sees, shape (tracks, rows, values); the rows of a track are examples each."""

_Array = NDArray[np.float64]


def standardised(scores: NDArray[np.floating]) -> _Array:
    """Scores of each row brought to mean 0 and variance 1 over the genres; 0 where they are all the same."""
    wide = np.asarray(scores, dtype=np.float64)
    centred = wide - wide.mean(axis=-1, keepdims=True)
    deviation = centred.std(axis=-1, keepdims=True)
    return np.asarray(np.divide(centred, deviation, out=np.zeros_like(wide), where=deviation > 1e-12))


class ScaledMachine:
    """An RBF support vector machine on values brought to 0 … 1 over the training rows."""

    def __init__(self, cost: float, gamma: float) -> None:
        self._scaler = MinMaxScaler()
        self._machine = SVC(C=cost, gamma=gamma)

    def fit(self, rows: NDArray[np.floating], genre: NDArray[np.int64]) -> ScaledMachine:
        """Learn from rows of shape (examples, values)."""
        self._machine.fit(self._scaler.fit_transform(rows), genre)
        return self

    def scores(self, rows: NDArray[np.floating], n_genres: int) -> _Array:
        """Standardised scores, shape (examples, genres); an unseen genre gets the lowest."""
        decision = np.asarray(self._machine.decision_function(self._scaler.transform(rows)))
        if decision.ndim == 1:  # two genres: one value, positive for the second
            decision = np.stack([-decision, decision], axis=1)
        known = standardised(decision)
        every = np.repeat(known.min(axis=1, keepdims=True), n_genres, axis=1)
        every[:, self._machine.classes_] = known
        return every


class SumOfMachines:
    """A machine for each vector; a track's scores are the mean over the machines and the track's rows.

    Args:
        n_genres: number of genres.
        cost: C, weight of training errors against the margin.
        gamma: width of the kernel.
    """

    def __init__(self, n_genres: int, cost: float, gamma: float) -> None:
        self._n_genres = n_genres
        self._cost = cost
        self._gamma = gamma
        self._machines: dict[str, ScaledMachine] = {}

    def fit(self, vectors: Vectors, examples: Examples) -> SumOfMachines:
        """Fit every machine.

        Raises:
            BenchError: if a value is not finite, or if all tracks are of one genre.
        """
        if len(np.unique(examples.genre)) < 2:
            raise BenchError("all training tracks are of one genre", "train on two genres or more")
        for name, values in vectors.items():
            genre = np.repeat(examples.genre, values.shape[1])
            machine = ScaledMachine(self._cost, self._gamma)
            self._machines[name] = machine.fit(_rows(name, values), genre)
        return self

    def scores(self, vectors: Vectors) -> _Array:
        """Mean standardised scores, float64 of shape (tracks, genres).

        Raises:
            BenchError: if it is not fitted, or on other vectors.
        """
        if not self._machines:
            raise BenchError("the model predicts before it was fitted", "call fit first")
        if vectors.keys() != self._machines.keys():
            raise BenchError("the model was fitted on other features", "fit and predict with the same ones")
        total = []
        for name, values in vectors.items():
            found = self._machines[name].scores(_rows(name, values), self._n_genres)
            total.append(found.reshape(len(values), -1, self._n_genres).mean(axis=1))
        return np.asarray(np.mean(total, axis=0))


def _rows(name: str, values: NDArray[np.floating]) -> _Array:
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    if not np.isfinite(rows).all():
        raise BenchError(f"{name} has a value that is not finite", "correct the feature")
    return rows
