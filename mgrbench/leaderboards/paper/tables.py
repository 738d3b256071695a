"""The tables of Ng, Zeng and Wang (2020), as printed, beside the same tables from measured runs.

A cell that was not measured stays empty. Where several runs fit a cell, it shows the one with the fewest
options and the lowest seed, never the best one. A note gives their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mgrbench.core.types import BenchError
from mgrbench.leaderboards.paper.confusion import WRONG, confusions
from mgrbench.leaderboards.paper.measured import MeasuredQuery, MeasuredRuns, columns_of
from mgrbench.leaderboards.paper.printed import (
    COMPARISON,
    CONFUSIONS,
    SOURCE,
    Reported,
    printed_confusion,
    reported,
)
from mgrbench.leaderboards.tables.grid import NOT_MEASURED, NOT_PRINTED, Cell, Grid, printed_value

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
_EXPLAINED = (
    "Measured: value [95 % interval over artists]; printed: ± as printed. An empty cell was not measured.",
)


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


def paper_table(table: int, dataset: str | None, query: MeasuredQuery) -> list[Grid]:
    """A printed table beside the measured one, in one grid; a confusion matrix in two.

    Args:
        table: its number.
        dataset: one of `datasets_of`; all of them without.
        query: which runs may stand in it.

    Raises:
        BenchError: if the table has no figures of the dataset, if the record of a run is not what its
            predictions give, or if a confusion matrix is asked for on several splits.
    """
    datasets = datasets_of(table)
    if dataset is not None and dataset not in datasets:
        others = [str(number) for number in TITLES if dataset in datasets_of(number)]
        hint = (
            f"tables with figures of it: {', '.join(others)}" if others else f"it has {', '.join(datasets)}"
        )
        raise BenchError(f"table {table} has no figures of {dataset}", hint)
    chosen = datasets if dataset is None else (dataset,)
    if table in CONFUSIONS:
        if len(query.splits) > 1:
            raise BenchError(f"table {table} is a confusion matrix, of one split", "name one by --split")
        title = f"Table {table} of {SOURCE}: {TITLES[table]}"
        return confusions(printed_confusion(table), title, query)
    measured = {column: MeasuredRuns(of_column, table, chosen) for column, of_column in columns_of(query)}
    cells = [one for one in reported() if one.table == table and one.dataset in chosen]
    decided = sorted({one.decision for one in cells if one.decision in {"sum", "meta"}})
    by_decision = table not in {9, COMPARISON} and bool(decided)
    return [_accuracies(table, chosen, cells, measured, ("meta", "sum") if by_decision else ())]


def _accuracies(
    table: int,
    datasets: Sequence[str],
    cells: Sequence[Reported],
    measured: Mapping[str, MeasuredRuns],
    decisions: Sequence[str],
) -> Grid:
    """Rows are features, combinations or systems; columns are datasets or decisions, printed and measured.

    Args:
        table: its number.
        datasets: those of the columns.
        cells: what was printed.
        measured: what a measured column is called -> the runs that may stand in it.
        decisions: those of the columns.
    """
    comparison = table == COMPARISON
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
                line += [NOT_PRINTED, *[NOT_MEASURED] * len(measured)]
                continue
            wrong = WRONG if cited.note else ""
            value = f"{name}, {cited.printed.removeprefix('0')}"
            if cited.note:
                notes[f"* {value}: {cited.note}."] = None
            if cited.matrix:
                notes[f"{value}: {cited.matrix}."] = None
            printed = printed_value(cited.printed, cited.std, wrong)
            line += [printed, *(column.cell(cited) for column in measured.values())]
        lines.append(tuple(line))
    for protocol in dict.fromkeys(one.protocol for one in cells):
        systems = dict.fromkeys(one.system for one in cells if one.protocol == protocol)
        notes[f"Printed protocol{' of ' + '; '.join(systems) if comparison else ''}: {protocol}."] = None
    for column in measured.values():
        leaks = f" What leaks there: {', '.join(sorted(column.leaks))}." if column.leaks else ""
        notes[f"Measured on {', '.join(dict.fromkeys(column.splits.values()))}.{leaks}"] = None
        notes |= column.notes
    columns = tuple(f"{name}, {kind}" for name in head for kind in ("printed", *measured))
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
