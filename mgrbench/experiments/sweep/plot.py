"""A sweep drawn for one column of a paper: test accuracy with its 95 % interval at every point.

One option is an axis. Its values are joined by a line where they are numbers. A second option of few values
has a colour and a marker for each value. With many values, both options make a heat map. Three options make a
list. Where the model records validation accuracy, it is drawn beside the test accuracy of a single option.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.plotting import COLOURS, MARKERS, ONE_COLUMN, TWO_COLUMNS, pictures
from mgrbench.experiments.sweep.grid import Axis, describe, value_text
from mgrbench.experiments.sweep.sweep import Point, Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = 5
"""Values of a second option that are drawn as lines; more make a heat map."""
_HEIGHT = 2.4
_LETTERS = 16
"""Letters of a title that fit into an inch."""
_TICK_LETTERS = 26
"""Letters under an axis, in all, from which on they are turned."""
_LARGEST = 1e300


def sweep_pictures(sweep: Sweep) -> dict[str, bytes]:
    """The plot as ``png`` (300 dpi) and ``svg``, the same bytes for the same sweep.

    Raises:
        MissingExtraError: if matplotlib is not installed.
    """
    return pictures(lambda: draw(sweep))


def draw(sweep: Sweep) -> Figure:
    """Draw a sweep, in whatever style is set."""
    from matplotlib.figure import Figure

    axes_of = sweep.grid.axes
    table = len(axes_of) == 2 and len(axes_of[1].values) > _LINES
    width = TWO_COLUMNS if table and len(axes_of[0].values) > 4 else ONE_COLUMN
    rows = len(sweep.points) if len(axes_of) > 2 else 3 * len(axes_of[1].values) // 2 if table else 0
    figure = Figure(figsize=(width, max(_HEIGHT, 0.9 + 0.16 * rows)), layout="constrained")
    axes = figure.add_subplot()
    if len(axes_of) == 1:
        _draw_line(axes, axes_of[0], sweep.points)
    elif table:
        _draw_table(axes, axes_of[0], axes_of[1], sweep.points)
    elif len(axes_of) == 2:
        _draw_group(axes, axes_of[0], axes_of[1], sweep.points)
    else:
        _draw_list(axes, sweep.points)
    figure.suptitle(_title(sweep, int(width * _LETTERS)))
    return figure


def positions(values: Sequence[Any]) -> tuple[NDArray[np.float64], str]:
    """Where values lie on an axis, and its scale.

    Args:
        values: the values of an option.

    Returns:
        float64 of shape (values,) and ``"linear"``, ``"log"`` or ``"words"``. Numbers are on a logarithmic
        scale if they are more evenly spaced there; a zero is then a step before the smallest. Values that are
        not all numbers are words, one step apart.
    """
    steps = np.arange(len(values), dtype=np.float64)
    if not all(_is_number(value) for value in values):
        return steps, "words"
    numbers = np.array([float(value) for value in values])
    if (numbers < 0).any() or len(numbers) < 3:
        return numbers, "linear"
    logs = np.log10(numbers, where=numbers > 0, out=np.zeros_like(numbers))
    above = np.sort(logs[numbers > 0])
    logs[numbers == 0] = above[0] - (float(np.diff(above).mean()) if len(above) > 1 else 1.0)
    return (logs, "log") if _unevenness(logs) < _unevenness(numbers) else (numbers, "linear")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _unevenness(places: NDArray[np.float64]) -> float:
    gaps = np.diff(np.sort(places))
    return float(gaps.std() / gaps.mean())


def _draw_line(axes: Axes, axis: Axis, points: Sequence[Point]) -> None:
    places, scale = _axis(axes, axis)
    _errorbars(axes, places, points, scale, 0, "test, 95 %")
    valid = [point.valid_accuracy for point in points if point.valid_accuracy is not None]
    if len(valid) == len(points):
        axes.plot(places, valid, "o", mfc="none", color="0.45", ms=4, label="validation")
        _legend(axes, 2)
    axes.set_ylabel("accuracy" if len(valid) == len(points) else "test accuracy")


def _draw_group(axes: Axes, first: Axis, second: Axis, points: Sequence[Point]) -> None:
    places, scale = _axis(axes, first)
    step = float(np.diff(np.sort(places)).min()) if len(places) > 1 else 1.0
    for number, value in enumerate(second.values):
        apart = 0.12 * step * (number - (len(second.values) - 1) / 2)
        own = points[number :: len(second.values)]
        _errorbars(axes, places + apart, own, scale, number, f"{second.name}={value_text(value)}")
    axes.set_ylabel("test accuracy")
    _legend(axes, 2 if len(second.name) > 8 else 3)


def _legend(axes: Axes, columns: int) -> None:
    """Below the axes, where it covers no interval."""
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.legend(loc="outside lower center", ncols=columns)


def _errorbars(
    axes: Axes, places: NDArray[np.float64], points: Sequence[Point], scale: str, number: int, label: str
) -> None:
    order = np.argsort(places) if scale != "words" else np.arange(len(places))
    scores = [points[i].scores["accuracy"] for i in order]
    ends = [(score.low, score.high) for score in scores]
    colour = COLOURS[number]
    lows, highs = (
        np.array([end if end is not None else np.nan for end in side]) for side in zip(*ends, strict=True)
    )
    axes.vlines(places[order], lows, highs, color=colour, lw=0.9)
    line = "-" if scale != "words" else ""
    values = [score.value for score in scores]
    axes.plot(places[order], values, line + MARKERS[number], color=colour, ms=3.5, lw=0.9, label=label)


def _axis(axes: Axes, axis: Axis) -> tuple[NDArray[np.float64], str]:
    """Label the horizontal axis; gives where the values lie on it, and its scale."""
    places, scale = positions(axis.values)
    labels = [value_text(value) for value in axis.values]
    turned: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(places, labels, **(turned if max(map(len, labels)) * len(labels) > _TICK_LETTERS else {}))
    if scale == "words":
        axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_xlabel(axis.name + (" (logarithmic)" if scale == "log" else ""))
    return places, scale


def _draw_table(axes: Axes, first: Axis, second: Axis, points: Sequence[Point]) -> None:
    """A heat map, the first option across and the second one down, with every value in its cell."""
    values = np.array([point.scores["accuracy"].value for point in points])
    cells = values.reshape(len(first.values), len(second.values)).T
    image = axes.imshow(cells, aspect="auto", cmap="viridis")
    middle = (cells.min() + cells.max()) / 2
    for (row, column), value in np.ndenumerate(cells):
        colour = "white" if value < middle else "black"
        axes.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(first.values)), [value_text(value) for value in first.values])
    axes.set_yticks(range(len(second.values)), [value_text(value) for value in second.values])
    axes.set_xlabel(first.name)
    axes.set_ylabel(second.name)
    axes.figure.colorbar(image, ax=axes, label="test accuracy")


def _draw_list(axes: Axes, points: Sequence[Point]) -> None:
    """Every point in a line of its own, the first one on top."""
    rows = np.arange(len(points), dtype=np.float64)
    for row, point in zip(rows, points, strict=True):
        score = point.scores["accuracy"]
        if score.low is not None and score.high is not None:
            axes.hlines(row, score.low, score.high, color=COLOURS[0], lw=0.9)
        axes.plot(score.value, row, "o", color=COLOURS[0], ms=3.5)
    axes.set_yticks(rows, [describe(point.options) for point in points])
    axes.set_ylim(len(points) - 0.5, -0.5)
    axes.set_xlabel("test accuracy")


def _title(sweep: Sweep, letters: int) -> str:
    plan = sweep.grid.plans[0][0]
    words = [sweep.grid.model, plan.split.name, "+".join(plan.features)]
    return "\n".join(textwrap.wrap(" · ".join(word for word in words if word), letters))
