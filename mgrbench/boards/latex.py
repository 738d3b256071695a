"""A board as a LaTeX table in booktabs style."""

from __future__ import annotations

from mgrbench.boards.board import Board
from mgrbench.boards.formats import audit_sentence, interval_text, notes_of, rank_of, row_name, short
from mgrbench.boards.grid import Cell, Grid, grids_to_latex
from mgrbench.boards.rows import Row

COLUMNS = ("Rank", "Model", "Features", "Accuracy", "Macro-F1", "Folds", "Notes")
_NUMERIC = frozenset({0, 3, 4, 5})
_ROWS = 45
"""Rows that a page of paper holds."""


def to_latex(board: Board) -> str:
    """The ranked rows, then those that were selected on test, in tables of a page each."""
    notes = (
        audit_sentence(board),
        "Value [95 % interval over artists]; folds: mean ± population standard deviation. Rows that share a "
        "rank (=) are not shown to be worse than the first of them.",
    )
    grids = _pages(f"{board.split.name}, ranked by accuracy", board.ranked, notes)
    grids += _pages(f"{board.split.name}, selected on test: optimistic, not ranked", board.optimistic, ())
    return grids_to_latex(grids)


def _pages(title: str, rows: tuple[Row, ...], notes: tuple[str, ...]) -> list[Grid]:
    parts = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
    return [
        Grid(
            title=title if number == 1 else f"{title} (part {number})",
            columns=COLUMNS,
            rows=tuple(_cells(row) for row in part),
            numeric=_NUMERIC,
            notes=notes if number == len(parts) else (),
        )
        for number, part in enumerate(parts, start=1)
    ]


def _cells(row: Row) -> tuple[Cell, ...]:
    folds = row.accuracy_folds
    return (
        rank_of(row),
        row_name(row),
        " + ".join(row.features) or "–",
        interval_text(row.scores["accuracy"]),
        interval_text(row.scores["macro_f1"]),
        f"{short(folds.mean)} ± {short(folds.std)}",
        notes_of(row),
    )
