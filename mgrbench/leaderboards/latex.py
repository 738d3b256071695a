"""A board as a LaTeX table in booktabs style."""

from __future__ import annotations

from mgrbench.core.text import interval_text
from mgrbench.leaderboards.board import Board
from mgrbench.leaderboards.rows import Row
from mgrbench.leaderboards.tables.grid import Cell, Grid
from mgrbench.leaderboards.tables.latex import grids_to_latex
from mgrbench.leaderboards.text import audit_sentence, folds_text, notes_of, rank_of, row_name

COLUMNS = ("Rank", "Model", "Features", "Accuracy", "Macro-F1", "Folds", "Notes")
_NUMERIC = frozenset({0, 3, 4, 5})


def to_latex(board: Board) -> str:
    """The ranked rows, then those that were selected on test, in tables that fit a page."""
    notes = (
        audit_sentence(board),
        "Value [95 % interval over artists]; folds: mean ± population standard deviation. Rows that share a "
        "rank (=) are not shown to be worse than the first of them.",
    )
    parts = (
        (f"{board.split.name}, ranked by accuracy", board.ranked, notes),
        (f"{board.split.name}, selected on test: optimistic, not ranked", board.optimistic, ()),
    )
    return grids_to_latex(
        [
            Grid(title, COLUMNS, tuple(_cells(board, row) for row in rows), numeric=_NUMERIC, notes=said)
            for title, rows, said in parts
            if rows
        ]
    )


def _cells(board: Board, row: Row) -> tuple[Cell, ...]:
    return (
        rank_of(row),
        row_name(row),
        " + ".join(row.features) or "–",
        interval_text(row.scores["accuracy"]),
        interval_text(row.scores["macro_f1"]),
        folds_text(board, row),
        notes_of(row),
    )
