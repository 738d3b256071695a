"""Which genres of two datasets are the same class.

A map is a small table, separated by tabs: ``# key: value`` lines, a line of column names, and a row a class::

    class<TAB>gtzan<TAB>ismir2004
    rock_pop<TAB>pop;rock<TAB>rock_pop

The column ``class`` names the class. Every other column is named after a dataset; its fields hold the genres
of the dataset that are this class, joined by ``;``. Several datasets may share a column, their names joined
by commas; then each of them may lack a class. A map holds for training on either dataset. Those of ``maps/``
come with mgrbench. Datasets without a map share the genres of equal names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mgrbench.core.files import read_text
from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError, Dataset

_FOLDER = Path(__file__).resolve().parent / "maps"
_CLASS = "class"


@dataclass(frozen=True, slots=True)
class GenreMap:
    """The classes that two datasets have in common.

    Attributes:
        classes: their names, in the order of the columns of predictions.
        train: genre of the training dataset -> class.
        test: genre of the test dataset -> class.
        source: where the map comes from, in a few words.
    """

    classes: tuple[str, ...]
    train: Mapping[str, str]
    test: Mapping[str, str]
    source: str


def genre_map(train: Dataset, test: Dataset, file: Path | None = None) -> GenreMap:
    """The map of two datasets: from a file, else the one that comes with mgrbench, else by equal names.

    Raises:
        BenchError: if there is none; or if a map lacks the column of a dataset, names an unknown genre, gives
            a genre to two classes, or has fewer than two classes.
    """
    if file is not None:
        return _read(file, train, test, str(file))
    for shipped in shipped_maps():
        named = {name for column in _columns(shipped) for name in column.split(",")}
        if {train.name, test.name} <= named:
            return _read(shipped, train, test, f"{shipped.stem}, shipped with mgrbench")
    theirs = {_plain(genre): genre for genre in test.genres}
    both = {genre: theirs[_plain(genre)] for genre in train.genres if _plain(genre) in theirs}
    if len(both) < 2:
        hint = f"write a map with the columns class, {train.name} and {test.name}, and give it by --map"
        raise BenchError(f"{train.name} and {test.name} have {len(both)} genres of equal names", hint)
    return GenreMap(
        tuple(both),
        {genre: genre for genre in both},
        {other: genre for genre, other in both.items()},
        "genres of equal names",
    )


def shipped_maps() -> list[Path]:
    """The maps that come with mgrbench."""
    return sorted(_FOLDER.glob("*.tsv"))


def _columns(path: Path) -> list[str]:
    return next((line.split("\t") for _, line in _lines(path)), [])


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a map except comments and empty lines, with their numbers."""
    lines = enumerate(read_text(path).split("\n"), start=1)
    return [(number, line.rstrip("\r")) for number, line in lines if line.strip() and line[0] != "#"]


def _read(path: Path, train: Dataset, test: Dataset, source: str) -> GenreMap:
    columns = _columns(path)
    rows = _lines(path)[1:]
    if _CLASS not in columns:
        hint = f"its first line names its columns: class, {train.name} and {test.name}, separated by tabs"
        raise BenchError("is no map of genres", hint, path)
    for number, line in rows:
        if len(line.split("\t")) != len(columns):
            hint = "separate the columns by tabs, the genres of one class by ';'"
            raise BenchError(f"has {len(line.split(chr(9)))} fields", hint, f"{path}:{number}")
    names = [line.split("\t")[columns.index(_CLASS)].strip() for _, line in rows]
    if len(set(names)) < len(names) or not all(name and name.isprintable() for name in names):
        raise BenchError("names a class twice, or has one without a name", "name each once", path)
    of_train, of_test = (_genres(path, columns, rows, names, data) for data in (train, test))
    classes = tuple(name for name in names if name in of_train.values() and name in of_test.values())
    if len(classes) < 2:
        raise BenchError(f"{len(classes)} classes have genres of both", "give two classes or more", path)
    return GenreMap(
        classes,
        {genre: name for genre, name in of_train.items() if name in classes},
        {genre: name for genre, name in of_test.items() if name in classes},
        source,
    )


def _genres(
    path: Path, columns: list[str], rows: list[tuple[int, str]], names: list[str], data: Dataset
) -> dict[str, str]:
    """Genre of a dataset -> class."""
    column = next((c for c in columns if c != _CLASS and data.name in c.split(",")), None)
    if column is None:
        raise BenchError(f"has no column {data.name!r}", f"it has {', '.join(columns)}", path)
    known = {_plain(genre): genre for genre in data.genres}
    found: dict[str, str] = {}
    for (number, line), name in zip(rows, names, strict=True):
        for said in filter(None, map(str.strip, line.split("\t")[columns.index(column)].split(";"))):
            genre = known.get(_plain(said))
            if genre is None and "," in column:
                continue
            if genre is None:
                hint = did_you_mean(said, data.genres, f"it has {', '.join(data.genres)}")
                raise BenchError(f"{data.name} has no genre {said!r}", hint, f"{path}:{number}")
            if genre in found:
                raise BenchError(f"gives {genre} to two classes", "keep one", f"{path}:{number}")
            found[genre] = name
    return found


def _plain(name: str) -> str:
    """A genre's name without case, spaces and signs: ``Hip-Hop`` is ``hiphop``."""
    return re.sub(r"[\W_]+", "", name.casefold())
