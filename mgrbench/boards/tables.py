"""The tables of Ng, Zeng and Wang (2020), as printed, beside the same tables from measured runs.

A cell that was not measured stays empty. Where several runs fit a cell, the one with the fewest options set
and the lowest seed is shown, never the best one, and a note says how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.boards.grid import NOT_MEASURED, NOT_PRINTED, Cell, Grid, Value, measured_value, printed_value
from mgrbench.boards.reported import (
    CONFUSIONS,
    SHARES,
    SOURCE,
    PrintedConfusion,
    Reported,
    printed_confusion,
    reported,
)
from mgrbench.lookup import run_dataset, run_split
from mgrbench.metrics import per_class
from mgrbench.runs import Run, find_runs, read_run
from mgrbench.stored import stored_run
from mgrbench.types import BenchError

SPLITS = {
    "gtzan": "gtzan/random10",
    "ismir2004": "ismir2004/official",
    "extballroom": "extballroom/random10",
}
"""Dataset -> the split whose runs stand beside printed figures, unless another is named."""

FILTERED = "gtzan/foleiss3"
"""The split of Tables 9 and 10."""

TITLES = {
    2: "single features",
    3: "combinations of features, ISMIR2004",
    4: "combinations of features, GTZAN",
    5: "combinations of features, Extended Ballroom",
    6: "confusion matrix, ISMIR2004",
    7: "confusion matrix, GTZAN",
    8: "confusion matrix, Extended Ballroom",
    9: "GTZAN with artist filter",
    10: "confusion matrix, GTZAN with artist filter",
    11: "comparison of systems",
}
"""Number of a table -> what it holds."""

_NAMES = {"gtzan": "GTZAN", "ismir2004": "ISMIR2004", "extballroom": "Extended Ballroom"}
_LETTERS = {"cqt": "c", "harmonic": "h", "mel": "m", "percussive": "p", "scatter": "s", "timbre": "t"}
_OWN = "FusionNet"
_COMPARISON = 11
_EXPLAINED = (
    "Measured: value [95 % interval over artists]; printed: ± as printed. An empty cell was not measured.",
)
_WRONG = " *"
_ON_TEST = " †"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may stand in the measured cells.

    Attributes:
        roots: folders of runs.
        split: full name of the split; empty for the table's own (`SPLITS`, `FILTERED`).
        model: the model whose runs stand where the table has FusionNet.
        sum_rule: the name of rows that stand where it has the sum rule.
        run: folder of the run whose confusion matrix is shown; None to look for one.
    """

    roots: tuple[Path, ...]
    split: str = ""
    model: str = "fusionnet"
    sum_rule: str = "fusionnet_sumrule"
    run: Path | None = None


def datasets_of(table: int) -> tuple[str, ...]:
    """The datasets that a printed table has figures of.

    Raises:
        BenchError: if there is no such table.
    """
    if table not in TITLES:
        known = ", ".join(map(str, TITLES))
        raise BenchError(f"there is no table {table} to show", f"the tables are {known}")
    if table in CONFUSIONS:
        return (CONFUSIONS[table],)
    return tuple(dict.fromkeys(one.dataset for one in reported() if one.table == table))


def paper_table(table: int, dataset: str | None, wanted: Wanted) -> list[Grid]:
    """A printed table beside the measured one, in one grid; a confusion matrix in two.

    Args:
        table: its number.
        dataset: one of `datasets_of`; all of them without.
        wanted: which runs may stand in it.

    Raises:
        BenchError: if the table has no figures of the dataset, or if a run cannot be believed.
    """
    datasets = datasets_of(table)
    if dataset is not None and dataset not in datasets:
        others = [str(number) for number in TITLES if dataset in datasets_of(number)]
        mend = (
            f"tables with figures of it: {', '.join(others)}" if others else f"it has {', '.join(datasets)}"
        )
        raise BenchError(f"table {table} has no figures of {dataset}", mend)
    chosen = datasets if dataset is None else (dataset,)
    if table in CONFUSIONS:
        return _confusions(printed_confusion(table), wanted)
    found = _Found(wanted, table, chosen)
    cells = [one for one in reported() if one.table == table and one.dataset in chosen]
    decided = sorted({one.decision for one in cells if one.decision in {"sum", "meta"}})
    by_decision = table not in {9, _COMPARISON} and bool(decided)
    return [_accuracies(table, chosen, cells, found, ("meta", "sum") if by_decision else ())]


