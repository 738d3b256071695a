"""Gradient-boosted trees on binned features (Friedman 2001; Ke et al. 2017), nothing tuned.

scikit-learn's ``HistGradientBoostingClassifier`` with its defaults: 100 rounds of one tree a genre at
learning rate 0.1. Only the leaves differ: 8 a tree in place of 31, since a genre often has no more than a
hundred training tracks. It is the most costly of the simple models: 900 tracks × 160 values × 10 genres take
about 5 s on one core. The time grows with rounds × leaves. There is no early stopping: scikit-learn would
draw its validation part over segments, so that pieces of one track lie on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.ensemble import HistGradientBoostingClassifier

from mgrbench import EstimatorModel, option

FEATURES: tuple[str, ...] = ()
SELECTION = "none"
STOCHASTIC = False


@dataclass(frozen=True)
class Options:
    """What can be chosen."""

    max_iter: int = option(100, "Rounds of boosting.", least=1)
    max_leaf_nodes: int | None = option(8, "Largest number of leaves of a tree; null sets no limit.", least=2)
    learning_rate: float = option(0.1, "Weight of a tree.", above=0)


def build(n_genres: int, seed: int, device: str, options: Options) -> EstimatorModel:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device

    def make() -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            max_iter=options.max_iter,
            max_leaf_nodes=options.max_leaf_nodes,
            learning_rate=options.learning_rate,
            early_stopping=False,
            random_state=0,  # draws only the sample that more than 200 000 segments are binned by
        )

    return EstimatorModel(make, n_genres, scale=False)
