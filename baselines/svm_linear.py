"""Linear support vector machine (Cortes & Vapnik 1995), C chosen on validation tracks.

One machine for each pair of genres on scaled features (libsvm); C of 0.001, 0.01, 0.1 or 1. The grid is ours:
beyond it, the training part is separated and nothing changes. The solver is that of ``svm_rbf``, so that the
two differ by the kernel only. liblinear's one-against-rest would differ in the loss and the treatment of many
genres too. Probabilities are the softmax of the decision values (votes of the pairs, then margins). They are
not calibrated, and the log loss tells little.
"""

from __future__ import annotations

from sklearn.svm import SVC

from mgrbench import EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "validation"
STOCHASTIC = False
PENALTIES = (0.001, 0.01, 0.1, 1.0)


def build(n_genres: int, seed: int, device: str) -> EstimatorModel:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device

    def make(C: float) -> SVC:  # noqa: N803 - scikit-learn's name
        return SVC(C=C, kernel="linear", break_ties=True)

    return EstimatorModel(make, n_genres, [{"C": value} for value in PENALTIES])
