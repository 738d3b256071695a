"""Duplicates that no metadata name: the clips of a split compared by their audio fingerprints.

Every clip's fingerprint (`mgrbench.splits.fingerprints`) is computed once and kept beside the feature store,
in ``<store>/<dataset>/.fingerprints/``, under the checksum of its file; so a file that changes is done again.
All clips are held against each other in memory, at about 20 kB for a clip of 30 s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from mgrbench.core.audio import decode
from mgrbench.core.files import ARRAY_ERRORS, digest_of_file, write_atomically
from mgrbench.core.paths import store_root
from mgrbench.core.processes import spread
from mgrbench.core.types import BenchError, Dataset, Fold, Track
from mgrbench.splits.audit import with_audio
from mgrbench.splits.findings import AudioComparison, Audit, Match
from mgrbench.splits.fingerprints import SECONDS_PER_FRAME, VERSION, ClipPair, Fingerprint, alike, fingerprint

_BATCH = 8
"""Clips that a worker does at a time."""


@dataclass(frozen=True, slots=True)
class _Batch:
    folder: Path
    root: Path
    tracks: tuple[Track, ...]


def compare_audio(
    audit: Audit,
    folds: Sequence[Fold],
    dataset: Dataset,
    root: Path,
    *,
    jobs: int = 1,
    store: Path | None = None,
    on_clip: Callable[[int, int], None] | None = None,
) -> Audit:
    """The audit of some folds, with the pairs of test and training clips whose fingerprints match.

    Args:
        audit: the audit by metadata.
        folds: the folds that were audited.
        dataset: the dataset.
        root: folder of the audio.
        jobs: processes to use.
        store: folder of the feature store, beside which fingerprints are kept.
        on_clip: told how many clips are done, and how many there are.

    Raises:
        BenchError: if there is no audio of any of the tracks, or if none of it can be read.
    """
    used = {track for fold in folds for track in (*fold.train, *fold.valid, *fold.test)}
    tracks = [track for track in dataset.tracks(root) if track.id in used]
    known = {track.id: track for track in dataset.tracks()}
    found = {track.id for track in tracks}
    if not tracks:
        raise BenchError("holds no clip of this split", "name the folder of its audio by --root", root)
    folder = (store or store_root()) / dataset.name / ".fingerprints"
    prints, unreadable = _fingerprints(tracks, folder, root, jobs, on_clip)
    if not prints:
        first = next(iter(unreadable.values()))
        raise BenchError(f"none of {len(tracks)} clips could be read", f"the first: {first}", root)
    audio = AudioComparison(
        clips=len(prints),
        missing=tuple(sorted(used - found)),
        unreadable=unreadable,
        matches=tuple(_across(list(alike(prints)), folds, known)),
    )
    return with_audio(audit, audio)


def _fingerprints(
    tracks: Sequence[Track], folder: Path, root: Path, jobs: int, on_clip: Callable[[int, int], None] | None
) -> tuple[dict[str, Fingerprint], dict[str, str]]:
    """Fingerprints by track, and why others have none, both in order of id."""
    ordered = sorted(tracks, key=lambda track: track.id)
    batches = [
        _Batch(folder.absolute(), root.absolute(), tuple(ordered[start : start + _BATCH]))
        for start in range(0, len(ordered), _BATCH)
    ]
    done: dict[str, Fingerprint | str] = {}
    for results in spread(_fingerprint_batch, batches, jobs):
        done |= results
        if on_clip:
            on_clip(len(done), len(ordered))
    results = {track: done[track] for track in sorted(done)}
    prints = {track: each for track, each in results.items() if isinstance(each, Fingerprint)}
    return prints, {track: each for track, each in results.items() if isinstance(each, str)}


def _fingerprint_batch(batch: _Batch) -> dict[str, Fingerprint | str]:
    """What a worker does: fingerprints of some clips, or why there is none."""
    results: dict[str, Fingerprint | str] = {}
    with threadpool_limits(1):
        for track in batch.tracks:
            try:
                results[track.id] = _fingerprint_file(batch.root / str(track.path), batch.folder)
            except BenchError as error:
                results[track.id] = str(error)
    return results


def _fingerprint_file(path: Path, folder: Path) -> Fingerprint:
    """The fingerprint of a file, from the store or computed and stored."""
    kept = folder / f"{digest_of_file(path)}.v{VERSION}.npy"
    try:
        rows = np.load(kept, allow_pickle=False)
        if rows.dtype == np.int32 and rows.ndim == 2 and len(rows) == 2:
            return Fingerprint(rows[0].astype(np.uint32), rows[1])
    except ARRAY_ERRORS:  # not there yet, or damaged: computed (again)
        pass
    made = fingerprint(*decode(path))
    write_atomically(kept, _npy(np.stack([made.marks.astype(np.int32), made.frames])))
    return made


def _npy(array: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> bytes:
    from io import BytesIO

    stream = BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _across(pairs: Sequence[ClipPair], folds: Sequence[Fold], known: Mapping[str, Track]) -> list[Match]:
    """The pairs of which one is tested and the other trained on, fold by fold, each as seen from the test."""
    seen: dict[str, list[tuple[str, int, float]]] = {}
    for pair in pairs:
        seen.setdefault(pair.one, []).append((pair.other, pair.frames, pair.score))
        seen.setdefault(pair.other, []).append((pair.one, -pair.frames, pair.score))
    matches = []
    for number, fold in enumerate(folds, start=1):
        training = {*fold.train, *fold.valid}
        for test in fold.test:
            for other, frames, score in sorted(seen.get(test, [])):
                if other in training:
                    offset = round(frames * SECONDS_PER_FRAME, 2)
                    named = _known_as(known[test], known[other])
                    matches.append(Match(test, number, other, offset, round(score, 4), named))
    return matches


def _known_as(one: Track, other: Track) -> str:
    for kind in ("replica", "recording"):
        if getattr(one, kind) and getattr(one, kind) == getattr(other, kind):
            return kind
    return ""
