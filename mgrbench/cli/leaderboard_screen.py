"""A board on the screen: narrow enough for eighty columns, whatever options its rows were made with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING

from mgrbench.cli.output import share, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.leaderboards import Board
    from mgrbench.leaderboards.rows import Row

_COLUMNS = (
    ("", "right"),
    ("model", "name"),
    ("features", "fold"),
    ("accuracy", "right"),
    ("95 %", "left"),
    ("macro-F1", "right"),
    ("notes", "left"),
)
_WIDE = 100
"""Columns from which on a row's notes stand side by side, not one below the other."""


def draw_board(screen: Console, board: Board, top: int = 0, own: Path | None = None) -> None:
    """Print a board: the audit, the ranked rows, then the optimistic ones, then their settings.

    Args:
        screen: where to.
        board: the board.
        top: so many rows of each kind; 0 for all.
        own: a folder whose rows are shown whatever their rank.
    """
    from mgrbench.leaderboards.text import audit_sentence, resolution_line

    screen.print(f"{board.split.name}", style="bold", markup=False)
    screen.print(audit_sentence(board), markup=False)
    screen.print(resolution_line(board), markup=False)
    marks = _Marks()
    for rows, title in ((board.ranked, ""), (board.optimistic, "selected on test: optimistic, not ranked")):
        shown = [
            place
            for place, row in enumerate(rows)
            if not top or place < top or (own and row.folder.resolve().is_relative_to(own))
        ]
        if shown:
            between = " " if screen.width >= _WIDE else "\n"
            lines = list(_lines(rows, shown, marks, between))
            screen.print(table(_COLUMNS, lines, title))
        if len(rows) > len(shown):
            screen.print(f"… and {len(rows) - len(shown)} more (--top 0 shows all)", style="dim")
    if marks.of:
        screen.print(table([("", "left"), ("", "fold")], [(mark, said) for said, mark in marks.of.items()]))


def _lines(
    rows: Sequence[Row], shown: Sequence[int], marks: _Marks, between: str
) -> Iterator[tuple[str, ...]]:
    from mgrbench.leaderboards.text import notes_of, rank_of, settings_of

    for before, place in pairwise([-1, *shown]):
        if place > before + 1:
            yield ("", "…", *[""] * (len(_COLUMNS) - 2))
        row = rows[place]
        accuracy = row.scores["accuracy"]
        yield (
            rank_of(row),
            f"{row.model} {marks.mark(settings_of(row))}".rstrip(),
            " + ".join(row.features) or "–",
            share(accuracy.value),
            "–" if accuracy.low is None else f"{share(accuracy.low)}–{share(accuracy.high or 0)}",
            share(row.scores["macro_f1"].value),
            between.join(notes_of(row).split()) or "–",
        )


class _Marks:
    """A letter for each settings, in the order in which they come."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}
        self._letters = (f"({letter}{turn or ''})" for turn in count() for letter in ascii_lowercase)

    def mark(self, settings: str) -> str:
        """The letter of settings; nothing for none."""
        if settings and settings not in self.of:
            self.of[settings] = next(self._letters)
        return self.of.get(settings, "")
