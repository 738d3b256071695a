"""Which columns of a table name its tracks.

A column of class labels must never be taken for one: where a dataset's ids are numbers, as those of FMA, the
numbers of its classes are ids as well. So a column called like a label is left out. A bare number counts only
where a column is called like one of tracks, or where the numbers of the column differ and most are ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError
from mgrbench.splits.list_file import COLUMN_NAMES, ListFile, is_label, plain

Known = Callable[[str], str | None]
"""A name as it stands in a list -> the track, or None."""

_SURE = COLUMN_NAMES[: COLUMN_NAMES.index("location")]
"""Names of columns that hold nothing but tracks; a ``name`` or ``url`` may be of something else."""
_NUMBER = re.compile(r"\s*[0-9]+\s*")


def is_number(name: str) -> bool:
    """Whether a name is nothing but digits, and so may be a label, a fold or the number of a row."""
    return _NUMBER.fullmatch(name) is not None


def place_of(listed: ListFile, column: str, path: Path) -> int:
    """Position of the column of this name or number.

    Raises:
        BenchError: if there is none.
    """
    width = len(listed.rows[0]) if listed.rows else len(listed.columns)
    if column in listed.columns:
        return listed.columns.index(column)
    alike = [place for place, name in enumerate(listed.columns) if plain(name) == plain(column)]
    if len(alike) == 1:
        return alike[0]
    if column.isascii() and column.isdecimal() and 1 <= int(column[:6]) <= width:
        return int(column[:6]) - 1
    has = ", ".join(repr(name)[1:-1] for name in listed.columns) or f"{width} without names, counted from 1"
    hint = did_you_mean(repr(column), map(repr, listed.columns), f"its columns are {has}")
    raise BenchError(f"has no column {column!r}", hint, path)


def name_places(listed: ListFile, known: Known) -> tuple[int, ...]:
    """Positions of the columns that name the tracks; none where no column does.

    Several columns do only in a table without column names, where a row names several tracks.
    """
    if not listed.rows:
        return ()
    columns = [[row[place] for row in listed.rows] for place in range(len(listed.rows[0]))]
    if listed.columns:
        return _named_place(listed.columns, columns, known)
    alone = len(columns) == 1
    counts = [_matched(column, known, numbers=alone or _are_ids(column, known)) for column in columns]
    found = [place for place, count in enumerate(counts) if count]
    tracks = ({known(row[place]) for place in found} - {None} for row in listed.rows)
    if len(found) > 1 and any(len(of_row) > 1 for of_row in tracks):
        return tuple(found)
    return tuple(sorted(found, key=lambda place: (-counts[place], place))[:1])


def meant_place(names: Sequence[str]) -> int:
    """The column that is called most like one of tracks."""
    able = [place for place, name in enumerate(names) if not is_label(name)]
    return min(able or range(len(names)), key=lambda place: _rank(names[place]))


def _named_place(names: Sequence[str], columns: Sequence[Sequence[str]], known: Known) -> tuple[int, ...]:
    """The column that is called most like one of tracks, among those that name any."""
    able = [place for place, name in enumerate(names) if not is_label(name)]
    sure = [place for place in able if plain(names[place]) in _SURE]
    likely = [place for place in able if plain(names[place]) in COLUMN_NAMES and place not in sure]
    # What is called like a path, and names no track, is not understood: another column can't be meant.
    others = [] if sure else [place for place in able if place not in likely]

    def count(place: int) -> int:
        column = columns[place]
        numbers = place in sure or (place in likely and _mostly_known(column, known))
        return _matched(column, known, numbers=numbers or (not names[place] and _are_ids(column, known)))

    for group in (sure, likely, others):
        best = max(group, key=lambda place: (count(place), -_rank(names[place]), -place), default=None)
        if best is not None and count(best):
            return (best,)
    return ()


def _matched(column: Sequence[str], known: Known, *, numbers: bool) -> int:
    """How many cells name a track; bare numbers count only if they may."""
    return sum(known(cell) is not None for cell in column if numbers or not is_number(cell))


def _are_ids(column: Sequence[str], known: Known) -> bool:
    """Whether a column of bare numbers has ids rather than labels: they differ, and most are tracks."""
    filled = [cell for cell in column if cell]
    differ = 2 * len(set(filled)) > len(filled)
    return differ and all(map(is_number, filled)) and _mostly_known(filled, known)


def _mostly_known(column: Sequence[str], known: Known) -> bool:
    """Whether most of the different cells name a track."""
    different = set(column)
    return 2 * sum(known(cell) is not None for cell in different) > len(different)


def _rank(name: str) -> int:
    """How sure a column's name is, 0 the surest."""
    return COLUMN_NAMES.index(plain(name)) if plain(name) in COLUMN_NAMES else len(COLUMN_NAMES)
