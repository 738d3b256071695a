"""The sum rule over all combinations of features (Ng et al. 2020, section on decision-level fusion).

A combination's probabilities for a track are the mean of its features' probabilities. All 2^F − F − 1
combinations of two or more of F features are computed by one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrbench import BenchError

MOST_FEATURES = 12
"""4083 combinations; with more features the table would no longer fit into memory."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A combination and how it did.

    Attributes:
        members: positions of its features.
        accuracy: of the validation tracks.
        loss: mean log loss of the validation tracks.
    """

    members: tuple[int, ...]
    accuracy: float
    loss: float


def combinations(count: int) -> NDArray[np.bool_]:
    """All combinations of two or more of ``count`` features.

    Returns:
        Shape (2^count − count − 1, count): which features a combination has. Combinations of few features
        come first, and of those of one size the ones with earlier features.

    Raises:
        BenchError: for more than `MOST_FEATURES` features.
    """
    if count > MOST_FEATURES:
        raise BenchError(f"there are {count} features to combine", f"give {MOST_FEATURES} or fewer")
    numbers = np.arange(2**count)
    members = (numbers[:, None] >> np.arange(count)) & 1 == 1
    members = members[members.sum(axis=1) >= 2]
    order = np.lexsort([*(~members).T[::-1], members.sum(axis=1)])
    return np.asarray(members[order])


def summed(
    proba: NDArray[np.float64], members: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Probabilities of combinations.

    Args:
        proba: of each feature, shape (features, tracks, genres).
        members: combinations, shape (combinations, features).
        weight: of each feature; None for equal ones, as in the paper.

    Returns:
        Shape (combinations, tracks, genres).
    """
    weights = members * (np.ones(len(proba)) if weight is None else weight)
    table = (weights / weights.sum(axis=1, keepdims=True)) @ proba.reshape(len(proba), -1)
    return np.asarray(table.reshape(len(members), *proba.shape[1:]))


def ranked(
    proba: NDArray[np.float64],
    genre: NDArray[np.int64],
    weight: NDArray[np.float64] | None = None,
) -> list[Ranked]:
    """All combinations, the best first.

    The best has the highest accuracy; of several the one with the smallest log loss, then the one with fewer
    features.

    Args:
        proba: of each feature on the validation tracks, shape (features, tracks, genres).
        genre: of the tracks, shape (tracks,).
        weight: see `summed`.
    """
    members = combinations(len(proba))
    table = summed(proba, members, weight)
    errors = (table.argmax(axis=2) != genre).sum(axis=1)
    of_truth = np.clip(table[:, np.arange(len(genre)), genre], np.finfo(np.float64).eps, 1.0)
    loss = -np.log(of_truth).mean(axis=1)
    return [
        Ranked(
            tuple(np.flatnonzero(members[i]).tolist()), float(1.0 - errors[i] / len(genre)), float(loss[i])
        )
        for i in np.lexsort([loss, errors])
    ]
