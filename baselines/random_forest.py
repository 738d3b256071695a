"""Random forest of 500 trees (Breiman 2001), nothing tuned.

Fully grown trees on bootstrap samples of the training segments, the square root of the number of values tried
at every split: Breiman's settings and scikit-learn's defaults. 500 trees (ours) let the vote settle; more do
not overfit. Probabilities are the mean of the trees'. Not scaled: trees see only the order of values.
"""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier

from mgrbench import EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "none"


def build(n_genres: int, seed: int, device: str, *, n_estimators: int = 500) -> EstimatorModel:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the bootstrap samples and of the values tried.
        device: unused, all runs on the CPU.
        n_estimators: number of trees.
    """
    del device

    def make() -> RandomForestClassifier:
        return RandomForestClassifier(n_estimators, random_state=seed)

    return EstimatorModel(make, n_genres, scale=False)
