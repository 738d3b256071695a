"""Gradient-boosted trees on binned features (Friedman 2001; Ke et al. 2017), nothing tuned.

scikit-learn's ``HistGradientBoostingClassifier``: 100 rounds of one tree a genre at learning rate 0.1, its
defaults, but with 8 leaves a tree in place of 31, since a genre often has no more than a hundred training
tracks. The dearest of the simple models: 900 tracks × 160 values × 10 genres take about 5 s on one core, and
the time grows with rounds × leaves. No early stopping: scikit-learn would draw its validation part over
segments, so that pieces of one track lie on both sides.
"""

from __future__ import annotations

from sklearn.ensemble import HistGradientBoostingClassifier

from mgrbench import EstimatorModel

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    max_iter: int = 100,
    max_leaf_nodes: int = 8,
    learning_rate: float = 0.1,
) -> EstimatorModel:
    """The model.

    Args:
        n_genres: number of genres.
        seed: unused, nothing is drawn at random.
        device: unused, all runs on the CPU.
        max_iter: rounds of boosting.
        max_leaf_nodes: leaves of a tree.
        learning_rate: weight of a tree.
    """
    del seed, device

    def make() -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            max_iter=max_iter,
            max_leaf_nodes=max_leaf_nodes,
            learning_rate=learning_rate,
            early_stopping=False,
            random_state=0,  # draws only the sample that more than 200 000 segments are binned by
        )

    return EstimatorModel(make, n_genres, scale=False)
