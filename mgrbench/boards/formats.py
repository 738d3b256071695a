"""A board as Markdown, CSV and JSON. Names come from users, so each format escapes them in its own way."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from mgrbench.boards.board import Board
from mgrbench.boards.reported import SOURCE, Reported, reported_on
from mgrbench.boards.rows import Row
from mgrbench.checks import CODES
from mgrbench.runs import ScoreRecord


def interval_text(score: ScoreRecord, digits: int = 3) -> str:
    """``.842 [.807, .876]``: value and 95 % interval without the zero before the point."""
    value = short(score.value, digits)
    if score.low is None or score.high is None:
        return value
    return f"{value} [{short(score.low, digits)}, {short(score.high, digits)}]"


def row_name(row: Row) -> str:
    """The model with the options that were set, for example ``svm_rbf (C=1)``."""
    options = ", ".join(f"{name}={value}" for name, value in row.options.items())
    return f"{row.model} ({options})" if options else row.model


def codes_of(row: Row) -> str:
    """The codes of a row's warnings, each once."""
    return " ".join(dict.fromkeys(warning.code for warning in row.warnings))


def notes_of(row: Row) -> str:
    """The codes of a row where its rank stands beside them, whose sign says what MGR107 would."""
    return " ".join(code for code in codes_of(row).split() if code != "MGR107")


def rank_of(row: Row) -> str:
    """``3``, ``3=`` where others share the rank, ``–`` where there is none."""
    return "–" if row.rank is None else f"{row.rank}{'=' if row.tied else ''}"


def audit_sentence(board: Board) -> str:
    """What leaks in the split, in one sentence."""
    audit = board.audit
    folds = "1 fold" if len(audit.folds) == 1 else f"{len(audit.folds)} folds"
    share = audit.artist_in_train / audit.test_tracks
    codes = ", ".join(check.code for check in audit.checks if check.status == "leak")
    return (
        f"{audit.test_tracks} test tracks in {folds}; of these {audit.artist_in_train} ({share:.1%}) have "
        f"their artist in training, {audit.exact_replica_in_train} an exact replica, "
        f"{audit.same_recording_in_train} the same recording or a version{f' ({codes})' if codes else ''}."
    )


def resolution_sentences(board: Board) -> str:
    """How small a difference the split can show."""
    found = board.resolution
    text = (
        f"{found.tracks} test tracks in {found.groups} groups by artist. If tracks were independent, an "
        f"accuracy of .8 would be known to ±{100 * found.independent:.1f} points."
    )
    if found.between_rows is None:
        return text
    return (
        f"{text} Between a row of this table and the next, a difference begins to show from "
        f"{100 * found.between_rows:.1f} points (median half-width of the 95 % intervals over artists), from "
        "more where many rows are compared."
    )


def resolution_line(board: Board) -> str:
    """The same in one short sentence, for a terminal."""
    found = board.resolution
    if found.between_rows is None:
        return f"The tracks are in {found.groups} groups by artist."
    return (
        f"The tracks are in {found.groups} groups by artist: from one row to the next, differences show from "
        f"about {100 * found.between_rows:.1f} points. Rows with = are not told apart from the first of "
        "their rank."
    )


RANKS = (
    "Rows that share a rank (=) are not shown to be worse than the first of them (MGR107). They are compared "
    "with it on the same tracks: two rows are told apart where the larger p of McNemar's exact test and the "
    "test over artists is below .05, after Holm's correction for all rows below it."
)
"""How a board is to be read."""


