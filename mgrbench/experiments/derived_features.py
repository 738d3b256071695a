"""What an experiment on stored features begins with.

These are the tracks that all features have, a folder that no other process works in, and features made from
others: the same rows under other ids, so that an experiment is evaluated like any other run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mgrbench.core.files import locked
from mgrbench.core.types import BenchError, FloatArray, Track
from mgrbench.features.store import FeatureStore, StoredFeature


class Source(NamedTuple):
    """Where a row comes from: a stored feature, a track, and its segment from 0, or None for all segments."""

    stored: StoredFeature
    track: str
    segment: int | None = None


def derive_feature(root: Path, dataset: str, feature: str, rows: Mapping[str, Source]) -> None:
    """Store a feature made from rows of others.

    The same rows always have the same fingerprint. The caveats of the sources are caveats of the result. All
    rows are in memory once, as they are when a model trains on them.

    Args:
        root: folder of the feature store to write to.
        dataset: name of the dataset of the new feature.
        feature: name of the new feature.
        rows: id of a track in the new dataset -> where its row comes from.

    Raises:
        BenchError: if there are no rows, if a row is corrupt, or if the disk is full.
    """
    sources = list({id(row.stored): row.stored for row in rows.values()}.values())
    values: FloatArray | None = None
    for source in sources:
        mine = [(place, row) for place, row in enumerate(rows.values()) if row.stored is source]
        tracks = {track: place for place, track in enumerate(dict.fromkeys(row.track for _, row in mine))}
        read = source.rows(list(tracks))
        chosen = read[[tracks[row.track] for _, row in mine]]
        segments = [row.segment for _, row in mine if row.segment is not None]
        if segments:
            chosen = chosen[np.arange(len(mine)), np.array(segments)][:, None]
        if values is None:
            values = np.empty((len(rows), *chosen.shape[1:]), dtype=np.float32)
        values[[place for place, _ in mine]] = chosen
    if values is None:
        raise BenchError(f"there are no rows of {feature}", "name a feature")
    FeatureStore(root).import_array(
        dataset,
        feature,
        tuple(rows),
        values,
        about={"made from": [f"{one.manifest.dataset}/{one.manifest.feature}" for one in sources]},
        caveat="; ".join(dict.fromkeys(one.manifest.caveat for one in sources if one.manifest.caveat)),
        replace=True,
    )


def tracks_with_features(
    tracks: Sequence[Track], dataset: str, stored: Mapping[str, StoredFeature], *, allow_missing: bool
) -> tuple[list[Track], int]:
    """The tracks that every feature has, and the number of tracks that a feature lacks.

    Args:
        tracks: the tracks that are wanted.
        dataset: name of their dataset.
        stored: feature -> the stored feature.
        allow_missing: go on without the tracks that a feature lacks.

    Raises:
        BenchError: if a feature lacks tracks and that is not allowed, or if no track is left.
    """
    lacking = {name: sum(t.id not in one.checks for t in tracks) for name, one in stored.items()}
    there = [track for track in tracks if all(track.id in one.checks for one in stored.values())]
    if not there or (len(there) < len(tracks) and not allow_missing):
        name = max(lacking, key=lambda name: lacking[name], default="")
        hint = "add them" + (", or go on without them by --allow-missing" if there else "")
        raise BenchError(f"{name} lacks {lacking.get(name, 0)} of {len(tracks)} tracks of {dataset}", hint)
    return there, len(tracks) - len(there)


@contextmanager
def locked_folder(root: Path, lock_name: str, what: str) -> Iterator[None]:
    """Keep other processes from working in ``root``; remove it at the end if it is empty.

    Raises:
        BenchError: if another process works there.
    """
    lock = root / lock_name
    with locked(lock, what):
        try:
            yield
        finally:
            with suppress(OSError):  # as from a folder that something is in
                lock.unlink(missing_ok=True)
                for place in (*root.iterdir(), root):
                    place.rmdir()