class _Found:
    """The finished runs that may stand in measured cells, read only when they are needed."""

    def __init__(self, wanted: Wanted, table: int, datasets: Sequence[str]) -> None:
        self.wanted = wanted
        self.splits = {name: _split_of(table, name, wanted) for name in datasets}
        self.notes: dict[str, None] = {}
        self._records: list[tuple[Path, Run]] = []
        for root in dict.fromkeys(wanted.roots):
            for folder in find_runs(root):
                if "/".join(folder.relative_to(root).parts[:2]) in self.splits.values():
                    self._records.append((folder, read_run(folder)))

    def cell(self, one: Reported) -> Value:
        """The measured accuracy that belongs beside a printed one, or an empty cell."""
        folder = self.folder(one)
        if folder is None:
            return NOT_MEASURED
        run = _believed(folder)
        mark = ""
        if run.selection.rule == "test":
            mark = _ON_TEST
            self.notes["† Selected on test: optimistic."] = None
        return measured_value(run.scores["accuracy"], run.fold_mean_std["accuracy"].std, mark)

    def folder(self, one: Reported) -> Path | None:
        """The folder of the run beside a printed accuracy."""
        model = self.wanted.model if one.system == _OWN else one.model
        if one.decision == "sum":
            model = self.wanted.sum_rule
        fitting = [
            (len(run.options), run.seed, folder.as_posix(), folder)
            for folder, run in self._records
            if run.split == self.splits[one.dataset]
            and run.model == model
            and (not one.features or set(run.features) == set(one.features))
        ]
        if not fitting:
            return None
        if len(fitting) > 1:
            name = f"{model} {'+'.join(one.features)}".strip()
            shown = min(fitting)
            self.notes[f"{name}: {len(fitting)} runs fit; shown is {shown[3].name}."] = None
        return min(fitting)[3]


def _split_of(table: int, dataset: str, wanted: Wanted) -> str:
    own = FILTERED if table in {9, 10} else SPLITS[dataset]
    if not wanted.split:
        return own
    return wanted.split if "/" in wanted.split else f"{dataset}/{wanted.split}"


def _believed(folder: Path) -> Run:
    record = read_run(folder)
    genres = run_dataset(record.dataset).genres
    return stored_run(folder, run_split(record.split, folder), genres)[0]


def _accuracies(
    table: int,
    datasets: Sequence[str],
    cells: Sequence[Reported],
    found: _Found,
    decisions: Sequence[str],
) -> Grid:
    """Rows are features, combinations or systems; columns are datasets or decisions, printed and measured."""
    comparison = table == _COMPARISON
    places = [(dataset, decision) for dataset in datasets for decision in decisions or ("",)]
    rows: dict[str, dict[tuple[str, str], Reported]] = {}
    for one in cells:
        name = (
            one.system if comparison else _feature_name(one.features, letters=bool(decisions) or table == 9)
        )
        rows.setdefault(name, {})[one.dataset, one.decision if decisions else ""] = one
    words = {"meta": "meta-CNN", "sum": "sum rule", "": ""}
    notes: dict[str, None] = dict.fromkeys(_EXPLAINED)
    head = [f"{_NAMES[dataset]} {words[decision]}".strip() for dataset, decision in places]
    lines: list[tuple[Cell, ...]] = []
    for name, ones in rows.items():
        line: list[Cell] = [name]
        for place in places:
            cited = ones.get(place)
            if cited is None:
                line += [NOT_PRINTED, NOT_MEASURED]
                continue
            wrong = _WRONG if cited.note else ""
            if cited.note:
                notes[f"* {name}, {cited.printed.removeprefix('0')}: {cited.note}."] = None
            line += [printed_value(cited.printed, cited.std, wrong), found.cell(cited)]
        lines.append(tuple(line))
    for protocol in dict.fromkeys(one.protocol for one in cells):
        systems = dict.fromkeys(one.system for one in cells if one.protocol == protocol)
        notes[f"Printed protocol{' of ' + '; '.join(systems) if comparison else ''}: {protocol}."] = None
    notes |= dict.fromkeys(f"Measured on {split}." for split in dict.fromkeys(found.splits.values()))
    notes |= found.notes
    columns = tuple(f"{name}, {kind}" for name in head for kind in ("printed", "measured"))
    first = "System" if comparison else "Features" if decisions else "Feature"
    return Grid(
        title=f"Table {table} of {SOURCE}, printed and measured: {TITLES[table]}",
        columns=(first, *columns),
        rows=tuple(lines),
        numeric=frozenset(range(1, len(columns) + 1)),
        notes=tuple(notes),
    )


