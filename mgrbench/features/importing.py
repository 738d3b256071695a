"""Precomputed features: an array of an ``.npz`` file, checked and put into the feature store."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.files import ARRAY_ERRORS, digest_of_file, reading
from mgrbench.core.types import BenchError, Dataset, FloatArray
from mgrbench.features.caveats import caveat_of
from mgrbench.features.store import FeatureStore, StoredFeature


def import_features(
    dataset: Dataset,
    name: str,
    file: Path,
    array: str,
    *,
    ids: str = "ids",
    segmented: bool = False,
    caveat: str = "",
    replace: bool = False,
    store: FeatureStore | None = None,
) -> StoredFeature:
    """Put an array of an ``.npz`` file into the feature store.

    Args:
        dataset: the dataset that the tracks are of.
        name: name to give the feature.
        file: the ``.npz`` file; pickled objects in it are refused.
        array: key of the values, of shape (tracks, ...), or (tracks, segments, ...) if ``segmented``.
        ids: key of the track ids, of shape (tracks,): ids, file names or paths of any subset of tracks.
        segmented: whether the second axis runs over segments; else each track is one segment.
        caveat: what readers of results from these values must know. Published features that need a caveat
            are recognised by their values and get it without being told.
        replace: whether other values of this name may be replaced.
        store: the feature store.

    Raises:
        BenchError: if the file is damaged or holds pickled objects, a key is missing, an id is unknown or
            there twice, lengths differ, or a value is not a finite number.
    """
    features = store or FeatureStore()
    features.folder(dataset.name, name)  # refuses a name that is none, before anything is read
    values, raw_ids = _read(file, array, ids)
    tracks = _track_ids(raw_ids, dataset, f"{file}:{ids}")
    rows = _rows(values, len(tracks), f"{file}:{array}", segmented=segmented)
    _check_finite(rows, tracks, f"{file}:{array}")
    return features.import_array(
        dataset.name,
        name,
        tracks,
        rows,
        about={"file": file.name, "array": array, "file_sha256": digest_of_file(file)},
        caveat=caveat or caveat_of(rows),
        replace=replace,
    )


# What zipfile and zlib raise beside numpy, at archives damaged, encrypted or packed in an unknown way.
_ARCHIVE_ERRORS = (
    *ARRAY_ERRORS, NotImplementedError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def _read(file: Path, array: str, ids: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    with reading(file):
        try:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise BenchError("is one array without ids", "save it as .npz with an array of ids", file)
            with archive:
                missing = [key for key in (array, ids) if key not in archive.files]
                if missing:
                    hint = f"it has {', '.join(archive.files) or 'none'}: choose by --array and --ids"
                    raise BenchError(f"has no array {missing[0]!r}", hint, file)
                # A member that is no array comes as bytes; as an array of them it is refused as such.
                return np.asarray(archive[array]), np.asarray(archive[ids])
        except _ARCHIVE_ERRORS as error:
            if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
                raise
            if "pickle" in str(error).lower():
                hint = "save plain numbers and plain strings (no dtype=object): pickles can run code"
                raise BenchError("holds pickled objects, or is no .npz file", hint, file) from error
            reason = " ".join(str(error).split())[:100] or type(error).__name__
            raise BenchError(
                f"is no readable .npz file ({reason})", "save it again by numpy.savez", file
            ) from error


def _track_ids(raw: NDArray[np.generic], dataset: Dataset, where: str) -> tuple[str, ...]:
    if raw.ndim != 1 or raw.dtype.kind not in "US":
        hint = "store one string a track: its id or file name"
        raise BenchError(f"are ids of type {raw.dtype} and shape {raw.shape}", hint, where)
    texts = [
        text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in raw.tolist()
    ]
    known = {track.id for track in dataset.tracks()}
    named = [text if text in known else dataset.identify(text) for text in texts]
    unknown = [text for text, track in zip(texts, named, strict=True) if track not in known]
    if unknown:
        hint = f"ids look like {min(known)!r}; file names work too"
        problem = f"{len(unknown)} ids are no track of {dataset.name}, the first {unknown[0]!r}"
        raise BenchError(problem, hint, where)
    tracks = tuple(track for track in named if track is not None)
    twice = [track for track, count in Counter(tracks).items() if count > 1]
    if twice:
        raise BenchError(
            f"{len(twice)} ids are there twice, the first {twice[0]!r}", "keep one row a track", where
        )
    if not tracks:
        raise BenchError("there is no track", "store at least one", where)
    return tracks


def _rows(values: NDArray[np.generic], tracks: int, where: str, *, segmented: bool) -> FloatArray:
    if values.dtype.kind not in "fiu":
        hint = "store real numbers"
        raise BenchError(f"are values of type {values.dtype}", hint, where)
    if values.ndim < 1 or len(values) != tracks:
        shape = "a single number" if values.ndim < 1 else f"{len(values)} rows"
        raise BenchError(f"has {shape} for {tracks} ids", "store one row an id, in the same order", where)
    if segmented and values.ndim < 3:
        hint = "segmented values have the shape (tracks, segments, …)"
        raise BenchError(f"has the shape {values.shape}", hint, where)
    if values.size == 0:
        raise BenchError(f"has the shape {values.shape}, so no values", "store at least one a track", where)
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(values, dtype=np.float32)
    return rows if segmented else rows.reshape(tracks, 1, *(rows.shape[1:] or (1,)))


def _check_finite(rows: FloatArray, tracks: Sequence[str], where: str) -> None:
    bad = [position for position, row in enumerate(rows) if not np.isfinite(row).all()]
    if bad:
        what = f"{len(bad)} tracks have NaN, infinity or values beyond float32, the first {tracks[bad[0]]}"
        raise BenchError(what, "correct or leave out these tracks", where)
