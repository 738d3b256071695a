"""What ``mgrbench table`` shows: grids as tables within eighty columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgrbench.cli.output import table
from mgrbench.leaderboards.tables.grid import to_text

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.leaderboards.tables.grid import Grid


def draw_grids(screen: Console, grids: Sequence[Grid]) -> None:
    """Print tables one below the other, each with its title and notes."""
    for place, grid in enumerate(grids):
        if place:
            screen.print()
        screen.print(grid.title, style="bold", markup=False)
        rows = [[to_text(cell) for cell in row] for row in grid.rows]
        if grid.short:
            _draw_matrix(screen, grid, rows)
        else:
            # Headings of two parts stand on two lines.
            kinds = ["right" if at in grid.numeric else "fold" for at in range(len(grid.columns))]
            heads = [name.replace(", ", "\n") for name in grid.columns]
            screen.print(table(list(zip(heads, kinds, strict=True)), rows))
        for note in grid.notes:
            screen.print(note, markup=False, style="dim")


def _draw_matrix(screen: Console, grid: Grid, rows: list[list[str]]) -> None:
    """A confusion matrix and, beside the genres, its shares, both within eighty columns."""
    many = len(grid.columns) - 2
    heads = [("true", "left"), *((genre, "right") for genre in grid.short[1:-1])]
    screen.print(table(heads, [row[:-1] for row in rows[:many]]))
    screen.print()
    names = [grid.columns[-1], *(row[0] for row in rows[many:])]
    shares = [[row[-1] for row in rows[:many]], *(row[1:-1] for row in rows[many:])]
    lines = [[row[0], *(share[at] for share in shares)] for at, row in enumerate(rows[:many])]
    heads = [("", "left"), *((name.replace(", ", "\n"), "right") for name in names)]
    screen.print(table(heads, lines))
