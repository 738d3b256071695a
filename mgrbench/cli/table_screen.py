"""What ``mgrbench table`` shows: grids as tables within eighty columns."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from mgrbench.cli.output import table
from mgrbench.leaderboards.tables.grid import to_text

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.leaderboards.tables.grid import Grid


_GAP = 2
"""Columns of the screen between two cells."""


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
            _draw_blocks(screen, grid, rows)
        for note in grid.notes:
            screen.print(note, markup=False, style="dim")


def _draw_blocks(screen: Console, grid: Grid, rows: list[list[str]]) -> None:
    """A table; columns that have no room beside the others stand below, with the first one again."""
    widths, heads = [], []
    for at, name in enumerate(grid.columns):
        cells = max((len(row[at]) for row in rows), default=0)
        widths.append(max(cells, *map(len, name.split())))
        heads.append(
            "\n".join(
                line for part in name.split(", ") for line in wrap(part, widths[-1], break_on_hyphens=False)
            )
        )
    kinds = ["right" if at in grid.numeric else "fold" for at in range(len(grid.columns))]
    blocks: list[list[int]] = [[0]]
    for at in range(1, len(grid.columns)):
        if len(blocks[-1]) > 1 and sum(widths[one] + _GAP for one in [*blocks[-1], at]) - _GAP > screen.width:
            blocks.append([0])
        blocks[-1].append(at)
    for place, block in enumerate(blocks):
        if place:
            screen.print()
        screen.print(
            table([(heads[at], kinds[at]) for at in block], [[row[at] for at in block] for row in rows])
        )


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
