"""A model over a grid of its options: each point of the grid an ordinary stored run, then what they scored.

Nothing is chosen here. To take the point with the best test score is to select on test; a point may be picked
by its validation accuracy, where the model records one, and its test score then stands as it is.

With several seeds a point's score is the mean over them. Intervals are those of `mgrbench.metrics.bootstrap`,
over artists; all points are scored on the same resamples, so the difference of two points is a paired one.
They say how other artists might have scored with these seeds; ``seed_std`` says how much the seeds differ.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.files import sha256_of_bytes
from mgrbench.core.types import BenchError, Score
from mgrbench.evaluation.evaluate import execute
from mgrbench.evaluation.plan import Plan, make_plan
from mgrbench.evaluation.request import SILENT, USUAL, Progress, Request, Settings
from mgrbench.metrics.bootstrap import Bootstrap
from mgrbench.metrics.clusters import clusters_of
from mgrbench.results.history import validation_accuracy
from mgrbench.results.run import Run, Warn

METRICS = ("accuracy", "macro_f1")
CONFIDENCE = 0.95
ONE_SEED = "MGR102"

Watch = Callable[[str], AbstractContextManager[Progress]]
"""Name of a run -> who is told of its folds and epochs while it is computed."""

Distributions = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Axis:
    """An option and the values that it takes in turn."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """What one setting of the options came to.

    Attributes:
        options: axis -> value.
        scores: metric -> mean over the seeds of the pooled value, with its 95 % interval.
        difference: of the accuracy to the first point's, with its paired 95 % interval; None for the first.
        seed_std: standard deviation of the accuracy over the seeds (n - 1); None for a single one.
        valid_accuracy: mean over the seeds of the accuracy on the validation parts; None where the model
            records none, or had no validation part of its own.
        selection: on which part the model chose.
        parameters: trainable values of the network; None where there is none.
        fit_seconds: mean over the seeds of the seconds that all folds took to fit.
        warnings: codes of what must be known of its runs.
        runs: the folders of its runs below the folder of runs, one a seed.
    """

    options: Mapping[str, Any]
    scores: Mapping[str, Score]
    difference: Score | None
    seed_std: float | None
    valid_accuracy: float | None
    selection: str
    parameters: int | None
    fit_seconds: float
    warnings: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepGrid:
    """A sweep that may begin: every point of the grid planned for every seed.

    Attributes:
        model: name of the model's rows.
        axes: the options that vary.
        options: the options that all points have in common.
        seeds: seeds of each point.
        combinations: per point of the grid, in order, axis -> value.
        plans: per point, the plans of its seeds.
    """

    model: str
    axes: tuple[Axis, ...]
    options: Mapping[str, Any]
    seeds: tuple[int, ...]
    combinations: tuple[Mapping[str, Any], ...]
    plans: tuple[tuple[Plan, ...], ...]

    @property
    def name(self) -> str:
        """Name of the sweep's folder: the same command on the same data has the same, any other another."""
        ids = [plan.run_id() for plans in self.plans for plan in plans]
        digest = sha256_of_bytes("\n".join(ids).encode())[:8]
        features = "+".join(self.plans[0][0].features) or "nothing"
        return f"{features}-{'+'.join(axis.name for axis in self.axes)[:80]}-{digest}"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A finished sweep."""

    grid: SweepGrid
    points: tuple[Point, ...]
    test_tracks: int
    notes: tuple[Warn, ...]
    """What must be known of the runs; not that one has a single seed, where its point has several."""
    reused: int
    """How many runs were stored already."""


def plan_sweep(
    request: Request, axes: Sequence[Axis], seeds: Sequence[int] = (0,), settings: Settings = USUAL
) -> SweepGrid:
    """Plan each point, and build its model once, so that a bad option is known before anything is computed.

    Args:
        request: what all points have in common; ``seeds`` take the place of its seed.
        axes: what to vary. The last varies fastest; the first point takes the first value of each.
        seeds: seeds of the runs of each point.
        settings: how the runs are carried out.

    Raises:
        BenchError: for a grid that is none, an option that the model refuses, or anything named that is not
            there.
    """
    _check(axes, request.options, seeds)
    points = tuple(
        dict(zip([axis.name for axis in axes], values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    )
    plans = []
    for point in points:
        options = {**request.options, **point}
        first = make_plan(replace(request, options=options, seed=seeds[0]), settings)
        first.check_options()
        request = replace(request, dataset=first.dataset, split=first.split)  # read once for all points
        plans.append(tuple(replace(first, seed=seed) for seed in seeds))
    return SweepGrid(
        plans[0][0].title, tuple(axes), dict(request.options), tuple(seeds), points, tuple(plans)
    )


def _unwatched(_what: str) -> AbstractContextManager[Progress]:
    return nullcontext(SILENT)


def run_sweep(grid: SweepGrid, out: Path, watch: Watch = _unwatched) -> Sweep:
    """Evaluate every point that is not stored yet, and score all of them on the same resamples.

    Raises:
        BenchError: if a run fails, naming its point; the finished ones are kept, and the same sweep goes on
            from them.
    """
    total = len(grid.plans) * len(grid.seeds)
    runs: list[list[tuple[Run, Path]]] = []
    reused = 0
    for setting, plans in zip(grid.combinations, grid.plans, strict=True):
        runs.append([])
        for plan in plans:
            number = sum(map(len, runs)) + 1
            where = f"{grid.model} {describe(setting)}" + (f", seed {plan.seed}" if len(plans) > 1 else "")
            with watch(f"{number} of {total}, {where}") as progress:
                try:
                    done = execute(plan, out, progress)
                except BenchError as error:
                    raise BenchError(f"{where}: {error.problem}", error.hint, error.where) from error
            reused += done.reused
            runs[-1].append((done.run, done.folder or out))
    records = [run for point in runs for run, _ in point]
    bootstrap = _Resamples(records[0], grid.plans[0][0])
    drawn = [bootstrap.mean([run for run, _ in point]) for point in runs]
    points = [_point(grid, position, runs, drawn, bootstrap, out) for position in range(len(runs))]
    notes = {(warning.code, warning.detail): warning for run in records for warning in _warnings(run, grid)}
    return Sweep(grid, tuple(points), len(bootstrap.ids), tuple(notes[key] for key in sorted(notes)), reused)


def describe(setting: Mapping[str, Any]) -> str:
    """``clusters=20, netvlad=on``."""
    return ", ".join(f"{name}={value_text(value)}" for name, value in setting.items())


def value_text(value: Any) -> str:  # noqa: ANN401
    """A value of an option as it is written on the command line, in printable characters."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value, default=str)


