"""A board as Markdown, CSV, JSON and LaTeX. Names come from users: each format escapes them in its way."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from mgrbench.core.codes import title_of
from mgrbench.core.text import escaped, interval_text, spreadsheet_cell
from mgrbench.core.types import Score
from mgrbench.leaderboards.board import Board
from mgrbench.leaderboards.paper.printed import SOURCE, Reported, reported_on
from mgrbench.leaderboards.rows import Row
from mgrbench.leaderboards.tables.grid import Cell, Grid
from mgrbench.leaderboards.tables.latex import grids_to_latex
from mgrbench.leaderboards.text import (
    REPORTED,
    all_codes,
    audit_sentence,
    folds_text,
    notes_of,
    provenance,
    rank_of,
    ranks_sentences,
    reported_cells,
    resolution_sentences,
    row_name,
    split_codes,
)
from mgrbench.metrics.clusters import resampled


def to_markdown(board: Board) -> str:
    """A page: what the split is, leaks and can show, the ranked rows, the optimistic ones, the codes."""
    split = board.split
    about = escaped(split.provenance.get("about", ""))
    lines = [f"# {escaped(split.name)}", "", f"{about}.", ""]
    lines += [f"**Audit.** {audit_sentence(board)}", ""]
    lines += [f"- {key}: {escaped(text)}" for key, text in provenance(board).items()]
    lines += ["", f"**Resolution.** {resolution_sentences(board)}", ""]
    for caution in board.dataset.cautions:
        lines += [f"**Labels.** {escaped(caution)}", ""]
    lines += [f"**Ranks.** {ranks_sentences(board)}", ""]
    lines += [
        f"Value [95 % interval over {resampled(board.split)}]; folds: mean ± population standard deviation.",
        "",
    ]
    lines += _table(board.ranked)
    if board.optimistic:
        lines += ["", "## Optimistic: selected on test, not ranked", ""]
        lines += _table(board.optimistic)
    lines += _reported(board)
    lines += _notes(board)
    lines += [
        "",
        "Every number is computed from the stored predictions; `mgrbench leaderboard check` does it",
        "again, and `mgrbench explain CODE` says what a code means and what to do.",
        "",
    ]
    return "\n".join(lines)


def _value_words(board: Board) -> str:
    """What a cell of the table holds."""
    over = resampled(board.split)
    return f"Value [95 % interval over {over}]; folds: mean ± population standard deviation"


def to_csv(board: Board) -> str:
    """One line per row, all metrics with their intervals."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    ends = [f"{metric}{end}" for metric in board.metrics for end in ("", "_low", "_high")]
    folds = ["accuracy_fold_mean", "accuracy_fold_std"]
    writer.writerow([*_LEFT, *ends, *folds, "tied", "warnings", "run", "version", "finished_utc"])
    for row in board.rows:
        names = (row.model, json.dumps(dict(row.options)), "+".join(row.features))
        values = [_end(row.scores.get(metric), end) for metric in board.metrics for end in _ENDS]
        folds_std = row.accuracy_folds.std
        means = [f"{row.accuracy_folds.mean:.6f}", "" if folds_std is None else f"{folds_std:.6f}"]
        left = [
            row.rank or "",
            *map(spreadsheet_cell, names),
            row.seed,
            row.selection,
            row.source,
            row.test_tracks,
        ]
        right = [
            "yes" if row.tied else "no",
            all_codes(board, row),
            *map(spreadsheet_cell, (row.run, row.version, row.finished_utc)),
        ]
        writer.writerow([*left, *values, *means, *right])
    return stream.getvalue()


def to_latex(board: Board) -> str:
    """The ranked rows, then those that were selected on test, as LaTeX tables."""
    notes = (
        audit_sentence(board),
        f"{_value_words(board)}. Rows that share a rank (=) are not significantly worse than the first of "
        "them.",
    )
    parts = (
        (f"{board.split.name}, ranked by accuracy", board.ranked, notes),
        (f"{board.split.name}, selected on test: optimistic, not ranked", board.optimistic, ()),
    )
    grids = [
        Grid(title, _LATEX_COLUMNS, tuple(map(_latex_cells, rows)), _NUMERIC, said)
        for title, rows, said in parts
        if rows
    ]
    return grids_to_latex(grids)


def _latex_cells(row: Row) -> tuple[Cell, ...]:
    return (
        rank_of(row),
        row_name(row),
        " + ".join(row.features) or "–",
        interval_text(row.scores["accuracy"]),
        interval_text(row.scores["macro_f1"]),
        folds_text(row),
        notes_of(row),
    )


_LATEX_COLUMNS = ("Rank", "Model", "Features", "Accuracy", "Macro-F1", "Folds", "Notes")
_NUMERIC = frozenset({0, 3, 4, 5})


