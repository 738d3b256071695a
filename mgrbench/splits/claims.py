"""What a split file says of tracks, held against what their dataset says.

A split file repeats the genre and the artist of each track. Scores take them from the split, so a wrong cell
would make a wrong number: a blank artist makes an interval too narrow, an unknown id an audit of nothing.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from mgrbench.core.text import printable
from mgrbench.core.types import BenchError, Dataset, Split, Track


def settled(split: Split, dataset: Dataset) -> Split:
    """The split with the artists that its dataset knows.

    A track whose artist the dataset does not know keeps the artist of the file. A blank cell says nothing.

    Raises:
        BenchError: if the split names what is no track of the dataset, or if it gives a track another genre
            or other artists than the dataset does.
    """
    known = {track.id: track for track in dataset.tracks()}
    _check_ids(split, dataset, known.keys())
    if strange := set(split.genre.values()) - set(dataset.genres):
        hint = f"the genres of {dataset.name} are {', '.join(dataset.genres)}"
        raise BenchError(f"{split.name} has the genre {printable(min(strange))!r}", hint)
    artist = {i: _artist(split, dataset, known[i]) for i in split.artist}
    return split if artist == split.artist else replace(split, artist=artist)


def _check_ids(split: Split, dataset: Dataset, known: Container[str | None]) -> None:
    unknown = [i for i in split.genre if i not in known]
    if not unknown:
        return
    first = unknown[0]
    meant = dataset.identify(first)
    example = min((track.id for track in dataset.tracks()), default="")
    if {first, meant} & {track.id for track in dataset.left_out}:
        hint = f"{dataset.name} leaves this track out: remove its row"
    elif meant in known:
        hint = f"{dataset.name} calls it {meant}: write that"
    elif example:
        hint = f"ids look like {example!r}"
    else:
        hint = "let its load(None) give the tracks that are known without audio"
    count = f" (one of {len(unknown)} such names)" if len(unknown) > 1 else ""
    problem = f"{split.name} names {printable(first)!r}, which is no track of {dataset.name}{count}"
    raise BenchError(problem, hint)


def _artist(split: Split, dataset: Dataset, track: Track) -> str:
    """The artists of a track, from the dataset where it knows them, else from the split."""
    if split.genre[track.id] != track.genre:
        hint = f"{dataset.name} says {track.genre}: correct the split file"
        raise BenchError(f"{split.name} says that {track.id} is {split.genre[track.id]}", hint)
    stated = split.artist[track.id]
    if not track.artist:
        return stated
    if stated.strip() and {name.strip() for name in stated.split(";")} != track.artists:
        hint = f"{dataset.name} says {printable(track.artist)}: correct the split file, or leave it blank"
        raise BenchError(f"{split.name} says that {track.id} is by {printable(stated)!r}", hint)
    return track.artist
