"""A stranger's list of tracks: ids, file names or paths, one a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mgrbench.files import read_text
from mgrbench.types import BenchError, Dataset


@dataclass(frozen=True, slots=True)
class TrackList:
    """What a list of track names says.

    Attributes:
        ids: the tracks it names, each once, in its order.
        unknown: lines that name no track of the dataset.
        repeated: tracks that it names more than once.
    """

    ids: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]


def read_track_list(path: Path, dataset: Dataset) -> TrackList:
    """Read a text file of track ids, file names or paths, one a line; ``#`` starts a comment.

    Where a line has several columns (a label beside the name, say) the first that names a track counts.

    Raises:
        BenchError: if the file cannot be read, or none of its lines names a track of the dataset.
    """
    known = {track.id for track in dataset.tracks()}
    named: list[str] = []
    unknown: list[str] = []
    for line in read_text(path).splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        track = _identify(text, dataset, known)
        (unknown if track is None else named).append(text if track is None else track)
    if not named:
        example = f" (its first line is {unknown[0][:60]!r})" if unknown else " (it is empty)"
        mend = f"write one id, file name or path a line, for example {next(iter(sorted(known)))}"
        raise BenchError(f"names no track of {dataset.name}{example}", mend, path)
    repeated = tuple(track for track, count in Counter(named).items() if count > 1)
    return TrackList(tuple(dict.fromkeys(named)), tuple(unknown), repeated)


def _identify(text: str, dataset: Dataset, known: set[str]) -> str | None:
    columns = text.replace(",", "\t").replace(";", "\t").split("\t")
    for column in (text, *(column.strip(" \"'") for column in columns)):
        track = column if column in known else dataset.identify(column)
        if track in known:
            return track
    return None