def to_json(board: Board) -> str:
    """Everything, as one document."""
    return json.dumps(to_document(board), indent=1, ensure_ascii=False) + "\n"


def to_document(board: Board) -> dict[str, object]:
    """Everything, as plain dictionaries and lists."""
    audit = board.audit
    return {
        "split": board.split.name,
        "split_sha256": board.split.sha256,
        "about": board.split.provenance.get("about", ""),
        "audit": {
            "test_tracks": audit.test_tracks,
            "artist_in_train": audit.artist_in_train,
            "exact_replica_in_train": audit.exact_replica_in_train,
            "same_recording_in_train": audit.same_recording_in_train,
            "codes": list(split_codes(board)),
        },
        "resolution": asdict(board.resolution),
        "cautions": list(board.dataset.cautions),
        "ranked": [_row_document(board, row) for row in board.ranked],
        "optimistic": [_row_document(board, row) for row in board.optimistic],
        "reported": [_reported_document(one) for one in reported_on(board.split.name)],
    }


def _row_document(board: Board, row: Row) -> dict[str, object]:
    return {
        "rank": row.rank,
        "tied": row.tied,
        "model": row.model,
        "options": dict(row.options),
        "features": list(row.features),
        "seed": row.seed,
        "selection": row.selection,
        "source": row.source,
        "test_tracks": row.test_tracks,
        "scores": {name: asdict(score) for name, score in row.scores.items()},
        "accuracy_folds": row.accuracy_folds.model_dump(),
        "codes": [*split_codes(board), *row.codes],
        "warnings": [warning.model_dump() for warning in row.warnings],
        "run": row.run,
        "version": row.version,
        "finished_utc": row.finished_utc,
    }


def _reported_document(one: Reported) -> dict[str, object]:
    return {
        "source": f"{SOURCE}, Table {one.table}",
        "system": one.system,
        "model": one.model,
        "features": list(one.features),
        "decision": one.decision,
        "accuracy": one.accuracy,
        "std": one.std,
        "protocol": one.protocol,
        "note": one.note,
        "matrix": one.matrix,
    }


_LEFT = ("rank", "model", "options", "features", "seed", "selection", "source", "test_tracks")
_ENDS = ("value", "low", "high")


def _table(rows: Sequence[Row]) -> list[str]:
    named = dict.fromkeys(name for row in rows for name in row.scores)
    extra = [name for name in named if name not in _COLUMNS and name not in _HIDDEN]
    head = ["Rank", "Model", "Features", *(_COLUMNS.values()), *map(escaped, extra), "Folds", "Notes"]
    lines = ["| " + " | ".join(head) + " |", "|" + "--:|:--|:--|" + "--:|" * (len(head) - 4) + ":--|"]
    for row in rows:
        cells = [rank_of(row), escaped(row_name(row)), escaped(" + ".join(row.features)) or "–"]
        cells += [interval_text(row.scores[name]) for name in _COLUMNS]
        cells += [interval_text(row.scores[name]) if name in row.scores else "–" for name in extra]
        cells += [folds_text(row), notes_of(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


_COLUMNS = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "mcc": "MCC"}
_HIDDEN = ("balanced_accuracy", "weighted_f1", "log_loss")
"""Built-in metrics that stand in the CSV and JSON files only."""


def _notes(board: Board) -> list[str]:
    details: dict[str, dict[str, None]] = {
        check.code: {check.detail: None} for check in board.audit.checks if check.status == "leak"
    }
    for row in board.rows:
        for warning in row.warnings:
            details.setdefault(warning.code, {})[warning.detail] = None
    if not details:
        return []
    lines = ["", "## Notes", ""]
    for code, texts in sorted(details.items()):
        shown = "; ".join(map(escaped, texts)) if len(texts) <= _SHOWN_DETAILS else f"{len(texts)} rows"
        lines.append(f"- **{code}** {title_of(code)}: {shown}")
    return lines


_SHOWN_DETAILS = 4


def _reported(board: Board) -> list[str]:
    found = reported_on(board.split.name)
    if not found:
        return []
    lines = ["", "## Reported: not measured here, not ranked", "", REPORTED, ""]
    lines += ["| System | Features | Accuracy, as printed | Table | Protocol |", "|:--|:--|--:|--:|:--|"]
    for one in found:
        *cells, protocol = reported_cells(one)
        lines.append("| " + " | ".join(map(escaped, (*cells, protocol))) + " |")
    return lines


def _end(score: Score | None, end: str) -> str:
    value = None if score is None else getattr(score, end)
    return "" if value is None else f"{value:.6f}"
