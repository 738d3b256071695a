"""Split file <-> `Split`.

A split file is plain text: a header of ``# key: value`` lines, a line of column names, and rows

``track_id<TAB>genre<TAB>fold<TAB>part<TAB>artist``

In a **k-fold** split every track stands once, with ``part`` = ``test`` and the fold that it is tested in;
the training part of a fold is all the rest. In a **train/valid/test** split each fold names all its parts.
Genre and artist are repeated in the file so that it can be audited with nothing else at hand.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from mgrbench.files import read_text, sha256_of_bytes
from mgrbench.types import BenchError, Fold, Split

PARTS = ("train", "valid", "test")
COLUMNS = ("track_id", "genre", "fold", "part", "artist")
HEADER_KEYS = ("name", "about", "source", "licence", "cite", "rules", "made-by")


class Row(NamedTuple):
    """One line of a split file."""

    track_id: str
    genre: str
    fold: int
    part: str
    artist: str


def shipped_folder() -> Path:
    """Folder of the split files that come with mgrbench: inside the wheel, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_splits"
    return packed if packed.is_dir() else package.parent / "splits"


def shipped_splits(dataset: str | None = None) -> list[str]:
    """Names (``"gtzan/artist3"``) of the split files that come with mgrbench, sorted."""
    files = shipped_folder().glob(f"{dataset or '*'}/*.tsv")
    return sorted(f"{file.parent.name}/{file.stem}" for file in files)


def is_shipped(split: Split) -> bool:
    """Whether this very split comes with mgrbench."""
    file = shipped_folder() / f"{split.name}.tsv"
    return file.is_file() and read_text(file) == split.text


