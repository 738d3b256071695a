"""Classes by how well their training vectors explain a vector: joint sparse low-rank representations.

Y. Panagakis, C. Kotropoulos and G. R. Arce, "Music genre classification via joint sparse low-rank
representation of audio features", IEEE/ACM Transactions on Audio, Speech, and Language Processing 22(12),
2014.

Training vectors are the columns of X, vectors to explain those of Y. The solver finds Z and E that minimise
‖Z‖* + λ₁‖Z‖₁ + λ₂‖E‖₁ under Y = XZ + E (nuclear norm, then sums of magnitudes). It is the alternating
direction method of multipliers: Z in one step, its two copies and E in the other. For one column the nuclear
norm is the Euclidean one. So many columns can be solved next to each other, each independent of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Solver:
    """The solver's settings.

    Attributes:
        sparse: λ₁, weight of the magnitudes of Z.
        error: λ₂, weight of the magnitudes of E.
        steps: of the alternating directions.
        stiffness: weight of the squared constraints; it decides how fast, not where it ends.
        joint: whether the columns of Y are one problem; otherwise each is its own.
    """

    sparse: float = 0.5
    error: float = 1.0
    steps: int = 150
    stiffness: float = 10.0
    joint: bool = False

    def solve(self, basis: Array, targets: Array) -> Array:
        """Z, shape (columns of X, columns of Y).

        Args:
            basis: X, shape (values, columns).
            targets: Y, shape (values, columns).
        """
        from scipy.linalg import cho_factor, cho_solve

        count, step = basis.shape[1], self.stiffness
        factor = cho_factor(basis.T @ basis + 2.0 * np.eye(count))
        low_rank, sparse = np.zeros((count, targets.shape[1])), np.zeros((count, targets.shape[1]))
        error, constraint = np.zeros_like(targets), np.zeros_like(targets)
        first, second = np.zeros_like(sparse), np.zeros_like(sparse)
        for _ in range(self.steps):
            wanted = basis.T @ (targets - error + constraint) + low_rank - first + sparse - second
            weights = cho_solve(factor, wanted)
            low_rank = self._low_rank(weights + first, 1.0 / step)
            sparse = shrink(weights + second, self.sparse / step)
            left = targets - basis @ weights
            error = shrink(left + constraint, self.error / step)
            constraint += left - error
            first += weights - low_rank
            second += weights - sparse
        return sparse

    def _low_rank(self, values: Array, by: float) -> Array:
        return shrink_singular(values, by) if self.joint else shrink_columns(values, by)

    def objective(self, basis: Array, targets: Array, weights: Array) -> float:
        """What is minimised, with E as it follows from Z."""
        values = (
            np.linalg.norm(weights, axis=0) if not self.joint else np.linalg.svd(weights, compute_uv=False)
        )
        error = np.abs(targets - basis @ weights).sum()
        return float(values.sum() + self.sparse * np.abs(weights).sum() + self.error * error)


def shrink(values: Array, by: float) -> Array:
    """Each value nearer to 0 by so much, and no further than 0."""
    return np.asarray(np.sign(values) * np.maximum(np.abs(values) - by, 0.0))


def shrink_columns(values: Array, by: float) -> Array:
    """Each column shorter by so much (Euclidean length), in its direction."""
    length = np.linalg.norm(values, axis=0)
    return np.asarray(values * (np.maximum(length - by, 0.0) / np.maximum(length, np.finfo(np.float64).tiny)))


def shrink_singular(values: Array, by: float) -> Array:
    """Each singular value smaller by so much."""
    left, singular, right = np.linalg.svd(values, full_matrices=False)
    return np.asarray((left * np.maximum(singular - by, 0.0)) @ right)


class ResidualClassifier:
    """The class whose training vectors, with their share of Z, leave the least of a vector.

    Columns are brought to length 1.

    Attributes:
        classes_: the classes seen, rising; the columns of `decision_function`.
    """

    def __init__(self, solver: Solver) -> None:
        self.classes_: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._solver = solver
        self._basis: Array = np.empty((0, 0))
        self._genre: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def fit(self, rows: Array, genre: NDArray[np.int64]) -> ResidualClassifier:
        """Keep the training rows, shape (examples, values)."""
        self.classes_ = np.unique(genre)
        self._basis, self._genre = _of_length_1(rows).T, genre
        return self

    def decision_function(self, rows: Array) -> Array:
        """Minus the length of what is left of each row, shape (examples, classes)."""
        targets = _of_length_1(rows).T
        weights = self._solver.solve(self._basis, targets)
        left = []
        for label in self.classes_:
            own = self._genre == label
            left.append(np.linalg.norm(targets - self._basis[:, own] @ weights[own], axis=0))
        return -np.stack(left, axis=1)


def _of_length_1(rows: Array) -> Array:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1.0))
