"""Whether the clips under a data root are those of the dataset, whole and decodable.

Copies of a dataset differ from archive to archive, so the files themselves are checked. Each is decoded from
end to end. Its checksum is compared with the published one, where the dataset knows one for that kind of file
(for GTZAN: for WAV files only). A file of the published checksum is right, whatever its length. The length of
any other is compared with the track's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mgrbench.core.audio import decode
from mgrbench.core.files import algorithm_of, digest_of_file
from mgrbench.core.types import BenchError, Dataset, Track
from mgrbench.datasets.folder import scan_folder

LENGTH_TOLERANCE = 0.75
"""Seconds that a clip may be longer or shorter than its nominal length. GTZAN's own clips of "30 s" last
29.93 to 30.65 s (660 000 to 675 808 samples at 22 050 Hz), and MP3 coders add up to 0.1 s of silence."""


_NAMES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong with a file of a data root.

    Attributes:
        id: track id; None for a file that is no known clip.
        path: the file, relative to the data root with ``/``.
        detail: what is wrong, with the figures.
    """

    id: str | None
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying a data root gave.

    Attributes:
        dataset: name of the dataset.
        root: the data root.
        expected: number of tracks of the dataset.
        found: number of tracks with a file under the root.
        missing: ids of the tracks without one.
        unreadable: files that do not decode whole to finite samples; nothing else of them is checked.
        unexpected_length: files whose length is off by more than `LENGTH_TOLERANCE`, without those of the
            published checksum.
        unexpected_checksum: files whose checksum is not the published one.
        unrecognised: audio files whose name is no clip's.
        checksum_not_known: number of files without a published checksum to compare with.
    """

    dataset: str
    root: Path
    expected: int
    found: int
    missing: tuple[str, ...] = ()
    unreadable: tuple[FileFault, ...] = ()
    unexpected_length: tuple[FileFault, ...] = ()
    unexpected_checksum: tuple[FileFault, ...] = ()
    unrecognised: tuple[FileFault, ...] = ()
    checksum_not_known: int = 0

    @property
    def ok(self) -> bool:
        """Whether every track is there, whole and as published; other audio files beside them do no harm."""
        return not (self.missing or self.unreadable or self.unexpected_length or self.unexpected_checksum)

    def to_dict(self) -> dict[str, object]:
        """The report as plain values, for JSON."""
        lists = ("unreadable", "unexpected_length", "unexpected_checksum", "unrecognised")
        return {
            "dataset": self.dataset,
            "root": _printable(str(self.root)),
            "ok": self.ok,
            "expected": self.expected,
            "found": self.found,
            "missing": list(self.missing),
            **{name: [_as_dict(finding) for finding in getattr(self, name)] for name in lists},
            "checksum_not_known": self.checksum_not_known,
            "length_tolerance": LENGTH_TOLERANCE,
        }


@dataclass(slots=True)
class _Faults:
    """What was found so far."""

    unreadable: list[FileFault] = field(default_factory=list)
    length: list[FileFault] = field(default_factory=list)
    checksum: list[FileFault] = field(default_factory=list)


def verify(dataset: Dataset, root: Path, progress: Callable[[int, int], None] | None = None) -> Report:
    """Check every clip of a dataset under a data root.

    Args:
        dataset: the dataset.
        root: its data root.
        progress: called with (clips checked, clips found) after each clip.

    Raises:
        BenchError: if ``root`` does not exist, may not be read, or holds none of the dataset's clips. A fault
            of a single file is no error.
    """
    known = [track.id for track in dataset.tracks()]
    tracks = dataset.tracks(root)
    faults = _Faults()
    for done, track in enumerate(tracks, start=1):
        _check(track, root, faults)
        if progress is not None:
            progress(done, len(tracks))
    found = {track.id for track in tracks}
    used = {track.path for track in tracks}
    others = [path for path in scan_folder(dataset, root).unrecognised if path not in used]
    return Report(
        dataset=dataset.name,
        root=root,
        expected=len(known),
        found=len(found),
        missing=tuple(track for track in known if track not in found),
        unreadable=tuple(faults.unreadable),
        unexpected_length=tuple(faults.length),
        unexpected_checksum=tuple(faults.checksum),
        unrecognised=tuple(
            FileFault(None, _printable(path), f"its name is that of no clip of {dataset.name}")
            for path in others
        ),
        checksum_not_known=sum(track.checksum is None for track in tracks),
    )


def _check(track: Track, root: Path, faults: _Faults) -> None:
    """Decode, measure and digest the file of one track."""
    path = track.path or ""
    shown = _printable(path)
    algorithm = algorithm_of(track.checksum) if track.checksum else ""
    try:
        samples, rate = decode(root / path)
        digest = digest_of_file(root / path, algorithm) if algorithm else None
    except BenchError as error:
        faults.unreadable.append(FileFault(track.id, shown, error.problem))
        return
    if digest and digest == str(track.checksum).lower():
        return
    seconds = len(samples) / rate
    if track.seconds is not None and abs(seconds - track.seconds) > LENGTH_TOLERANCE:
        detail = f"lasts {seconds:.2f} s, not {track.seconds:g} s (within {LENGTH_TOLERANCE:g} s)"
        faults.length.append(FileFault(track.id, shown, detail))
    if digest:
        detail = f"{_NAMES[algorithm]} {digest}, published {track.checksum}"
        faults.checksum.append(FileFault(track.id, shown, detail))


def _as_dict(finding: FileFault) -> dict[str, str | None]:
    return {"id": finding.id, "path": finding.path, "detail": finding.detail}


def _printable(path: str) -> str:
    """A path that any terminal and JSON reader takes, whatever bytes the file system has in it."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
