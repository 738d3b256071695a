"""The runs that are shown beside what the paper printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgrbench.core.codes import about_run, title_of
from mgrbench.core.errors import BenchError
from mgrbench.core.text import did_you_mean, short
from mgrbench.leaderboards.paper.printed import COMPARISON, OWN, Reported
from mgrbench.leaderboards.tables.grid import NOT_MEASURED, Value, measured_value
from mgrbench.results.folder import find_runs, read_record
from mgrbench.results.load import load_run
from mgrbench.results.names import on_features, run_name
from mgrbench.results.run import RunRecord
from mgrbench.splits.load import metadata_splits, shipped_splits

SPLITS = {
    "gtzan": "gtzan/random10",
    "ismir2004": "ismir2004/official",
    "extballroom": "extballroom/random10",
}
"""Dataset -> the split whose runs stand beside printed figures, unless another is named."""

FILTERED = "gtzan/foleiss3"
"""The split of Tables 9 and 10."""

ON_TEST, ELSEWHERE, OTHERWISE = " †", " ‡", " §"
"""Marks of a measured cell that was selected on test, measured on another split than the others, or on other
features than the printed one."""


@dataclass(frozen=True, slots=True)
class MeasuredQuery:
    """Which runs may stand in the measured cells of a table.

    Attributes:
        roots: folders of runs.
        splits: names of the splits, with or without the dataset; none for the table's own (`SPLITS`,
            `FILTERED`).
        model: the model whose runs stand where the table has FusionNet.
        run: folder of the run whose confusion matrix is shown; None to look for one.
    """

    roots: tuple[Path, ...]
    splits: tuple[str, ...] = ()
    model: str = "fusionnet"
    run: Path | None = None


def columns_of(query: MeasuredQuery) -> list[tuple[str, MeasuredQuery]]:
    """The names of the measured columns, one a split, with the runs that may stand in each."""
    if len(query.splits) < 2:
        return [("measured", query)]
    short = [split.rpartition("/")[2] for split in query.splits]
    names = short if len(set(short)) == len(short) else query.splits
    return [(name, replace(query, splits=(split,))) for name, split in zip(names, query.splits, strict=True)]


def check_splits(query: MeasuredQuery, datasets: Sequence[str]) -> None:
    """Check that the splits exist that a query names.

    Args:
        query: names the splits, and the folders of runs, which may be on splits of a user.
        datasets: those of the table; a split named without one is to be of any of these.

    Raises:
        BenchError: if a split is neither one that mgrbench knows nor that of a run.
    """
    if not query.splits:
        return
    runs = [folder.relative_to(root) for root in query.roots for folder in find_runs(root)]
    there = {*shipped_splits(), *metadata_splits(datasets), *("/".join(run.parts[:2]) for run in runs)}
    for split in query.splits:
        if not any(_full(split, dataset) in there for dataset in datasets):
            full = [_full(split, dataset) for dataset in datasets]
            near = next(filter(None, (did_you_mean(name, sorted(there)) for name in full)), "")
            raise BenchError(f"no split is called {full[0]}", near or "`mgrbench list splits` names them")


class MeasuredRuns:
    """The finished runs that may stand in one measured column, read only when they are needed.

    Attributes:
        splits: dataset -> the split whose runs are looked for, the first of those asked for.
        notes: sentences about the runs that were shown.
        leaks: codes of what leaks in the splits that they were tested on.
    """

    def __init__(self, query: MeasuredQuery, table: int, datasets: Sequence[str]) -> None:
        self.query = query
        self.splits = {name: _split_of(table, name, query) for name in datasets}
        self.notes: dict[str, None] = {}
        self.leaks: dict[str, None] = {}
        self._records: list[tuple[Path, RunRecord]] = []
        for root in dict.fromkeys(query.roots):
            for folder in find_runs(root):
                if folder.relative_to(root).parts[0] in datasets:
                    self._records.append((folder, read_record(folder)))

    def cell(self, one: Reported) -> Value:
        """The measured accuracy that belongs beside a printed one, or an empty cell."""
        folder = self.folder(one)
        if folder is None:
            return NOT_MEASURED
        run = load_run(folder).run
        known = [warning.code for warning in run.warnings]
        self.leaks |= dict.fromkeys(code for code in known if not about_run(code))
        warned = "".join(f"; {code}: {title_of(code)}" for code in known if about_run(code))
        self.notes[
            f"{one.system}, measured {short(run.scores['accuracy'].value)}: {run_name(run)}{warned}."
        ] = None
        mark = ""
        if run.selection.rule == "test":
            mark = ON_TEST
            self.notes["† Selected on test: optimistic."] = None
        if run.split != self.splits[one.dataset]:
            mark += ELSEWHERE
            self.notes[f"‡ Measured on {run.split}, whose protocol is that of the printed figure."] = None
        if one.features and set(run.features) != set(one.features):
            mark += OTHERWISE
        return measured_value(run.scores["accuracy"], run.fold_mean_std["accuracy"].std, mark)

    def folder(self, one: Reported) -> Path | None:
        """The folder of the run beside a printed accuracy."""
        model = self.query.model if one.system == OWN else one.model
        split = self.splits[one.dataset]
        if not self.query.splits and one.splits and split not in one.splits:
            split = one.splits[0]
        runs = [
            (folder, run)
            for folder, run in self._records
            if run.split == split and run.model == model and one.decision in {"", decision(run)}
        ]
        fitting = [
            (folder, run)
            for folder, run in runs
            if not one.features or set(run.features) == set(one.features)
        ]
        if not fitting and one.table == COMPARISON:  # a system as a whole, on any features
            most = max((len(run.features) for _, run in runs), default=0)
            fitting = [(folder, run) for folder, run in runs if len(run.features) == most]
            if fitting:
                self.notes[f"§ Printed on {', '.join(one.features)}, of which there is no run."] = None
        if not fitting:
            return None
        shown, _ = min(fitting, key=lambda item: (len(item[1].options), item[1].seed, item[0].as_posix()))
        if len(fitting) > 1:
            self.notes[
                f"{on_features(model, one.features)}: {len(fitting)} runs fit; shown is {shown.name}."
            ] = None
        return shown


def decision(run: RunRecord) -> str:
    """How a run decides, as a `Reported.decision`: without candidates for a meta-CNN, by the sum rule."""
    if len(run.features) < 2:
        return "single"
    return "sum" if run.options.get("candidates") == 0 else "meta"


def _split_of(table: int, dataset: str, query: MeasuredQuery) -> str:
    own = FILTERED if table in {9, 10} else SPLITS[dataset]
    if not query.splits:
        return own
    return _full(query.splits[0], dataset)


def _full(split: str, dataset: str) -> str:
    return split if "/" in split else f"{dataset}/{split}"
