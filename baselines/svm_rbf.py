"""Support vector machine with RBF kernel, C = 10, scaled features, nothing tuned.

Cortes & Vapnik (1995); one machine for each pair of genres (libsvm). C = 10 is a common fixed choice for
scaled features, and gamma = 1/(values · variance) is scikit-learn's "scale". Neither is fitted to a dataset,
so the whole training part serves for training. Probabilities are the softmax of the decision values (votes of
the pairs, then margins). They are not calibrated, and the log loss tells little. Margins decide between
genres with equally many votes (``break_ties``), not the order of their names as in scikit-learn. On GTZAN the
two differ by up to half a point of accuracy, either way.
"""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.svm import SVC

from mgrbench import EstimatorModel, option

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False


@dataclass(frozen=True)
class Options:
    """What can be chosen."""

    C: float = option(10.0, "Weight of training errors against the margin.", above=0)
    gamma: float | str = option("scale", "Width of the kernel.", least=0, choices=("scale", "auto"))


def build(n_genres: int, seed: int, device: str, options: Options) -> EstimatorModel:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device

    def make() -> SVC:
        return SVC(C=options.C, gamma=options.gamma, break_ties=True)

    return EstimatorModel(make, n_genres)
