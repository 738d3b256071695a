"""The tables of Ng, Zeng and Wang (2020), as printed, beside the same tables from measured runs.

A cell that was not measured stays empty. A run stands beside a combination of features only if every one of
its folds used that combination. Where several runs fit a cell, it shows the one with the fewest options and
the lowest seed, never the best one. A note gives their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mgrbench.core.types import BenchError
from mgrbench.leaderboards.paper.confusion import WRONG, confusions
from mgrbench.leaderboards.paper.measured import FUSIONNET, MeasuredQuery, MeasuredRuns, columns_of
from mgrbench.leaderboards.paper.printed import (
    COMPARISON,
    CONFUSIONS,
    OWN,
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
_RULES = {"meta": "meta-CNN", "sum": "sum rule"}
"""How FusionNet decides -> its words in a heading."""
_FILTERED = 9
"""Number of the table with an artist filter, which has one rule in each row."""
_LETTERS = {"cqt": "c", "harmonic": "h", "mel": "m", "percussive": "p", "scatter": "s", "timbre": "t"}
_EXPLAINED = (
    "Measured: value [95 % interval, over artists where they are known]; printed: ± as printed. "
    "An empty cell was not measured.",
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
    if table == COMPARISON:
        return [_comparison(chosen, cells, measured, query.model)]
    return [_accuracies(table, chosen, cells, measured, query.model)]


def _accuracies(
    table: int,
    datasets: Sequence[str],
    cells: Sequence[Reported],
    measured: Mapping[str, MeasuredRuns],
    model: str,
) -> Grid:
    """Rows are features or combinations; columns are datasets or decisions, printed and measured.

    Args:
        table: its number.
        datasets: those of the columns.
        cells: what was printed.
        measured: what a measured column is called -> the runs that may stand in it.
        model: the model of the measured columns.
    """
    decisions = _RULES if table != _FILTERED and {one.decision for one in cells} & set(_RULES) else ("any",)
    places = [(dataset, decision) for dataset in datasets for decision in decisions]
    rows: dict[str, dict[tuple[str, str], Reported]] = {}
    for one in cells:
        name = _feature_name(one.features, letters=len(decisions) > 1 or table == _FILTERED)
        rows.setdefault(name, {})[one.dataset, one.decision if len(decisions) > 1 else "any"] = one
    notes: dict[str, None] = dict.fromkeys(_EXPLAINED)
    head = [f"{_NAMES[dataset]} {_RULES.get(decision, '')}".strip() for dataset, decision in places]
    lines: list[list[Cell]] = []
    for name, ones in rows.items():
        line: list[Cell] = [name]
        for dataset, decision in places:
            line += _pair(name, ones.get((dataset, decision)), decision, measured, notes)
        lines.append(line)
    columns = [f"{place}, {kind}" for place in head for kind in ("printed", *measured)]
    if decisions is _RULES:
        columns += _add_other_rules(datasets, list(rows.values()), lines, measured, model, notes)
    _note_protocols(cells, notes, systems=False)
    for column in measured.values():
        if len(decisions) > 1 or table == _FILTERED:
            column.note_different_choices()
    _note_measured(measured, notes)
    return _grid(table, ("Features" if decisions is _RULES else "Feature", *columns), lines, notes, model)


def _add_other_rules(
    datasets: Sequence[str],
    rows: Sequence[Mapping[tuple[str, str], Reported]],
    lines: Sequence[list[Cell]],
    measured: Mapping[str, MeasuredRuns],
    model: str,
    notes: dict[str, None],
) -> list[str]:
    """Add columns for runs that decide by neither of FusionNet's rules, if there are any.

    Returns:
        The headings of the columns that were added to the lines.
    """
    added: list[str] = []
    for dataset in datasets:
        for name, column in measured.items():
            ones = [next((one for (of, _), one in row.items() if of == dataset), None) for row in rows]
            found = [NOT_MEASURED if one is None else column.cell(one, "") for one in ones]
            if any(cell.text for cell in found):
                for line, cell in zip(lines, found, strict=True):
                    line.append(cell)
                added.append(f"{_NAMES[dataset]} {model}, {name}")
                notes[f"{model} has a column of its own: it records neither a meta-CNN nor a sum rule."] = (
                    None
                )
    return added


def _comparison(
    datasets: Sequence[str], cells: Sequence[Reported], measured: Mapping[str, MeasuredRuns], model: str
) -> Grid:
    """Rows are systems, columns are datasets, printed and measured.

    Args:
        datasets: those of the columns.
        cells: what was printed.
        measured: what a measured column is called -> the runs that may stand in it.
        model: it has a row of its own behind FusionNet's, unless it is a system of the table.
    """
    rows: dict[str, dict[str, Reported]] = {}
    for one in cells:
        rows.setdefault(one.system, {})[one.dataset] = one
    notes: dict[str, None] = dict.fromkeys(_EXPLAINED)
    lines: list[list[Cell]] = []
    for name, ones in rows.items():
        line: list[Cell] = [name]
        for dataset in datasets:
            line += _pair(name, ones.get(dataset), "any", measured, notes)
        lines.append(line)
        if name == OWN and model not in {one.model for one in cells}:
            own: list[Cell] = [model]
            for dataset in datasets:
                own += [NOT_PRINTED, *(column.system_cell(dataset) for column in measured.values())]
            lines.append(own)
    _note_protocols(cells, notes, systems=True)
    _note_measured(measured, notes)
    columns = [f"{_NAMES[dataset]}, {kind}" for dataset in datasets for kind in ("printed", *measured)]
    return _grid(COMPARISON, ("System", *columns), lines, notes, FUSIONNET)


def _pair(
    name: str,
    cited: Reported | None,
    decision: str,
    measured: Mapping[str, MeasuredRuns],
    notes: dict[str, None],
) -> list[Cell]:
    """A printed accuracy and the measured ones beside it, with the notes on them."""
    if cited is None:
        return [NOT_PRINTED, *[NOT_MEASURED] * len(measured)]
    value = f"{name}, {cited.printed.removeprefix('0')}"
    if cited.note:
        notes[f"* {value}: {cited.note}."] = None
    if cited.matrix:
        notes[f"{value}: {cited.matrix}."] = None
    found = [column.cell(cited, decision) for column in measured.values()]
    for column, cell in zip(measured.values(), found, strict=True):
        if cited.system == OWN and cited.table == COMPARISON and not cell.text:
            notes[f"{OWN} was not measured on {_NAMES[cited.dataset]}: {column.why_empty(cited)}."] = None
    return [printed_value(cited.printed, cited.std, WRONG if cited.note else ""), *found]


def _note_protocols(cells: Sequence[Reported], notes: dict[str, None], *, systems: bool) -> None:
    for protocol in dict.fromkeys(one.protocol for one in cells):
        names = dict.fromkeys(one.system for one in cells if one.protocol == protocol)
        notes[f"Printed protocol{' of ' + '; '.join(names) if systems else ''}: {protocol}."] = None


def _note_measured(measured: Mapping[str, MeasuredRuns], notes: dict[str, None]) -> None:
    for column in measured.values():
        leaks = f" What leaks there: {', '.join(sorted(column.leaks))}." if column.leaks else ""
        notes[f"Measured on {', '.join(dict.fromkeys(column.splits.values()))}.{leaks}"] = None
        notes |= column.notes


def _grid(
    table: int, columns: Sequence[str], lines: Sequence[Sequence[Cell]], notes: Iterable[str], model: str
) -> Grid:
    """A table whose columns but the first are of numbers; the title names a model that is not FusionNet."""
    what = "printed and measured" if model == FUSIONNET else f"printed, and {model} measured"
    return Grid(
        title=f"Table {table} of {SOURCE}, {what}: {TITLES[table]}",
        columns=tuple(columns),
        rows=tuple(map(tuple, lines)),
        numeric=frozenset(range(1, len(columns))),
        notes=tuple(notes),
    )


def _feature_name(features: Sequence[str], *, letters: bool) -> str:
    """``mel``, or for combinations the paper's letters, ``m+p+s+T``."""
    if len(features) == 1 or not letters:
        return " + ".join(features)
    return "+".join(_LETTERS.get(name, "T" if name == "transfer" else name) for name in features)
