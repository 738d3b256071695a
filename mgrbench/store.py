"""The feature store: one array per dataset and feature, on disk, memory-mapped.

``<store>/<dataset>/<feature>/`` holds

* ``values.npy``     float32 (tracks, segments, ...), one row for each track of the manifest;
* ``manifest.json``  the track ids in row order, the fingerprint, and what the values are made from;
* ``rows.tsv``       one line per row that is there: track id, CRC-32 of its bytes, checksum of its source.

A row counts as stored only when its line is, so a killed extraction loses at most the clips it was at.
Imported arrays are written beside and renamed. Every row that is read is checked against its CRC-32.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.files import ARRAY_ERRORS, locked, read_text, sha256_of_bytes, write_atomically, writing
from mgrbench.types import BenchError, FeatureSpec, FloatArray

SCHEMA_VERSION = 1

# A name is that of a folder, beside which there are a lock and, while it is written, a folder ".name+….part".
_NAME = re.compile(r"(?=.*\w)[\w-][\w.-]*")
_CHECK = re.compile("[0-9]{1,10}")
_REMAKE = "remove the folder, then extract or import the feature again"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stored feature is.

    Attributes:
        dataset: name of the dataset.
        feature: name of the feature.
        fingerprint: identity of the values: of an import the checksum of ids and values, of a computed
            feature that of its spec, its library versions and the dataset's segments.
        kind: ``"imported"`` or ``"computed"``.
        about: where the values come from: file and key, or the spec with its versions.
        ids: track ids in row order.
        caveat: what must be said wherever results from these values stand; empty if nothing.
    """

    dataset: str
    feature: str
    fingerprint: str
    kind: str
    about: Mapping[str, Any]
    ids: tuple[str, ...]
    caveat: str = ""
    schema_version: int = SCHEMA_VERSION


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
            raise BenchError(f"{what} lacks {len(absent)} tracks, the first {absent[0]}", self._mend())
        values = np.asarray(self.values[[self._row[track] for track in ids]])
        for track, row in zip(ids, values, strict=True):
            if zlib.crc32(row.tobytes()) != self.checks[track]:
                mend = self._mend(again=True)
                raise BenchError(f"the stored values of {track} are corrupt", mend, self.folder)
        return values

    def corrupt(self) -> list[str]:
        """Ids of the tracks whose row does not match its CRC-32."""
        return [
            track
            for track in self.ids
            if zlib.crc32(np.ascontiguousarray(self.values[self._row[track]]).tobytes()) != self.checks[track]
        ]

    def _mend(self, *, again: bool = False) -> str:
        if self.manifest.kind == "imported":
            return "import the feature again with --replace"
        command = f"mgrbench features extract {self.manifest.dataset} --feature {self.manifest.feature}"
        return f"run `{command}{' --replace' if again else ''}`"


