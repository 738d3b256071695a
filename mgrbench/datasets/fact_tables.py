"""Reader of the fact tables that come with the package: what is known of a dataset without its audio.

A fact table is UTF-8 text: header lines ``# key: value`` that name sources, licence and citation, one line
of column names, then one line a track, the fields separated by tabs and taken as they stand (no quoting).
A table of folds has, besides ``track_id``, one column for each split; a field holds the fold that the track
is tested in (from 1), or one of ``train``, ``valid``, ``test``, or nothing where the split leaves the track
out. Its header says of every split ``# <split>.<key>: value`` with the keys `PROVENANCE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError, PublishedFolds

PROVENANCE = ("about", "source", "licence", "cite", "rules")
"""What a table of folds says of each split."""

_FOLDER = Path(__file__).resolve().parent / "facts"
_HINT = "correct the line, or install mgrbench anew if you never changed it"


@dataclass(frozen=True, slots=True)
class FactTable:
    """A fact table as read.

    Attributes:
        path: the file.
        header: the header lines, key -> value.
        columns: names of the columns.
        rows: one dictionary a line, column -> field.
        first_line: line number of the first row, for messages.
    """

    path: Path
    header: dict[str, str]
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    first_line: int

    def error(self, row: int, problem: str) -> BenchError:
        """An error that names the file and the line of the row at this position."""
        return BenchError(problem, _HINT, f"{self.path}:{self.first_line + row}")


def facts_file(name: str) -> Path:
    """Path of a fact table that comes with the package."""
    return _FOLDER / name


def read_facts(path: Path, columns: Sequence[str]) -> FactTable:
    """Read a fact table.

    Args:
        path: the file, see `facts_file`.
        columns: columns that it must have; ``track_id`` is always required.

    Raises:
        BenchError: with file and line, if the file is missing or not UTF-8, a header line has no key
            or no value or a key twice, a column is missing or named twice, a line has too many or too few
            fields, or a track id is empty or stands twice.
    """
    lines = read_text(path).splitlines()
    header = _header(lines, path)
    first = len(header)
    names, *fields = [line.split("\t") for line in lines[first:]] or [[""]]
    missing = [column for column in ("track_id", *columns) if column not in names]
    if missing or len(set(names)) < len(names):
        problem = f"lacks the column {missing[0]!r}" if missing else "names a column twice"
        raise BenchError(problem, _HINT, f"{path}:{first + 1}")
    rows = tuple(dict(zip(names, row, strict=False)) for row in fields)
    table = FactTable(path, header, tuple(names), rows, first + 2)
    seen: set[str] = set()
    for position, row in enumerate(fields):
        if len(row) != len(names):
            raise table.error(position, f"has {len(row)} fields where there are {len(names)} columns")
        track = rows[position]["track_id"]
        if not track or track in seen:
            raise table.error(position, f"the track id {track!r} is empty or stands twice")
        seen.add(track)
    return table


def _header(lines: Sequence[str], path: Path) -> dict[str, str]:
    header: dict[str, str] = {}
    for number, line in enumerate(takewhile(lambda line: line.startswith("#"), lines), start=1):
        key, colon, value = (part.strip() for part in line[1:].partition(":"))
        if not (key and colon and value) or key in header:
            raise BenchError(f"is no '# key: value' with a new key: {line[:60]!r}", _HINT, f"{path}:{number}")
        header[key] = value
    return header


def read_folds(path: Path) -> dict[str, PublishedFolds]:
    """Read a table of folds: name of the split -> its provenance and rows.

    Raises:
        BenchError: with file and line, as `read_facts` does, and if the header misses a line of provenance or
            says something of a split that has no column, or if a field is neither a fold nor a part.
    """
    table = read_facts(path, ())
    splits = [column for column in table.columns if column != "track_id"]
    expected = {f"{split}.{key}" for split in splits for key in PROVENANCE} | {"about"}
    wrong = sorted(expected ^ set(table.header))
    if wrong:
        what = "lacks the" if wrong[0] in expected else "has an unknown"
        raise BenchError(f"the header {what} line '# {wrong[0]}:'", _HINT, path)
    return {
        split: PublishedFolds(
            provenance={key: table.header[f"{split}.{key}"] for key in PROVENANCE},
            rows=_assignment(table, split),
        )
        for split in splits
    }


def _assignment(table: FactTable, split: str) -> dict[str, tuple[int, str]]:
    rows: dict[str, tuple[int, str]] = {}
    for position, row in enumerate(table.rows):
        field = row[split]
        if field in ("train", "valid", "test"):
            rows[row["track_id"]] = (1, field)
        elif field.isdecimal() and field.isascii() and int(field) >= 1:
            rows[row["track_id"]] = (int(field), "test")
        elif field:
            raise table.error(position, f"{split} {field!r} is neither a fold nor train, valid or test")
    return rows
