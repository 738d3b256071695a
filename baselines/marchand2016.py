"""Rhythm whatever its tempo: scale transform of autocorrelations, and an SVM (Marchand & Peeters 2016).

U. Marchand and G. Peeters, "Scale and shift invariant time/frequency representation using auditory
statistics: application to rhythm description", IEEE International Workshop on Machine Learning for Signal
Processing, 2016. This follows accounts of the paper; the paper itself was not consulted.

Stated: envelopes of bands, their local autocorrelation, and its scale transform, which a change of tempo
leaves as it is. Statistics of the bands stand beside it.

Filled in: all sizes of the feature, see `mgrbench.features.extractors.scale_transform`, with constants of
code for the same transform. The statistics are the correlations between bands. Values are scaled for an RBF
machine with gamma = 1/(values · variance); C of 1, 10 or 100 is chosen on the validation part.

Different: the paper extends the transform to two dimensions, time and frequency, as an alternative; here it
is of time only. The feature holds nothing but rhythm. So it suits dances, and does badly on genres that
differ by timbre. Any other vectors can be given. Cost: seconds for all folds, once the feature is there.
"""

from __future__ import annotations

from sklearn.svm import SVC

from mgrbench import EstimatorModel, Printed, Reference

FEATURES = ("scale_transform",)
SELECTION = "validation"
STOCHASTIC = False

REFERENCE = Reference(
    citation="Marchand & Peeters, Scale and shift invariant time/frequency representation using auditory "
    "statistics: application to rhythm description, IEEE International Workshop on Machine Learning for "
    "Signal Processing",
    year=2016,
    fidelity="reading",
    printed=(Printed(dataset="extballroom", accuracy=0.949, protocol="not known; no artist filter"),),
    cited=47,
)

COSTS = (1.0, 10.0, 100.0)


def build(n_genres: int, seed: int, device: str) -> EstimatorModel:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device

    def make(C: float) -> SVC:  # noqa: N803 - scikit-learn's name
        return SVC(C=C, break_ties=True)

    return EstimatorModel(make, n_genres, [{"C": cost} for cost in COSTS])
