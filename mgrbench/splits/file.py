"""Split file <-> `Split`.

A split file is plain text: a header of ``# key: value`` lines, a line of column names, and rows

``track_id<TAB>genre<TAB>fold<TAB>part<TAB>artist``

In a **k-fold** split every track stands once, with ``part`` = ``test`` and the fold that it is tested in;
the training part of a fold is all the rest. In a **train/valid/test** split each fold names all its parts.
Genre and artist are repeated in the file so that it can be audited without anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mgrbench.core.files import read_text, sha256_of_bytes
from mgrbench.core.types import BenchError, Fold, Split

PARTS = ("train", "valid", "test")
COLUMNS = ("track_id", "genre", "fold", "part", "artist")
HEADER_KEYS = ("name", "about", "source", "licence", "cite", "rules", "made-by")

# Names become folders of runs and boards, so none may lead out of them.
_NAME = re.compile(r"[\w-][\w.-]*")
_FOLD = re.compile("0*[1-9][0-9]{0,5}", re.ASCII)


class SplitRow(NamedTuple):
    """One line of a split file."""

    track_id: str
    genre: str
    fold: int
    part: str
    artist: str


def is_name(text: str) -> bool:
    """Whether a split (or its dataset) may be called so: letters, digits, ``-``, ``_`` and ``.`` inside."""
    return _NAME.fullmatch(text) is not None


def read_split(path: Path) -> Split:
    """Read a split file.

    Raises:
        BenchError: with file and line, if anything in it is not as the format says.
    """
    return split_from_text(read_text(path), str(path))


def split_from_text(text: str, where: str) -> Split:
    """Parse the text of a split file; ``where`` names it in errors."""
    provenance, lines = _parse(text, where)
    return _split(provenance, lines, text, where)


def split_of_rows(provenance: Mapping[str, str], rows: Iterable[SplitRow]) -> Split:
    """The split of these rows; its text has the header in a fixed order, and rows by fold, part and id.

    Raises:
        BenchError: as by `split_from_text`, if the rows contradict each other, or if a value has a tab or a
            line break in it.
    """
    header, ordered = _header(provenance), _ordered(rows)
    text = _text(header, ordered)
    return _split(header, list(enumerate(ordered, start=len(header) + 2)), text, header.get("name", ""))


def _split(provenance: dict[str, str], lines: list[tuple[int, SplitRow]], text: str, where: str) -> Split:
    rows = [row for _, row in lines]
    return Split(
        name=_checked_name(provenance.get("name", ""), where),
        folds=_folds(lines, where),
        genre={row.track_id: row.genre for row in rows},
        artist={row.track_id: row.artist for row in rows},
        provenance=provenance,
        text=text,
        sha256=sha256_of_bytes(text.encode()),
    )


def _header(provenance: Mapping[str, str]) -> dict[str, str]:
    """The header in its fixed order, each value on one line, without empty ones."""
    unknown = sorted(set(provenance) - set(HEADER_KEYS))
    if unknown:
        raise ValueError(f"unknown header keys: {unknown}")
    header = {key: " ".join(provenance.get(key, "").split()) for key in HEADER_KEYS}
    return {key: value for key, value in header.items() if value}


def _ordered(rows: Iterable[SplitRow]) -> list[SplitRow]:
    return sorted(rows, key=lambda row: (row.fold, PARTS.index(row.part), row.track_id))


def _text(header: Mapping[str, str], ordered: Sequence[SplitRow]) -> str:
    head = [f"# {key}: {value}" for key, value in header.items()]
    return "\n".join([*head, "\t".join(COLUMNS), *map(_line, ordered), ""])


def _line(row: SplitRow) -> str:
    fields = (row.track_id, row.genre, str(row.fold), row.part, row.artist)
    line = "\t".join(fields)
    if line.count("\t") != len(fields) - 1 or "\n" in line or "\r" in line:
        bad = next(field for field in fields if any(sign in field for sign in "\t\n\r"))
        hint = "a split file has one line a track and tabs between its values: rename it in the dataset"
        raise BenchError(f"{bad!r} has a tab or a line break in it", hint)
    return line


def _parse(text: str, where: str) -> tuple[dict[str, str], list[tuple[int, SplitRow]]]:
    """Header and rows, each row with its line number."""
    provenance: dict[str, str] = {}
    rows: list[tuple[int, SplitRow]] = []
    columns: tuple[str, ...] | None = None
    # Not splitlines(): a name may hold one of the rarer signs that it takes for a line break.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("#") and columns is None:
            key, colon, value = (part.strip() for part in line[1:].partition(":"))
            if colon and key in provenance:
                raise BenchError(f"says '# {key}:' twice", "keep one of the lines", f"{where}:{number}")
            if colon:
                provenance[key] = value
        elif not line.strip():
            continue
        elif columns is None:
            columns = tuple(line.split("\t"))
            if columns != COLUMNS:
                hint = f"the columns of a split file are {' '.join(COLUMNS)}, separated by tabs"
                raise BenchError(f"has the columns {' '.join(columns)[:80]!r}", hint, f"{where}:{number}")
        else:
            rows.append((number, _row(line, where, number)))
    if not rows:
        raise BenchError("names no track", "give one row per track", where)
    return provenance, rows


def _checked_name(name: str, where: str) -> str:
    if not name:
        raise BenchError("has no line '# name: dataset/split'", "add it at the top", where)
    if name.count("/") != 1 or not all(map(is_name, name.split("/"))):
        hint = "a name is dataset/split, of letters, digits, '-', '_' and '.'"
        raise BenchError(f"has the name {name!r}", hint, where)
    return name


def _row(line: str, where: str, number: int) -> SplitRow:
    values = line.split("\t")
    if len(values) != len(COLUMNS):
        hint = f"each row has {len(COLUMNS)} values separated by tabs"
        raise BenchError(f"has {len(values)} values: {line[:60]!r}", hint, f"{where}:{number}")
    track_id, genre, fold, part, artist = values
    if not _FOLD.fullmatch(fold):
        raise BenchError(f"has the fold {fold[:20]!r}", "folds are counted from 1", f"{where}:{number}")
    if part not in PARTS:
        raise BenchError(
            f"has the part {part!r}", f"a part is one of {', '.join(PARTS)}", f"{where}:{number}"
        )
    if not track_id.strip() or not genre.strip():
        raise BenchError("lacks a track id or a genre", "fill both", f"{where}:{number}")
    return SplitRow(track_id, genre, int(fold), part, artist)


def _folds(lines: list[tuple[int, SplitRow]], where: str) -> tuple[Fold, ...]:
    _one_truth_per_track(lines, where)
    rows = [row for _, row in lines]
    numbers = sorted({row.fold for row in rows})
    for expected, fold in enumerate(numbers, start=1):
        if fold != expected:
            first = next(number for number, row in lines if row.fold == fold)
            hint = "number the folds 1, 2, 3 … without a gap"
            raise BenchError(f"is of fold {fold}, and there is no fold {expected}", hint, f"{where}:{first}")
    if all(row.part == "test" for row in rows):
        return _k_folds(lines, numbers, where)
    return tuple(
        _stated_fold([row for row in rows if row.fold == number], number, where) for number in numbers
    )


def _one_truth_per_track(lines: list[tuple[int, SplitRow]], where: str) -> None:
    seen: set[tuple[str, int]] = set()
    first: dict[str, SplitRow] = {}
    for number, row in lines:
        if (row.track_id, row.fold) in seen:
            problem = f"names {row.track_id} twice in fold {row.fold}"
            raise BenchError(problem, "keep one of the rows", f"{where}:{number}")
        seen.add((row.track_id, row.fold))
        known = first.setdefault(row.track_id, row)
        if (known.genre, known.artist) != (row.genre, row.artist):
            hint = "give a track one genre and one artist throughout"
            raise BenchError(f"describes {row.track_id} in two ways", hint, f"{where}:{number}")


def _k_folds(lines: list[tuple[int, SplitRow]], numbers: list[int], where: str) -> tuple[Fold, ...]:
    if len(numbers) < 2:
        hint = "give a k-fold split two folds or more, or name the training tracks (part train)"
        raise BenchError("has test tracks in one fold and no training tracks", hint, where)
    tested: dict[str, int] = {}
    for number, row in lines:
        if tested.setdefault(row.track_id, row.fold) != row.fold:
            problem = f"tests {row.track_id} in fold {row.fold}, as fold {tested[row.track_id]} did"
            raise BenchError(problem, "a k-fold split tests each track once", f"{where}:{number}")
    rows = [row for _, row in lines]
    return tuple(
        Fold(
            train=tuple(row.track_id for row in rows if row.fold != number),
            valid=(),
            test=tuple(row.track_id for row in rows if row.fold == number),
        )
        for number in numbers
    )


def _stated_fold(rows: list[SplitRow], number: int, where: str) -> Fold:
    train, valid, test = (tuple(row.track_id for row in rows if row.part == part) for part in PARTS)
    if not train or not test:
        missing = "training" if not train else "test"
        raise BenchError(f"has no {missing} tracks in fold {number}", "name them in each fold", where)
    return Fold(train, valid, test)
