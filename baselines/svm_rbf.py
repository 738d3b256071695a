"""Support vector machine with RBF kernel, C = 10, scaled features, nothing tuned.

Cortes & Vapnik (1995); one machine for each pair of genres (libsvm). C = 10 is a common fixed choice for
scaled features, gamma = 1/(values · variance) is scikit-learn's "scale"; neither is fitted to a dataset, so
the whole training part serves for training. Probabilities are the softmax of the decision values (votes of
the pairs, then margins): not calibrated, the log loss says little. Genres with equally many votes are told
apart by their margins (``break_ties``), not by the order of their names as scikit-learn does: on GTZAN the
two differ by up to half a point of accuracy, either way.
"""

from __future__ import annotations

from sklearn.svm import SVC

from mgrbench import EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    C: float = 10.0,  # noqa: N803 - scikit-learn's name
    gamma: float | str = "scale",
) -> EstimatorModel:
    """The model.

    Args:
        n_genres: number of genres.
        seed: unused, nothing is drawn at random.
        device: unused, all runs on the CPU.
        C: weight of training errors against the margin.
        gamma: width of the kernel, a number or ``"scale"`` or ``"auto"``.
    """
    del seed, device

    def make() -> SVC:
        return SVC(C=C, gamma=gamma, break_ties=True)

    return EstimatorModel(make, n_genres)