def to_markdown(board: Board) -> str:
    """A page: what the split is, leaks and can show, the ranked rows, the optimistic ones, the codes."""
    split = board.split
    about = escaped(split.provenance.get("about", ""))
    lines = [f"# {escaped(split.name)}", "", f"{about}.", ""]
    lines += [f"**Audit.** {audit_sentence(board)}", ""]
    lines += [
        f"- {key}: {escaped(split.provenance[key])}" for key in ("rules", "source") if key in split.provenance
    ]
    lines += ["", f"**Resolution.** {resolution_sentences(board)}", ""]
    for caution in board.dataset.cautions:
        lines += [f"**Labels.** {escaped(caution)}", ""]
    lines += [f"**Ranks.** {RANKS}", ""]
    lines += ["Value [95 % interval over artists]; folds: mean ± population standard deviation.", ""]
    lines += _table(board.ranked)
    if board.optimistic:
        lines += ["", "## Optimistic: selected on test, not ranked", ""]
        lines += _table(board.optimistic)
    lines += _reported(board)
    lines += _notes(board.rows)
    lines += [
        "",
        "Every number is computed from the stored predictions; `mgrbench leaderboard check` does it",
        "again, and `mgrbench explain CODE` says what a code means and what to do.",
        "",
    ]
    return "\n".join(lines)


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
        means = [f"{row.accuracy_folds.mean:.6f}", f"{row.accuracy_folds.std:.6f}"]
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
            codes_of(row),
            *map(spreadsheet_cell, (row.run, row.version, row.finished_utc)),
        ]
        writer.writerow([*left, *values, *means, *right])
    return stream.getvalue()


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
            "codes": [check.code for check in audit.checks if check.status == "leak"],
        },
        "resolution": asdict(board.resolution),
        "cautions": list(board.dataset.cautions),
        "ranked": [_row_document(row) for row in board.ranked],
        "optimistic": [_row_document(row) for row in board.optimistic],
        "reported": [_reported_document(one) for one in reported_on(board.split.name)],
    }


def _row_document(row: Row) -> dict[str, object]:
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
        "scores": {name: score.model_dump() for name, score in row.scores.items()},
        "accuracy_folds": row.accuracy_folds.model_dump(),
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
        cells += [f"{short(row.accuracy_folds.mean)} ± {short(row.accuracy_folds.std)}", notes_of(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


_COLUMNS = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "mcc": "MCC"}
_HIDDEN = ("balanced_accuracy", "weighted_f1", "log_loss")
"""Built-in metrics that stand in the CSV and JSON files only."""


def _notes(rows: Iterable[Row]) -> list[str]:
    details: dict[str, dict[str, None]] = {}
    for row in rows:
        for warning in row.warnings:
            details.setdefault(warning.code, {})[warning.detail] = None
    if not details:
        return []
    lines = ["", "## Notes", ""]
    for code, texts in sorted(details.items()):
        shown = "; ".join(map(escaped, texts)) if len(texts) <= _SHOWN_DETAILS else f"{len(texts)} rows"
        lines.append(f"- **{code}** {CODES.get(code, 'unknown code')}: {shown}")
    return lines


_SHOWN_DETAILS = 4

REPORTED = (
    "Printed by others, not measured here, and not ranked: their folds, features and choices were not seen, "
    f"and what was chosen on test is too high. Table numbers are those of {SOURCE}, which quotes other "
    "systems in its Table 11. `mgrbench table` sets them beside measured rows."
)
"""What has to be said above figures that others printed."""
_DECISIONS = {"sum": "sum rule", "meta": "meta-CNN"}


def reported_cells(one: Reported) -> tuple[str, str, str, str, str]:
    """A printed figure as plain text: system, features, accuracy, table, protocol with what is wrong."""
    decision = _DECISIONS.get(one.decision)
    system = f"{one.system}, {decision}" if decision else one.system
    spread = "" if one.std is None else f" ± {short(one.std, 4)}"
    wrong = f" Doubtful: {one.note}." if one.note else ""
    value = one.printed.removeprefix("0") + spread
    return system, " + ".join(one.features) or "–", value, str(one.table), f"{one.protocol}.{wrong}"


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


def short(value: float, digits: int = 3) -> str:
    """``.842``: a share without the zero before the point."""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and not text.startswith(("1", "-1")) else text


def _end(score: ScoreRecord | None, end: str) -> str:
    value = None if score is None else getattr(score, end)
    return "" if value is None else f"{value:.6f}"


def escaped(text: str) -> str:
    """Text that stays text in a Markdown table."""
    # An underscore inside a word is no emphasis, and names are full of them.
    text = re.sub(r"[\\`*{}\[\]<>#|~$]|&(?=#?\w+;)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", text)
    return " ".join(text.split())


def spreadsheet_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
