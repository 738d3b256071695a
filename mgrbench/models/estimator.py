"""Any scikit-learn classifier as a genre model.

The features of a track are flattened and joined into one vector per segment. Every segment of a training
track is a training example of the track's genre. A track's probabilities are the mean of its segments'.
What is fitted, scaler included, is fitted on training segments only. A grid of settings is decided on the
validation part, never on the test part, which the model does not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import BenchError, Examples, Inputs
from mgrbench.models.options import REQUIRED, check_names
from mgrbench.models.parameters import estimator_options, seeded

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

FloatTable = NDArray[np.float64]
Labels = NDArray[np.int64]


class EstimatorModel:
    """A scikit-learn classifier that keeps the `GenreModel` contract.

    A classifier without ``predict_proba`` gives the softmax of its ``decision_function``. That ranks genres
    as the classifier does but is not calibrated, so its log loss says little. A genre that is absent from
    the training part gets probability 0.

    Args:
        make: called with one setting of the grid as keyword arguments; gives an unfitted classifier.
        n_genres: number of genres, the columns of the predictions.
        grid: settings to choose from. With more than one, each is fitted on the training part and scored on
            the validation part by track accuracy (ties: smaller log loss, then the earlier setting); the
            best is fitted again on both parts.
        scale: bring every value to mean 0 and variance 1 over the training segments.

    Attributes:
        chosen: after ``fit``, the setting that was chosen; empty where there was nothing to choose.
    """

    def __init__(
        self,
        make: Callable[..., Any],
        n_genres: int,
        grid: Sequence[Mapping[str, Any]] = ({},),
        *,
        scale: bool = True,
    ) -> None:
        self.chosen: dict[str, Any] = {}
        self._make = make
        self._n_genres = n_genres
        self._grid = tuple(dict(setting) for setting in grid)
        self._scale = scale
        self._trained: _Trained | None = None

    def fit(self, train: Examples, valid: Examples | None) -> EstimatorModel:
        """Fit on the training segments, and on the validation segments too once the setting is chosen.

        Raises:
            BenchError: if there is a choice to make and no validation part, if scikit-learn refuses, or as
                by `segment_rows`.
        """
        rows, genre = _labelled(train)
        setting = self._grid[0]
        if len(self._grid) > 1:
            setting = self.chosen = self._choose(rows, genre, valid)
        if valid is not None:
            more_rows, more_genre = _labelled(valid)
            rows, genre = np.concatenate([rows, more_rows]), np.concatenate([genre, more_genre])
        self._trained = self._train(setting, rows, genre)
        return self

    def predict_proba(self, inputs: Inputs) -> FloatTable:
        """Probabilities, float64 of shape (tracks, genres): the mean over each track's segments.

        Raises:
            BenchError: if the model is not fitted or the features do not fit it.
        """
        if self._trained is None:
            raise BenchError("the model predicts before it was fitted", "call fit first")
        return self._trained.proba(inputs)

    def _choose(self, rows: FloatTable, genre: Labels, valid: Examples | None) -> dict[str, Any]:
        if valid is None:
            raise BenchError(
                f"there are {len(self._grid)} settings to choose from and no validation part",
                'say SELECTION = "validation" in the plugin',
            )

        def loss(setting: dict[str, Any]) -> tuple[int, float]:
            proba = self._train(setting, rows, genre).proba(valid.inputs)
            of_truth = np.clip(proba[np.arange(len(valid)), valid.genre], np.finfo(np.float64).eps, 1.0)
            errors = int(np.count_nonzero(proba.argmax(axis=1) != valid.genre))
            return errors, float(-np.log(of_truth).mean())

        return min(self._grid, key=loss)

    def _train(self, setting: dict[str, Any], rows: FloatTable, genre: Labels) -> _Trained:
        from sklearn.preprocessing import StandardScaler

        estimator = self._make(**setting)
        with _running(estimator, "cannot be trained"):
            scaler = StandardScaler().fit(rows) if self._scale else None
            estimator.fit(rows if scaler is None else scaler.transform(rows), genre)
        return _Trained(estimator, scaler, self._n_genres)


@dataclass(frozen=True)
class _Trained:
    estimator: Any
    scaler: Any
    n_genres: int

    def proba(self, inputs: Inputs) -> FloatTable:
        rows = segment_rows(inputs)
        with _running(self.estimator, "cannot predict"):
            table = rows if self.scaler is None else self.scaler.transform(rows)
            if hasattr(self.estimator, "predict_proba"):
                known = self.estimator.predict_proba(table)
            else:
                known = _softmax(self.estimator.decision_function(table))
        proba = np.zeros((len(inputs), self.n_genres))
        by_track = np.reshape(known, (len(inputs), -1, known.shape[1]))
        proba[:, self.estimator.classes_] = by_track.mean(axis=1, dtype=np.float64)
        return proba


def segment_rows(inputs: Inputs) -> FloatTable:
    """All features of every segment in one row, float64 of shape (tracks · segments, values).

    The segments of a track follow each other. A feature with a single segment a track (one vector a clip)
    is repeated beside features with several.

    Raises:
        BenchError: if there is no feature, if two are cut into different numbers of segments, or if a value
            is not finite.
    """
    if not inputs.arrays:
        raise BenchError("this model learns from features and was given none", "name one with --feature")
    segments = {name: array.shape[1] for name, array in inputs.arrays.items()}
    longest = max(segments, key=lambda name: segments[name])
    parts = []
    for name, array in inputs.arrays.items():
        if segments[name] not in (1, segments[longest]):
            raise BenchError(
                f"feature {name!r} has {segments[name]} segments a track and {longest!r} has "
                f"{segments[longest]}",
                "use features of one segmentation, or with one vector a clip",
            )
        flat = array.reshape(len(inputs), segments[name], int(np.prod(array.shape[2:])))
        parts.append(np.broadcast_to(flat, (len(inputs), segments[longest], flat.shape[2])))
    rows = np.concatenate(parts, axis=2, dtype=np.float64)
    if not np.isfinite(rows).all():
        _name_the_culprit(inputs)
    return rows.reshape(len(inputs) * segments[longest], -1)


def from_class(
    classifier: type[Any], n_genres: int, seed: int, options: Mapping[str, Any] | None = None
) -> EstimatorModel:
    """A genre model from a scikit-learn classifier class, scaled inputs, seed passed on.

    Args:
        classifier: a classifier class, for example ``sklearn.ensemble.RandomForestClassifier``.
        n_genres: number of genres.
        seed: becomes the seed of the class, by `mgrbench.models.parameters.seeded`.
        options: other parameters of the class; ``n_jobs`` is 1 unless it is one of them.

    Raises:
        BenchError: if the class is no classifier, or an option is unknown, missing or not to be set here.
    """
    from sklearn.base import ClassifierMixin

    name = f"{classifier.__module__}:{classifier.__qualname__}"
    scores = any(hasattr(classifier, method) for method in ("predict_proba", "decision_function"))
    if not (issubclass(classifier, ClassifierMixin) and hasattr(classifier, "fit") and scores):
        raise BenchError(
            f"{name} is no scikit-learn classifier that gives probabilities or decision values",
            "name a classifier such as sklearn.ensemble:RandomForestClassifier, or write a plugin",
        )
    settings = dict(options or {})
    known = estimator_options(classifier)
    check_names(name, known, settings)
    if needed := [one.name for one in known if one.default is REQUIRED and one.name not in settings]:
        raise BenchError(f"{name} needs {', '.join(needed)}", "give it with --option, or write a plugin")
    return EstimatorModel(partial(seeded, classifier, settings, seed), n_genres)


def _labelled(examples: Examples) -> tuple[FloatTable, Labels]:
    rows = segment_rows(examples.inputs)
    return rows, np.repeat(examples.genre, len(rows) // max(len(examples), 1))


def _softmax(decision: FloatTable) -> FloatTable:
    from scipy.special import softmax

    if decision.ndim == 1:  # two classes: one value, positive for the second
        decision = np.stack([np.zeros_like(decision), decision], axis=1)
    probabilities: FloatTable = softmax(decision, axis=1)
    return probabilities


def _name_the_culprit(inputs: Inputs) -> None:
    for name, array in inputs.arrays.items():
        bad = ~np.isfinite(array.reshape(len(inputs), -1)).all(axis=1)
        if bad.any():
            track = inputs.ids[int(bad.argmax())]
            raise BenchError(
                f"feature {name!r} of track {track} has a value that is not finite", "correct the feature"
            )


@contextmanager
def _running(estimator: object, what: str) -> Iterator[None]:
    """Run scikit-learn on one thread, and pass on in one line what it refuses of parameters and data.

    It runs on one thread for two reasons. Sums that are split over threads round by their number. And tables
    of this size are slower on several threads where other work wants the cores: L-BFGS thirty times, measured
    on two busy ones.
    """
    with _thread_pools().limit(limits=1):
        try:
            yield
        except (TypeError, ValueError) as error:
            message = " ".join(str(error).split())
            name = type(estimator).__name__
            raise BenchError(f"{name} {what}: {message}", "check its options and features") from error


@cache
def _thread_pools() -> ThreadpoolController:
    import sklearn.utils  # noqa: F401 - only what is loaded already can be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