def load_split(name: str | Path, dataset: str | None = None) -> Split:
    """The split of this name, or in this file.

    Args:
        name: ``"gtzan/artist3"``, ``"artist3"`` together with ``dataset``, or the path of a split file.
        dataset: name of the dataset, where ``name`` doesn't say it.

    Raises:
        BenchError: if there is no such split (with the nearest name), if it belongs to another dataset, or if
            the file is not a split file.
    """
    text = str(name)
    if text.endswith(".tsv"):
        split = read_split(Path(name))
    else:
        full = text if "/" in text or dataset is None else f"{dataset}/{text}"
        file = shipped_folder() / f"{full}.tsv"
        if full not in shipped_splits():
            known = shipped_splits(dataset) or shipped_splits()
            near = difflib.get_close_matches(full, known, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise BenchError(f"no split is called {full!r}", f"{hint} A split file's path works too")
        split = read_split(file)
    if dataset is not None and split.dataset != dataset:
        mend = f"choose a split of {dataset}: {', '.join(shipped_splits(dataset)) or 'none is shipped'}"
        raise BenchError(f"{split.name} is a split of {split.dataset}, not of {dataset}", mend)
    return split


def read_split(path: Path) -> Split:
    """Read a split file.

    Raises:
        BenchError: with file and line, if anything in it is not as the format says.
    """
    return split_from_text(read_text(path), str(path))


def split_from_text(text: str, where: str) -> Split:
    """Parse the text of a split file; ``where`` names it in errors."""
    provenance, rows = _parse(text, where)
    if "name" not in provenance or provenance["name"].count("/") != 1:
        raise BenchError("has no line '# name: dataset/split'", "add it at the top", where)
    return Split(
        name=provenance["name"],
        folds=_folds(rows, where),
        genre={row.track_id: row.genre for row in rows},
        artist={row.track_id: row.artist for row in rows},
        provenance=provenance,
        text=text,
        sha256=sha256_of_bytes(text.encode()),
    )


def format_split(provenance: Mapping[str, str], rows: Iterable[Row]) -> str:
    """The text of a split file: header in a fixed order, rows sorted by fold, part and track id."""
    unknown = sorted(set(provenance) - set(HEADER_KEYS))
    if unknown:
        raise ValueError(f"unknown header keys: {unknown}")
    head = [f"# {key}: {provenance[key]}" for key in HEADER_KEYS if provenance.get(key)]
    ordered = sorted(rows, key=lambda row: (row.fold, PARTS.index(row.part), row.track_id))
    body = ["\t".join((row.track_id, row.genre, str(row.fold), row.part, row.artist)) for row in ordered]
    return "\n".join([*head, "\t".join(COLUMNS), *body, ""])


def _parse(text: str, where: str) -> tuple[dict[str, str], list[Row]]:
    provenance: dict[str, str] = {}
    rows: list[Row] = []
    columns: tuple[str, ...] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            key, colon, value = line[1:].partition(":")
            if colon:
                provenance[key.strip()] = value.strip()
        elif not line.strip():
            continue
        elif columns is None:
            columns = tuple(line.split("\t"))
            if columns != COLUMNS:
                mend = f"the columns of a split file are {' '.join(COLUMNS)}, separated by tabs"
                raise BenchError(f"has the columns {' '.join(columns)!r}", mend, f"{where}:{number}")
        else:
            rows.append(_row(line, f"{where}:{number}"))
    if not rows:
        raise BenchError("names no track", "give one row per track", where)
    return provenance, rows


def _row(line: str, where: str) -> Row:
    values = line.split("\t")
    if len(values) != len(COLUMNS):
        mend = f"each row has {len(COLUMNS)} values separated by tabs"
        raise BenchError(f"has {len(values)} values: {line[:60]!r}", mend, where)
    track_id, genre, fold, part, artist = values
    if not (fold.isascii() and fold.isdigit() and int(fold) > 0):
        raise BenchError(f"has the fold {fold!r}", "folds are counted from 1", where)
    if part not in PARTS:
        raise BenchError(f"has the part {part!r}", f"a part is one of {', '.join(PARTS)}", where)
    if not track_id or not genre:
        raise BenchError("lacks a track id or a genre", "fill both", where)
    return Row(track_id, genre, int(fold), part, artist)


def _folds(rows: list[Row], where: str) -> tuple[Fold, ...]:
    _one_truth_per_track(rows, where)
    numbers = sorted({row.fold for row in rows})
    if numbers != list(range(1, len(numbers) + 1)):
        raise BenchError(f"has the folds {numbers}", "number them 1, 2, 3 … without a gap", where)
    if all(row.part == "test" for row in rows):
        return _k_folds(rows, numbers, where)
    return tuple(
        _stated_fold([row for row in rows if row.fold == number], number, where) for number in numbers
    )


def _one_truth_per_track(rows: list[Row], where: str) -> None:
    seen: dict[tuple[str, int], Row] = {}
    first: dict[str, Row] = {}
    for row in rows:
        if (row.track_id, row.fold) in seen:
            raise BenchError(f"names {row.track_id} twice in fold {row.fold}", "keep one of the rows", where)
        seen[row.track_id, row.fold] = row
        known = first.setdefault(row.track_id, row)
        if (known.genre, known.artist) != (row.genre, row.artist):
            mend = "give a track one genre and one artist throughout"
            raise BenchError(f"describes {row.track_id} in two ways", mend, where)


def _k_folds(rows: list[Row], numbers: list[int], where: str) -> tuple[Fold, ...]:
    if len(numbers) < 2:
        mend = "give a k-fold split two folds or more, or name the training tracks (part train)"
        raise BenchError("has test tracks in one fold and no training tracks", mend, where)
    if len({row.track_id for row in rows}) != len(rows):
        raise BenchError("tests a track in several folds", "a k-fold split tests each track once", where)
    return tuple(
        Fold(
            train=tuple(row.track_id for row in rows if row.fold != number),
            valid=(),
            test=tuple(row.track_id for row in rows if row.fold == number),
        )
        for number in numbers
    )


def _stated_fold(rows: list[Row], number: int, where: str) -> Fold:
    train, valid, test = (tuple(row.track_id for row in rows if row.part == part) for part in PARTS)
    if not train or not test:
        missing = "training" if not train else "test"
        raise BenchError(f"has no {missing} tracks in fold {number}", "name them in each fold", where)
    return Fold(train, valid, test)
