"""Rules that make new splits. Each is deterministic; only ``random`` takes a seed that matters.

``hash``       per genre, tracks in the order of SHA-256 of "dataset/track id" are dealt to the folds in turn:
               a random split without a seed, the same on every machine and in every language.
``random``     per genre, tracks shuffled by a seeded generator are dealt to the folds in turn.
``released``   the rule of the fold script that the FusionNet authors released: names sorted per genre,
               Python's ``random`` seeded with 0 per genre, shuffled; ⌊n/k⌋ tracks per fold, the rest to the
               first folds.
``artist``     no artist, replica or recording on two sides: connected components of tracks that share one are
               dealt whole, largest first, each to the fold where its genres are scarcest.
``album``      no album, replica or recording on two sides, dealt in the same way: for datasets that know
               albums and no artists.
``published``  an assignment that others published, from the dataset's facts.
"""

from __future__ import annotations

import random
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from mgrbench.core.types import BenchError, Dataset, Split, Track
from mgrbench.splits.file import SplitRow, is_name, split_of_rows
from mgrbench.splits.groups import albums_as_artists, components, deal_groups, groups_per_genre, hash_of
from mgrbench.splits.load import published_split

RULES = ("hash", "random", "released", "artist", "album", "published")
_GROUPED = ("artist", "album")
"""Rules that deal whole groups of tracks."""


def make_split(
    dataset: Dataset,
    rule: str,
    *,
    name: str,
    folds: int = 10,
    seed: int = 0,
    drop_replicas: bool = False,
    only: Sequence[str] | None = None,
    only_file: str = "",
) -> Split:
    """Make a split by a rule; its ``text`` is the split file.

    Args:
        dataset: the dataset to split.
        rule: one of `RULES`.
        name: name of the split without the dataset; for ``published`` also the assignment's name.
        folds: number of folds (``published`` has its own).
        seed: seed of ``random``.
        drop_replicas: keep one track of each set of exact replicas, and none with a severe fault.
        only: the tracks to split, where not all of the dataset.
        only_file: name of the file that lists them, for the header.

    Raises:
        BenchError: for an unknown rule, a name that is none, a negative seed, fewer than two folds, more
            folds than a genre has artists (or albums), no known album where whole albums are to be dealt, or
            a choice of tracks where the assignment is published.
    """
    if rule not in RULES:
        raise BenchError(f"no rule is called {rule!r}", f"the rules are {', '.join(RULES)}")
    if not is_name(name):
        raise BenchError(f"a split can't be called {name!r}", "use letters, digits, '-', '_' and '.'")
    if seed < 0:
        raise BenchError(f"the seed is {seed}", "give a seed from 0")
    command = _command(dataset, rule, name, folds, seed, drop_replicas=drop_replicas, only_file=only_file)
    if rule == "published":
        if drop_replicas or only is not None:
            hint = "leave out --drop-replicas and --only, or choose another rule"
            raise BenchError("published folds have the tracks that were published", hint)
        return published_split(dataset, name, command)
    tracks = _chosen(dataset, only, drop_replicas=drop_replicas)
    if not tracks:
        raise BenchError(f"no track of {dataset.name} is left to split", "choose some")
    assigned = _deal(dataset, tracks, rule, folds, seed)
    provenance = {
        "name": f"{dataset.name}/{name}",
        "about": _ABOUT[rule].format(folds=folds, seed=seed),
        "source": "made by rule, see made-by",
        "cite": dataset.citation,
        "rules": _rules(rule, tracks, len(dataset.tracks()), drop_replicas=drop_replicas),
        "made-by": command,
    }
    rows = [
        SplitRow(track.id, track.genre, assigned[track.id], "test", track.artist or "") for track in tracks
    ]
    return split_of_rows(provenance, rows)


_ABOUT = {
    "hash": "{folds}-fold stratified by genre, dealt in the order of a hash; artists are on both sides",
    "random": "{folds}-fold stratified by genre, random with seed {seed}; artists are on both sides",
    "released": "{folds}-fold by the fold script released with FusionNet; artists are on both sides",
    "artist": "{folds}-fold stratified by genre, no artist, replica or recording on two sides",
    "album": "{folds}-fold stratified by genre, no album, replica or recording on two sides",
}


