"""Two datasets as one: its tracks, its classes, and a split that trains on the one and tests the other.

The ids of its tracks are ``gtzan/blues.00000`` and ``ismir2004/…``. Two artists are the same where their
names are equal without case, accents, signs and a leading "the". An id without a letter, or a number in place
of a name, is no name. A recording that both datasets are known to hold is one set of replicas.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mgrbench.core.types import BenchError, Dataset, Split, Track
from mgrbench.datasets.fact_tables import facts_file, read_facts
from mgrbench.experiments.transfer.genre_map import GenreMap
from mgrbench.splits import components, split_of_rows
from mgrbench.splits.file import SplitRow

SHARED = ("train", "test", "none")
"""Where recordings that both datasets hold are left out."""


@dataclass(frozen=True, slots=True)
class JoinedDataset:
    """Two datasets as one.

    Attributes:
        data: the joined dataset.
        split: its only split.
        own: id in it -> the name of the track's own dataset, and its id there.
        shared: number of recordings that both datasets are known to hold.
        left_out: number of tracks left out because of that.
    """

    data: Dataset
    split: Split
    own: Mapping[str, tuple[str, str]]
    shared: int
    left_out: int


def join_datasets(
    train: Dataset,
    test: Dataset,
    train_tracks: Sequence[Track],
    test_tracks: Sequence[Track],
    genres: GenreMap,
    drop: str,
) -> JoinedDataset:
    """Make one dataset of two.

    Args:
        train: the dataset to train on.
        test: the dataset to test on.
        train_tracks: the tracks of it that have a class.
        test_tracks: those of the test dataset.
        genres: which genres are which class.
        drop: one of `SHARED`.

    Raises:
        BenchError: if a class has no track to train on or none to test.
    """
    same = _same_recordings(train, test, train_tracks, test_tracks)
    sides = {
        "train": [_renamed(track, train.name, genres.train, same) for track in train_tracks],
        "test": [_renamed(track, test.name, genres.test, same) for track in test_tracks],
    }
    replicas = [{track.replica for track in side if track.replica} for side in sides.values()]
    shared = replicas[0] & replicas[1]
    kept = {
        part: [track for track in side if part != drop or track.replica not in shared]
        for part, side in sides.items()
    }
    left_out = sum(map(len, sides.values())) - sum(map(len, kept.values()))
    for part, what in (("train", "to train on"), ("test", "to test")):
        if lacking := set(genres.classes) - {track.genre for track in kept[part]}:
            hint = "use another map, or leave shared recordings out of the other part by --drop-shared"
            raise BenchError(f"there is no track of {min(lacking)} {what}", hint)
    data = _dataset(train, test, genres, tuple(track for side in kept.values() for track in side))
    rows = [
        SplitRow(track.id, track.genre, 1, part, track.artist or "")
        for part, side in kept.items()
        for track in side
    ]
    provenance = {
        "name": f"{data.name}/transfer",
        "about": f"{train.name} is trained on, {test.name} is tested, {len(genres.classes)} classes",
        "source": "made by mgrbench transfer",
        "cite": data.citation,
        "rules": f"map: {genres.source}; shared recordings are left out of {drop} ({left_out} tracks)",
    }
    own = {_id(one.name, t.id): (one.name, t.id) for one in (train, test) for t in one.tracks()}
    return JoinedDataset(data, split_of_rows(provenance, rows), own, len(shared), left_out)


def _dataset(train: Dataset, test: Dataset, genres: GenreMap, tracks: tuple[Track, ...]) -> Dataset:
    known = frozenset(track.id for track in tracks)
    return replace(
        train,
        name=f"{train.name}-to-{test.name}",
        about=f"{train.name} to train on and {test.name} to test, over the classes of both.",
        genres=genres.classes,
        licence=f"{train.licence}; {test.licence}",
        citation=f"{train.citation}; {test.citation}",
        load=lambda _root: tracks,
        identify=lambda name: name if name in known else None,
        archives=(),
        published=dict,
        metadata=None,
    )


def _id(dataset: str, track: str) -> str:
    return f"{dataset}/{track}"


def _renamed(track: Track, dataset: str, classes: Mapping[str, str], same: Mapping[str, str]) -> Track:
    """A track under its new id and class; its sets have names that the other dataset's sets cannot have."""
    return replace(
        track,
        id=_id(dataset, track.id),
        genre=classes[track.genre],
        artist=";".join(artist_names(track, dataset)[0]) or None,
        replica=same.get(_id(dataset, track.id)) or (track.replica and _id(dataset, track.replica)),
        recording=track.recording and _id(dataset, track.recording),
    )


def artist_names(track: Track, dataset: str) -> tuple[list[str], bool]:
    """A track's artists under names that compare across datasets, and whether any of them is a real name."""
    names = []
    for artist in sorted(track.artists):
        ascii_only = unicodedata.normalize("NFKD", artist).encode("ascii", "ignore").decode().casefold()
        words = re.findall(r"[a-z0-9]+", ascii_only)
        plain = "".join(words[1:] if words[:1] == ["the"] and words[1:] else words)
        is_name = not track.anonymous and re.search("[a-z]", plain) is not None
        names.append(plain if is_name else _id(dataset, artist))
    return list(dict.fromkeys(names)), any("/" not in name for name in names)


def _same_recordings(
    train: Dataset, test: Dataset, train_tracks: Sequence[Track], test_tracks: Sequence[Track]
) -> dict[str, str]:
    """New id -> name of a set of replicas, for the recordings that both datasets are known to hold.

    A dataset's table of facts names them in a column with the other dataset's name. Replicas, recordings and
    versions of such a track within its own dataset are in the set too.
    """
    pairs = [(_id(train.name, one), _id(test.name, other)) for one, other in _counterparts(train, test)]
    pairs += [(_id(train.name, one), _id(test.name, other)) for other, one in _counterparts(test, train)]
    links: dict[str, list[str]] = {}
    for number, pair in enumerate(pairs):
        for i in pair:
            links.setdefault(i, []).append(str(number))
    # `components` joins tracks of one artist, so a pair stands in the place of an artist.
    joined = [
        Track(
            id=_id(data.name, track.id),
            genre="",
            artist=";".join(links.get(_id(data.name, track.id), [])) or None,
            replica=track.replica and _id(data.name, track.replica),
            recording=track.recording and _id(data.name, track.recording),
        )
        for data, tracks in ((train, train_tracks), (test, test_tracks))
        for track in tracks
    ]
    groups = [group for group in components(joined) if any(track.artist for track in group)]
    return {track.id: f"shared/{group[0].id}" for group in groups for track in group}


def _counterparts(dataset: Dataset, other: Dataset) -> list[tuple[str, str]]:
    """Pairs of a track of ``dataset`` and the same recording in ``other``, as the facts name them."""
    path = facts_file(f"{dataset.name}_tracks.tsv")
    if not path.is_file():
        return []
    rows = read_facts(path, ()).rows
    return [(row["track_id"], row[other.name]) for row in rows if row.get(other.name)]
