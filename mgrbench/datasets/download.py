"""Download a dataset's audio and metadata into its data root, where their licence allows it.

Only open archives are downloaded. A whole archive is verified and unpacked. Where an address has ``{id}`` in
it, there is one file a track, verified by the track's checksum. Such files are requested one at a time, with
a pause in between, because their servers were not made for downloads of a whole collection. What fails is
written to ``failed.txt`` in the data root, and the next call tries that alone. For everything else there are
steps to follow.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mgrbench.core.archives import is_archive, unpack
from mgrbench.core.download import Progress, fetch
from mgrbench.core.files import algorithm_of, digest_of_file, write_atomically, writing
from mgrbench.core.types import Archive, BenchError, Dataset, Track

FAILED_FILE = "failed.txt"
"""In the data root: what could not be fetched and why, a line each."""

PER_SECOND = 1.0
"""Single files asked for in a second, unless told otherwise."""

PATIENCE = 20
"""Single files that may fail in a row before the rest is left for another time."""

_KEPT = ".downloads"  # hidden, so that nobody takes it for clips
_LARGEST = 1 << 40
_LARGEST_CLIP = 1 << 28
_ODD = re.compile(r"[^\w.() -]")


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be fetched, and why."""

    what: str
    problem: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a download.

    Attributes:
        dataset: name of the dataset.
        root: its data root.
        fetched: names of the files fetched now.
        present: number of files that were there.
        failures: what could not be fetched.
        steps: how to get what mgrbench may not download, step by step; empty if nothing is lacking.
    """

    dataset: str
    root: Path
    fetched: tuple[str, ...] = ()
    present: int = 0
    failures: tuple[Failure, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything is there now."""
        return not (self.failures or self.steps)


