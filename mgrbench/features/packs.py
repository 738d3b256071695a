"""Published feature packs -> the feature store, every value verified.

A pack is a set of files that the authors of a feature published for a dataset: a list of tracks, and arrays
whose columns stand side by side. What is known of a pack is the fingerprint of what it must give, ids and
float32 values, not the checksum of each file. That is as safe as checksums of the files:

* the fingerprint is a SHA-256 over the id of each track and every byte of its values, so no other values can
  enter the store, nor the same ones under another track's id or with their columns in another order;
* the store gets these ids and values and nothing else of the files, so what else may differ in them (a
  header, float64 in place of float32) makes no difference to any result;
* until then the files have only been read as text and as plain numbers, never unpickled, mapped rather than
  loaded, and are limited in size. Files that give other values are removed at once.
"""

from __future__ import annotations

import csv
import io
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgrbench.core.download import Progress
from mgrbench.core.files import ARRAY_ERRORS, locked, read_text
from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError, Dataset, FloatArray
from mgrbench.features.caveats import caveat_of
from mgrbench.features.register import WEIGHTS, Registered, get, registered
from mgrbench.features.store import FeatureStore, StoredFeature, fingerprint_of_values

_VALUES, _TRACKS = "values", "tracks.csv"
_AGAIN = "the files were removed: run the same command again; if that does not help, they have changed"


@dataclass(frozen=True, slots=True)
class Pack:
    """A published feature of a dataset.

    Attributes:
        dataset: name of the dataset.
        feature: name that the feature gets in the store.
        about: what it is.
        fingerprint: that of its ids and values, see `mgrbench.features.store.fingerprint_of_values`.
        tracks: CSV file with a column ``filepath``, one line a track.
        arrays: ``.npy`` files of shape (tracks, columns), in the order in which they stand side by side.
    """

    dataset: str
    feature: str
    about: str
    fingerprint: str
    tracks: Registered
    arrays: tuple[Registered, ...]

    @property
    def folder(self) -> Path:
        """Where its files lie until their values are in the store."""
        return self.tracks.path.parent


def packs() -> list[Pack]:
    """All packs of the register, in its order.

    Raises:
        BenchError: if the register is damaged.
    """
    files: dict[str, dict[str, Registered]] = {}
    for line in registered():
        if line.of != WEIGHTS:
            files.setdefault(line.of, {})[line.name] = line
    found = []
    for of, named in files.items():
        values, tracks = named.pop(_VALUES, None), named.pop(_TRACKS, None)
        if not (values and tracks and named):
            hint = f"a pack has a line {_VALUES!r}, a line {_TRACKS!r} and one or more arrays"
            raise BenchError(f"the pack {of} in the register is incomplete", hint)
        dataset, _, feature = of.partition("/")
        found.append(Pack(dataset, feature, values.note, values.checksum, tracks, tuple(named.values())))
    return found


def packs_of(dataset: Dataset, feature: str | None = None) -> list[Pack]:
    """The packs of a dataset, or the one of this name.

    Raises:
        BenchError: if there is none.
    """
    every = packs()
    there = {pack.feature: pack for pack in every if pack.dataset == dataset.name}
    if not there:
        known = ", ".join(sorted({pack.dataset for pack in every})) or "none"
        hint = f"extract features from its audio; published ones are known of {known}"
        raise BenchError(f"no published features of {dataset.name} are known", hint)
    if feature is None:
        return list(there.values())
    if feature not in there:
        hint = did_you_mean(feature, there, f"there are {', '.join(there)}")
        raise BenchError(f"no published features of {dataset.name} are called {feature!r}", hint)
    return [there[feature]]


def install(
    pack: Pack,
    dataset: Dataset,
    *,
    replace: bool = False,
    store: FeatureStore | None = None,
    progress: Progress | None = None,
) -> StoredFeature:
    """Fetch a pack, verify its values, and put them into the store; what is stored already is kept.

    Args:
        pack: the pack.
        dataset: its dataset.
        replace: whether other values of this name may be replaced.
        store: the feature store.
        progress: told of the files fetched and of all.

    Raises:
        BenchError: if a file cannot be fetched (see `mgrbench.core.download.fetch`; what has come is
        kept), if the
            files give other values than the known ones, or if other values of this name are stored.
    """
    features = store or FeatureStore()
    if pack.feature in features.features(pack.dataset):
        stored = features.open(pack.dataset, pack.feature)
        if stored.manifest.fingerprint == pack.fingerprint and stored.ids and not stored.corrupt():
            return stored
    name = f"{pack.feature} of {pack.dataset}"
    with locked(pack.folder.with_name(f".{pack.feature}.lock"), name):
        files = (pack.tracks, *pack.arrays)
        for position, file in enumerate(files, start=1):
            get(file)
            if progress:
                progress(position, len(files))
        try:
            ids, values = _verified(pack, dataset)
        except BenchError:
            shutil.rmtree(pack.folder, ignore_errors=True)
            raise
        about = {"pack": f"{pack.dataset}/{pack.feature}", "files": [file.url for file in files]}
        stored = features.import_array(
            pack.dataset, pack.feature, ids, values,
            about=about, caveat=caveat_of(values), replace=replace,
        )  # fmt: skip
        shutil.rmtree(pack.folder, ignore_errors=True)
    return stored


def _verified(pack: Pack, dataset: Dataset) -> tuple[tuple[str, ...], FloatArray]:
    """Track ids, and float32 values of shape (tracks, 1, columns), both the known ones."""
    ids = _track_ids(pack.tracks.path, dataset)
    arrays = [_array(file.path, len(ids)) for file in pack.arrays]
    values = np.concatenate(arrays, axis=1)[:, None]
    found = fingerprint_of_values(ids, values)
    if found != pack.fingerprint:
        problem = f"gives other values than {pack.feature} of {pack.dataset} are known to be"
        raise BenchError(f"{problem}: expected {pack.fingerprint}, found {found}", _AGAIN, pack.folder)
    return ids, values


def _track_ids(path: Path, dataset: Dataset) -> tuple[str, ...]:
    try:
        names = [row.get("filepath") or "" for row in csv.DictReader(io.StringIO(read_text(path)))]
    except csv.Error as error:
        raise BenchError(f"is no readable CSV file ({error})", _AGAIN, path) from error
    ids = [dataset.identify(name) for name in names]
    for name, track in zip(names, ids, strict=True):
        if track is None:
            raise BenchError(f"lists {name!r}, which is no track of {dataset.name}", _AGAIN, path)
    if not ids:
        raise BenchError("lists no tracks", _AGAIN, path)
    return tuple(track for track in ids if track)


def _array(path: Path, tracks: int) -> FloatArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Python 2 wrote integers that numpy warns of: 1000L
        try:
            values = np.lib.format.open_memmap(path, mode="r")
        except ARRAY_ERRORS as error:
            reason = " ".join(str(error).split())[:100]
            raise BenchError(f"is no readable array of numbers ({reason})", _AGAIN, path) from error
    if values.ndim != 2 or len(values) != tracks or values.dtype.kind not in "fiu":
        problem = f"is {values.dtype} of shape {values.shape}, where {tracks} rows of numbers are expected"
        raise BenchError(problem, _AGAIN, path)
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
