"""A printed confusion matrix, and below it that of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.codes import title_of
from mgrbench.core.text import interval_text
from mgrbench.core.types import BenchError
from mgrbench.leaderboards.paper.measured import FUSIONNET, MeasuredQuery, MeasuredRuns
from mgrbench.leaderboards.paper.printed import COMPARISON, OWN, SHARES, PrintedConfusion, reported
from mgrbench.leaderboards.paper.used import choice_text
from mgrbench.leaderboards.tables.grid import Cell, Grid, abbreviated
from mgrbench.metrics.classification import PerClass
from mgrbench.results.folder import read_record
from mgrbench.results.load import load_run
from mgrbench.results.names import run_name

WRONG = " *"
"""Mark of a printed figure that cannot be right."""

EQUATION_16 = "Accuracy, eq. 16"
"""The accuracy of a genre as equation 16 of the paper defines it, which its tables do not print."""

_MEASURED_SHARES = {**SHARES, EQUATION_16: "accuracy"}
"""What stands beside a measured matrix -> its field of `PerClass`."""

_LABELS = {"Accuracy": "Accuracy, as printed"}
"""What a share is called where the paper's word means something else."""

_FORMULAS = (
    f"{_LABELS['Accuracy']}: trace / (trace + FP + the other genres' FN), the formula of the paper's tables. "
    f"{EQUATION_16}: (TP + TN) / all tracks, the formula of its text."
)


def confusions(printed: PrintedConfusion, title: str, query: MeasuredQuery) -> list[Grid]:
    """The printed matrix, and below it that of a run with the same features."""
    wrong = printed.inconsistent
    shares = {
        name: tuple(text + WRONG * ((name, at) in wrong) for at, text in enumerate(texts))
        for name, texts in printed.shares.items()
    }
    shares[EQUATION_16] = _share_texts(printed, printed.rows, "accuracy")
    right, tracks = int(printed.counts.trace()), int(printed.counts.sum())
    notes = [f"{right} of {tracks} tracks right: {right / tracks:.2%}."]
    if wrong:
        notes.append("* Does not follow from the printed matrix.")
    notes += [_FORMULAS, f"{EQUATION_16} was not printed: it is computed from the printed matrix."]
    first = _matrix(f"{title}, printed", printed.genres, _counts(printed.counts), shares, notes)
    return [first, _measured_matrix(title, printed, query)]


def _measured_matrix(title: str, printed: PrintedConfusion, query: MeasuredQuery) -> Grid:
    genres = printed.genres
    title = f"{title}, measured"
    folder, choice = (query.run, []) if query.run else _found(printed, query)
    if folder is None:
        empty = [[""] * len(genres) for _ in genres]
        nothing: Mapping[str, Sequence[str]] = {name: [""] * len(genres) for name in _MEASURED_SHARES}
        return _matrix(title, genres, empty, nothing, choice)
    run = load_run(folder).run
    if run.dataset != printed.dataset:
        hint = f"name a run on {printed.dataset}"
        raise BenchError(f"table {printed.table} is of {printed.dataset}, the run of {run.dataset}", hint)
    shares = {name: _share_texts(printed, run.per_class, field) for name, field in _MEASURED_SHARES.items()}
    chose = choice_text(run)
    notes = [
        f"{run_name(run)}, {run.split}, seed {run.seed}: accuracy {interval_text(run.scores['accuracy'])}.",
        *([f"{chose[0].upper()}{chose[1:]}."] if chose else []),
        *(f"{code}: {title_of(code)}." for code in dict.fromkeys(w.code for w in run.warnings)),
        *choice,
        _FORMULAS,
    ]
    return _matrix(title, genres, _counts(np.array(run.confusion)), shares, notes)


def _found(printed: PrintedConfusion, query: MeasuredQuery) -> tuple[Path | None, list[str]]:
    """The folder of the run whose matrix is shown, if any, and the notes on its choice."""
    filtered = printed.table == 10
    best = next(
        one
        for one in reported()
        if one.table == (9 if filtered else COMPARISON)
        and one.system == OWN
        and one.decision == "meta"
        and one.dataset == printed.dataset
    )
    measured = MeasuredRuns(query, printed.table, (printed.dataset,))
    of_another = not filtered and query.model != FUSIONNET
    folder = measured.system(printed.dataset) if of_another else measured.folder(best, "any")
    if folder is None:
        split = measured.splits[printed.dataset]
        reason = f"there is no run of {query.model} on {split}"
        if filtered:
            measured.note_different_choices()
            reason = f"there is no run of {query.model} on {split} that used {'+'.join(best.features)}"
            reason += " in every fold"
        elif not of_another:
            reason = measured.why_empty(best)
        return None, [f"Nothing was measured: {reason}.", *measured.notes]
    if not of_another and (other := measured.other_features(best, read_record(folder))):
        measured.notes[other] = None
    return folder, list(measured.notes)


def _share_texts(printed: PrintedConfusion, rows: Sequence[PerClass], field: str) -> tuple[str, ...]:
    """Shares in the form of the printed ones: Table 8 has shares, the others percentages."""
    form = ".2%" if printed.shares["Recall"][0].endswith("%") else ".4f"
    return tuple(format(getattr(row, field), form) for row in rows)


def _counts(counts: NDArray[np.int64]) -> list[list[str]]:
    return [[str(count) for count in row] for row in counts.tolist()]


def _matrix(
    title: str,
    genres: Sequence[str],
    counts: Sequence[Sequence[str]],
    shares: Mapping[str, Sequence[str]],
    notes: Sequence[str],
) -> Grid:
    percent = any(text.endswith("%") for texts in shares.values() for text in texts)
    unit = ", %" if percent else ""
    shown = {
        name: [text.replace("%", "") if percent else text.removeprefix("0") for text in texts]
        for name, texts in shares.items()
    }
    rows: list[tuple[Cell, ...]] = [
        (genre, *counts[at], shown["Recall"][at]) for at, genre in enumerate(genres)
    ]
    rows += [
        (f"{_LABELS.get(name, name)}{unit}", *shown[name], "")
        for name in _MEASURED_SHARES
        if name != "Recall"
    ]
    return Grid(
        title=title,
        columns=("True \\ predicted", *genres, f"Recall{unit}"),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(genres) + 2)),
        notes=tuple(notes),
        short=("True", *abbreviated(genres), f"Recall{unit}"),
    )
