"""The clusters of test tracks: what an interval or a test takes for one observation.

Tracks of one artist are not independent: a model that recognises one song of an album recognises the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.connected import connected
from mgrbench.core.types import Split


def clusters_of(tracks: Sequence[str], artist: Mapping[str, str | None]) -> NDArray[np.int64]:
    """Number the clusters of predictions.

    Two tracks that share a credited artist are in one cluster, and so are tracks that a chain of such pairs
    connects. A track of unknown artist is a cluster of its own; where several folds test it, these are one
    cluster.

    Args:
        tracks: the track id of each prediction. A track that several folds test is there several times.
        artist: track id -> credited artist ids joined by ``;``. Unknown where absent, None or empty.

    Returns:
        int64, shape (predictions,): cluster numbers from 0, in order of first appearance.
    """
    return np.array(connected([_keys(track, artist.get(track)) for track in tracks]), dtype=np.int64)


def resampled(split: Split) -> Literal["artists", "tracks"]:
    """What an interval on a split resamples, as a word for pages and screens.

    Artists, where most test tracks have a known one. Else the clusters are nearly all of one track, and the
    interval is one over tracks.
    """
    tested = {track for fold in split.folds for track in fold.test}
    return "artists" if 2 * sum(bool(split.artist.get(track)) for track in tested) > len(tested) else "tracks"


def _keys(track: str, artist: str | None) -> list[tuple[str, str]]:
    names = [("artist", name) for name in (artist or "").split(";") if name]
    return names or [("track", track)]
