"""What the FMA datasets share: Free Music Archive (Defferrard et al. 2017), read from its own metadata.

``fma_metadata/tracks.csv`` has three lines of head (group, column, and ``track_id`` under the first) and a
line a track. It lies in the data root, in its folder ``fma_metadata``, or in one beside the root, which
several subsets can share. The audio is ``000/000002.mp3`` in any folder.

The single label is ``track.genre_top``: the archive sets it where all genres of a track descend from one of
16 roots. That makes classes that exclude each other. `fma_large_161` has the other reading of the 161 genres.

Known faults: 3 clips hold no audio, and 18 more are cut short or empty, because the metadata give their
tracks a greater length than they have (github.com/mdeff/fma, issues 8 and 44); a track of under 30 s gives a
shorter clip. Where the list ``checksums`` of an audio archive lies beside the clips, those of one checksum
are exact replicas, and `mgrbench data verify` compares them with it.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path

from mgrbench import Archive, BenchError, Dataset, Metadata, PublishedFolds, Track
from mgrbench.core.files import read_text, reading
from mgrbench.core.gc_pause import without_collecting
from mgrbench.datasets.collections._fma_genres import TOP, TracksLine, finest_genres, tracks_by_genre
from mgrbench.datasets.metadata import Stamp, replica_sets, stamp_of, usual_load, with_tracks

SUBSETS = ("small", "medium", "large")
"""Each holds those before it."""

SUFFIXES = (".mp3", ".wav", ".flac", ".ogg", ".au")
SECONDS = 30.0
CITATION = (
    "M. Defferrard, K. Benzi, P. Vandergheynst, X. Bresson: FMA: a dataset for music analysis, ISMIR 2017, "
    "arXiv:1612.01840"
)
SERVER = "https://os.unil.cloud.switch.ch/fma"
ARCHIVES = {
    "metadata": "f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
    "small": "ade154f733639d52e35e32f5593efe5be76c6d70",
    "medium": "c67b69ea232021025fca9231fc1c7c1a063ab50b",
    "large": "497109f4dd721066b5ce5e5f250ec604dc78939e",
}
"""SHA-1 of the archives, from the README of github.com/mdeff/fma."""

NO_AUDIO = frozenset(("099134", "108925", "133297"))
CUT_SHORT = frozenset(
    (
        "001486", "005574", "065753", "080391", "098558", "098559", "098560", "098565", "098566",
        "098567", "098568", "098569", "098571", "105247", "108924", "126981", "127336", "143992",
    )
)  # fmt: skip

PUBLISHED = {"small": 8_000, "medium": 25_000, "large": 106_574}
"""Tracks of the subsets, from the README of github.com/mdeff/fma."""

_PARTS = {"training": "train", "validation": "valid", "test": "test"}
_COLUMNS = (
    ("set", "subset"), ("set", "split"), ("track", "genre_top"), ("track", "genres"),
    ("artist", "id"), ("album", "id"), ("track", "duration"),
)  # fmt: skip
_HINT = "get fma_metadata.zip again, or correct the line"
_NAME = re.compile(rf"(?:fma[ ._-]?)?([0-9]{{1,6}})(?:{'|'.join(map(re.escape, SUFFIXES))})*", re.IGNORECASE)
_CHECKSUM = re.compile(r"([0-9a-f]{40})\s+\*?(?:\S*/)?([0-9]{6})\.mp3")
_LONGEST_FIELD = 1 << 24  # characters; biographies are longer than what the csv module takes by itself


def fma(subset: str, genres: tuple[str, ...], about: str, *, name: str = "", finest: bool = False) -> Dataset:
    """A subset of FMA, as far as it is known without its metadata.

    Args:
        subset: one of `SUBSETS`.
        genres: its genres; with ``finest`` those of the metadata take their place.
        about: one sentence.
        name: its name, by default ``fma_<subset>``.
        finest: label by the finest genre in place of the root.
    """
    called = name or f"fma_{subset}"
    read = partial(_read, subset, genres, about, called, finest)
    return Dataset(
        name=called,
        about=about,
        genres=genres,
        sample_rate=22050,
        segment_seconds=10.0,
        segments_per_track=3,
        licence="audio: the Creative Commons licence that each artist chose; metadata: CC BY 4.0",
        homepage="https://github.com/mdeff/fma",
        citation=CITATION,
        load=usual_load(called, read),
        identify=identify,
        archives=tuple(
            Archive(f"{SERVER}/fma_{of}.zip", f"sha1:{ARCHIVES[of]}", open=True, metadata=of == "metadata")
            for of in ("metadata", subset)
        ),
        audio_suffixes=SUFFIXES,
        metadata=Metadata(read, ("official",)),
    )


def identify(name: str) -> str | None:
    """Canonical track id, six digits, of an id, file name or path in whatever spelling, or None.

    >>> identify("fma_small/000/000002.mp3"), identify("2")
    ('000002', '000002')
    >>> identify("2.5") is None
    True
    """
    match = _NAME.fullmatch(name.strip().replace("\\", "/").rpartition("/")[2])
    return f"{int(match[1]):06d}" if match else None


def _read(  # the arguments of `fma`, and the root
    subset: str, genres: tuple[str, ...], about: str, name: str, finest: bool, root: Path
) -> Dataset:
    """The dataset with what the metadata at the root say of it."""
    folder, checksums = _metadata_folder(name, root), _checksums(name, root)
    files = (folder / "tracks.csv", folder / "genres.csv", *checksums)
    return _known(subset, genres, about, name, finest, folder, checksums, stamp_of(files))


@lru_cache(maxsize=2)
@without_collecting()
def _known(
    subset: str,
    genres: tuple[str, ...],
    about: str,
    name: str,
    finest: bool,
    folder: Path,
    checksums: tuple[Path, ...],
    _stamp: Stamp,
) -> Dataset:
    path = folder / "tracks.csv"
    upto = SUBSETS[: SUBSETS.index(subset) + 1]
    rows = [row for row in _rows(path, stamp_of([path])) if row.subset in upto]
    if len(rows) < PUBLISHED[subset]:
        _refuse_cut(subset, len(rows), folder, checksums)
    labels = {row.id: TOP[row.top] for row in rows if row.top}
    kept = genres
    if finest:
        labels, kept = finest_genres(folder / "genres.csv", rows)
    listed = _listed(checksums)
    replicas = replica_sets(
        ((digest, track) for track, digest in listed.items() if track not in NO_AUDIO), "sha1"
    )
    among = frozenset(kept)
    labelled = [row for row in rows if labels.get(row.id) in among]
    tracks = tuple(
        replace(_track(row, labels[row.id], replicas.get(row.id)), checksum=listed.get(row.id))
        for row in labelled
    )
    official = PublishedFolds(_provenance(subset, finest=finest), {row.id: (1, row.part) for row in labelled})
    return with_tracks(
        fma(subset, genres, about, name=name, finest=finest), kept, tracks, {"official": official}, ".mp3"
    )


def _refuse_cut(subset: str, count: int, folder: Path, checksums: tuple[Path, ...]) -> None:
    """Raise if a table with fewer tracks than were published is a part of FMA's own.

    Fewer tracks alone are no fault, since a table may be made for an experiment. FMA's own files beside it
    tell: the list of the clips, or the number of tracks of each genre.
    """
    path = folder / "tracks.csv"
    rows = _rows(path, stamp_of([path]))
    absent = _listed(checksums).keys() - {row.id for row in rows}
    if absent or _counts_more(folder / "genres.csv", rows):
        problem = f"holds {count} of the {PUBLISHED[subset]} tracks of FMA {subset}: it is cut short"
        raise BenchError(problem, "get fma_metadata.zip again", path)


def _counts_more(genres: Path, rows: tuple[TracksLine, ...]) -> bool:
    """Whether FMA's table of genres, if it is there, counts more tracks of a genre than there are."""
    if not genres.is_file():
        return False
    seen = Counter(number for row in rows for number in re.findall("[0-9]+", row.genres))
    return any(count > seen[number] for number, count in tracks_by_genre(genres).items())