def _check(axes: Sequence[Axis], options: Mapping[str, Any], seeds: Sequence[int]) -> None:
    if not axes:
        raise BenchError("the grid is empty", "give an option and its values, as clusters=10,20")
    names = [axis.name for axis in axes]
    for axis in axes:
        if not axis.name.isidentifier():
            raise BenchError(f"no option can be called {axis.name!r}", "write name=value,value")
        if names.count(axis.name) > 1:
            raise BenchError(f"the grid has {axis.name} twice", f"give all values at once: {axis.name}=…,…")
        if axis.name in options:
            hint = "take it out of the grid or of the options"
            raise BenchError(f"{axis.name} is in the grid and has one value as an option as well", hint)
        if not axis.values:
            raise BenchError(f"{axis.name} has no values", f"write {axis.name}=value,value")
        for one, other in itertools.combinations(axis.values, 2):
            if one == other and isinstance(one, bool) == isinstance(other, bool):  # Python has True == 1
                raise BenchError(f"{axis.name} has the value {value_text(one)} twice", "give it once")
    if not seeds or len(set(seeds)) < len(seeds):
        raise BenchError("a seed is given twice" if seeds else "there is no seed", "give each seed once")


class _Resamples:
    """One set of resamples for all runs of a sweep, which predict the same tracks in the same order."""

    def __init__(self, run: Run, plan: Plan) -> None:
        predictions = run.predictions
        self.ids = predictions.ids
        clusters = clusters_of(predictions.ids, plan.split.artist)
        self._bootstrap = Bootstrap(clusters, predictions.outcome.genre, len(predictions.genres))

    def mean(self, runs: Sequence[Run]) -> Distributions:
        """Each metric's mean over some runs, in each resample."""
        drawn = []
        for run in runs:
            predictions = run.predictions
            if predictions.ids != self.ids:
                hint = "run it again with --fresh"
                raise BenchError(f"a run of {run.model} has its tracks in another order", hint)
            drawn.append(self._bootstrap.distributions(predictions.outcome))
        return {name: np.mean([one[name] for one in drawn], axis=0) for name in METRICS}

    def score(self, value: float, drawn: NDArray[np.float64]) -> Score:
        """A value with its percentile interval; none where all tracks are one artist's."""
        if len(self._bootstrap.weights) == 1:
            return Score(value)
        low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
        return Score(value, low, high)


def _point(
    grid: SweepGrid,
    position: int,
    every: Sequence[Sequence[tuple[Run, Path]]],
    distributions: Sequence[Distributions],
    resamples: _Resamples,
    out: Path,
) -> Point:
    runs, drawn = every[position], distributions[position]
    values = {name: [run.scores[name].value for run, _ in runs] for name in METRICS}
    accuracy = values["accuracy"]
    difference = None
    if position:
        by = float(np.mean(accuracy) - np.mean([run.scores["accuracy"].value for run, _ in every[0]]))
        difference = resamples.score(by, drawn["accuracy"] - distributions[0]["accuracy"])
    valid = [validation_accuracy(run, folder) for run, folder in runs]
    known = [value for value in valid if value is not None]
    return Point(
        options=grid.combinations[position],
        scores={name: resamples.score(float(np.mean(values[name])), drawn[name]) for name in METRICS},
        difference=difference,
        seed_std=float(np.std(accuracy, ddof=1)) if len(runs) > 1 else None,
        valid_accuracy=float(np.mean(known)) if len(known) == len(runs) else None,
        selection=runs[0][0].selection.rule,
        parameters=runs[0][0].cost.parameters,
        fit_seconds=float(np.mean([run.cost.fit_seconds or 0.0 for run, _ in runs])),
        warnings=tuple(dict.fromkeys(warning.code for run, _ in runs for warning in _warnings(run, grid))),
        runs=tuple(folder.relative_to(out).as_posix() for _, folder in runs),
    )


def _warnings(run: Run, grid: SweepGrid) -> list[Warn]:
    return [warning for warning in run.warnings if warning.code != ONE_SEED or len(grid.seeds) == 1]
