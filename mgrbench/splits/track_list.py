"""A list of tracks that others wrote: ids, file names or paths, in whatever file and spelling."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError, Dataset
from mgrbench.splits.list_file import COLUMN_NAMES, ListFile, plain, read_list_file

_SHOWN = 60
"""Signs of a name that a message shows."""

_NO_NAME = len(COLUMN_NAMES)


@dataclass(frozen=True, slots=True)
class TrackList:
    """What a list of track names says.

    Attributes:
        ids: the tracks it names, each once, in its order.
        unknown: names that are no track of the dataset, as they stand in the list.
        repeated: tracks that it names more than once.
        kind: format of the file: ``text``, ``CSV``, ``TSV``, ``PSV``, ``JSON``, ``JSON lines`` or ``M3U``.
        column: the column that the names are taken from: its name, or its number from 1; empty if there is
            only one, or if each line of a text was searched for itself.
        names: how many names it has, known or not.
    """

    ids: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    kind: str = "text"
    column: str = ""
    names: int = 0

    @property
    def matched(self) -> int:
        """How many of the names are tracks of the dataset."""
        return self.names - len(self.unknown)


def read_track_list(path: Path, dataset: Dataset, column: str | None = None) -> TrackList:
    """Read a file of track ids, file names or paths.

    Text (one name a line), CSV, TSV, JSON, JSON lines and M3U are read, see `mgrbench.splits.list_file`;
    ``#`` starts a comment. Where there are columns, the names are taken from that which is called like one
    (``track_id``, ``file``, ``path`` …) and names most tracks, else from that which names most tracks. In
    text without a line of column names, the first cell of a line that names a track counts.

    Args:
        path: the file.
        dataset: says which tracks there are and recognises their spellings.
        column: name of the column to take, or its number from 1.

    Raises:
        BenchError: if the file cannot be read, has no such column, or none of its names is a track's.
    """
    listed = read_list_file(path, by_column=column is not None)
    known = _Names(dataset)
    if listed.kind == "text":
        cells = [next((cell for cell in row if known(cell)), row[0]) for row in listed.rows]
        called = ""
    else:
        place = _place_of(listed, column, path) if column is not None else _likely_place(listed, known)
        cells = [row[place] for row in listed.rows]
        called = _called(listed, place)
    named = [(cell, known(cell)) for cell in cells]
    ids = [track for _, track in named if track]
    unknown = tuple(cell for cell, track in named if not track)
    if not ids:
        first = "line" if listed.kind == "text" else "name"
        example = f" (its first {first} is {unknown[0][:_SHOWN]!r})" if unknown else " (it is empty)"
        hint = f"write one id, file name or path a line, for example {min(known.ids)}"
        hint += "; --column names the column of a table" if len(listed.columns) > 1 else ""
        raise BenchError(f"names no track of {dataset.name}{example}", hint, path)
    repeated = tuple(track for track, count in Counter(ids).items() if count > 1)
    return TrackList(tuple(dict.fromkeys(ids)), unknown, repeated, listed.kind, called, len(named))


class _Names:
    """Recognises tracks by their names; remembers what it was asked."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.ids = {track.id for track in dataset.tracks()}
        self._memo: dict[str, str | None] = {}

    def __call__(self, name: str) -> str | None:
        if name not in self._memo:
            self._memo[name] = next(filter(None, map(self._track, _spellings(name))), None)
        return self._memo[name]

    def _track(self, name: str) -> str | None:
        track = name if name in self.ids else self.dataset.identify(name)
        return track if track in self.ids else None


def _spellings(name: str) -> Iterator[str]:
    """What a name may stand for: itself without quotes, a URI's path, a path of another system."""
    bare = name.strip().strip("\"'").strip()
    if not bare:
        return
    yield bare
    paths = [bare]
    if "://" in bare or bare.startswith("file:"):
        try:
            paths = [unquote(urlsplit(bare).path)]
        except ValueError:  # a host in square brackets that is none
            paths = [bare]
    elif "%" in bare:
        paths.append(unquote(bare))
    for path in paths:
        slashes = path.replace("\\", "/")
        yield slashes
        for form in ("NFC", "NFD"):  # macOS parts letters from their accents
            yield unicodedata.normalize(form, slashes)


def _place_of(listed: ListFile, column: str, path: Path) -> int:
    """Position of the column of this name or number."""
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


def _likely_place(listed: ListFile, known: _Names) -> int:
    """Position of the column that holds the names: by what it is called, and by how many tracks it names."""
    if not listed.rows:
        return 0
    places = range(len(listed.rows[0]))
    counts = [sum(known(row[place]) is not None for row in listed.rows) for place in places]
    ranks = [_rank(listed.columns[place]) if listed.columns else _NO_NAME for place in places]
    return max(places, key=lambda p: (counts[p] > 0 and ranks[p] < _NO_NAME, counts[p], -ranks[p], -p))


def _rank(name: str) -> int:
    """How sure a column's name is, 0 the surest."""
    return COLUMN_NAMES.index(plain(name)) if plain(name) in COLUMN_NAMES else _NO_NAME


def _called(listed: ListFile, place: int) -> str:
    if listed.columns:
        return listed.columns[place]
    return str(place + 1) if listed.rows and len(listed.rows[0]) > 1 else ""
