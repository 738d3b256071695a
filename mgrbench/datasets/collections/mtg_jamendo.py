"""MTG-Jamendo, genre, single-label (Bogdanov et al. 2019): full tracks with one genre tag, five splits.

The dataset is multi-label. Here a track counts if it has exactly one tag in ``data/autotagging_genre.tsv``,
and a genre if at least `FEWEST` such tracks have it and each part of each of the five official splits has one
of them, so that it can be learnt and tested everywhere. The splits are ``data/splits/split-N``, the tracks of
the kept genres only; a few tracks stand in no split.

The metadata lie in the data root, in its folder ``mtg-jamendo-dataset`` (a clone of the repository), or in
one beside the root. The audio is ``14/214.mp3``, or ``14/214.low.mp3`` of the low-bitrate copies, in any
folder.

Known fault: 990 of the 55 701 files are bitwise equal to another one, in 465 sets
(github.com/MTG/mtg-jamendo-dataset, issue 52). Where the repository's list of SHA-256 sums is at hand
(``data/download/raw_30s_audio*_sha256_tracks.txt``), equal files are marked as exact replicas.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path

from mgrbench import BenchError, Dataset, Metadata, PublishedFolds, Track
from mgrbench.core.files import read_text
from mgrbench.core.gc_pause import without_collecting
from mgrbench.datasets.metadata import Stamp, replica_sets, stamp_of, usual_load, with_tracks

FEWEST = 50
"""Tracks with this tag alone that a genre must have: too few for a test part otherwise."""

TRACKS = 55_215
"""Lines of the table, from the README of the repository."""

SPLITS = tuple(f"split-{number}" for number in range(5))
SUFFIXES = (".mp3", ".wav", ".flac", ".ogg", ".au")
REPOSITORY = "https://github.com/MTG/mtg-jamendo-dataset"
CITATION = (
    "D. Bogdanov, M. Won, P. Tovstogan, A. Porter, X. Serra: The MTG-Jamendo dataset for automatic music "
    "tagging, Machine Learning for Music Discovery Workshop, ICML 2019"
)

# Share of the tracks of all splits that each of them has at least; a few tracks may be in some alone.
_WHOLE = 0.95
_TABLE = "autotagging_genre.tsv"
_PARTS = {"train": "train", "validation": "valid", "test": "test"}
_COLUMNS = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]
_TAG = "genre---"
_LINE = re.compile(rf"track_[0-9]{{7,}}(\t[^\t]*){{3}}\t[0-9]+(\.[0-9]+)?(\t{_TAG}[^\t]+)+\r?")
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_NAME = re.compile(
    rf"(?:track_)?0*([0-9]{{1,8}})(?:\.low)?(?:{'|'.join(map(re.escape, SUFFIXES))})*", re.IGNORECASE
)
_CHECKSUM = re.compile(r"([0-9a-f]{64})\s+\S*?([0-9]+)(?:\.low)?\.mp3")
_HINT = "get the file of the repository again"


def identify(name: str) -> str | None:
    """Canonical track id of an id, file name or path in whatever spelling, or None.

    >>> identify("audio-low/14/214.low.mp3"), identify("track_0000214")
    ('track_0000214', 'track_0000214')
    """
    match = _NAME.fullmatch(name.strip().replace("\\", "/").rpartition("/")[2])
    return f"track_{int(match[1]):07d}" if match else None


def read(root: Path) -> Dataset:
    """The dataset with the tracks, genres and splits of the metadata at the data root.

    Raises:
        BenchError: if the metadata are not there (with the steps to get them), or with file and line if
            they are damaged.
    """
    folder = _metadata_folder(root)
    return _known(folder, FEWEST, stamp_of(_files(folder)))


@lru_cache(maxsize=1)
@without_collecting()
def _known(folder: Path, _fewest: int, _stamp: Stamp) -> Dataset:
    lines = sorted(_lines(folder / _TABLE))
    single = [fields for fields in lines if len(fields) == len(_COLUMNS)]
    parts = {name: _parts(folder / "splits" / name) for name in SPLITS}
    _refuse_cut(folder, {fields[0] for fields in lines}, parts)
    genres = _kept_genres(single, parts)
    replicas = _replicas(folder)
    kept = frozenset(genres)
    found = tuple(
        Track(
            id=track,
            genre=";".join(map(_genre, tags)),
            artist=artist,
            album=album,
            seconds=float(seconds),
            replica=replicas.get(track),
        )
        for track, artist, album, _path, seconds, *tags in lines
    )
    tracks = tuple(track for track in found if track.genre in kept)
    left_out = tuple(track for track in found if track.genre not in kept)
    known = {track.id for track in tracks}
    published = {
        name: PublishedFolds(
            _provenance(name), {track: (1, part) for track, part in of.items() if track in known}
        )
        for name, of in parts.items()
    }
    return with_tracks(DATASET, genres, tracks, published, left_out=left_out)


def _refuse_cut(folder: Path, known: Set[str], parts: Mapping[str, Mapping[str, str]]) -> None:
    """Raise if the table or a split was cut after a line: the others name tracks that it lacks."""
    named = set().union(*parts.values())
    if len(known) < TRACKS and (absent := named - known):
        problem = (
            f"lacks {len(absent)} tracks that the split files name, the first {min(absent)}: it is cut short"
        )
        raise BenchError(problem, _HINT, folder / _TABLE)
    for name, of in parts.items():
        if len(of) < _WHOLE * len(named):
            problem = f"names {len(of)} of the {len(named)} tracks that all splits name: a file is cut short"
            raise BenchError(problem, "get the files of the repository again", folder / "splits" / name)


def _metadata_folder(root: Path) -> Path:
    clone = "mtg-jamendo-dataset"
    places = (root / "data", root / clone / "data", root, root.parent / clone / "data")
    for folder in places:
        if (folder / _TABLE).is_file():
            return folder
    hint = (
        f"run `git clone {REPOSITORY}` there, or name the folder that holds such a clone (with its "
        f"data/{_TABLE} and data/splits) by --root or MGRBENCH_DATA"
    )
    raise BenchError("the metadata of mtg_jamendo are not there", hint, root)


def _files(folder: Path) -> list[Path]:
    """All files that are read, those that may lack too."""
    parts = [folder / "splits" / name / f"autotagging_genre-{part}.tsv" for name in SPLITS for part in _PARTS]
    return [folder / _TABLE, *parts, *_checksum_lists(folder)]


def _lines(path: Path) -> list[list[str]]:
    """The lines of a table, each with its fields; those from the sixth on are tags.

    Raises:
        BenchError: with file and line, if it is missing or damaged.
    """
    head, *lines = read_text(path).rstrip("\n").split("\n")
    if head.rstrip("\r").split("\t") != _COLUMNS:
        raise BenchError(f"has not the columns {', '.join(_COLUMNS)}", _HINT, f"{path}:1")
    seen: set[str] = set()
    rows = []
    for number, line in enumerate(lines, start=2):
        fields = line.rstrip("\r").split("\t")
        if not _LINE.fullmatch(line) or fields[0] in seen:
            raise BenchError(_problem(fields), _HINT, f"{path}:{number}")
        seen.add(fields[0])
        rows.append(fields)
    return rows


def _problem(fields: list[str]) -> str:
    """What is wrong with a line that is none, or stands there again."""
    if len(fields) < len(_COLUMNS):
        return f"has {len(fields)} fields, fewer than {len(_COLUMNS)}"
    if not _SECONDS.fullmatch(fields[4]):
        return f"the duration {fields[4][:40]!r} is no number of seconds"
    strange = [tag for tag in fields[5:] if not tag.startswith(_TAG) or not _genre(tag)]
    if strange:
        return f"the tag {strange[0][:40]!r} is no genre's"
    return f"the track id {fields[0][:40]!r} is none, or stands twice"


def _genre(tag: str) -> str:
    return tag.removeprefix(_TAG)


def _parts(folder: Path) -> dict[str, str]:
    """Track id -> part, of one split.

    Raises:
        BenchError: with file, if one is missing or damaged, or if a track is in two parts.
    """
    found: dict[str, str] = {}
    for name, part in _PARTS.items():
        path = folder / f"autotagging_genre-{name}.tsv"
        mine = {fields[0]: part for fields in _lines(path)}
        if twice := sorted(mine.keys() & found.keys()):
            raise BenchError(f"names {twice[0]}, which is in another part too", _HINT, path)
        found |= mine
    return found


def _kept_genres(single: Sequence[Sequence[str]], parts: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    genre_of = {fields[0]: _genre(fields[5]) for fields in single}
    # Per split and part the genres that it has a track of.
    there: dict[tuple[str, str], set[str]] = {
        (name, part): set() for name in SPLITS for part in _PARTS.values()
    }
    for name, of in parts.items():
        for track, part in of.items():
            if track in genre_of:
                there[name, part].add(genre_of[track])
    counts = Counter(genre_of.values())
    enough = {genre for genre, count in counts.items() if count >= FEWEST}
    kept = tuple(sorted(enough.intersection(*there.values())))
    if not kept:
        problem = f"no genre has {FEWEST} tracks with its tag alone, in each part of each split"
        raise BenchError(problem, "put the whole data folder of the repository there")
    return kept


def _checksum_lists(folder: Path) -> list[Path]:
    return [folder / "download" / f"raw_30s_audio{kind}_sha256_tracks.txt" for kind in ("", "-low")]


def _replicas(folder: Path) -> dict[str, str]:
    """Track id -> name of its set of replicas, by the repository's list of checksums, where it is at hand."""
    found = next((path for path in _checksum_lists(folder) if path.is_file()), None)
    listed = _CHECKSUM.findall(read_text(found)) if found else []
    return replica_sets(((digest, f"track_{int(number):07d}") for digest, number in listed), "sha256")