def _provenance(subset: str, *, finest: bool) -> dict[str, str]:
    left_out = (
        "tracks of several finest genres and genres without a track in each part left out"
        if finest
        else "tracks without a top genre left out"
    )
    return {
        "about": f"the official split of FMA {subset}: training, validation, test",
        "source": "column set.split of tracks.csv in fma_metadata.zip (github.com/mdeff/fma)",
        "licence": "CC BY 4.0",
        "cite": CITATION,
        "rules": f"{left_out}; artists are disjoint by the makers' design; clips without audio are in it",
    }


def _metadata_folder(name: str, root: Path) -> Path:
    for folder in (root / "fma_metadata", root, root.parent / "fma_metadata"):
        if (folder / "tracks.csv").is_file():
            return folder
    hint = (
        f"run `mgrbench data download {name} --metadata-only`, or get {SERVER}/fma_metadata.zip, "
        "unpack it there (fma_metadata/tracks.csv), and name the folder by --root or MGRBENCH_DATA"
    )
    raise BenchError(f"the metadata of {name} are not there", hint, root)


@lru_cache(maxsize=1)
@without_collecting()
def _rows(path: Path, _stamp: Stamp) -> tuple[TracksLine, ...]:
    """The lines of ``tracks.csv``, sorted by id."""
    rows: dict[str, TracksLine] = {}
    with _long_fields(), reading(path), path.open(encoding="utf-8-sig", newline="\n") as stream:
        lines = csv.reader(stream)
        try:
            take = _columns(lines, path)
            for line in lines:
                row = _row(take(line), path, lines.line_num)
                if row.id in rows:
                    raise BenchError(f"names the track {row.id} again", _HINT, f"{path}:{lines.line_num}")
                rows[row.id] = row
        except IndexError as error:
            raise BenchError("has too few fields", _HINT, f"{path}:{lines.line_num}") from error
        except csv.Error as error:
            raise BenchError(f"is no readable CSV file ({error})", _HINT, path) from error
    if not rows:
        raise BenchError("names no track", _HINT, path)
    return tuple(rows[track] for track in sorted(rows))