class FeatureStore:
    """All stored features below one folder: ``MGRBENCH_CACHE``, or else the user's cache folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or default_root()

    def folder(self, dataset: str, feature: str) -> Path:
        """Where a feature of a dataset lies, whether it is there or not.

        Raises:
            BenchError: if a feature can't be called so.
        """
        if not _NAME.fullmatch(feature):
            raise BenchError(
                f"a feature can't be called {feature!r}", "use letters, digits, '-', '_' and '.'"
            )
        return self.root / dataset / feature

    def features(self, dataset: str) -> list[str]:
        """Names of the features of a dataset that are in the store, sorted."""
        return sorted(file.parent.name for file in (self.root / dataset).glob("[!.]*/values.npy"))

    def datasets(self) -> list[str]:
        """Names of the datasets that have a feature in the store, sorted."""
        return sorted({file.parent.parent.name for file in self.root.glob("[!.]*/[!.]*/values.npy")})

    def open(self, dataset: str, feature: str) -> StoredFeature:
        """A stored feature, its values memory-mapped.

        Raises:
            BenchError: if it is not in the store or if its files are damaged.
        """
        folder = self.folder(dataset, feature)
        # An extraction that was stopped before its first clip leaves a manifest and no values.
        if not (folder / "values.npy").is_file():
            there = ", ".join(self.features(dataset)) or "none"
            mend = f"extract or import it (`mgrbench features --help`); stored of {dataset}: {there}"
            raise BenchError(f"the feature {feature!r} of {dataset} is not in the store", mend)
        manifest = _read_manifest(folder / "manifest.json")
        values = _map_values(folder / "values.npy", len(manifest.ids))
        checks, sources = _read_rows(folder / "rows.tsv", set(manifest.ids))
        row = {track: position for position, track in enumerate(manifest.ids)}
        return StoredFeature(folder, manifest, values, checks, sources, row)

    def import_array(
        self,
        dataset: str,
        feature: str,
        ids: Sequence[str],
        values: FloatArray,
        *,
        about: Mapping[str, Any],
        caveat: str = "",
        replace: bool = False,
    ) -> StoredFeature:
        """Put precomputed values into the store.

        Args:
            dataset: name of the dataset.
            feature: name to give the feature.
            ids: track ids, each once.
            values: float32 (tracks, segments, ...), finite.
            about: where the values come from.
            caveat: what must be said wherever results from these values stand.
            replace: whether values that are there already may be replaced by others.

        Raises:
            BenchError: if other values are stored under this name and may not be replaced.
        """
        folder = self.folder(dataset, feature)
        fingerprint = fingerprint_of_values(ids, values)
        manifest = Manifest(dataset, feature, fingerprint, "imported", about, tuple(ids), caveat)
        with locked(self.root / dataset / f".{feature}.lock", f"{feature} of {dataset}"):
            if (folder / "manifest.json").is_file() and not replace:
                old = _read_manifest(folder / "manifest.json").fingerprint
                if old != fingerprint:
                    mend = "add --replace to replace them, or choose another name"
                    raise BenchError(f"other values of {feature} of {dataset} are stored", mend, folder)
            with _fresh_folder(folder) as part:
                # ascontiguousarray, because a row's CRC-32 is that of its bytes in C order
                rows = np.ascontiguousarray(values, dtype=np.float32)
                _save(part / "values.npy", rows)
                lines = [_line(track, row, "") for track, row in zip(ids, rows, strict=True)]
                write_atomically(part / "rows.tsv", "".join(lines))
                write_atomically(part / "manifest.json", _manifest_text(manifest))
        return self.open(dataset, feature)

    @contextmanager
    def writer(self, manifest: Manifest, *, replace: bool = False) -> Iterator[FeatureWriter]:
        """Add rows to a computed feature, one after another; rows that are there already stay.

        Raises:
            BenchError: if another process writes it, or if values of another fingerprint are stored and
                ``replace``, which removes them, is not set.
        """
        folder = self.folder(manifest.dataset, manifest.feature)
        what = f"{manifest.feature} of {manifest.dataset}"
        with locked(self.root / manifest.dataset / f".{manifest.feature}.lock", what):
            kept = self._kept(folder, manifest.fingerprint)
            if kept is None and (folder / "manifest.json").is_file() and not replace:
                mend = "add --replace to compute all of it again"
                raise BenchError(f"{what} is stored as made by other settings or versions", mend, folder)
            if kept is None:
                # Also what a killed process left without a manifest: of what settings can't be told.
                shutil.rmtree(folder, ignore_errors=True)
            elif set(manifest.ids) <= set(kept.ids):
                manifest = kept
            else:
                manifest = changed(manifest, ids=tuple(sorted({*kept.ids, *manifest.ids})))
                self._regrow(folder, manifest)
            write_atomically(folder / "manifest.json", _manifest_text(manifest))
            yield FeatureWriter(folder, manifest)

    def _kept(self, folder: Path, fingerprint: str) -> Manifest | None:
        """The manifest in a folder, if its values are of this fingerprint and so to be kept."""
        if not (folder / "manifest.json").is_file():
            return None
        manifest = _read_manifest(folder / "manifest.json")
        return manifest if manifest.fingerprint == fingerprint else None

    def _regrow(self, folder: Path, manifest: Manifest) -> None:
        """Make room for further tracks; rows that are there and sound are kept."""
        if not (folder / "values.npy").is_file():
            return
        old = self.open(manifest.dataset, manifest.feature)
        corrupt = set(old.corrupt())
        with _fresh_folder(folder) as part:
            write_atomically(part / "manifest.json", _manifest_text(manifest))
            writer = FeatureWriter(part, manifest)
            for track in old.ids:
                if track not in corrupt:
                    writer.write(track, old.rows([track])[0], old.sources[track])


class FeatureWriter:
    """Writes rows of a computed feature; made by `FeatureStore.writer`."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._row = {track: position for position, track in enumerate(manifest.ids)}
        self.stored: set[str] = set()
        if (folder / "values.npy").is_file():
            _map_values(folder / "values.npy", len(manifest.ids))  # refuses a damaged one
            _cut_unfinished_line(folder / "rows.tsv")
            self.stored = set(_read_rows(folder / "rows.tsv", set(self._row))[0])

    def write(self, track: str, row: FloatArray, source: str) -> None:
        """Store one row, float32 (segments, ...), and the checksum of the audio it was computed from.

        The file is written, not mapped: on a full disk a mapped page would kill the process.

        Raises:
            BenchError: if the disk is full, or if the row has another shape than the rows before.
        """
        path = self.folder / "values.npy"
        data = np.ascontiguousarray(row, dtype="<f4")
        with writing(path):
            if not path.is_file():
                self._create(path, data.shape)
            with path.open("r+b") as stream:
                major = np.lib.format.read_magic(stream)[0]
                read = (
                    np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
                )
                shape = read(stream)[0]
                if shape[1:] != data.shape:
                    mend = "a feature gives every clip the same shape"
                    raise BenchError(f"{track} has the shape {data.shape}, others {shape[1:]}", mend, path)
                stream.seek(self._row[track] * data.nbytes, os.SEEK_CUR)
                stream.write(data.tobytes())
            with (self.folder / "rows.tsv").open("ab") as journal:
                journal.write(_line(track, data, source).encode())
        self.stored.add(track)

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


