"""A list of tracks that others wrote: ids, file names or paths, in whatever file and spelling."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mgrbench.core.text import printable
from mgrbench.core.types import BenchError, Dataset, Track
from mgrbench.splits.list_file import ListFile, is_label, read_list_file
from mgrbench.splits.name_columns import Known, is_number, meant_place, name_places, place_of

_SHOWN = 60
"""Signs of a name that a message shows."""
_SHOWN_COLUMNS = 4
"""How many columns are listed by their numbers."""
_BETWEEN = (r"[\t,;|\n]", r"\s")
"""What stands between several names; a space only where the other signs part none."""
_AROUND = " \"'[](){}"
"""What may stand around a name, as in a list that a program printed."""


@dataclass(frozen=True, slots=True)
class TrackList:
    """What a list of track names says.

    Attributes:
        ids: the tracks it names, each once, in its order.
        unknown: names that are no track of the dataset, as they stand in the list.
        repeated: tracks that it names more than once.
        kind: format of the file: ``text``, ``CSV``, ``TSV``, ``PSV``, ``JSON``, ``JSON lines`` or ``M3U``.
        column: the column that the names are taken from: its name, or its number from 1 (of several columns,
            all numbers); empty if there is only one, or if each line of a text was searched for itself.
        names: how many names it has, known or not.
        rows: how many lines (of JSON, entries) the names stand on.
    """

    ids: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    kind: str = "text"
    column: str = ""
    names: int = 0
    rows: int = 0

    @property
    def matched(self) -> int:
        """How many of the names are tracks of the dataset."""
        return self.names - len(self.unknown)


def read_track_list(
    path: Path, dataset: Dataset, column: str | None = None, *, left_out: bool = False
) -> TrackList:
    """Read a file of track ids, file names or paths.

    Text (one name a line), CSV, TSV, JSON, JSON lines and M3U are read, see `mgrbench.splits.list_file`;
    ``#`` starts a comment. Where there are columns, `mgrbench.splits.name_columns` chooses the one that names
    the tracks. A line or a cell that holds several names counts as several names.

    Args:
        path: the file.
        dataset: says which tracks there are and recognises their spellings.
        column: name of the column to take, or its number from 1.
        left_out: whether tracks that the dataset leaves out are tracks, too.

    Raises:
        BenchError: if the file cannot be read, has no such column, or none of its names is a track's.
    """
    listed = read_list_file(path, by_column=column is not None)
    known = _Names(dataset, [*dataset.tracks(), *(dataset.left_out if left_out else ())])
    places: tuple[int, ...] = ()
    if listed.kind == "text":
        names = _names_of_lines(listed, known)
    else:
        places = (place_of(listed, column, path),) if column is not None else name_places(listed, known.first)
        names = _names_of_columns(listed, places, known)
    named = [(name, known(name)) for name in names]
    ids = [track for _, track in named if track]
    unknown = tuple(name for name, track in named if not track)
    if not ids:
        raise _no_track(path, dataset, listed, places, unknown)
    repeated = tuple(track for track, count in Counter(ids).items() if count > 1)
    called = _called(listed, places)
    return TrackList(
        tuple(dict.fromkeys(ids)), unknown, repeated, listed.kind, called, len(named), len(listed.rows)
    )


def _names_of_lines(listed: ListFile, known: _Names) -> list[str]:
    """The names in lines of plain text: a whole line, several names on it, or one beside other things."""
    found = [known.several(line) or _name_among([line, *cells], known) for line, *cells in listed.rows]
    parted = [row[1:] for row in listed.rows if len(row) > 2]
    if parted and not any(names for row, names in zip(listed.rows, found, strict=True) if len(row) > 2):
        # Ids that are numbers: only the whole column can tell them from labels.
        width = max(map(len, parted))
        table = ListFile("text", (), tuple((*cells, *[""] * (width - len(cells))) for cells in parted))
        places = name_places(table, known)
        of_row = iter([[row[place] for place in places if known(row[place])] for row in table.rows])
        found = [
            next(of_row) if len(row) > 2 else names for row, names in zip(listed.rows, found, strict=True)
        ]
    # Where any line holds several names, an unknown line with cells does as well.
    several = any(len(names) > 1 for names in found)
    rest = ([cell for cell in row[1:] if cell] if several else [row[0]] for row in listed.rows)
    return [name for names, line in zip(found, rest, strict=True) for name in names or line]


def _name_among(cells: Sequence[str], known: Known) -> list[str]:
    """The first cell that names a track; beside other cells, a bare number may be a label."""
    alone = len(cells) <= 2  # the line, and the line without quotes
    return next(([cell] for cell in cells if known(cell) and (alone or not is_number(cell))), [])


def _names_of_columns(listed: ListFile, places: tuple[int, ...], known: _Names) -> list[str]:
    """The names in columns of a table; in several columns an empty cell is no name."""
    cells = [row[place] for row in listed.rows for place in places if len(places) == 1 or row[place]]
    return [name for cell in cells for name in known.several(cell) or [cell]]


class _Names:
    """Recognises tracks by their names; remembers what it was asked."""

    def __init__(self, dataset: Dataset, tracks: Sequence[Track]) -> None:
        self.dataset = dataset
        self.ids = {track.id for track in tracks}
        self._memo: dict[str, str | None] = {}

    def __call__(self, name: str) -> str | None:
        if name not in self._memo:
            self._memo[name] = next(filter(None, map(self._track, _spellings(name))), None)
        return self._memo[name]

    def several(self, cell: str) -> list[str]:
        """The names in a cell that holds names of two tracks or more, else none.

        Bare numbers count only among themselves: beside other names they may be labels.
        """
        for sign in _BETWEEN:
            parts = [part for part in (piece.strip(_AROUND) for piece in re.split(sign, cell)) if part]
            names = [part for part in parts if not is_number(part.rpartition("/")[2])] or parts
            if len({self(name) for name in names} - {None}) > 1:
                return names
        return []

    def first(self, cell: str) -> str | None:
        """The first track that a cell names."""
        return next(filter(None, map(self, self.several(cell) or [cell])), None)

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


def _called(listed: ListFile, places: Sequence[int]) -> str:
    """The names of columns, or their numbers from 1 where there are several without names."""
    if listed.columns:
        return ", ".join(listed.columns[place] for place in places)
    if not places or not listed.rows or len(listed.rows[0]) == 1:
        return ""
    numbers = [str(place + 1) for place in places]
    return ", ".join(numbers) if len(numbers) <= _SHOWN_COLUMNS else f"{numbers[0]} to {numbers[-1]}"


def _no_track(
    path: Path, dataset: Dataset, listed: ListFile, places: Sequence[int], unknown: Sequence[str]
) -> BenchError:
    """What is said of a list without a track: the column that was meant, and its first name."""
    example = min((track.id for track in dataset.tracks()), default="a0001")
    hint = f"write one id, file name or path a line, for example {example}"
    hint += "; --column names the column of a table" if len(listed.columns) > 1 else ""
    if not listed.rows:
        return BenchError(f"names no track of {dataset.name} (it is empty)", hint, path)
    if not listed.columns:
        kind, name = ("line" if listed.kind == "text" else "name"), (*unknown, ", ".join(listed.rows[0]))[0]
        problem = f"names no track of {dataset.name} (its first {kind} is {printable(name)[:_SHOWN]!r})"
        return BenchError(problem, hint, path)
    place = places[0] if places else meant_place(listed.columns)
    column = printable(listed.columns[place])
    first = f"the first cell of its column {column!r} is {printable(listed.rows[0][place])[:_SHOWN]!r}"
    labels = [name for at, name in enumerate(listed.columns) if is_label(name) and at != place]
    first += f"; {printable(labels[0])!r} holds labels" if labels else ""
    return BenchError(f"names no track of {dataset.name} ({first})", hint, path)