def _columns(lines: Iterator[list[str]], path: Path) -> Callable[[list[str]], tuple[str, ...]]:
    """Takes the id and `_COLUMNS` out of a line."""
    head = [next(lines, []) for _ in range(3)]
    places = {pair: place for place, pair in enumerate(zip(head[0], head[1], strict=False))}
    hint = "put FMA's own tracks.csv there"
    if missing := [".".join(pair) for pair in _COLUMNS if pair not in places]:
        raise BenchError(f"lacks the column {missing[0]}", hint, f"{path}:2")
    if head[2][:1] != ["track_id"]:
        raise BenchError("does not begin with track_id", hint, f"{path}:3")
    return itemgetter(0, *(places[pair] for pair in _COLUMNS))


def _row(fields: tuple[str, ...], path: Path, number: int) -> TracksLine:
    track, subset, split, top, genres, artist, album, seconds = fields
    if subset not in SUBSETS or split not in _PARTS or (top and top not in TOP):
        problem = f"has an unknown subset, split or top genre: {', '.join((subset, split, top))[:80]!r}"
        raise BenchError(problem, _HINT, f"{path}:{number}")
    try:
        known, length = int(track), float(seconds)
    except ValueError as error:
        raise BenchError(f"has no number where one is needed ({error})", _HINT, f"{path}:{number}") from error
    subset, part, top, genres, artist, album = map(
        sys.intern, (subset, _PARTS[split], top, genres, artist, album)
    )
    return TracksLine(f"{known:06d}", subset, part, top, genres, artist, album, length)


def _track(row: TracksLine, genre: str, replica: str | None) -> Track:
    faults: tuple[str, ...] = ()
    seconds: float | None = min(row.seconds, SECONDS)
    if row.id in NO_AUDIO:
        faults, seconds = ("severe: holds no audio",), None
    elif row.id in CUT_SHORT:
        faults, seconds = ("cut short: the track is shorter than its metadata say",), None
    elif row.seconds < SECONDS:
        faults = ("shorter than 30 s",)
    return Track(
        id=row.id,
        genre=genre,
        artist=row.artist or None,
        album=row.album if row.album not in ("", "-1") else None,
        seconds=seconds,
        replica=replica,
        faults=faults,
    )


def _checksums(name: str, root: Path) -> tuple[Path, ...]:
    """The list of checksums beside the clips, if it is there."""
    folders = (root, root / name, *(root / f"fma_{subset}" for subset in SUBSETS))
    return tuple(folder / "checksums" for folder in folders if (folder / "checksums").is_file())[:1]


def _listed(checksums: tuple[Path, ...]) -> dict[str, str]:
    """Track id -> SHA-1 of its clip, by the list of checksums."""
    return {track: digest for path in checksums for digest, track in _CHECKSUM.findall(read_text(path))}


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
