"""A fold of a stored run, trained again from its record, to compare predictions and to see what was learned.

A record holds what was trained on what, and no weights: they are large, and reading them is a risk. So what
only the fitted model can show is shown by fitting it again, from the same seed on the same features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.boundary import boundary
from mgrbench.core.registry import is_built_in
from mgrbench.core.types import BenchError, FloatArray, GenreModel, Inputs
from mgrbench.evaluation.fold import run_fold
from mgrbench.evaluation.plan import Plan, make_plan
from mgrbench.evaluation.request import Request, Settings
from mgrbench.models.source import model_source
from mgrbench.results.load import load_run
from mgrbench.results.run import Run, RunRecord


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """A fold that was trained again; arrays of shape (tracks,) are positions of genres.

    Attributes:
        run: the record.
        fold: its number, from 1.
        genre: the true genres of the fold's test tracks.
        before: what the run predicted.
        again: what the model predicts now.
        stochastic: whether the model's result depends on its seed.
        features: the model's high-level features of these tracks, float32 (tracks, values); None if it was
            not asked for them.
    """

    run: Run
    fold: int
    genre: NDArray[np.int64]
    before: NDArray[np.int64]
    again: NDArray[np.int64]
    stochastic: bool
    features: FloatArray | None = None

    @property
    def same(self) -> float:
        """Share of the tracks that got the same genre."""
        return float((self.before == self.again).mean())


def retrain(
    folder: Path,
    fold: int,
    *,
    model: str | None = None,
    device: str = "auto",
    features: bool = False,
    on_start: Callable[[int], None] | None = None,
) -> Retrained:
    """Train one fold of a stored run again.

    Args:
        folder: the run.
        fold: number of the fold, from 1.
        model: where the model is, if the row's name is not its name (``./file.py:Class``).
        device: where to train.
        features: ask the model for its high-level features, by its ``embed``.
        on_start: told the number of test tracks before training begins.

    Raises:
        BenchError: if the run does not follow from its predictions, was only scored, has no such fold, if its
            features are missing or have changed, or if the model has no features or breaks its contract.
    """
    plan, run = _planned(folder, fold, model, device)
    predictions = run.predictions
    if features and not has_features(run, model):
        raise BenchError(f"{plan.source.name} has no features to give", _EMBED)
    task = plan.tasks()[fold - 1]
    known = {track: at for at, track in enumerate(predictions.ids) if predictions.fold[at] == fold}
    if set(known) != set(task.fold.test):
        raise BenchError(f"fold {fold} has other tracks now", "complete the features and try again", folder)
    if on_start:
        on_start(len(known))
    found: list[FloatArray] = []

    def ask(fitted: GenreModel, test: Inputs) -> None:
        found.append(_embedded(fitted, test, plan.source.name))

    again = run_fold(task, on_fitted=ask if features else None).proba.argmax(axis=1)
    places = np.array([known[track] for track in task.fold.test])
    outcome = predictions.outcome
    return Retrained(
        run=run,
        fold=fold,
        genre=outcome.genre[places],
        before=outcome.predicted[places],
        again=again,
        stochastic=plan.source.depends_on_seed(plan.options),
        features=found[0] if found else None,
    )


def has_features(run: RunRecord, model: str | None = None) -> bool:
    """Whether a run's model has high-level features; False where it was only scored, or is not found.

    Args:
        run: the record.
        model: where the model is, if the row's name is not its name.
    """
    if _was_scored(run):
        return False
    if model is None and not is_built_in("models", run.model):
        return False
    try:
        source = model_source(model or run.model)
        built = source.build(len(run.per_class), run.seed, "cpu", run.options)
    except BenchError:
        if model is not None:
            raise
        return False
    return callable(getattr(built, "embed", None))


def _planned(folder: Path, fold: int, model: str | None, device: str) -> tuple[Plan, Run]:
    stored = load_run(folder)
    run, split = stored.run, stored.split
    if _was_scored(run):
        raise BenchError(
            "was scored from predictions, and cannot be trained", "name a run of `mgrbench run`", folder
        )
    if not 1 <= fold <= len(split.folds):
        raise BenchError(f"there is no fold {fold}", f"{run.split} has folds 1 to {len(split.folds)}")
    options = dict(run.options) | ({"selection": "test"} if run.selection.rule == "test" else {})
    whole = len(run.predictions) == split.test_tracks
    if model is None and not is_built_in("models", run.model):
        hint = "name the model yourself by --model if you trust it: its code will run"
        raise BenchError(f"names the model {run.model!r}, which does not come with mgrbench", hint, folder)
    request = Request(
        model=model or run.model,
        dataset=stored.dataset,
        split=split,
        features=tuple(run.features),
        options=options,
        seed=run.seed,
        name=run.model,
    )
    plan = make_plan(request, Settings(device=device, allow_missing=not whole))
    now = {name: stored.manifest.fingerprint for name, stored in plan.features.items()}
    for name, fingerprint in run.features.items():
        if now[name] != fingerprint:
            hint = "extract or import the features that the run was made with"
            raise BenchError(f"the stored feature {name} is not the one of the run", hint, folder)
    return plan, run


_EMBED = "embed(inputs) gives finite values of shape (tracks, values)"


def _was_scored(run: RunRecord) -> bool:
    return any(warning.code == "MGR105" for warning in run.warnings)


def _embedded(model: GenreModel, test: Inputs, name: str) -> FloatArray:
    with boundary(name, "giving its features"):
        values = np.asarray(model.embed(test), dtype=np.float32)  # type: ignore[attr-defined]
    if values.ndim != 2 or len(values) != len(test) or not values.shape[1] or not np.isfinite(values).all():
        raise BenchError(f"{name}: embed gave the shape {values.shape} for {len(test)} tracks", _EMBED)
    return values
