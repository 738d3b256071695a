"""The runs that are shown beside what the paper printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgrbench.core.codes import about_run, title_of
from mgrbench.core.errors import BenchError
from mgrbench.core.text import did_you_mean, short
from mgrbench.leaderboards.paper.printed import COMPARISON, Reported
from mgrbench.leaderboards.paper.used import choice_text, features_used
from mgrbench.leaderboards.paper.used import decision as decision_of
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
"""Marks of a measured cell: selected on test, measured on another split than the others, or decided by other
features than the printed one."""

FUSIONNET = "fusionnet"
"""The model that follows the paper's own system."""

_LISTED = 3
"""Runs that a note names."""


@dataclass(frozen=True, slots=True)
class MeasuredQuery:
    """Which runs may stand in the measured cells of a table.

    Attributes:
        roots: folders of runs.
        splits: names of the splits, with or without the dataset; none for the table's own (`SPLITS`,
            `FILTERED`).
        model: the model whose runs stand where the table has FusionNet; in Table 11 it has a row of its own.
        run: folder of the run whose confusion matrix is shown; None to look for one.
    """

    roots: tuple[Path, ...]
    splits: tuple[str, ...] = ()
    model: str = FUSIONNET
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
        notes: sentences about the runs that were shown, and about those that were not.
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

    def cell(self, one: Reported, decision: str) -> Value:
        """The measured accuracy that belongs beside a printed one, or an empty cell.

        Args:
            one: the printed accuracy.
            decision: how a run in the cell decides (see `mgrbench.leaderboards.paper.used.decision`); ``any``
                where the column does not say it.
        """
        folder = self.folder(one, decision)
        if folder is None:
            return NOT_MEASURED
        name = one.system if one.table == COMPARISON else "+".join(one.features)
        return self._value(folder, name, one)

    def system_cell(self, dataset: str) -> Value:
        """The measured accuracy of the model that was asked for, in a row of its own, or an empty cell."""
        folder = self.system(dataset)
        if folder is None:
            self.notes[f"There is no run of {self.query.model} on {self.splits[dataset]}."] = None
            return NOT_MEASURED
        return self._value(folder, self.query.model)

    def folder(self, one: Reported, decision: str) -> Path | None:
        """The folder of the run beside a printed accuracy; a note where several fit.

        A run fits by the features that it used in every fold, not by those that it was given.
        """
        whole = one.table == COMPARISON
        model = one.model if whole else self.query.model
        accepted = {one.decision, ""} if decision == "any" else {decision}
        runs = [
            (folder, run)
            for folder, run in self._of(model, self._split(one))
            if not one.decision or decision_of(run) in accepted
        ]
        fitting = [item for item in runs if not one.features or _used_everywhere(item[1], one.features)]
        if fitting:
            return self._first(fitting, on_features(model, one.features))
        return self._first(_of_most_features(runs), model) if whole else None

    def system(self, dataset: str) -> Path | None:
        """The folder of the run that speaks for the model as a whole, on any features."""
        model = self.query.model
        return self._first(_of_most_features(self._of(model, self.splits[dataset])), model)

    def why_empty(self, one: Reported) -> str:
        """Why there is no run beside a printed accuracy of FusionNet as a whole."""
        split = self._split(one)
        count = len(self._of(one.model, split))
        if not count:
            return f"there is no run of {one.model} on {split}"
        runs = (
            f"the {count} runs of {one.model} on {split} have"
            if count > 1
            else (f"the only run of {one.model} on {split} has")
        )
        return f"{runs} no meta-CNN over several features"

    def note_different_choices(self) -> None:
        """Note the runs of the model that stand in no row, since their folds chose different combinations."""
        model = self.query.model
        for split in self.splits.values():
            names = [
                folder.name for folder, run in self._of(model, split) if len(set(features_used(run))) > 1
            ]
            if names:
                one = len(names) == 1
                what = f"{len(names)} {'run' if one else 'runs'} of {model} on {split}"
                does, whose = ("stands", "its") if one else ("stand", "their")
                listed = ", ".join(names[:_LISTED]) + (
                    f" and {len(names) - _LISTED} more" if names[_LISTED:] else ""
                )
                self.notes[
                    f"{what} {does} in no row, since {whose} folds chose different combinations: {listed}."
                ] = None

    def _of(self, model: str, split: str) -> list[tuple[Path, RunRecord]]:
        return [(folder, run) for folder, run in self._records if run.split == split and run.model == model]

    def _split(self, one: Reported) -> str:
        split = self.splits[one.dataset]
        if not self.query.splits and one.splits and split not in one.splits:
            return one.splits[0]
        return split

    def _first(self, runs: Sequence[tuple[Path, RunRecord]], name: str) -> Path | None:
        """The run with the fewest options and the lowest seed, never the best one."""
        if not runs:
            return None
        shown, _ = min(runs, key=lambda item: (len(item[1].options), item[1].seed, item[0].as_posix()))
        if len(runs) > 1:
            self.notes[f"{name}: {len(runs)} runs fit; shown is {shown.name}."] = None
        return shown

    def _value(self, folder: Path, name: str, one: Reported | None = None) -> Value:
        """The cell of a run, with its marks and a note on it."""
        run = load_run(folder).run
        known = [warning.code for warning in run.warnings]
        self.leaks |= dict.fromkeys(code for code in known if not about_run(code))
        more = [choice_text(run), *(f"{code}: {title_of(code)}" for code in known if about_run(code))]
        about = "; ".join([run_name(run), *filter(None, more)])
        self.notes[f"{name}, measured {short(run.scores['accuracy'].value)}: {about}."] = None
        mark = ""
        if run.selection.rule == "test":
            mark = ON_TEST
            self.notes["† Selected on test: optimistic."] = None
        if run.split != self.splits[run.dataset]:
            mark += ELSEWHERE
            self.notes[f"‡ Measured on {run.split}, whose protocol is that of the printed figure."] = None
        if one is not None and (other := self.other_features(one, run)):
            mark += OTHERWISE
            self.notes[other] = None
        return measured_value(run.scores["accuracy"], run.fold_mean_std["accuracy"].std, mark)

    def other_features(self, one: Reported, run: RunRecord) -> str:
        """A note where a run used other features than a printed accuracy; else empty."""
        if not one.features or _used_everywhere(run, one.features):
            return ""
        return f"§ Printed on {', '.join(one.features)}; no run used these in every fold."


def _used_everywhere(run: RunRecord, features: Sequence[str]) -> bool:
    return set(features_used(run)) == {frozenset(features)}


def _of_most_features(runs: Sequence[tuple[Path, RunRecord]]) -> list[tuple[Path, RunRecord]]:
    most = max((len(run.features) for _, run in runs), default=0)
    return [(folder, run) for folder, run in runs if len(run.features) == most]


def _split_of(table: int, dataset: str, query: MeasuredQuery) -> str:
    own = FILTERED if table in {9, 10} else SPLITS[dataset]
    if not query.splits:
        return own
    return _full(query.splits[0], dataset)


def _full(split: str, dataset: str) -> str:
    return split if "/" in split else f"{dataset}/{split}"
