"""Accuracy against prediction time: a point for each model, and the Pareto front.

Time a clip has a logarithmic scale; bars are 95 % intervals. A model is on the Pareto front if no other
predicts at least as fast with a higher accuracy. Only models that the board has an accuracy of are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mgrbench.core import plotting
from mgrbench.core.plotting import COLOURS, MARKERS, ONE_COLUMN
from mgrbench.core.types import Score
from mgrbench.profiling.record import CostRow, Session
from mgrbench.profiling.report.accuracies import Accuracies
from mgrbench.profiling.report.tables import pictured, stem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEIGHT, _LEGEND = 2.6, 0.15
_DECADES, _NEAR = 100, 5
"""Ratios of largest to smallest time below which more than powers of ten, or round numbers, are named."""
_LEGEND_SIZE = 6.5


@dataclass(frozen=True, slots=True)
class CostPoint:
    """One model.

    Attributes:
        name: what the legend calls it.
        time: median prediction time in ms a clip.
        ends: 95 % interval of that median; twice the median where there is none.
        accuracy: from the board.
    """

    name: str
    time: float
    ends: tuple[float, float]
    accuracy: Score


def points(session: Session, accuracies: Accuracies) -> list[CostPoint]:
    """The models of a session that the board knows, the fastest first."""
    found = []
    known = [(row, row.clips, accuracies.of(row)) for row in session.rows]
    drawn = [(row, clips, score) for row, clips, score in known if clips and score]
    rows = [row for row, *_ in drawn]
    for row, clips, score in drawn:
        ms = 1e3 / row.batch
        low, high = (clips.p50 if end is None else end for end in (clips.low, clips.high))
        found.append(CostPoint(_name(row, rows), ms * clips.p50, (ms * low, ms * high), score))
    return sorted(found, key=lambda point: point.time)


def _name(row: CostRow, drawn: Sequence[CostRow]) -> str:
    """The model; with its features, and its options, where another row has the same model."""
    same = [other for other in drawn if other.model == row.model]
    if len(same) == 1:
        return row.model
    name = row.name if sum(other.features == row.features for other in same) > 1 else row.model
    return f"{name}, {'+'.join(row.features)}"


def front(all_points: Sequence[CostPoint]) -> list[CostPoint]:
    """The Pareto front: no other point is as fast and more accurate, or faster and as accurate."""
    best: list[CostPoint] = []
    for point in sorted(all_points, key=lambda point: (point.time, -point.accuracy.value)):
        if not best or point.accuracy.value > best[-1].accuracy.value:
            best.append(point)
    return best


def pictures(sessions: Sequence[Session], accuracies: Accuracies) -> dict[str, bytes]:
    """``cost.png`` (300 dpi) and ``cost.svg`` of the first machine, ``cost-2.png`` and so on of the others.

    A machine of which fewer than two models have an accuracy has none.

    Raises:
        MissingExtraError: if matplotlib is not installed.
    """
    files: dict[str, bytes] = {}
    for number, session in enumerate(sessions, start=1):
        if pictured(session, accuracies):
            made = plotting.pictures(partial(draw, points(session, accuracies), accuracies.split))
            files |= {f"{stem(number)}.{kind}": data for kind, data in made.items()}
    return files


def draw(drawn: Sequence[CostPoint], split: str) -> Figure:
    """Draw the points; matplotlib is needed."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, MaxNLocator

    lines = (len(drawn) + 2) // 2
    figure = Figure(figsize=(ONE_COLUMN, _HEIGHT + _LEGEND * lines), layout="constrained")
    axes = figure.add_subplot()
    edge = front(drawn)
    axes.plot(
        [point.time for point in edge],
        [100 * point.accuracy.value for point in edge],
        drawstyle="steps-post", color="0.6", linewidth=0.8, label="Pareto front", zorder=1,
    )  # fmt: skip
    for number, point in enumerate(drawn):
        value, low, high = point.accuracy.value, point.accuracy.low, point.accuracy.high
        known = low is not None and high is not None
        axes.errorbar(
            [point.time],
            [100 * value],
            xerr=[[max(point.time - point.ends[0], 0)], [max(point.ends[1] - point.time, 0)]],
            yerr=[[100 * (value - (low or 0))], [100 * ((high or 0) - value)]] if known else None,
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            linestyle="none", elinewidth=0.7, capsize=1.5, label=point.name,
        )  # fmt: skip
    axes.set_xscale("log")
    # matplotlib writes powers of ten as formulas, which `STYLE` turns off: names come from users.
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter("")
    low, high = axes.get_xlim()
    if high < _DECADES * low:  # where there may be no power of ten
        near = MaxNLocator(4) if high < _NEAR * low else LogLocator(subs=(1, 2, 5))
        axes.xaxis.set_major_locator(near)
    axes.set_xlabel("prediction time a clip (ms), features given")
    axes.set_ylabel(f"accuracy on {split} (%)")
    axes.grid(linewidth=0.3, color="0.85")
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=2, fontsize=_LEGEND_SIZE)
    return figure
