"""The rungs of the ladder: which tracks each keeps, how it deals them to folds, how many it trains on.

Neighbouring rungs differ in one thing only. The clips are dealt to folds once per seed; where replicas or
faulty clips are removed, the others stay in their folds. Every fold of every rung trains on equally many
tracks of each genre. They are the first in an order that depends on the seed only. So two rungs train on the
same tracks as far as their rules allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mgrbench.core.types import BenchError, Dataset, Split, Track
from mgrbench.splits import components, deal_groups, make_split, split_of_rows
from mgrbench.splits.file import SplitRow
from mgrbench.splits.groups import groups_per_genre, hash_of

RUNGS: Mapping[str, str] = {
    "segments": "segments at random",
    "clips": "clips at random",
    "replicas": "replicas removed",
    "faults": "faults removed",
    "artists": "artists disjoint",
}
"""The rungs from the bottom up: name -> title."""

SEGMENT = "#"
"""Stands between a track's id and the number of its segment."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One protocol of the ladder.

    Attributes:
        name: one of `RUNGS`.
        tracks: the tracks it keeps, by id.
        dealt: per seed, track id -> the fold that tests it; segments have ids such as ``blues.00000#1``.
        note: what a reader must know of it.
        left_out: why it cannot be run on this dataset; empty where it can.
    """

    name: str
    tracks: tuple[Track, ...] = ()
    dealt: tuple[Mapping[str, int], ...] = ()
    note: str = ""
    left_out: str = ""

    @property
    def title(self) -> str:
        """Its name in tables and plots."""
        return RUNGS[self.name]

    def track(self, i: str) -> str:
        """The id of the track that an id of ``dealt`` belongs to."""
        return i.rpartition(SEGMENT)[0] if self.name == "segments" else i


def make_rungs(
    dataset: Dataset, tracks: Sequence[Track], segments: int, folds: int, seeds: Sequence[int]
) -> tuple[Rung, ...]:
    """All rungs of a dataset; a rung that it lacks the facts for has the reason in ``left_out``.

    Args:
        dataset: the dataset.
        tracks: those of its tracks that have features.
        segments: number of segments per track in the features; 1 where they have none.
        folds: number of folds.
        seeds: seeds of the random folds.

    Raises:
        BenchError: if there are fewer than two folds, or more than tracks of a genre.
    """
    kept = tuple(sorted(tracks, key=lambda track: track.id))
    of_clips = tuple(_at_random(dataset, kept, folds, seed) for seed in seeds)
    clips = Rung("clips", kept, of_clips)
    replicas = _without(clips, "replicas", _duplicates(kept))
    last = clips if replicas.left_out else replicas
    faults = _without(last, "faults", _faulty(kept))
    last = last if faults.left_out else faults
    artists = _disjoint(dataset, last.tracks, folds, seeds)
    return _segments(dataset, kept, segments, folds, seeds), clips, replicas, faults, artists


def matched_sizes(rungs: Iterable[Rung], segments: int, folds: int) -> dict[str, int]:
    """Genre -> number of its tracks that every fold trains on: as many as the smallest training part has."""
    sizes: list[dict[str, int]] = []
    for rung in rungs:
        each = segments if rung.name == "segments" else 1
        genre = {track.id: track.genre for track in rung.tracks}
        total = Counter(genre.values())
        for dealt in rung.dealt:
            for fold in range(1, folds + 1):
                tested = Counter(genre[rung.track(i)] for i, number in dealt.items() if number == fold)
                sizes.append({name: (each * total[name] - tested[name]) // each for name in total})
    return {genre: min(size[genre] for size in sizes) for genre in sorted(sizes[0])}


def split_of(
    rung: Rung, place: int, seed: int, dataset: Dataset, sizes: Mapping[str, int], segments: int
) -> Split:
    """The rung's split for its ``place``-th seed, with training parts of these sizes.

    Args:
        rung: the rung.
        place: position of the seed among the ladder's seeds.
        seed: the seed.
        dataset: the dataset, or that of its segments (`segmented`) on the rung of segments.
        sizes: genre -> tracks to train on, see `matched_sizes`.
        segments: segments that count as one track; 1 except on the rung of segments.
    """
    known = {track.id: track for track in rung.tracks}
    dealt = rung.dealt[place]
    ordered = sorted(dealt, key=lambda track: hash_of(f"{dataset.name}/ladder/{seed}", track))
    rows = []
    for fold in sorted(set(dealt.values())):
        room = {genre: segments * size for genre, size in sizes.items()}
        for i in ordered:
            track = known[rung.track(i)]
            part = "test" if dealt[i] == fold else "train"
            if part == "train":
                room[track.genre] -= 1
            if part == "test" or room[track.genre] >= 0:
                rows.append(SplitRow(i, track.genre, fold, part, track.artist or ""))
    provenance = {
        "name": f"{dataset.name}/ladder-{rung.name}-seed{seed}",
        "about": f"{rung.title}, seed {seed}, every fold training on {sum(sizes.values())} tracks",
        "source": "made by mgrbench ladder",
        "cite": dataset.citation,
        "rules": f"{len(rung.tracks)} tracks; {rung.note or 'nothing removed, nothing disjoint'}",
    }
    return split_of_rows(provenance, rows)


def segmented(dataset: Dataset, tracks: Sequence[Track], segments: int) -> Dataset:
    """The dataset whose tracks are the segments of these tracks.

    Segments of one track are one recording, so no validation part shares a track with its training part.
    """
    pieces = tuple(
        replace(
            track,
            id=segment_id(track.id, number),
            path=None,
            recording=track.recording or track.id,
            checksum=None,
        )
        for track in tracks
        for number in range(1, segments + 1)
    )
    known = frozenset(piece.id for piece in pieces)
    return replace(
        dataset,
        name=f"{dataset.name}-segments",
        about=f"The segments of {dataset.name} as tracks of their own.",
        segments_per_track=1,
        load=lambda _root: pieces,
        identify=lambda name: name if name in known else None,
        published=dict,
    )


def segment_id(track: str, number: int) -> str:
    """Id of a track's segment, counted from 1."""
    return f"{track}{SEGMENT}{number}"


