"""A sweep on the screen: one line a point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mgrbench.cli.output import points, share, share_interval, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.core.types import Score
    from mgrbench.experiments.sweep.sweep import Point, Sweep


def draw_sweep(screen: Console, done: Sweep, files: Sequence[Path]) -> None:
    """Print the points as a table, their warnings, and the files."""
    from mgrbench.experiments.sweep.files import CAUTION
    from mgrbench.experiments.sweep.grid import describe, value_text
    from mgrbench.results.names import on_features

    grid, plan = done.grid, done.grid.plans[0][0]
    several = len(grid.seeds) > 1
    validated = any(point.valid_accuracy is not None for point in done.points)
    columns = [(axis.name, "fold") for axis in grid.axes]
    columns += [("accuracy", "right"), ("95 %", "left")] + [("seeds ±", "right")] * several
    columns += [("macro-F1", "right"), ("points to the first", "left")] + [("valid.", "right")] * validated
    rows = [
        [
            *(value_text(value) for value in point.options.values()),
            share(point.scores["accuracy"].value),
            share_interval(point.scores["accuracy"]),
            *([share(point.seed_std or 0.0)] if several else []),
            share(point.scores["macro_f1"].value),
            _difference(point.difference),
            *([_valid(point)] if validated else []),
        ]
        for point in done.points
    ]
    words = [f"{on_features(grid.model, plan.features)}, {plan.split.name}", describe(grid.options)]
    words.append(f"seeds {', '.join(map(str, grid.seeds))}" if several else f"seed {grid.seeds[0]}")
    words.append(f"{done.test_tracks} test tracks")
    screen.print("; ".join(word for word in words if word), markup=False)
    screen.print(table(columns, rows))
    if done.warnings:
        screen.print(
            table([("", "left"), ("", "fold")], [(known.code, known.detail) for known in done.warnings])
        )
    screen.print(
        CAUTION if validated else f"{CAUTION} This model records no validation accuracy.", markup=False
    )
    for file in files:
        screen.print(str(file), markup=False, soft_wrap=True)


def _difference(score: Score | None) -> str:
    """``+1.2 [−0.3, +2.9]``, in points of a hundred."""
    if score is None:
        return "–"
    if score.low is None or score.high is None:
        return points(score.value)
    return f"{points(score.value)} [{points(score.low)}, {points(score.high)}]"


def _valid(point: Point) -> str:
    return "–" if point.valid_accuracy is None else share(point.valid_accuracy)
