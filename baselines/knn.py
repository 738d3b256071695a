"""k-nearest neighbours in scaled feature space (Cover & Hart 1967), k chosen on validation tracks.

Euclidean distance, every neighbour one vote; k of 1, 3, 5, 9 or 15. Tzanetakis & Cook (2002) used 1, 3 and 5
for music genres (after accounts of the paper); the larger ones are ours. Probabilities are shares of votes.
With a small k many are exactly 0, so the log loss is harsh.
"""

from __future__ import annotations

from sklearn.neighbors import KNeighborsClassifier

from mgrbench import EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "validation"
STOCHASTIC = False
NEIGHBOURS = (1, 3, 5, 9, 15)


def build(n_genres: int, seed: int, device: str) -> EstimatorModel:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device

    def make(k: int) -> KNeighborsClassifier:
        # A tree sums squared differences directly. Brute force takes them from a matrix product, which rounds
        # differently in batches of different size: exact replicas could then change their order.
        return KNeighborsClassifier(n_neighbors=k, algorithm="ball_tree")

    return EstimatorModel(make, n_genres, [{"k": k} for k in NEIGHBOURS])