def _at_random(dataset: Dataset, tracks: Sequence[Track], folds: int, seed: int) -> dict[str, int]:
    ids = [track.id for track in tracks]
    split = make_split(dataset, "random", name="ladder", folds=folds, seed=seed, only=ids)
    return {track: number for number, fold in enumerate(split.folds, start=1) for track in fold.test}


def _segments(
    dataset: Dataset, tracks: tuple[Track, ...], segments: int, folds: int, seeds: Sequence[int]
) -> Rung:
    if segments < 2:
        return Rung("segments", left_out="the features have one segment a track, or not equally many")
    pieces = segmented(dataset, tracks, segments)
    note = "each fold tests segments whose clip's other segments it may train on"
    dealt = tuple(_at_random(pieces, pieces.tracks(), folds, seed) for seed in seeds)
    return Rung("segments", tracks, dealt, note)


def _without(below: Rung, name: str, removed: frozenset[str]) -> Rung:
    """The rung below without some tracks."""
    tracks = tuple(track for track in below.tracks if track.id not in removed)
    gone = len(below.tracks) - len(tracks)
    if not gone:
        reason = "none is left to remove" if removed else "none is known of this dataset"
        return Rung(name, left_out=reason)
    dealt = tuple({i: fold for i, fold in one.items() if i not in removed} for one in below.dealt)
    return Rung(name, tracks, dealt, f"{gone} {'track' if gone == 1 else 'tracks'} removed")


def _duplicates(tracks: Iterable[Track]) -> frozenset[str]:
    """All but the first track of each set of replicas, recordings or versions."""
    seen: set[str] = set()
    duplicates = set()
    for track in tracks:
        if seen & set(_sets(track)):
            duplicates.add(track.id)
        seen.update(_sets(track))
    return frozenset(duplicates)


def _faulty(tracks: Sequence[Track]) -> frozenset[str]:
    """The tracks with a fault of their own.

    A fault that names another track of the same set says that both are alike. The rung of replicas removes
    such tracks, so this fault does not count here.
    """
    sets: dict[str, list[str]] = {}
    for track in tracks:
        for name in _sets(track):
            sets.setdefault(name, []).append(track.id)

    def like(track: Track, fault: str) -> bool:
        return any(i in fault for name in _sets(track) for i in sets[name] if i != track.id)

    return frozenset(track.id for track in tracks if any(not like(track, f) for f in track.faults))


def _sets(track: Track) -> list[str]:
    """The sets of replicas, recordings or versions that a track belongs to."""
    named = {"replica": track.replica, "recording": track.recording}
    return [f"{kind} {name}" for kind, name in named.items() if name]


def _disjoint(dataset: Dataset, tracks: tuple[Track, ...], folds: int, seeds: Sequence[int]) -> Rung:
    if not any(track.artist for track in tracks):
        return Rung("artists", left_out="no artists are known of this dataset")
    groups = components(tracks)
    sizes = {genre: len(of_genre) for genre, of_genre in groups_per_genre(groups).items()}
    scarcest = min(sorted(sizes), key=lambda genre: sizes[genre])
    if sizes[scarcest] < folds:
        most = sizes[scarcest]
        hint = f"choose {most} folds" if most > 1 else "no folds can be made"
        return Rung("artists", left_out=f"{scarcest} has {most} artists for {folds} folds: {hint}")
    dealt = tuple(deal_groups(groups, folds, prefix=f"{dataset.name}/ladder/{seed}") for seed in seeds)
    if any(_lacks_training(tracks, one, folds) for one in dealt):
        reason = f"in a fold one group of artists holds all of a genre: fewer than {folds} folds may do"
        return Rung("artists", left_out=reason)
    unknown = sum(not track.artist for track in tracks)
    some = "track" if unknown == 1 else "tracks"
    note = f"{unknown} {some} of unknown artist: each counts as an artist of its own" if unknown else ""
    return Rung("artists", tracks, dealt, note)


def _lacks_training(tracks: Iterable[Track], dealt: Mapping[str, int], folds: int) -> bool:
    """Whether a fold has no training track of a genre, or no test track."""
    places: dict[str, set[int]] = {}
    for track in tracks:
        places.setdefault(track.genre, set()).add(dealt[track.id])
    return any(len(of_genre) < 2 for of_genre in places.values()) or len(set(dealt.values())) < folds


def check_protocol(folds: int, seeds: Sequence[int]) -> None:
    """Check the number of folds and the seeds of a ladder.

    Raises:
        BenchError: for fewer than two folds, no seed, a negative one, or one given twice.
    """
    if folds < 2:
        raise BenchError(f"{folds} folds", "a ladder has two or more")
    if not seeds or min(seeds) < 0:
        raise BenchError(f"the seeds are {', '.join(map(str, seeds)) or 'none'}", "give seeds from 0")
    if len(set(seeds)) < len(seeds):
        raise BenchError("a seed is given twice", "give each once")
