"""Genres of FMA: what a line of ``tracks.csv`` says, the 16 roots, and the hierarchy of ``genres.csv``."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mgrbench import BenchError
from mgrbench.core.files import read_text

_ROOTS = (
    "Blues", "Classical", "Country", "Easy Listening", "Electronic", "Experimental", "Folk", "Hip-Hop",
    "Instrumental", "International", "Jazz", "Old-Time / Historic", "Pop", "Rock", "Soul-RnB", "Spoken",
)  # fmt: skip
_SMALL = ("Electronic", "Experimental", "Folk", "Hip-Hop", "Instrumental", "International", "Pop", "Rock")


class TracksLine(NamedTuple):
    """The fields of a line of ``tracks.csv`` that are used, as they stand there; the id has six digits."""

    id: str
    subset: str
    part: str
    top: str
    genres: str
    artist: str
    album: str
    seconds: float


def slug(title: str) -> str:
    """A genre's title as it is written here.

    >>> slug("Old-Time / Historic"), slug("Hip-Hop")
    ('old_time_historic', 'hip_hop')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


TOP = {title: slug(title) for title in _ROOTS}
"""Title of a root as ``track.genre_top`` has it -> genre."""

SMALL = tuple(TOP[title] for title in _SMALL)
"""The genres of fma_small."""


def finest_genres(path: Path, rows: Sequence[TracksLine]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Label tracks by their one finest genre.

    Of the genres of a track, those that another one descends from are dropped. Where one remains it is the
    label; a track of several has no single label. Genres without a track in each part of the official split
    are left out, since they could not be learnt or not be tested.

    Args:
        path: ``genres.csv``.
        rows: the tracks.

    Returns:
        Track id -> genre, and the genres, sorted.

    Raises:
        BenchError: if the file is missing or damaged, or a track has a genre that is not in it.
    """
    parents, names = _hierarchy(path)
    labels: dict[str, str] = {}
    parts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        own = re.findall("[0-9]+", row.genres)
        if unknown := [number for number in own if number not in names]:
            raise BenchError(f"lacks the genre {unknown[0]} of track {row.id}", _HINT, path)
        finest = set(own) - {above for number in own for above in _ancestors(number, parents)}
        if len(finest) == 1:
            labels[row.id] = names[finest.pop()]
            parts[labels[row.id]].add(row.part)
    genres = tuple(sorted(genre for genre, there in parts.items() if len(there) == 3))
    return {track: genre for track, genre in labels.items() if genre in set(genres)}, genres


def tracks_by_genre(path: Path) -> dict[str, int]:
    """Genre number -> its tracks in the whole dataset, as ``genres.csv`` counts them where it does."""
    rows = csv.DictReader(io.StringIO(read_text(path)))
    counts = ((row.get("genre_id") or "", row.get("#tracks") or "") for row in rows)
    return {number: int(count) for number, count in counts if count.isdecimal()}


_HINT = "put the genres.csv of the same fma_metadata.zip there"


def _hierarchy(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Genre number -> its parent's (``0`` for a root), and -> its name."""
    parents: dict[str, str] = {}
    names: dict[str, str] = {}
    try:
        for row in csv.DictReader(io.StringIO(read_text(path))):
            number, name = row["genre_id"], slug(row["title"])
            names[number] = name if name and name not in names.values() else f"{name}_{number}".strip("_")
            parents[number] = row["parent"]
    except (KeyError, TypeError, csv.Error) as error:
        raise BenchError(f"is no table of genre_id, parent and title ({error})", _HINT, path) from error
    return parents, names


def _ancestors(number: str, parents: dict[str, str]) -> set[str]:
    """All genres above one; a genre that stands above itself is a damaged table's, and ends the way up."""
    above: set[str] = set()
    while (number := parents.get(number, "0")) != "0" and number not in above:
        above.add(number)
    return above
