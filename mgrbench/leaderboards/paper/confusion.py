"""A printed confusion matrix, and below it that of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.codes import title_of
from mgrbench.core.types import BenchError
from mgrbench.leaderboards.paper.measured import MeasuredQuery, MeasuredRuns
from mgrbench.leaderboards.paper.printed import COMPARISON, OWN, SHARES, PrintedConfusion, reported
from mgrbench.leaderboards.tables.grid import Cell, Grid, abbreviated, measured_value
from mgrbench.results.load import load_run
from mgrbench.results.names import on_features, run_name

WRONG = " *"
"""Mark of a printed figure that cannot be right."""


def confusions(printed: PrintedConfusion, title: str, query: MeasuredQuery) -> list[Grid]:
    """The printed matrix, and below it that of a run with the same features."""
    wrong = printed.inconsistent
    shares = {
        name: tuple(text + WRONG * ((name, at) in wrong) for at, text in enumerate(texts))
        for name, texts in printed.shares.items()
    }
    right, tracks = int(printed.counts.trace()), int(printed.counts.sum())
    notes = [f"{right} of {tracks} tracks right: {right / tracks:.2%}."]
    if wrong:
        notes.append("* Does not follow from the printed matrix.")
    notes.append(
        "Accuracy as the paper prints it, trace / (trace + FP + the other genres' FN): not its eq. 16."
    )
    first = _matrix(f"{title}, printed", printed.genres, _counts(printed.counts), shares, notes)
    return [first, _measured_matrix(title, printed, query)]


def _measured_matrix(title: str, printed: PrintedConfusion, query: MeasuredQuery) -> Grid:
    genres = printed.genres
    folder, notes = query.run, []
    if folder is None:
        source = 9 if printed.table == 10 else COMPARISON
        best = next(
            one
            for one in reported()
            if one.table == source
            and one.system == OWN
            and one.decision == "meta"
            and one.dataset == printed.dataset
        )
        measured = MeasuredRuns(query, printed.table, (printed.dataset,))
        folder = measured.folder(best)
        notes += list(measured.notes)
        if folder is None:
            empty = [[""] * len(genres) for _ in genres]
            nothing: Mapping[str, Sequence[str]] = {name: [""] * len(genres) for name in SHARES}
            split = measured.splits[printed.dataset]
            notes.append(f"There is no run of {on_features(query.model, best.features)} on {split}.")
            return _matrix(f"{title}, measured", genres, empty, nothing, notes)
    run = load_run(folder).run
    if run.dataset != printed.dataset:
        hint = f"name a run on {printed.dataset}"
        raise BenchError(f"table {printed.table} is of {printed.dataset}, the run of {run.dataset}", hint)
    rows = run.per_class
    # As the printed ones: Table 8 has shares, the others percentages.
    form = ".2%" if printed.shares["Recall"][0].endswith("%") else ".4f"
    shares = {name: [format(getattr(row, field), form) for row in rows] for name, field in SHARES.items()}
    score = run.scores["accuracy"]
    notes = [
        f"{run_name(run)}, {run.split}, seed {run.seed}: accuracy {measured_value(score, 0.0).text}.",
        *(f"{code}: {title_of(code)}." for code in dict.fromkeys(w.code for w in run.warnings)),
        *notes,
    ]
    return _matrix(f"{title}, measured", genres, _counts(np.array(run.confusion)), shares, notes)


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
    rows += [(f"{name}{unit}", *shown[name], "") for name in SHARES if name != "Recall"]
    return Grid(
        title=title,
        columns=("True \\ predicted", *genres, f"Recall{unit}"),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(genres) + 2)),
        notes=tuple(notes),
        short=("True", *abbreviated(genres), f"Recall{unit}"),
    )