def _feature_name(features: Sequence[str], *, letters: bool) -> str:
    """``mel``, or for combinations the paper's letters, ``m+p+s+T``."""
    if len(features) == 1 or not letters:
        return " + ".join(features)
    return "+".join(_LETTERS.get(name, "T" if name == "transfer" else name) for name in features)


def _confusions(printed: PrintedConfusion, wanted: Wanted) -> list[Grid]:
    """The printed matrix, and below it that of a run with the same features."""
    title = f"Table {printed.table} of {SOURCE}: {TITLES[printed.table]}"
    wrong = [
        (name, position)
        for name in SHARES
        for position in range(len(printed.genres))
        if not printed.consistent(name, position)
    ]
    shares = {
        name: tuple(text + _WRONG * ((name, at) in wrong) for at, text in enumerate(texts))
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
    return [first, _measured_matrix(title, printed, wanted)]


def _measured_matrix(title: str, printed: PrintedConfusion, wanted: Wanted) -> Grid:
    genres = printed.genres
    folder, notes = wanted.run, []
    if folder is None:
        source = 9 if printed.table == 10 else _COMPARISON
        best = next(
            one
            for one in reported()
            if one.table == source
            and one.system == _OWN
            and one.decision == "meta"
            and one.dataset == printed.dataset
        )
        found = _Found(wanted, printed.table, (printed.dataset,))
        folder = found.folder(best)
        notes += list(found.notes)
        if folder is None:
            empty = [[""] * len(genres) for _ in genres]
            nothing: Mapping[str, Sequence[str]] = {name: [""] * len(genres) for name in SHARES}
            split = found.splits[printed.dataset]
            notes.append(f"No run of {wanted.model} on {split} with {'+'.join(best.features)} is at hand.")
            return _matrix(f"{title}, measured", genres, empty, nothing, notes)
    run = _believed(folder)
    if run.dataset != printed.dataset:
        mend = f"name a run on {printed.dataset}"
        raise BenchError(f"table {printed.table} is of {printed.dataset}, the run of {run.dataset}", mend)
    rows = per_class(np.array(run.confusion))
    shares = {name: [f"{getattr(row, field):.2%}" for row in rows] for name, field in SHARES.items()}
    score = run.scores["accuracy"]
    notes = [
        f"{run.model} on {'+'.join(run.features) or 'no features'}, {run.split}, seed {run.seed}: accuracy "
        f"{measured_value(score, 0.0).text}.",
        *(["Selected on test: optimistic."] if run.selection.rule == "test" else []),
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
    rows: list[tuple[Cell, ...]] = [
        (genre, *counts[at], shares["Recall"][at]) for at, genre in enumerate(genres)
    ]
    rows += [(name, *shares[name], "") for name in SHARES if name != "Recall"]
    return Grid(
        title=title,
        columns=("True \\ predicted", *genres, "Recall"),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(genres) + 2)),
        notes=tuple(notes),
    )
