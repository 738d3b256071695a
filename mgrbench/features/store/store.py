"""All stored features below one folder: found, opened, imported, and written row by row."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.core.files import locked, write_atomically, writing
from mgrbench.core.paths import store_root
from mgrbench.core.types import BenchError, FloatArray
from mgrbench.features.store.manifest import Manifest, fingerprint_of_values, manifest_text, read_manifest
from mgrbench.features.store.rows import (
    FeatureWriter,
    StoredFeature,
    map_values,
    read_rows,
    row_line,
    save_rows,
)

# A name is that of a folder, beside which there are a lock and, while it is written, a folder ".name+….part".
_NAME = re.compile(r"(?=.*\w)[\w-][\w.-]*")


class FeatureStore:
    """All stored features below one folder: ``MGRBENCH_CACHE``, or else the user's cache folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or store_root()

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

    def open(
        self, dataset: str, feature: str, how_to_get: Callable[[list[str]], str] | None = None
    ) -> StoredFeature:
        """A stored feature, its values memory-mapped.

        Args:
            dataset: name of the dataset.
            feature: name of the feature.
            how_to_get: the hint where it is not in the store, given the names of the features that are.

        Raises:
            BenchError: if it is not in the store or if its files are damaged.
        """
        folder = self.folder(dataset, feature)
        if not (folder / "values.npy").is_file():
            there = self.features(dataset)
            how = how_to_get(there) if how_to_get else "extract or import it (`mgrbench features --help`)"
            hint = f"{how}; stored of {dataset}: {', '.join(there) or 'none'}"
            raise BenchError(f"the feature {feature!r} of {dataset} is not in the store", hint)
        manifest = read_manifest(folder / "manifest.json")
        values = map_values(folder / "values.npy", len(manifest.ids))
        checks, sources = read_rows(folder / "rows.tsv", set(manifest.ids))
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
            caveat: what readers of results from these values must know.
            replace: whether values that are there already may be replaced by others.

        Raises:
            BenchError: if other values are stored under this name and may not be replaced.
        """
        folder = self.folder(dataset, feature)
        fingerprint = fingerprint_of_values(ids, values)
        manifest = Manifest(dataset, feature, fingerprint, "imported", about, tuple(ids), caveat)
        with locked(self.root / dataset / f".{feature}.lock", f"{feature} of {dataset}"):
            stored = _manifest_of_values(folder)
            if stored is not None and stored.fingerprint != fingerprint and not replace:
                hint = "add --replace to replace them, or choose another name"
                raise BenchError(f"other values of {feature} of {dataset} are stored", hint, folder)
            with _fresh_folder(folder) as part:
                # ascontiguousarray, because a row's CRC-32 is that of its bytes in C order
                rows = np.ascontiguousarray(values, dtype=np.float32)
                save_rows(part / "values.npy", rows)
                lines = [row_line(track, row, "") for track, row in zip(ids, rows, strict=True)]
                write_atomically(part / "rows.tsv", "".join(lines))
                write_atomically(part / "manifest.json", manifest_text(manifest))
        return self.open(dataset, feature)

    @contextmanager
    def writer(self, manifest: Manifest, *, replace: bool = False) -> Iterator[FeatureWriter]:
        """Add rows to a computed feature, one after another; rows that are there already stay.

        Nothing is written before the first row.

        Raises:
            BenchError: if another process writes it, or if values of another fingerprint are stored and
                ``replace``, which removes them, is not set.
        """
        folder = self.folder(manifest.dataset, manifest.feature)
        what = f"{manifest.feature} of {manifest.dataset}"
        with locked(self.root / manifest.dataset / f".{manifest.feature}.lock", what):
            stored = _manifest_of_values(folder)
            if stored is None or stored.fingerprint != manifest.fingerprint:
                if stored is not None and not replace:
                    hint = "add --replace to compute all of it again"
                    raise BenchError(f"{what} is stored as made by other settings or versions", hint, folder)
                yield FeatureWriter(folder, manifest, fresh=True)
                return
            kept = stored
            if not set(manifest.ids) <= set(stored.ids):
                kept = changed(manifest, ids=tuple(sorted({*stored.ids, *manifest.ids})))
                self._regrow(folder, kept)
            write_atomically(folder / "manifest.json", manifest_text(kept))
            yield FeatureWriter(folder, kept)

    def _regrow(self, folder: Path, manifest: Manifest) -> None:
        """Make room for further tracks; rows that are there are kept, unless they are corrupt."""
        old = self.open(manifest.dataset, manifest.feature)
        corrupt = set(old.corrupt())
        with _fresh_folder(folder) as part:
            write_atomically(part / "manifest.json", manifest_text(manifest))
            writer = FeatureWriter(part, manifest)
            for track in old.ids:
                if track not in corrupt:
                    writer.write(track, old.rows([track])[0], old.sources[track])


def _manifest_of_values(folder: Path) -> Manifest | None:
    """The manifest of the values that a folder holds; None if it holds no values, or none of known settings.

    A process that is killed while it begins may leave a manifest without values, or values without one.
    """
    if not (folder / "values.npy").is_file() or not (folder / "manifest.json").is_file():
        return None
    return read_manifest(folder / "manifest.json")


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
