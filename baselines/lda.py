"""Linear discriminant analysis with Ledoit-Wolf shrinkage: Gaussians with one covariance for all genres.

R. A. Fisher (1936). The shared covariance is shrunk by the amount that Ledoit & Wolf (2004, Journal of
Multivariate Analysis 88(2)) derive from the training part, so more values than tracks are no trouble and
there is nothing to tune. Priors are the genres' shares of the training segments.
"""

from __future__ import annotations

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from mgrbench.estimators import EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False


def build(n_genres: int, seed: int, device: str) -> EstimatorModel:
    """The model; a closed form, so ``seed`` and ``device`` change nothing."""
    del seed, device

    def make() -> LinearDiscriminantAnalysis:
        return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")

    return EstimatorModel(make, n_genres)