def _provenance(name: str) -> dict[str, str]:
    return {
        "about": f"official {name} of MTG-Jamendo, its tracks with exactly one genre tag",
        "source": f"data/splits/{name}/autotagging_genre-*.tsv of github.com/MTG/mtg-jamendo-dataset",
        "licence": "CC BY-NC-SA 4.0",
        "cite": CITATION,
        "rules": (
            f"tracks with one genre tag, genres with {FEWEST} such tracks or more and one in each part of "
            "each split; artists are disjoint by the makers' design; bitwise equal files are in it"
        ),
    }


DATASET = Dataset(
    name="mtg_jamendo",
    about=f"MTG-Jamendo, single-label: full tracks with one genre tag, genres of {FEWEST} or more.",
    genres=(),
    sample_rate=22050,
    segment_seconds=10.0,
    segments_per_track=3,
    licence="audio: a Creative Commons licence each (audio_licenses.txt); metadata: CC BY-NC-SA 4.0",
    homepage=REPOSITORY,
    citation=CITATION,
    load=usual_load("mtg_jamendo", read),
    identify=identify,
    audio_suffixes=SUFFIXES,
    metadata=Metadata(read, SPLITS),
    steps=(
        f"git clone {REPOSITORY} {{root}}/mtg-jamendo-dataset",
        "pip install -r {root}/mtg-jamendo-dataset/scripts/requirements.txt",
        "python {root}/mtg-jamendo-dataset/scripts/download/download.py --dataset raw_30s --type audio-low "
        "--from mtg-fast --unpack --remove {root}/audio-low  (156 GB; --type audio gives 320 kbit/s, 508 GB)",
        "mgrbench data verify mtg_jamendo --root {root}",
    ),
)