def _rules(rule: str, tracks: Sequence[Track], total: int, *, drop_replicas: bool) -> str:
    rules = [f"{len(tracks)} of {total} tracks"]
    if drop_replicas:
        rules.append("exact replicas but the first of each set and severely faulty clips removed")
    if rule not in _GROUPED:
        return "; ".join([*rules, "nothing is disjoint"])
    rules.append(f"{rule}s, replicas and recordings are disjoint")
    if unknown := sum(not getattr(track, rule) for track in tracks):
        rules.append(f"of {unknown} tracks the {rule} is unknown: each counts as one by itself")
    if rule == "artist" and (numbered := sum(track.anonymous for track in tracks)):
        rules.append(
            f"the artists of {numbered} tracks are anonymised, so some may be on two sides by their names"
        )
    return "; ".join(rules)


def _command(
    dataset: Dataset, rule: str, name: str, folds: int, seed: int, *, drop_replicas: bool, only_file: str
) -> str:
    words = ["mgrbench", "split", "make", dataset.name, "--rule", rule, "--name", name]
    if rule != "published":
        words += ["--folds", str(folds)]
    if rule == "random":
        words += ["--seed", str(seed)]
    if drop_replicas:
        words += ["--drop-replicas"]
    if only_file:
        words += ["--only", only_file]
    return shlex.join(words)


def _chosen(dataset: Dataset, only: Sequence[str] | None, *, drop_replicas: bool) -> list[Track]:
    wanted = None if only is None else set(only)
    kept: list[Track] = []
    seen: set[str] = set()
    for track in sorted(dataset.tracks(), key=lambda track: track.id):
        if wanted is not None and track.id not in wanted:
            continue
        if drop_replicas:
            if track.replica in seen or any("severe" in fault for fault in track.faults):
                continue
            if track.replica:
                seen.add(track.replica)
        kept.append(track)
    return kept


def _deal(dataset: Dataset, tracks: Sequence[Track], rule: str, folds: int, seed: int) -> dict[str, int]:
    if folds < 2:
        raise BenchError(f"{folds} folds", "a split has two or more")
    if rule in _GROUPED:
        if rule == "album" and not any(track.album for track in tracks):
            raise BenchError(f"nothing is known of the albums of {dataset.name}", "choose another rule")
        groups = components(tracks if rule == "artist" else albums_as_artists(tracks))
        sizes = {genre: len(of_genre) for genre, of_genre in groups_per_genre(groups).items()}
        _check_enough(sizes, folds, f"{rule}s")
        return deal_groups(groups, folds, prefix=dataset.name)
    per_genre = _by_genre(tracks)
    _check_enough({genre: len(ids) for genre, ids in per_genre.items()}, folds, "tracks")
    assigned: dict[str, int] = {}
    for ids in per_genre.values():
        assigned |= _DEALERS[rule](dataset.name, ids, folds, seed)
    return assigned


def _check_enough(sizes: Mapping[str, int], folds: int, what: str) -> None:
    scarcest = min(sorted(sizes), key=lambda genre: sizes[genre])
    if (most := sizes[scarcest]) < folds:
        hint = f"choose at most {most} folds" if most > 1 else "leave the genre out, see --only"
        raise BenchError(f"{scarcest} has {most} {what}, fewer than {folds} folds", hint)


def _by_genre(tracks: Iterable[Track]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for track in tracks:
        ids[track.genre].append(track.id)
    return dict(sorted(ids.items()))


def _by_hash(dataset: str, ids: list[str], folds: int, _seed: int) -> dict[str, int]:
    ordered = sorted(ids, key=lambda track: hash_of(dataset, track))
    return {track: position % folds + 1 for position, track in enumerate(ordered)}


def _by_seed(_dataset: str, ids: list[str], folds: int, seed: int) -> dict[str, int]:
    order = np.random.default_rng([seed, *ids[0].encode()]).permutation(len(ids))
    ordered = [sorted(ids)[position] for position in order]
    return {track: position % folds + 1 for position, track in enumerate(ordered)}


def _as_released(_dataset: str, ids: list[str], folds: int, _seed: int) -> dict[str, int]:
    ordered = sorted(ids)
    random.Random(0).shuffle(ordered)  # noqa: S311 - a fold assignment, no secret
    size, rest = divmod(len(ordered), folds)
    whole = {track: position // size + 1 for position, track in enumerate(ordered[: size * folds])}
    return whole | {track: position + 1 for position, track in enumerate(ordered[len(ordered) - rest :])}


_DEALERS: dict[str, Callable[[str, list[str], int, int], dict[str, int]]] = {
    "hash": _by_hash,
    "random": _by_seed,
    "released": _as_released,
}
