"""Datasets whose tracks are read from metadata at the data root: loading, caching, sets of replicas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mgrbench.core.paths import data_root
from mgrbench.core.types import Dataset, PublishedFolds, Track
from mgrbench.datasets.folder import tracks_with_audio

Read = Callable[[Path], Dataset]
Stamp = tuple[tuple[str, int, int], ...]


def usual_load(name: str, read: Read) -> Callable[[Path | None], Sequence[Track]]:
    """How tracks are loaded where nobody has read the metadata yet: by those at the root or the usual one."""
    return partial(_load_usual, name, read)


def with_tracks(
    dataset: Dataset,
    genres: tuple[str, ...],
    tracks: tuple[Track, ...],
    published: Mapping[str, PublishedFolds],
    checksums_of: str = "",
    left_out: tuple[Track, ...] = (),
) -> Dataset:
    """The dataset with what its metadata say; it holds no local functions, so that processes can share it.

    Args:
        dataset: what is known without metadata.
        genres: its genres.
        tracks: its tracks.
        published: its official splits.
        checksums_of: ending of the files that the tracks' checksums were made of.
        left_out: tracks of the collection that are none of the dataset's.
    """
    known = replace(
        dataset,
        genres=genres,
        load=partial(_all, tracks),
        published=partial(_given, published),
        left_out=left_out,
    )
    return replace(known, load=partial(tracks_with_audio, known, checksums_of=checksums_of))


def stamp_of(paths: Iterable[Path]) -> Stamp:
    """What changes when one of these files comes, goes or is written anew, so that they are read once."""
    there = [(path, path.stat()) for path in paths if path.is_file()]
    return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in there)


def replica_sets(checksums: Iterable[tuple[str, str]], prefix: str) -> dict[str, str]:
    """Track id -> name of its set of replicas, from pairs of a checksum and an id; none for a lone track."""
    same: dict[str, list[str]] = defaultdict(list)
    for digest, track in checksums:
        same[digest].append(track)
    return {track: f"{prefix}-{digest[:12]}" for digest, ids in same.items() if len(ids) > 1 for track in ids}


def _load_usual(name: str, read: Read, root: Path | None) -> Sequence[Track]:
    return read(data_root(root, name)).tracks(root)


def _all(tracks: tuple[Track, ...], _root: Path | None) -> Sequence[Track]:
    return tracks


def _given(published: Mapping[str, PublishedFolds]) -> Mapping[str, PublishedFolds]:
    return published
