"""The words of leaderboards in every format: names, codes, sentences."""

from __future__ import annotations

from typing import Any

from mgrbench.core.text import short
from mgrbench.leaderboards.board import Board
from mgrbench.leaderboards.paper.printed import SOURCE, Reported
from mgrbench.leaderboards.rows import Row
from mgrbench.metrics.clusters import resampled
from mgrbench.results.names import model_name, on_features, options_text


def settings_of(row: Row) -> str:
    """The options that were set and any seed but 0, for example ``C=1, seed=2``."""
    return options_text(_settings(row))


def row_name(row: Row) -> str:
    """The model with its settings, for example ``svm_rbf (C=1)``."""
    return model_name(row.model, _settings(row))


def full_name(row: Row) -> str:
    """The model with its settings and features, for example ``svm_rbf (C=1) on choi+mel``."""
    return on_features(row_name(row), row.features)


def _settings(row: Row) -> dict[str, Any]:
    return dict(row.options) | ({"seed": row.seed} if row.seed else {})


def notes_of(row: Row) -> str:
    """The codes of a row where its rank stands beside them, whose sign says what MGR107 would."""
    return " ".join(code for code in row.codes if code != "MGR107")


def split_codes(board: Board) -> tuple[str, ...]:
    """The codes of what leaks in the split."""
    return tuple(check.code for check in board.audit.checks if check.status == "leak")


def all_codes(board: Board, row: Row) -> str:
    """The codes of the split and of the row: for files whose rows are read without their page."""
    return " ".join([*split_codes(board), *row.codes])


def provenance(board: Board) -> dict[str, str]:
    """Where the split comes from: the fields of its file's header that are there."""
    header = board.split.provenance
    return {key: header[key] for key in ("rules", "source", "made-by", "cite") if header.get(key)}


def folds_text(row: Row) -> str:
    """``.842 ± .021``; a dash where there is one fold, and no difference between folds."""
    folds = row.accuracy_folds
    return "–" if folds.std is None else f"{short(folds.mean)} ± {short(folds.std)}"


def rank_of(row: Row) -> str:
    """``3``, ``3=`` where others share the rank, ``–`` where there is none."""
    return "–" if row.rank is None else f"{row.rank}{'=' if row.tied else ''}"


def audit_sentence(board: Board) -> str:
    """What leaks in the split, and what could not be checked because the dataset has no facts of it."""
    audit = board.audit
    share = audit.artist_in_train / audit.test_tracks
    counts = {
        "artist": (f"{audit.artist_in_train} ({share:.1%})", "their artist", "artists"),
        "replica": (str(audit.exact_replica_in_train), "an exact replica", "exact replicas"),
        "recording": (
            str(audit.same_recording_in_train),
            "the same recording or a version",
            "recordings and versions",
        ),
    }
    known = [counts[fact] for fact in counts if fact in audit.known]
    leaks = [f"{count} have {what} in training" for count, what, _ in known[:1]]
    leaks += [f"{count} {what}" for count, what, _ in known[1:]]
    codes = ", ".join(split_codes(board))
    folds = "1 fold" if len(audit.folds) == 1 else f"{len(audit.folds)} folds"
    text = f"{audit.test_tracks} test tracks in {folds}"
    if leaks:
        text += f"; of these {', '.join(leaks)}{f' ({codes})' if codes else ''}"
    unknown = ", ".join(counts[fact][2] for fact in counts if fact not in audit.known)
    unchecked = f" Not known, so not checked: {unknown}." if unknown else ""
    return f"{text}.{unchecked}"


def _groups(board: Board) -> str:
    """``948 test tracks in 277 groups by artist``."""
    found = board.resolution
    if resampled(board.split) == "tracks":
        return f"{found.tracks} test tracks, nearly all of unknown artist: each of these counts by itself"
    return f"{found.tracks} test tracks in {found.groups} groups by artist"


def resolution_sentences(board: Board) -> str:
    """How small a difference the split can show."""
    found = board.resolution
    text = (
        f"{_groups(board)}. If tracks were independent, an "
        f"accuracy of .8 would be known to ±{100 * found.independent:.1f} points."
    )
    if found.between_rows is None:
        return text
    return (
        f"{text} Between a row of this table and the next, a difference begins to show from "
        f"{100 * found.between_rows:.1f} points (median half-width of the 95 % intervals over "
        f"{resampled(board.split)}), from more where many rows are compared."
    )


def resolution_line(board: Board) -> str:
    """The same in one short sentence, for a terminal."""
    found = board.resolution
    known = resampled(board.split) == "artists"
    tracks = f"The tracks are in {found.groups} groups by artist" if known else "The artists are not known"
    if found.between_rows is None:
        return f"{tracks}."
    return (
        f"{tracks}: from one row to the next, differences show from "
        f"about {100 * found.between_rows:.1f} points. Rows with = do not differ significantly from the "
        "first of their rank."
    )


def ranks_sentences(board: Board) -> str:
    """How the ranks of a board are to be read."""
    return (
        "Rows that share a rank (=) are not significantly worse than the first of them (MGR107). They are "
        "compared with it on the same tracks. Two rows differ significantly where the larger p of McNemar's "
        f"exact test and of the test over {resampled(board.split)} is below .05, after Holm's correction for "
        "all rows below the first."
    )


REPORTED = (
    "Printed by others, not measured here, and not ranked. Their folds and features are not known here, nor "
    "whether an accuracy is too high because something was selected on the test part. Table numbers are "
    f"those of {SOURCE}, which quotes other systems in its Table 11. `mgrbench table` shows them beside "
    "measured rows."
)
"""The sentences above figures that others printed."""
_DECISIONS = {"sum": "sum rule", "meta": "meta-CNN"}


def reported_cells(one: Reported) -> tuple[str, str, str, str, str]:
    """A printed figure as plain text: system, features, accuracy, table, protocol with what is wrong."""
    decision = _DECISIONS.get(one.decision)
    system = f"{one.system}, {decision}" if decision else one.system
    spread = "" if one.std is None else f" ± {short(one.std, 4)}"
    wrong = f" Doubtful: {one.note}." if one.note else ""
    matrix = f" {one.matrix[0].upper()}{one.matrix[1:]}." if one.matrix else ""
    value = one.printed.removeprefix("0") + spread
    return system, " + ".join(one.features) or "–", value, str(one.table), f"{one.protocol}.{wrong}{matrix}"
