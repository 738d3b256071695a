"""The rows of a stored feature, read and written one by one, each with its CRC-32."""

from __future__ import annotations

import os
import re
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mgrbench.core.files import ARRAY_ERRORS, read_text, write_atomically, writing
from mgrbench.core.types import BenchError, FloatArray
from mgrbench.features.store.manifest import REMAKE, Manifest, manifest_text

_CHECK = re.compile("[0-9]{1,10}")


@dataclass(frozen=True)
class StoredFeature:
    """A feature that is in the store, its values memory-mapped.

    Attributes:
        folder: where it lies.
        manifest: what it is.
        values: float32 (tracks, segments, ...), read only.
        checks: track id -> CRC-32 of its row, for the rows that are there.
        sources: track id -> checksum of the decoded audio that the row was computed from, or "".
    """

    folder: Path
    manifest: Manifest
    values: FloatArray
    checks: Mapping[str, int]
    sources: Mapping[str, str]
    _row: Mapping[str, int] = field(repr=False)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the tracks that have a row, in row order."""
        return tuple(track for track in self.manifest.ids if track in self.checks)

    @property
    def bytes(self) -> int:
        """Size of the values of the rows that are there."""
        return len(self.checks) * int(self.values[0].nbytes)

    def rows(self, ids: Sequence[str]) -> FloatArray:
        """Values of these tracks, float32 (tracks, segments, ...), each checked against its CRC-32.

        Raises:
            BenchError: if a track has no row, or if a row is corrupt.
        """
        absent = [track for track in ids if track not in self.checks]
        if absent:
            what = f"{self.manifest.feature} of {self.manifest.dataset}"
            raise BenchError(f"{what} lacks {len(absent)} tracks, the first {absent[0]}", self._hint())
        values = np.asarray(self.values[[self._row[track] for track in ids]])
        for track, row in zip(ids, values, strict=True):
            if zlib.crc32(row.tobytes()) != self.checks[track]:
                hint = self._hint(again=True)
                raise BenchError(f"the stored values of {track} are corrupt", hint, self.folder)
        return values

    def corrupt(self) -> list[str]:
        """Ids of the tracks whose row does not match its CRC-32."""
        return [
            track
            for track in self.ids
            if zlib.crc32(np.ascontiguousarray(self.values[self._row[track]]).tobytes()) != self.checks[track]
        ]

    def _hint(self, *, again: bool = False) -> str:
        if self.manifest.kind == "imported":
            return "import the feature again with --replace"
        command = f"mgrbench features extract {self.manifest.dataset} --feature {self.manifest.feature}"
        return f"run `{command}{' --replace' if again else ''}`"


class FeatureWriter:
    """Writes rows of a computed feature; made by `FeatureStore.writer`.

    Args:
        folder: where the feature lies.
        manifest: what it is.
        fresh: whether to begin anew. What is in the folder goes with the first row and not before, so that an
            extraction that fails leaves all as it was.
    """

    def __init__(self, folder: Path, manifest: Manifest, *, fresh: bool = False) -> None:
        self.folder = folder
        self.manifest = manifest
        self._fresh = fresh
        self._row = {track: position for position, track in enumerate(manifest.ids)}
        self.stored: set[str] = set()
        if not fresh and (folder / "values.npy").is_file():
            map_values(folder / "values.npy", len(manifest.ids))  # refuses a damaged one
            _cut_unfinished_line(folder / "rows.tsv")
            self.stored = set(read_rows(folder / "rows.tsv", set(self._row))[0])

    def write(self, track: str, row: FloatArray, source: str) -> None:
        """Store one row, float32 (segments, ...), and the checksum of the audio it was computed from.

        The file is written, not mapped: on a full disk a mapped page would kill the process.

        Raises:
            BenchError: if the disk is full, or if the row has another shape than the rows before.
        """
        path = self.folder / "values.npy"
        data = np.ascontiguousarray(row, dtype="<f4")
        with writing(path):
            if self._fresh:
                self._begin()
            if not path.is_file():
                self._create(path, data.shape)
            with path.open("r+b") as stream:
                major = np.lib.format.read_magic(stream)[0]
                read = (
                    np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
                )
                shape = read(stream)[0]
                if shape[1:] != data.shape:
                    hint = "a feature gives every clip the same shape"
                    raise BenchError(f"{track} has the shape {data.shape}, others {shape[1:]}", hint, path)
                stream.seek(self._row[track] * data.nbytes, os.SEEK_CUR)
                stream.write(data.tobytes())
            with (self.folder / "rows.tsv").open("ab") as journal:
                journal.write(row_line(track, data, source).encode())
        self.stored.add(track)

    def _begin(self) -> None:
        """An empty folder with the manifest."""
        shutil.rmtree(self.folder, ignore_errors=True)
        write_atomically(self.folder / "manifest.json", manifest_text(self.manifest))
        self._fresh = False

    def _create(self, path: Path, row_shape: tuple[int, ...]) -> None:
        """An array file of the final size without a value in it (sparse where the file system can)."""
        (self.folder / "rows.tsv").unlink(missing_ok=True)
        part = path.with_suffix(".part")
        shape = (len(self.manifest.ids), *row_shape)
        with part.open("wb") as stream:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
            stream.truncate(stream.tell() + 4 * int(np.prod(shape)))
        part.replace(path)


def map_values(path: Path, tracks: int) -> FloatArray:
    """The array file, memory-mapped: nothing is read but its header."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ARRAY_ERRORS as error:
        raise BenchError(f"is damaged ({error})", REMAKE, path) from error
    shape: tuple[int, ...] = getattr(values, "shape", ())
    if len(shape) < 2 or shape[0] != tracks or values.dtype != np.dtype("<f4") or 0 in shape:
        raise BenchError(f"is damaged (it is no table of {tracks} rows of float32)", REMAKE, path)
    return values  # type: ignore[no-any-return]


def read_rows(path: Path, known: set[str]) -> tuple[dict[str, int], dict[str, str]]:
    """CRC-32 and checksum of the source by track, of the rows in ``rows.tsv`` that are of known tracks."""
    checks: dict[str, int] = {}
    sources: dict[str, str] = {}
    for line in read_text(path).splitlines(keepends=True) if path.is_file() else []:
        values = line.rstrip("\n").split("\t")
        # A line without its end was being written when the process died: its row doesn't count.
        if line.endswith("\n") and len(values) == 3 and values[0] in known and _CHECK.fullmatch(values[1]):
            checks[values[0]] = int(values[1])
            sources[values[0]] = values[2]
    return checks, sources


def save_rows(path: Path, rows: FloatArray) -> None:
    """Write a contiguous float32 array; by hand, since `numpy.save` doesn't say that a disk is full."""
    with path.open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": rows.shape}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(rows.astype("<f4", copy=False).data)
        stream.flush()
        os.fsync(stream.fileno())


def row_line(track: str, row: FloatArray, source: str) -> str:
    """The line of ``rows.tsv`` that makes a row count."""
    return f"{track}\t{zlib.crc32(row.tobytes())}\t{source}\n"


def _cut_unfinished_line(path: Path) -> None:
    """Take away what a killed process began to write, or the next line would be joined to it."""
    lines = path.read_bytes() if path.is_file() else b""
    if not lines.endswith(b"\n") and lines:
        with writing(path):
            os.truncate(path, lines.rfind(b"\n") + 1)
