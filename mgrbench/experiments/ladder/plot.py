"""The ladder as a plot for one column of a paper: accuracy by rung, one line a model, with its intervals.

Open markers beside the rung of clips at random are the test clips whose artist is in training (pointing up)
and the others (pointing down).
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from mgrbench.core.plotting import COLOURS, MARKERS, ONE_COLUMN, pictures
from mgrbench.core.types import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mgrbench.experiments.ladder.ladder import Ladder

LINES = ("-", "--", "-.", ":")
_HEIGHT = 2.7
_LEGEND = 0.16
"""Inches that a line of the legend adds."""
_SPREAD = 0.24
"""How far the models' markers of one rung lie apart altogether."""
_INSIDE = 0.32
"""How far beside their rung the parts of the random split stand, at half that spread."""
_WORDS = 10
"""Letters in a line of a rung's title."""
_WIDTH = 1.0
"""Points that a line is wide."""


def ladder_pictures(ladder: Ladder) -> dict[str, bytes]:
    """The plot as ``png`` (300 dpi) and ``svg``, the same bytes for the same ladder.

    Raises:
        MissingExtraError: if matplotlib is not installed.
    """
    return pictures(lambda: draw(ladder))


def draw(ladder: Ladder) -> Figure:
    """Draw the ladder, in whatever style is set."""
    from matplotlib.figure import Figure

    run = [rung for rung in ladder.rungs if not rung.left_out]
    inside = any(step.inside and step.inside.known for step in ladder.steps)
    lines = (len(ladder.models) + 1) // 2 + inside
    figure = Figure(figsize=(ONE_COLUMN, _HEIGHT + _LEGEND * lines), layout="constrained")
    axes = figure.add_subplot()
    place = {rung.name: position for position, rung in enumerate(run)}
    for number, model in enumerate(ladder.models):
        _draw_model(axes, ladder, place, model, number)
    if inside:
        _explain(axes)
    names = [textwrap.fill(rung.title, _WORDS, break_long_words=False) for rung in run]
    axes.set_xticks(range(len(run)), names)
    axes.set_xlim(-0.5, len(run) - 0.5)
    axes.set_ylabel("accuracy (%)")
    axes.grid(axis="y", linewidth=0.3, color="0.8")
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _draw_model(axes: Axes, ladder: Ladder, place: dict[str, int], model: str, number: int) -> None:
    """Draw a model's line, its points with intervals, and the two parts of the rung of random clips."""
    steps = ladder.of(model)
    many = len(ladder.models)
    shift = _SPREAD * (number / (many - 1) - 0.5) if many > 1 else 0.0
    colour = COLOURS[number % len(COLOURS)]
    looks: dict[str, Any] = {
        "color": colour,
        "marker": MARKERS[number % len(MARKERS)],
        "label": model,
        "linewidth": _WIDTH,
    }
    where = [place[step.rung] + shift for step in steps]
    heights = [100 * step.accuracy.value for step in steps]
    ends = _bars([step.accuracy for step in steps])
    axes.errorbar(
        where, heights, yerr=ends, capsize=1.5, linestyle=LINES[number // len(COLOURS) % len(LINES)], **looks
    )
    for step in steps:
        for part, marker in ((step.inside.known, "^"), (step.inside.strange, "v")) if step.inside else ():
            if part is not None:
                at = place[step.rung] + shift / 2 + _INSIDE
                axes.plot([at], [100 * part.value], marker, color=colour, markerfacecolor="white")


def _explain(axes: Axes) -> None:
    """Explain the open markers in the legend."""
    grey: dict[str, Any] = {"color": "0.3", "markerfacecolor": "white", "linestyle": "none"}
    axes.plot([], [], marker="^", label="artist in training", **grey)
    axes.plot([], [], marker="v", label="artist not in training", **grey)


def _bars(scores: list[Score]) -> list[list[float]]:
    """Lengths of the error bars below and above, in percentage points."""
    below = [100 * (score.value - score.low) if score.low is not None else 0.0 for score in scores]
    above = [100 * (score.high - score.value) if score.high is not None else 0.0 for score in scores]
    return [below, above]
