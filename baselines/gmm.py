"""One Gaussian mixture per genre (Tzanetakis & Cook 2002), number of components chosen on validation tracks.

G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", IEEE Transactions on Speech and
Audio Processing 10(5), 2002. They have diagonal covariances and a single Gaussian or a mixture of 2 to 5, so
the grid is 1 to 5. This follows accounts of the paper; the paper itself was not consulted.

Log likelihood plus log prior decides; the prior is the genre's share of the training segments. Their softmax
is the posterior. Features are scaled first. ``reg_covar`` is ours: 0.01 is added to every variance, one
hundredth of the scaled feature's own. So a component of a few segments does not shrink to a point. The
mixture treats the values of a segment as independent given the component. It is far too sure of itself, so
its log loss tells little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.mixture import GaussianMixture

from mgrbench import EstimatorModel, option

FEATURES: tuple[str, ...] = ()
SELECTION = "validation"
COMPONENTS = (1, 2, 3, 4, 5)


class MixturePerClass:
    """Bayes classifier whose class densities are diagonal Gaussian mixtures.

    A class with fewer rows than ``components`` gets as many components as it has rows.
    """

    def __init__(self, components: int, reg_covar: float, seed: int) -> None:
        self.classes_: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._components = components
        self._reg_covar = reg_covar
        self._seed = seed
        self._mixtures: list[GaussianMixture] = []
        self._log_prior: NDArray[np.float64] = np.empty(0)

    def fit(self, rows: NDArray[np.float64], genre: NDArray[np.int64]) -> MixturePerClass:
        """One mixture on the rows of each class."""
        self.classes_, counts = np.unique(genre, return_counts=True)
        self._log_prior = np.log(counts / len(genre))
        self._mixtures = [self._mixture(rows[genre == label]) for label in self.classes_]
        return self

    def predict_proba(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Posterior of each class, shape (rows, classes)."""
        log_likelihood = np.stack([mixture.score_samples(rows) for mixture in self._mixtures], axis=1)
        posterior: NDArray[np.float64] = softmax(log_likelihood + self._log_prior, axis=1)
        return posterior

    def _mixture(self, rows: NDArray[np.float64]) -> GaussianMixture:
        mixture = GaussianMixture(
            n_components=min(self._components, len(rows)),
            covariance_type="diag",
            reg_covar=self._reg_covar,
            random_state=self._seed,
        )
        # scikit-learn wants two rows at least; a row given twice is the same Gaussian.
        return mixture.fit(rows if len(rows) > 1 else np.repeat(rows, 2, axis=0))


@dataclass(frozen=True)
class Options:
    """What can be chosen."""

    reg_covar: float = option(
        0.01, "Added to every variance, in units of the scaled features' variance.", least=0
    )


def build(n_genres: int, seed: int, device: str, options: Options) -> EstimatorModel:
    """The model; the seed is that of the k-means that starts each mixture, and all runs on the CPU."""
    del device

    def make(components: int) -> MixturePerClass:
        return MixturePerClass(components, options.reg_covar, seed)

    return EstimatorModel(make, n_genres, [{"components": n} for n in COMPONENTS])
