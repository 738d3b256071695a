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
class _Job:
    """What all batches share: where the audio is, how it is cut, and which plugin gives which feature."""

    dataset: Dataset
    root: Path
    plugins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Batch:
    job: _Job
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
    if jobs == 0:
        raise BenchError("jobs is 0", "give the number of processes, or -1 for one a core")
    plugins = _by_name(features)
    tracks = sorted(dataset.tracks(root), key=lambda track: track.id)
    every = sorted({track.id for track in (*dataset.tracks(), *tracks)})
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                (store or FeatureStore()).writer(manifest_of(dataset, plugin, tuple(every)), replace=replace)
            )
            for name, plugin in plugins.items()
        }
        stored = {name: frozenset() if replace else writer.stored for name, writer in writers.items()}
        wanted = {track: tuple(name for name in plugins if track.id not in stored[name]) for track in tracks}
        computed, problems = _fill(_Job(dataset, root, plugins), wanted, writers, jobs, on_clip)
        counts = {name: len(writer.stored) for name, writer in writers.items()}
    if problems and not any(counts.values()):
        more = f" (and so on for {len(problems)} clips)" if len(problems) > 1 else ""
        raise BenchError(f"{problems[0].detail}{more}", "nothing could be computed", None)
    found = {track.id for track in tracks}
    missing = tuple(track for track in every if track not in found)
    return Extraction(dataset.name, computed, counts, missing, tuple(problems))


def _by_name(features: Sequence[str]) -> dict[str, str]:
    """Name that a feature is stored by -> what it was asked for by: that name, or a file."""
    plugins: dict[str, str] = {}
    for plugin in dict.fromkeys(features):
        name = _plugin(plugin)[0].name
        if name in plugins:
            raise BenchError(f"{plugins[name]} and {plugin} both give the feature {name}", "name one of them")
        plugins[name] = plugin
    return plugins


def manifest_of(dataset: Dataset, plugin: str, ids: tuple[str, ...]) -> Manifest:
    """The manifest that a computed feature, named by its name or file, has under the installed versions.

    Raises:
        BenchError: if there is no such feature, or if the module holds none.
    """
    spec, _, source = _plugin(plugin)
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
    if source:
        about["source_sha256"] = source
    fingerprint = fingerprint_of_spec(spec, versions, segments, source)
    return Manifest(dataset.name, spec.name, fingerprint, "computed", about, ids)


def _plugin(name: str) -> tuple[FeatureSpec, Callable[[Sequence[Clip]], FloatArray], str]:
    """Spec and function of a feature, and the checksum of its source if it is not built in.

    A built-in feature raises its version when it changes its values; a plugin that is being written doesn't.
    """
    loaded = load("features", name)
    module = loaded.value
    spec, function = getattr(module, "SPEC", None), getattr(module, "extract", None)
    if not isinstance(module, ModuleType) or not isinstance(spec, FeatureSpec) or not callable(function):
        mend = "give it SPEC (a mgrbench.types.FeatureSpec) and extract(clips)"
        raise BenchError(f"{name} is no computed feature", mend)
    return spec, function, "" if loaded.plugin.origin == "built in" else loaded.source_sha256


def _fill(
    job: _Job,
    wanted: Mapping[Track, tuple[str, ...]],
    writers: Mapping[str, FeatureWriter],
    jobs: int,
    on_clip: OnClip | None,
) -> tuple[dict[str, int], list[Problem]]:
    """Compute and write what is wanted of each track; gives clips computed per feature, and the problems."""
    todo = [track for track in wanted if wanted[track]]
    batches = [
        _Batch(job, tuple(part), tuple(wanted[track] for track in part))
        for part in (todo[start : start + _BATCH] for start in range(0, len(todo), _BATCH))
    ]
    computed = dict.fromkeys(writers, 0)
    problems: list[Problem] = []
    done = len(wanted) - len(todo)
    for results in _carried_out(batches, jobs):
        for result in results:
            for name, row in result.rows.items():
                writers[name].write(result.track_id, row, result.source)
                computed[name] += 1
            if result.problem:
                problems.append(Problem(result.track_id, result.problem))
        done += len(results)
        if on_clip:
            on_clip(done, len(wanted))
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
    return [_one(batch.job, track, wanted) for track, wanted in zip(batch.tracks, batch.wanted, strict=True)]


def _one(job: _Job, track: Track, wanted: tuple[str, ...]) -> _Result:
    """The features of one clip; one that fails doesn't take the others with it."""
    rows: dict[str, FloatArray] = {}
    problems: list[str] = []
    try:
        clip = load_clip(job.dataset, job.root, track)
    except BenchError as error:
        return _Result(track.id, "", {}, str(error))
    for name in wanted:
        try:
            rows[name] = _row(job.plugins[name], clip)
        except BenchError as error:
            problems.append(str(error))
    return _Result(track.id, clip.checksum, rows, "; ".join(problems))


def _row(plugin: str, clip: Clip) -> FloatArray:
    spec, function, _ = _plugin(plugin)
    with boundary(spec.name, f"computing {clip.id}"):
        row = np.asarray(function([clip])[0], dtype=np.float32)
    segments = 1 if spec.per_clip else clip.segments_per_track
    shape = (segments, *spec.shape)
    if len(row.shape) != len(shape) or any(
        wanted not in {None, size} for wanted, size in zip(shape, row.shape, strict=True)
    ):
        mend = f"extract gives (clips, segments, …): here (1, {', '.join(map(_size, shape))})"
        raise BenchError(f"{spec.name} of {clip.id} has the shape {row.shape}", mend)
    if not np.isfinite(row).all():
        raise BenchError(f"{spec.name} of {clip.id} has values that are not finite", "mend the feature")
    return row


def _size(size: int | None) -> str:
    return "any" if size is None else str(size)
