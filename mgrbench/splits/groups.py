"""Groups of tracks that must not be torn apart, and the rule that deals them.

Two tracks belong together when they share a credited artist, a set of exact replicas or a recording,
directly or through other tracks (connected components). Dealing whole groups makes parts that are disjoint
in all three.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mgrbench.files import sha256_of_bytes
from mgrbench.types import Track

_VALIDATION_SHARE = 8
"""One in so many training tracks goes to validation where a split fixes no validation part."""


def draw_validation(tracks: Sequence[Track]) -> frozenset[str]:
    """Ids of the validation tracks to cut from these training tracks, by a rule without a seed.

    The training tracks are dealt as `deal_groups` does into eight parts, or into as many as the genre with
    the fewest groups allows, and the first part is the validation part: about one track in eight, stratified
    by genre, no artist, replica or recording on both sides. A genre that would vanish from training stays.
    """
    groups = components(tracks)
    per_genre = groups_per_genre(groups)
    parts = max(2, min([_VALIDATION_SHARE, *(len(sizes) for sizes in per_genre.values())]))
    part = deal_groups(groups, parts, prefix="validation")
    held_out = {track.id for track in tracks if part[track.id] == 1}
    staying = {track.genre for track in tracks if track.id not in held_out}
    return frozenset(track.id for track in tracks if track.id in held_out and track.genre in staying)


def components(tracks: Sequence[Track]) -> list[list[Track]]:
    """Groups of tracks joined, directly or through others, by an artist, a replica set or a recording."""
    parent = list(range(len(tracks)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    first: dict[tuple[str, str], int] = {}
    for position, track in enumerate(tracks):
        keys = [("artist", artist) for artist in sorted(track.artists)]
        keys += [("replica", track.replica)] if track.replica else []
        keys += [("recording", track.recording)] if track.recording else []
        for key in keys:
            parent[root(position)] = root(first.setdefault(key, position))
    groups: dict[int, list[Track]] = defaultdict(list)
    for position, track in enumerate(tracks):
        groups[root(position)].append(track)
    return list(groups.values())


def groups_per_genre(groups: Sequence[Sequence[Track]]) -> dict[str, list[int]]:
    """Per genre, how many of its tracks each group has, groups without any left out."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for group in groups:
        for genre in {track.genre for track in group}:
            sizes[genre].append(sum(track.genre == genre for track in group))
    return sizes


def deal_groups(groups: Sequence[Sequence[Track]], folds: int, prefix: str) -> dict[str, int]:
    """Deal whole groups, largest first, each where its genres are scarcest (then to the smallest fold)."""
    genres = sorted({track.genre for group in groups for track in group})
    column = {genre: position for position, genre in enumerate(genres)}
    held = np.zeros((folds, len(genres)))
    assigned: dict[str, int] = {}
    ordered = sorted(
        groups, key=lambda group: (-len(group), hash_of(prefix, min(track.id for track in group)))
    )
    for group in ordered:
        counts = np.bincount([column[track.genre] for track in group], minlength=len(genres))
        scarcity = held @ counts
        best = min(range(folds), key=lambda fold: (scarcity[fold], held[fold].sum(), fold))
        held[best] += counts
        assigned |= {track.id: best + 1 for track in group}
    return assigned


def hash_of(prefix: str, text: str) -> str:
    """SHA-256 of "prefix/text": an order that is random to the eye and the same everywhere."""
    return sha256_of_bytes(f"{prefix}/{text}".encode())
