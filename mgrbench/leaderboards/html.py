"""The static site: one self-contained page a split, and an index, from the templates beside this file.

A page holds its own style and script. Its content policy forbids it to load anything from elsewhere. It can
be read without its script, which only sorts, filters and switches between light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mgrbench.core.codes import CODES, title_of
from mgrbench.core.text import interval_text
from mgrbench.leaderboards import svg
from mgrbench.leaderboards.board import Board
from mgrbench.leaderboards.paper.printed import reported_on
from mgrbench.leaderboards.rows import Row
from mgrbench.leaderboards.text import (
    REPORTED,
    audit_sentence,
    folds_text,
    full_name,
    notes_of,
    provenance,
    rank_of,
    ranks_sentences,
    reported_cells,
    resolution_sentences,
    row_name,
    split_codes,
)
from mgrbench.metrics.classification import per_class
from mgrbench.metrics.clusters import resampled
from mgrbench.results.history import read_history
from mgrbench.results.standing import stands_apart

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_DRAWN_ROWS = 60
"""Largest number of rows in the plot of intervals."""
_DRAWN_MODELS = 24
"""Largest number of models with a drawn matrix, and of rows with learning curves."""


def to_html(board: Board) -> str:
    """The page of a split."""
    return _render(
        "page.html.j2",
        board=board,
        name=board.split.name,
        about=board.split.provenance.get("about", ""),
        provenance=provenance(board),
        audit=audit_sentence(board),
        resolution=resolution_sentences(board),
        ranks=ranks_sentences(board),
        over=resampled(board.split),
        ranked=[_cells(board, row) for row in board.ranked],
        optimistic=[_cells(board, row) for row in board.optimistic],
        features=sorted({name for row in board.rows for name in row.features}),
        intervals=Markup(svg.intervals(board.ranked[:_DRAWN_ROWS])) if board.ranked else "",  # noqa: S704
        details=_details(board),
        curves=_curves(board),
        reported=[reported_cells(one) for one in reported_on(board.split.name)],
        about_reported=REPORTED,
        codes=_codes(board),
        up="../" * board.split.name.count("/"),
    )


def to_index(boards: Sequence[Board]) -> str:
    """The page that leads to all splits."""
    lines = [
        {
            "name": board.split.name,
            "tracks": board.audit.test_tracks,
            "leak": f"{board.audit.artist_in_train / board.audit.test_tracks:.1%}",
            "share": board.audit.artist_in_train / board.audit.test_tracks,
            "rows": len(board.rows),
            "best": row_name(board.best) if board.best else "–",
            "beside": board.beside_best,
            "features": " + ".join(board.best.features) if board.best else "–",
            "accuracy": interval_text(board.best.scores["accuracy"]) if board.best else "–",
            "value": board.best.scores["accuracy"].value if board.best else -1.0,
        }
        for board in boards
    ]
    return _render("index.html.j2", name="Leaderboards", boards=lines, up="")


def _render(template: str, **values: object) -> str:
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return _environment().get_template(template).render(style=Markup(style), script=Markup(script), **values)  # noqa: S704


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _cells(board: Board, row: Row) -> dict[str, Any]:
    accuracy, macro, mcc = (row.scores[name] for name in ("accuracy", "macro_f1", "mcc"))
    return {
        "rank": rank_of(row),
        "place": row.rank or "",
        "model": row.model,
        "options": row_name(row).removeprefix(row.model),
        "features": " + ".join(row.features) or "–",
        "seed": row.seed,
        "accuracy": interval_text(accuracy),
        "accuracy_value": f"{accuracy.value:.6f}",
        "macro_f1": interval_text(macro),
        "macro_f1_value": f"{macro.value:.6f}",
        "mcc": interval_text(mcc),
        "mcc_value": f"{mcc.value:.6f}",
        "folds": folds_text(row),
        "folds_value": f"{row.accuracy_folds.mean:.6f}",
        "notes": notes_of(row).split(),
        "apart": stands_apart(row.codes, row.test_tracks, board.audit.test_tracks, row.trained),
        "run": row.run,
    }


def _details(board: Board) -> list[dict[str, Any]]:
    """The confusion matrix and the genres of each model's best row."""
    best: dict[str, Row] = {}
    for row in board.rows:
        best.setdefault(row.model, row)
    genres = board.dataset.genres
    found = []
    for row in list(best.values())[:_DRAWN_MODELS]:
        name = full_name(row)
        found.append(
            {
                "name": name,
                "accuracy": interval_text(row.scores["accuracy"]),
                "optimistic": row.optimistic,
                "confusion": Markup(svg.confusion(row.confusion, genres, name)),  # noqa: S704
                "genres": Markup(svg.genre_bars(per_class(row.confusion, genres), name)),  # noqa: S704
            }
        )
    return found


def _curves(board: Board) -> list[dict[str, Any]]:
    """The learning curves of the first rows that have a history."""
    found = []
    for row in board.rows:
        name = f"{full_name(row)}, seed {row.seed}"
        drawn = svg.curves(read_history(row.folder), name)
        if drawn:
            found.append({"name": name, "drawn": Markup(drawn)})  # noqa: S704
        if len(found) == _DRAWN_MODELS:
            break
    return found


def _codes(board: Board) -> Mapping[str, tuple[str, str]]:
    """Each code on the page, with its title and its meaning."""
    used = {warning.code for row in board.rows for warning in row.warnings} | set(split_codes(board))
    return {code: (title_of(code), CODES[code].means if code in CODES else "") for code in sorted(used)}