def download(
    dataset: Dataset,
    root: Path,
    *,
    per_second: float = PER_SECOND,
    metadata_only: bool = False,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch what may be fetched of a dataset; what is there already is kept.

    Args:
        dataset: the dataset, with or without its metadata.
        root: its data root; made as needed.
        per_second: single files to ask for in a second at most.
        metadata_only: leave the audio.
        progress: told of the bytes of an archive, or of the single files, done and of all.

    Raises:
        BenchError: if the rate is not positive, or if the root may not be written.
    """
    if not 0 < per_second < float("inf"):
        raise BenchError(f"a rate of {per_second:g} files a second", "give one above 0")
    wanted = [archive for archive in dataset.archives if archive.metadata or not metadata_only]
    fetched: list[str] = []
    present = 0
    failures: list[Failure] = []
    for archive in [archive for archive in wanted if archive.open]:
        if "{id}" in archive.url:
            new, there, failed = _fetch_clips(dataset, archive, root, 1 / per_second, progress)
        else:
            new, there, failed = _fetch_archive(archive, root, progress)
        fetched += new
        present += there
        failures += failed
    _report(root, failures)
    steps: tuple[str, ...] = ()
    if not wanted or not all(archive.open for archive in wanted):
        clips = len(_present(dataset, root))
        present += clips
        steps = () if clips and clips == len(dataset.tracks()) else steps_of(dataset, root)
    return Fetched(dataset.name, root, tuple(fetched), present, tuple(failures), steps)


def ways_to_get(dataset: Dataset, root: Path) -> tuple[str, ...]:
    """How to get a dataset's audio: by a command where mgrbench may download all of it, else by steps."""
    if dataset.archives and all(archive.open for archive in dataset.archives):
        return (f"mgrbench data download {dataset.name}",)
    return steps_of(dataset, root)


def steps_of(dataset: Dataset, root: Path) -> tuple[str, ...]:
    """How a user gets a dataset's audio, step by step."""
    place = shlex.quote(str(root))
    if dataset.steps:
        return tuple(step.replace("{root}", place) for step in dataset.steps)
    audio = [archive for archive in dataset.archives if not archive.metadata]
    one = "get one of these" if len(audio) > 1 else "get"
    listed = "; ".join(f"{archive.url} ({archive.checksum or 'no checksum known'})" for archive in audio)
    first = f"{one}: {listed}" if audio else f"see {dataset.homepage}: no address of the audio is known"
    return (
        first,
        f"put or unpack the clips into {place}, in any folders",
        f"mgrbench data verify {dataset.name} --root {place}",
    )


_Outcome = tuple[list[str], int, list[Failure]]


def _fetch_archive(archive: Archive, root: Path, progress: Progress | None) -> _Outcome:
    """Fetch and unpack one archive, unless that was done before."""
    name = _file_name(archive.url)
    kept = root / _KEPT
    done, identity = kept / f"{name}.done", f"{archive.checksum or archive.url}\n"
    if done.is_file() and done.read_text(encoding="utf-8", errors="replace") == identity:
        return [], 1, []
    try:
        target = kept / name if is_archive(name) else root / name
        file = fetch(archive.url, target, archive.checksum or None, limit=_LARGEST, progress=progress)
        if is_archive(name):
            unpack(file, root, progress)
            file.unlink()
        write_atomically(done, identity)
    except BenchError as error:
        return [], 0, [Failure(name, str(error))]
    return [name], 0, []


def _fetch_clips(
    dataset: Dataset, archive: Archive, root: Path, pause: float, progress: Progress | None
) -> _Outcome:
    """Fetch the file of each track that is not there, or is another one, one at a time."""
    there = _present(dataset, root)
    done_before = {track.id for track in there.values() if _as_published(track, root)}
    missing = [there.get(track.id, track) for track in dataset.tracks() if track.id not in done_before]
    fetched: list[str] = []
    failures: list[Failure] = []
    in_a_row = 0
    for done, track in enumerate(missing, start=1):
        if done > 1:
            time.sleep(pause)
        try:
            fetched.append(_fetch_clip(archive, track, root))
            in_a_row = 0
        except BenchError as error:
            failures.append(Failure(track.id, str(error)))
            in_a_row += 1
        if progress:
            progress(done, len(missing))
        if in_a_row == PATIENCE:
            problem = f"not tried: {PATIENCE} in a row had failed; run the same command again later"
            failures += [Failure(left.id, problem) for left in missing[done:]]
            break
    return fetched, len(done_before), failures


def _fetch_clip(archive: Archive, track: Track, root: Path) -> str:
    url = archive.url.replace("{id}", track.id).replace("{genre}", track.genre)
    path = track.path or f"{plain_name(track.genre)}/{_file_name(url)}"
    checksum = f"{algorithm_of(track.checksum)}:{track.checksum}" if track.checksum else None
    file = fetch(url, root / path, checksum, limit=_LARGEST_CLIP, plain=True)
    file.with_name(f".{file.name}.lock").unlink(missing_ok=True)
    return path


def _present(dataset: Dataset, root: Path) -> dict[str, Track]:
    """Id -> track, of the tracks whose clip lies under the root."""
    try:
        return {track.id: track for track in dataset.tracks(root)}
    except BenchError:  # there is no such folder yet, or no clip in it
        return {}


def _as_published(track: Track, root: Path) -> bool:
    """Whether the clip is the published one, as far as that is known."""
    if track.checksum is None:
        return True
    return digest_of_file(root / str(track.path), algorithm_of(track.checksum)) == track.checksum


def _file_name(url: str) -> str:
    return plain_name(url.partition("?")[0].rstrip("/").rpartition("/")[2])


def plain_name(name: str) -> str:
    """A name that is a file's or folder's and leads nowhere else, whoever made it up."""
    return _ODD.sub("_", name).strip(". ") or "_"


def _report(root: Path, failures: Sequence[Failure]) -> None:
    path = root / FAILED_FILE
    if failures:
        lines = [f"{failure.what}\t{' '.join(failure.problem.split())}\n" for failure in failures]
        write_atomically(path, "".join(lines))
    else:
        with writing(path):
            path.unlink(missing_ok=True)
