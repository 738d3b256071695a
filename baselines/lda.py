"""Linear discriminant analysis with Ledoit-Wolf shrinkage: Gaussians with one covariance for all genres.

R. A. Fisher (1936). The shared covariance is shrunk by the amount that Ledoit & Wolf (2004, Journal of
Multivariate Analysis 88(2)) derive from the training part. So more values than tracks are no trouble, and
there is nothing to tune. Priors are the genres' shares of the training segments.

The covariance is as wide and as high as a segment has values, so the model is for vectors. That of ``mel``
would take 6 GB, several times over. Beyond 10 000 values (0.8 GB) it is refused.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from mgrbench import BenchError, EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False
WIDEST = 10_000


class _Discriminant(LinearDiscriminantAnalysis):  # type: ignore[misc]
    def fit(self, rows: NDArray[Any], genre: NDArray[Any]) -> _Discriminant:
        """Fit, unless the covariance could fill the memory.

        Raises:
            BenchError: for more than `WIDEST` values.
        """
        values = rows.shape[1]
        if values > WIDEST:
            size = f"a covariance of {values} × {values} values, {8 * values**2 / 1e9:.1f} GB"
            hint = "give it vectors, as melstats are, or take a model that needs none, as svm_rbf"
            raise BenchError(f"lda would need {size}", hint)
        super().fit(rows, genre)
        return self


def build(n_genres: int, seed: int, device: str) -> EstimatorModel:
    """The model; a closed form, so ``seed`` and ``device`` change nothing.

    Raises:
        BenchError: by ``fit``, for segments of more than `WIDEST` values.
    """
    del seed, device

    def make() -> LinearDiscriminantAnalysis:
        return _Discriminant(solver="lsqr", shrinkage="auto")

    return EstimatorModel(make, n_genres)
