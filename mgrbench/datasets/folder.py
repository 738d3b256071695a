"""Finding the clips of a dataset in whatever folders and under whatever names people keep them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mgrbench.core.files import reading
from mgrbench.core.types import BenchError, Dataset, Track


@dataclass(frozen=True, slots=True)
class Scan:
    """The audio files under a data root.

    Attributes:
        clips: track id -> file, relative to the root with ``/``, sorted by id.
        unrecognised: audio files whose name is no clip's, sorted.
    """

    clips: dict[str, str]
    unrecognised: tuple[str, ...]


def find_clips(dataset: Dataset, root: Path) -> dict[str, str]:
    """The dataset's clips under ``root``: track id -> file, relative to the root with ``/``, sorted by id.

    Where several files claim one id, the one whose ending stands first in ``dataset.audio_suffixes`` is
    taken, then the one whose path sorts first, so that the choice is the same on every machine.

    Raises:
        BenchError: if ``root`` does not exist, is no folder, may not be read, or holds none of the clips.
    """
    scan = scan_folder(dataset, root)
    if scan.clips:
        return scan.clips
    files = scan.unrecognised
    seen = f"{len(files)} other audio files, {files[0]!r} the first" if files else "no audio files at all"
    problem = f"holds none of the {len(dataset.tracks())} clips of {dataset.name} ({seen})"
    raise BenchError(problem, _how_to_get(dataset), root)


def scan_folder(dataset: Dataset, root: Path) -> Scan:
    """All audio files under ``root``, recognised by ``dataset.identify``; chooses as `find_clips` does.

    Raises:
        BenchError: if ``root`` does not exist, is no folder, or may not be read.
    """
    with reading(root):
        is_folder = root.is_dir()
    if not is_folder:
        problem = "is a file, not a folder" if root.is_file() else "no such folder"
        raise BenchError(problem, _how_to_get(dataset), root)
    rank = {suffix: position for position, suffix in enumerate(dataset.audio_suffixes)}
    best: dict[str, tuple[int, str]] = {}
    unrecognised: list[str] = []
    for path in _files(root):
        position = rank.get(os.path.splitext(path)[1].lower())  # noqa: PTH122  (a Path for each of 100k is slow)
        if position is None:
            continue
        track = dataset.identify(path)
        if track is None:
            unrecognised.append(path)
        else:
            best[track] = min(best.get(track, (position, path)), (position, path))
    return Scan({track: best[track][1] for track in sorted(best)}, tuple(sorted(unrecognised)))


def tracks_with_audio(dataset: Dataset, root: Path | None, checksums_of: str = "") -> tuple[Track, ...]:
    """The dataset's tracks; with ``root`` those of which audio lies under it, with the path of each.

    Args:
        dataset: gives its tracks without any root.
        root: its data root.
        checksums_of: ending of the files that the checksums were made of. A file of another ending is a copy
            that somebody converted, so it has none.

    Raises:
        BenchError: as `find_clips` does.
    """
    if root is None:
        return tuple(dataset.tracks())
    clips = find_clips(dataset, root)
    return tuple(
        replace(track, path=path, checksum=track.checksum if path.lower().endswith(checksums_of) else None)
        for track in dataset.tracks()
        if (path := clips.get(track.id)) is not None
    )


def _how_to_get(dataset: Dataset) -> str:
    return (
        f"name the folder of the clips by --root or MGRBENCH_DATA; "
        f"`mgrbench data info {dataset.name}` tells how to get the audio"
    )


def _files(root: Path) -> Iterator[str]:
    """Files under ``root`` in a fixed order, relative with ``/``.

    Links are followed, since large collections are often linked in, but no folder is entered twice. Hidden
    files and folders, and the ``__MACOSX`` folders of archives, are passed over: they hold the resource forks
    that macOS names like the clips (``._blues.00000.wav``).
    """
    entered: set[tuple[int, int]] = set()
    start = len(os.path.join(root, ""))  # noqa: PTH118  (with the separator that os.walk puts after it)
    for folder, folders, files in os.walk(root, onerror=_unreadable, followlinks=True):
        status = os.stat(folder)  # noqa: PTH116
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        inside = folder[start:].replace(os.sep, "/")
        prefix = f"{inside}/" if inside else ""
        for name in sorted(files):
            if not name.startswith("."):
                yield prefix + name


def _unreadable(error: OSError) -> None:
    raise BenchError("may not be read", "change its permissions", error.filename) from error
