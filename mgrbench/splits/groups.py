"""Groups of tracks that must stay on one side of a split, and the rule that assigns them to folds.

Two tracks belong together when they share a credited artist, a set of exact replicas or a recording,
directly or through other tracks (connected components). Dealing whole groups makes parts that are disjoint
in all three.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from mgrbench.core.connected import connected
from mgrbench.core.files import sha256_of_bytes
from mgrbench.core.types import Track

_VALIDATION_SHARE = 8
"""One in so many training tracks goes to validation where a split fixes no validation part."""

_FEWEST_PARTS = 4
"""Even where a genre has fewer groups than this, no more than about one track in four is held out."""

Groups = Sequence[Sequence[Track]]


def draw_validation(tracks: Sequence[Track]) -> frozenset[str]:
    """Ids of the validation tracks to cut from these training tracks, by a rule without a seed.

    The training tracks are dealt as `deal_groups` does into eight parts, or into as many (but no fewer than
    four) as the genre with the fewest groups has. The validation part is the one whose genre counts are
    nearest to an eighth of each genre (smallest sum of squared differences over the eighths), so an artist
    who fills a part alone is not held out. No artist, replica or recording is on both sides (and no album,
    where no track's artist is known), and a group without which a genre would vanish from training stays
    there.
    """
    # Where no artist is known at all, the album is the nearest that is.
    groups = components(tracks if any(track.artist for track in tracks) else albums_as_artists(tracks))
    fewest = min((len(sizes) for sizes in groups_per_genre(groups).values()), default=0)
    parts = min(_VALIDATION_SHARE, max(_FEWEST_PARTS, fewest))
    part = deal_groups(groups, parts, prefix="validation")
    total = Counter(track.genre for track in tracks)
    candidates = [
        _sparing([group for group in groups if part[group[0].id] == number], total)
        for number in range(1, parts + 1)
    ]
    best = min(candidates, key=lambda chosen: (not chosen, _unevenness(chosen, total)))
    return frozenset(track.id for group in best for track in group)


def albums_as_artists(tracks: Sequence[Track]) -> list[Track]:
    """The tracks with their album as their artist, so that whole albums are what belongs together."""
    # A ";" joins artists; an album has one name, whatever is in it.
    return [replace(track, artist=(track.album or "").replace(";", ",") or None) for track in tracks]


def _sparing(groups: Groups, total: Mapping[str, int]) -> Groups:
    """The groups without those that hold tracks of a genre of which nothing would be left in training."""
    held = Counter(track.genre for group in groups for track in group)
    return [group for group in groups if all(held[track.genre] < total[track.genre] for track in group)]


def _unevenness(groups: Groups, total: Mapping[str, int]) -> Fraction:
    """How far the groups are from an eighth of each genre; exact, so that the choice is the same anywhere."""
    held = Counter(track.genre for group in groups for track in group)
    return sum(
        (Fraction((_VALIDATION_SHARE * held[genre] - count) ** 2, count) for genre, count in total.items()),
        start=Fraction(0),
    )


def components(tracks: Sequence[Track]) -> list[list[Track]]:
    """Groups of tracks joined, directly or through others, by an artist, a replica set or a recording."""
    groups: dict[int, list[Track]] = defaultdict(list)
    for track, number in zip(tracks, connected([_keys(track) for track in tracks]), strict=True):
        groups[number].append(track)
    return list(groups.values())


def _keys(track: Track) -> list[tuple[str, str]]:
    """What ties a track to others."""
    keys = [("artist", artist) for artist in track.artists]
    keys += [("replica", track.replica)] if track.replica else []
    keys += [("recording", track.recording)] if track.recording else []
    return keys


def groups_per_genre(groups: Groups) -> dict[str, list[int]]:
    """Per genre, how many of its tracks each group has, groups without any left out."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for group in groups:
        for genre in {track.genre for track in group}:
            sizes[genre].append(sum(track.genre == genre for track in group))
    return sizes


def deal_groups(groups: Groups, folds: int, prefix: str) -> dict[str, int]:
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
