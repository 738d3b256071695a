"""Datasets whose facts come with mgrbench: their tracks, their published folds, and how clips are recognised.

A table ``facts/<dataset>_tracks.tsv`` has the columns ``track_id`` and ``genre``, and of ``artist``,
``anonymous``, ``album``, ``replica``, ``recording`` and ``faults`` those of which anything is known. A column
``md5_<ending>`` holds the MD5 sums of the files in the dataset's usual distribution. Files of another ending
are copies that somebody converted, so they have no checksum. A table ``facts/<dataset>_folds.tsv`` holds the
fold assignments that others published. A table is read when it is first used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from mgrbench.core.types import Dataset, PublishedFolds, Track
from mgrbench.datasets.fact_tables import FactTable, facts_file, read_facts, read_folds
from mgrbench.datasets.folder import tracks_with_audio

SUFFIXES = (".mp3", ".wav", ".flac", ".ogg", ".au")
"""File endings of collections that are published as MP3, in the order of preference."""

_CHECKSUM = "md5_"
_SEPARATORS = re.compile("[^a-z0-9]+")


def fact_dataset(name: str, *, seconds: float | None, **described: Any) -> Dataset:  # noqa: ANN401
    """A dataset whose tracks and published folds are read from its fact tables.

    Args:
        name: its name, with which the names of its tables begin.
        seconds: nominal length of its clips; None where each has its own.
        described: the other fields of `mgrbench.Dataset`, without ``load`` and ``published``.
    """
    known = Dataset(
        name=name,
        load=partial(_tracks, name, seconds),
        published=partial(known_folds, name),
        **{"audio_suffixes": SUFFIXES} | described,
    )
    return replace(known, load=partial(_load, known))


def _tracks(name: str, seconds: float | None, _root: Path | None) -> tuple[Track, ...]:
    return known_tracks(name, seconds)


def _load(known: Dataset, root: Path | None) -> tuple[Track, ...]:
    """The tracks; with ``root`` a checksum stays only where the file has the ending that it was made of."""
    ending = _checksum_column(_track_table(known.name)).removeprefix(_CHECKSUM)
    return tracks_with_audio(known, root, ending)


def _checksum_column(table: FactTable) -> str:
    return next((column for column in table.columns if column.startswith(_CHECKSUM)), "")


@cache
def _track_table(name: str) -> FactTable:
    return read_facts(facts_file(f"{name}_tracks.tsv"), ("genre",))


@cache
def known_tracks(name: str, seconds: float | None) -> tuple[Track, ...]:
    """The tracks of ``facts/<name>_tracks.tsv``, sorted by id.

    Args:
        name: name of the dataset.
        seconds: nominal length of its clips; None where each has its own.
    """
    table = _track_table(name)
    checksum = _checksum_column(table)
    tracks = (
        Track(
            id=row["track_id"],
            genre=row["genre"],
            artist=row.get("artist") or None,
            album=row.get("album") or None,
            seconds=seconds,
            replica=row.get("replica") or None,
            recording=row.get("recording") or None,
            faults=tuple(row["faults"].split(";")) if row.get("faults") else (),
            checksum=row.get(checksum) or None,
            anonymous=row.get("anonymous") == "yes",
        )
        for row in table.rows
    )
    return tuple(sorted(tracks, key=lambda track: track.id))


@cache
def known_folds(name: str) -> Mapping[str, PublishedFolds]:
    """The fold assignments of ``facts/<name>_folds.tsv``, by the name of their split."""
    return read_folds(facts_file(f"{name}_folds.tsv"))


def plain(name: str) -> str:
    """A name with nothing left of how it is spelt: lower case, one ``-`` for any run of other signs.

    Letters beyond ASCII count as such a sign, since archives and file systems spoil them in many ways.

    >>> plain("Media 105119"), plain("50_Minutes-The_Great_Wall!"), plain("Kruhový_objazd")
    ('media-105119', '50-minutes-the-great-wall', 'kruhov-objazd')
    """
    return _SEPARATORS.sub("-", unicodedata.normalize("NFC", name).lower()).strip("-")


def parts_of(name: str) -> list[str]:
    r"""Folders and file name of a path in the style of any system, without the endings of audio files.

    >>> parts_of("Waltz\\Media-105119.wav.mp3")
    ['Waltz', 'Media-105119']
    """
    parts = [part for part in name.strip().replace("\\", "/").split("/") if part not in {"", "."}]
    if parts and not name.rstrip().endswith(("/", "\\")):
        while parts[-1].lower().endswith(SUFFIXES):
            parts[-1] = parts[-1].rpartition(".")[0]
        return parts
    return []


def index_names(spellings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Plain spelling -> track id, from pairs of a spelling and an id; a spelling of two ids is left out."""
    index: dict[str, str] = {}
    doubtful: set[str] = set()
    for spelling, track in spellings:
        key = plain(spelling)
        if index.setdefault(key, track) != track:
            doubtful.add(key)
    return {key: track for key, track in index.items() if key and key not in doubtful}
