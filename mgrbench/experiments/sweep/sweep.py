"""A model over a grid of its options: each point is a stored run like any other, and all are scored together.

Nothing is chosen here. Taking the point with the best test score would be selection on test. A point may be
picked by its validation accuracy, where the model records one; its test score then holds.

With several seeds a point's score is the mean over them. Intervals are those of `mgrbench.metrics.bootstrap`,
over artists. All points are scored on the same resamples, so the difference of two points is a paired one.
The intervals show how scores vary with other artists; ``seed_std`` shows how they vary with the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import BenchError, Score
from mgrbench.evaluation.evaluate import execute
from mgrbench.evaluation.plan import Plan
from mgrbench.evaluation.request import SILENT, Progress
from mgrbench.experiments.sweep.grid import SweepGrid, describe
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
class Point:
    """The result of one combination of options.

    Attributes:
        options: axis -> value.
        scores: metric -> mean over the seeds of the pooled value, with its 95 % interval.
        difference: of the accuracy to the first point's, with its paired 95 % interval; None for the first.
        seed_std: standard deviation of the accuracy over the seeds (n - 1); None for a single one.
        valid_accuracy: mean over the seeds of the accuracy on the validation parts; None where the model
            records none, or has no validation part of its own.
        selection: the part that the model chose on.
        parameters: trainable values of the network; None where there is none.
        fit_seconds: mean over the seeds of the seconds that all folds took to fit.
        warnings: codes of its runs' warnings.
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
class Sweep:
    """A finished sweep.

    Attributes:
        grid: what was varied.
        points: every point, in the order of the grid.
        test_tracks: number of test tracks of every run.
        warnings: warnings of the runs; without the one on a single seed where a point has several.
        reused: number of runs that were stored already.
    """

    grid: SweepGrid
    points: tuple[Point, ...]
    test_tracks: int
    warnings: tuple[Warn, ...]
    reused: int


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
    for options, plans in zip(grid.combinations, grid.plans, strict=True):
        runs.append([])
        for plan in plans:
            number = sum(map(len, runs)) + 1
            where = f"{grid.model} {describe(options)}" + (f", seed {plan.seed}" if len(plans) > 1 else "")
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
    warned = {(warning.code, warning.detail): warning for run in records for warning in _warnings(run, grid)}
    warnings = tuple(warned[key] for key in sorted(warned))
    return Sweep(grid, tuple(points), len(bootstrap.ids), warnings, reused)


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
