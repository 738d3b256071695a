"""Random forest of 500 trees (Breiman 2001), nothing tuned.

Fully grown trees on bootstrap samples of the training segments, the square root of the number of values tried
at every split: Breiman's settings and scikit-learn's defaults. With 500 trees (ours) the vote settles; more
do not overfit. Probabilities are the mean of the trees'. Values are not scaled: trees see only their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.ensemble import RandomForestClassifier

from mgrbench import EstimatorModel, option

FEATURES: tuple[str, ...] = ()
SELECTION = "none"


@dataclass(frozen=True)
class Options:
    """What can be chosen."""

    n_estimators: int = option(500, "Number of trees.", least=1)


def build(n_genres: int, seed: int, device: str, options: Options) -> EstimatorModel:
    """The model; the seed draws the bootstrap samples and the values tried, and all runs on the CPU."""
    del device

    def make() -> RandomForestClassifier:
        return RandomForestClassifier(options.n_estimators, random_state=seed)

    return EstimatorModel(make, n_genres, scale=False)
