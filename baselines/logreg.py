"""Multinomial logistic regression (Cox 1958), L2 penalty chosen on validation tracks.

It minimises the cross-entropy on scaled features, summed over segments, plus ‖w‖²/(2C) by L-BFGS. C is 0.001,
0.01, 0.1, 1 or 10. The grid is ours: beyond it, the penalty hardly matters on some hundred scaled features.
The model is fitted for its probabilities, so its log loss means something.
"""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.linear_model import LogisticRegression

from mgrbench import EstimatorModel, option

FEATURES: tuple[str, ...] = ()
SELECTION = "validation"
STOCHASTIC = False
PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Options:
    """What can be chosen."""

    max_iter: int = option(
        5000, "Largest number of steps of L-BFGS, which usually stops after a hundred.", least=1
    )


def build(n_genres: int, seed: int, device: str, options: Options) -> EstimatorModel:
    """The model; L-BFGS draws nothing at random and runs on the CPU."""
    del seed, device

    def make(C: float) -> LogisticRegression:  # noqa: N803 - scikit-learn's name
        return LogisticRegression(C=C, max_iter=options.max_iter)

    return EstimatorModel(make, n_genres, [{"C": value} for value in PENALTIES])
