"""The time–frequency features of a clip side by side, sized and lettered for a paper of two columns.

Values are those that a model sees.
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.plotting import ONE_COLUMN, TWO_COLUMNS, pictures
from mgrbench.core.types import FloatArray
from mgrbench.features.panels import Panel, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec


_ROW, _HEAD = 2.2, 0.35
_LETTERS = 13
"""Letters of a title that fit into an inch."""
_APART = 0.08
"""Least distance of two labelled frequencies, as a share of the axis."""
_DARK = 2.0
"""Percentage of the values that share the darkest colour, so that silence does not use up the others."""


def png(sheet: Sheet) -> bytes:
    """The drawing as a PNG file of 300 dpi.

    Raises:
        MissingExtraError: if matplotlib is not installed.
    """
    return pictures(lambda: draw(sheet), kinds=["png"])["png"]


def draw(sheet: Sheet) -> Figure:
    """Draw the features in one row, or in two from the fourth on.

    A feature of several parts is as tall as two others, and those beside it use both rows. The style is
    whatever is set.
    """
    from matplotlib.figure import Figure

    plain = [panel for panel in sheet.panels if not panel.parts]
    tall = [panel for panel in sheet.panels if panel.parts]
    rows = 2 if len(plain) > (1 if tall else 3) else 1
    across = math.ceil(len(plain) / rows)
    columns = across + len(tall)
    width = ONE_COLUMN if columns == 1 else TWO_COLUMNS * max(1, columns / 3)
    figure = Figure(figsize=(width, (2 if tall else rows) * _ROW + _HEAD), layout="constrained")
    grid = figure.add_gridspec(rows, columns)
    for number, panel in enumerate(plain):
        row, column = divmod(number, across)
        lowest = number + across >= len(plain)
        _draw_panel(figure, grid[row, column], panel, first=column == 0, last=lowest)
    for column, panel in enumerate(tall, start=across):
        _draw_panel(figure, grid[:, column], panel, first=column == 0, last=True)
    figure.suptitle(_title(sheet, int(width * _LETTERS)))
    return figure


def ticks(hertz: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """Where round frequencies lie on an axis of bins, and what is written there.

    On a scale that is linear throughout they are evenly spaced, else 1, 2 and 5 times powers of ten.

    Args:
        hertz: rising frequencies of the bins 0, 1, …; several bins may share one.

    Returns:
        Positions in bins, fractions included, and labels such as ``500`` or ``2k``.
    """
    from matplotlib.ticker import MaxNLocator

    levels, index = np.unique(hertz, return_inverse=True)
    bins = np.bincount(index, weights=np.arange(len(hertz))) / np.bincount(index)
    wanted: NDArray[np.float64]
    if np.allclose(levels, np.linspace(levels[0], levels[-1], len(levels))):
        wanted = np.asarray(MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(levels[0], levels[-1]))
    else:
        # Powers of ten first: what lies too close to one of them gives way.
        wanted = np.ravel(np.outer((1, 5, 2), 10.0 ** np.arange(6)))
    kept: list[tuple[float, str]] = []
    for frequency in wanted[(wanted >= levels[0]) & (wanted <= levels[-1])]:
        position = float(np.interp(frequency, levels, bins))
        if all(abs(position - other) >= _APART * len(hertz) for other, _ in kept):
            kept.append((position, f"{frequency / 1000:g}k" if frequency >= 1000 else f"{frequency:g}"))
    kept.sort()
    return np.array([position for position, _ in kept]), [label for _, label in kept]


def _title(sheet: Sheet, letters: int) -> str:
    words = [sheet.track.id, sheet.track.genre]
    if sheet.track.artist:
        words.append(sheet.track.artist.replace(";", ", "))
    if sheet.segments > 1:
        words.append(f"segment {sheet.segment} of {sheet.segments}")
    # Lines are broken between the words only, not within one.
    title = " · ".join(word.replace(" ", "\N{NO-BREAK SPACE}") for word in words)
    lines = textwrap.wrap(title, letters, break_on_hyphens=False, break_long_words=False)
    return "\n".join(line.removesuffix(" ·") for line in lines)


def _draw_panel(figure: Figure, place: SubplotSpec, panel: Panel, *, first: bool, last: bool) -> None:
    """Draw a feature in its place, which may be the first of its row and the last of its column."""
    parts = panel.parts or {"": slice(None)}
    rows = [panel.values[:, part].T for part in parts.values()]
    # Parts with an axis of frequency are equally tall; one of a single bin is a strip.
    heights = [1.0 if len(part) > 1 else 0.05 for part in rows]
    inner = place.subgridspec(len(parts), 1, height_ratios=heights[::-1], hspace=0.04)
    together: list[Axes] = []
    for number, (name, part) in enumerate(parts.items()):
        axes = figure.add_subplot(inner[len(parts) - 1 - number])
        hertz = None if panel.hertz is None else panel.hertz[part]
        label = f"{name} (Hz)" if name else "frequency (Hz)" if first else ""
        _draw_part(axes, rows[number], panel.hop, hertz, name or "bin", label)
        axes.tick_params(labelbottom=number == 0)
        if number == 0 and last:
            axes.set_xlabel("time (s)")
        if number == len(parts) - 1:
            axes.set_title(panel.name)
        # A strip goes by the colours of the part above it.
        together.append(axes)
        if len(rows[number]) > 1 or number == len(parts) - 1:
            low, high = float(np.percentile(rows[number], _DARK)), float(rows[number].max())
            for one in together:
                one.images[0].set_clim(min(low, high - 1), high)
            bar = figure.colorbar(axes.images[0], ax=together, extend="min", aspect=25, pad=0.02)
            bar.set_label(panel.unit)
            together = []


def _draw_part(
    axes: Axes, rows: FloatArray, hop: float, hertz: NDArray[np.float64] | None, name: str, label: str
) -> None:
    """Draw rows of shape (bins, frames), low frequencies at the bottom."""
    from matplotlib.ticker import MaxNLocator

    if hertz is not None and hertz[0] > hertz[-1]:
        rows, hertz = rows[::-1], hertz[::-1]
    bins, frames = rows.shape
    extent = (-hop / 2, (frames - 0.5) * hop, -0.5, bins - 0.5)
    axes.imshow(rows, origin="lower", aspect="auto", extent=extent, cmap="magma")
    axes.set_xlim(0, extent[1])
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    if bins == 1:
        axes.set_yticks([0], [name])
    elif hertz is None:
        axes.set_ylabel(name)
    else:
        axes.set_yticks(*ticks(hertz))
        axes.set_ylabel(label)
