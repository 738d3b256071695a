"""Audio -> computed features in the store: each clip decoded once for all of them, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from mgrbench.audio import Clip, load_clip
from mgrbench.provenance import package_versions
from mgrbench.registry import boundary, load
from mgrbench.store import FeatureStore, FeatureWriter, Manifest, fingerprint_of_spec
from mgrbench.types import BenchError, Dataset, FeatureSpec, FloatArray, Track

OnClip = Callable[[int, int], None]
"""Told after each batch of clips how many are done, and how many there are."""

_BATCH = 8
"""Clips that a worker holds in memory at a time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A clip that gave no feature, and why."""

    track_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extraction did.

    Attributes:
        dataset: name of the dataset.
        computed: feature -> number of clips computed now.
        stored: feature -> number of clips in the store afterwards.
        missing: tracks of which no audio was found.
        problems: clips that could not be read or computed.
    """

    dataset: str
    computed: Mapping[str, int]
    stored: Mapping[str, int]
    missing: tuple[str, ...]
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain lists and dictionaries, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Batch:
    dataset: Dataset
    root: Path
    tracks: tuple[Track, ...]
    wanted: tuple[tuple[str, ...], ...]
    """Per track the features to compute."""


@dataclass(frozen=True, slots=True)
class _Result:
    track_id: str
    source: str
    rows: Mapping[str, FloatArray]
    problem: str = ""


def extract(
    dataset: Dataset,
    features: Sequence[str],
    root: Path,
    *,
    jobs: int = 1,
    replace: bool = False,
    store: FeatureStore | None = None,
    on_clip: OnClip | None = None,
) -> Extraction:
    """Compute features of all clips below ``root`` that the store lacks.

    Args:
        dataset: the dataset.
        features: names or files of computed features.
        root: folder of the audio.
        jobs: processes to use; the values do not depend on it.
        replace: compute again what is stored.
        store: the feature store.
        on_clip: told of the progress.

    Raises:
        BenchError: if a feature is unknown, if the audio is not there, if no clip could be computed at all,
            or if stored values were made by other settings or versions and may not be replaced.
    """
    specs = {name: feature_spec(name) for name in dict.fromkeys(features)}
    tracks = sorted(dataset.tracks(root), key=lambda track: track.id)
    every = sorted({track.id for track in (*dataset.tracks(), *tracks)})
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                (store or FeatureStore()).writer(manifest_of(dataset, spec, tuple(every)), replace=replace)
            )
            for name, spec in specs.items()
        }
        computed, problems = _fill(dataset, root, tracks, writers, jobs, on_clip)
        stored = {name: len(writer.stored) for name, writer in writers.items()}
    if problems and not any(stored.values()):
        more = f" (and so on for {len(problems)} clips)" if len(problems) > 1 else ""
        raise BenchError(f"{problems[0].detail}{more}", "nothing could be computed", None)
    found = {track.id for track in tracks}
    missing = tuple(track for track in every if track not in found)
    return Extraction(dataset.name, computed, stored, missing, tuple(problems))


def feature_spec(name: str) -> FeatureSpec:
    """The spec of a computed feature, by its name or file.

    Raises:
        BenchError: if there is none, or if the module holds no feature.
    """
    return _plugin(name)[0]


def manifest_of(dataset: Dataset, spec: FeatureSpec, ids: tuple[str, ...]) -> Manifest:
    """The manifest that a computed feature has under the installed library versions."""
    versions = package_versions(tuple(spec.libraries))
    segments = {
        "sample_rate": dataset.sample_rate,
        "segment_seconds": dataset.segment_seconds,
        "segments_per_track": dataset.segments_per_track,
    }
    about = {
        "parameters": dict(spec.parameters),
        "version": spec.version,
        "libraries": versions,
        "segments": segments,
    }
    fingerprint = fingerprint_of_spec(spec, versions, segments)
    return Manifest(dataset.name, spec.name, fingerprint, "computed", about, ids)


def _plugin(name: str) -> tuple[FeatureSpec, Callable[[Sequence[Clip]], FloatArray]]:
    module = load("features", name).value
    spec, function = getattr(module, "SPEC", None), getattr(module, "extract", None)
    if not isinstance(module, ModuleType) or not isinstance(spec, FeatureSpec) or not callable(function):
        mend = "give it SPEC (a mgrbench.types.FeatureSpec) and extract(clips)"
        raise BenchError(f"{name} is no computed feature", mend)
    return spec, function


def _fill(
    dataset: Dataset,
    root: Path,
    tracks: Sequence[Track],
    writers: Mapping[str, FeatureWriter],
    jobs: int,
    on_clip: OnClip | None,
) -> tuple[dict[str, int], list[Problem]]:
    """Compute and write what the store lacks; gives clips computed per feature, and the problems."""
    wanted = {
        track: tuple(name for name, writer in writers.items() if track.id not in writer.stored)
        for track in tracks
    }
    todo = [track for track in tracks if wanted[track]]
    batches = [
        _Batch(dataset, root, tuple(part), tuple(wanted[track] for track in part))
        for part in (todo[start : start + _BATCH] for start in range(0, len(todo), _BATCH))
    ]
    computed = dict.fromkeys(writers, 0)
    problems: list[Problem] = []
    done = len(tracks) - len(todo)
    for results in _carried_out(batches, jobs):
        for result in results:
            for name, row in result.rows.items():
                writers[name].write(result.track_id, row, result.source)
                computed[name] += 1
            if result.problem:
                problems.append(Problem(result.track_id, result.problem))
        done += len(results)
        if on_clip:
            on_clip(done, len(tracks))
    return computed, sorted(problems, key=lambda problem: problem.track_id)


def _carried_out(batches: Sequence[_Batch], jobs: int) -> Iterator[list[_Result]]:
    if jobs == 1 or len(batches) < 2:
        yield from map(_compute, batches)
        return
    from joblib import Parallel, delayed

    # Unordered and dispatched as workers get free, so that memory stays that of a few batches.
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="2*n_jobs")
    yield from parallel(delayed(_compute)(batch) for batch in batches)


def _compute(batch: _Batch) -> list[_Result]:
    return [
        _one(batch.dataset, batch.root, track, wanted)
        for track, wanted in zip(batch.tracks, batch.wanted, strict=True)
    ]


def _one(dataset: Dataset, root: Path, track: Track, wanted: tuple[str, ...]) -> _Result:
    rows: dict[str, FloatArray] = {}
    try:
        clip = load_clip(dataset, root, track)
        for name in wanted:
            rows[name] = _row(name, clip)
    except BenchError as error:
        return _Result(track.id, "", {}, str(error))
    return _Result(track.id, clip.checksum, rows)


def _row(name: str, clip: Clip) -> FloatArray:
    spec, function = _plugin(name)
    with boundary(spec.name, f"computing {clip.id}"):
        row = np.asarray(function([clip])[0], dtype=np.float32)
    if not np.isfinite(row).all():
        raise BenchError(f"{spec.name} of {clip.id} has values that are not finite", "mend the feature")
    return row
