"""Two datasets as one: its tracks, its classes, and a split that trains on the one and tests the other.

Its tracks are called ``gtzan/blues.00000`` and ``ismir2004/…``. Artists are the same in both where their
names are, without case, accents, signs and a "the" before them; an id without a letter, or a number in place
of a name, is the name of nobody. A track that is known to be in both datasets is a replica of itself.
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
from mgrbench.splits.file import Row

SHARED = ("train", "test", "none")
"""Where recordings that both datasets hold are left out."""


@dataclass(frozen=True, slots=True)
class Both:
    """The two datasets as one.

    Attributes:
        data: the dataset of both.
        split: its only split.
        of: id in it -> the track's id in its own dataset.
    """

    data: Dataset
    split: Split
    of: Mapping[str, tuple[str, str]]
    shared: int
    left_out: int


def join(
    train: Dataset,
    test: Dataset,
    train_tracks: Sequence[Track],
    test_tracks: Sequence[Track],
    genres: GenreMap,
    drop: str,
) -> Both:
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
    sides = (
        [_renamed(track, train.name, genres.train, same) for track in train_tracks],
        [_renamed(track, test.name, genres.test, same) for track in test_tracks],
    )
    held = [{track.replica for track in side if track.replica} for side in sides]
    common = held[0] & held[1]
    kept = [
        [track for track in side if part != drop or track.replica not in common]
        for part, side in zip(SHARED, sides, strict=False)
    ]
    left_out = sum(map(len, sides)) - sum(map(len, kept))
    for side, what in zip(kept, ("to train on", "to test"), strict=True):
        if lacking := set(genres.classes) - {track.genre for track in side}:
            hint = "use another map, or leave shared recordings out of the other part by --drop-shared"
            raise BenchError(f"there is no track of {min(lacking)} {what}", hint)
    name = f"{train.name}-to-{test.name}"
    tracks = tuple(track for side in kept for track in side)
    data = replace(
        train,
        name=name,
        about=f"{train.name} to train on and {test.name} to test, over the classes of both.",
        genres=genres.classes,
        licence=f"{train.licence}; {test.licence}",
        citation=f"{train.citation}; {test.citation}",
        load=lambda _root: tracks,
        identify=lambda said: said if said in known else None,
        archives=(),
        published=dict,
        metadata=None,
    )
    known = frozenset(track.id for track in tracks)
    rows = [
        Row(track.id, track.genre, 1, part, track.artist or "")
        for part, side in (("train", kept[0]), ("test", kept[1]))
        for track in side
    ]
    provenance = {
        "name": f"{name}/transfer",
        "about": f"{train.name} is trained on, {test.name} is tested, {len(genres.classes)} classes",
        "source": "made by mgrbench transfer",
        "cite": data.citation,
        "rules": f"map: {genres.source}; shared recordings are left out of {drop} ({left_out} tracks)",
    }
    split = split_of_rows(provenance, rows)
    of = {_id(one.name, t.id): (one.name, t.id) for one in (train, test) for t in one.tracks()}
    return Both(data, split, of, len(common), left_out)


def _id(dataset: str, track: str) -> str:
    return f"{dataset}/{track}"


def _renamed(track: Track, dataset: str, classes: Mapping[str, str], same: Mapping[str, str]) -> Track:
    """A track under its new name, its class, and sets that no track of the other dataset is in by chance."""
    return replace(
        track,
        id=_id(dataset, track.id),
        genre=classes[track.genre],
        artist=";".join(artist_names(track, dataset)[0]) or None,
        replica=same.get(_id(dataset, track.id)) or (track.replica and _id(dataset, track.replica)),
        recording=track.recording and _id(dataset, track.recording),
    )


def artist_names(track: Track, dataset: str) -> tuple[list[str], bool]:
    """A track's artists under names that hold in any dataset, and whether any of them is a name."""
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
    """New id -> name of a set, for the tracks that both datasets are known to hold.

    A dataset's table of facts tells them, where it has a column with the other dataset's name. Replicas,
    recordings and versions of such a track within its own dataset are in the set too.
    """
    pairs = [(_id(train.name, one), _id(test.name, other)) for one, other in _counterparts(train, test)]
    pairs += [(_id(train.name, one), _id(test.name, other)) for other, one in _counterparts(test, train)]
    links: dict[str, list[str]] = {}
    for number, pair in enumerate(pairs):
        for i in pair:
            links.setdefault(i, []).append(str(number))
    # Tracks are joined as by the makers of splits, with a pair in the place of an artist.
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
    path = facts_file(f"{dataset.name}_tracks.tsv")
    if not path.is_file():
        return []
    rows = read_facts(path, ()).rows
    return [(row["track_id"], row[other.name]) for row in rows if row.get(other.name)]