def default_root() -> Path:
    """``MGRBENCH_CACHE``, or else the user's cache folder."""
    import platformdirs

    named = os.environ.get("MGRBENCH_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("mgrbench") / "features"


def fingerprint_of_values(ids: Sequence[str], values: FloatArray) -> str:
    """Checksum of an import: of its ids and values, whatever order the tracks came in."""
    order = sorted(range(len(ids)), key=lambda position: ids[position])
    parts = [str(values.shape[1:]).encode()]
    for position in order:
        parts += [ids[position].encode(), np.ascontiguousarray(values[position], dtype="<f4").tobytes()]
    return sha256_of_bytes(b"\0".join(parts))


def fingerprint_of_spec(
    spec: FeatureSpec, versions: Mapping[str, str], segments: Mapping[str, Any], source: str = ""
) -> str:
    """Identity of a computed feature: its spec, the library versions, the dataset's segments.

    A plugin that isn't built in adds the checksum of its source.
    """
    parts: dict[str, Any] = {
        "name": spec.name,
        "version": spec.version,
        "parameters": dict(spec.parameters),
        "libraries": dict(versions),
        "segments": dict(segments),
    }
    if source:
        parts["source"] = source
    return sha256_of_bytes(json.dumps(parts, sort_keys=True).encode())


def _cut_unfinished_line(path: Path) -> None:
    """Take away what a killed process began to write, or the next line would be joined to it."""
    lines = path.read_bytes() if path.is_file() else b""
    if not lines.endswith(b"\n") and lines:
        with writing(path):
            os.truncate(path, lines.rfind(b"\n") + 1)


def _save(path: Path, rows: FloatArray) -> None:
    """Write a contiguous float32 array; by hand, since `numpy.save` doesn't say that a disk is full."""
    with path.open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": rows.shape}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(rows.astype("<f4", copy=False).data)
        stream.flush()
        os.fsync(stream.fileno())


def _line(track: str, row: FloatArray, source: str) -> str:
    return f"{track}\t{zlib.crc32(row.tobytes())}\t{source}\n"


def _manifest_text(manifest: Manifest) -> str:
    document = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    document |= {"ids": list(manifest.ids), "about": dict(manifest.about)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _read_manifest(path: Path) -> Manifest:
    try:
        document = json.loads(read_text(path))
        if (version := document["schema_version"]) != SCHEMA_VERSION:
            raise BenchError(f"has the schema version {version}", _REMAKE, path)
        return Manifest(**{**document, "ids": tuple(document["ids"])})
    except (json.JSONDecodeError, TypeError, KeyError) as error:
        raise BenchError(f"is damaged ({error})", _REMAKE, path) from error


def _map_values(path: Path, tracks: int) -> FloatArray:
    """The array file, memory-mapped: nothing is read but its header."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ARRAY_ERRORS as error:
        raise BenchError(f"is damaged ({error})", _REMAKE, path) from error
    shape: tuple[int, ...] = getattr(values, "shape", ())
    if len(shape) < 2 or shape[0] != tracks or values.dtype != np.dtype("<f4") or 0 in shape:
        raise BenchError(f"is damaged (it is no table of {tracks} rows of float32)", _REMAKE, path)
    return values  # type: ignore[no-any-return]


def _read_rows(path: Path, known: set[str]) -> tuple[dict[str, int], dict[str, str]]:
    checks: dict[str, int] = {}
    sources: dict[str, str] = {}
    for line in read_text(path).splitlines(keepends=True) if path.is_file() else []:
        values = line.rstrip("\n").split("\t")
        # A line without its end was being written when the process died: its row doesn't count.
        if line.endswith("\n") and len(values) == 3 and values[0] in known and _CHECK.fullmatch(values[1]):
            checks[values[0]] = int(values[1])
            sources[values[0]] = values[2]
    return checks, sources


@contextmanager
def _fresh_folder(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of ``folder`` only once all in it has been written."""
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        for stale in folder.parent.glob(f".{folder.name}+*.part"):
            shutil.rmtree(stale, ignore_errors=True)  # left by a killed process: the lock is ours
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}+", suffix=".part"))
        try:
            yield part
            if folder.exists():
                folder.replace(part.with_suffix(".old.part"))
            part.replace(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(part.with_suffix(".old.part"), ignore_errors=True)
