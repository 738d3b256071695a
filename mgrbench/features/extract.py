"""Audio -> computed features in the store: each clip decoded once for all of them, several at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from mgrbench.core.files import write_atomically
from mgrbench.core.machine import package_versions
from mgrbench.core.processes import Workers, spread
from mgrbench.core.registry import anchored
from mgrbench.core.types import BenchError, Dataset, Track
from mgrbench.features.plugin import feature_plugin
from mgrbench.features.store import FeatureStore, FeatureWriter, Manifest, fingerprint_of_spec
from mgrbench.features.worker import Batch, ClipResult, Job, compute

OnClip = Callable[[int, int], None]
"""Told after each batch of clips how many are done, and how many there are."""

REPORT_FILE = ".extraction.json"
"""Beside a dataset's features: what the latest extraction found."""

_BATCH = 8
"""Clips that a worker holds in memory at a time; scattering is fastest on multiples of four."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A clip that lacks a feature, or that is odd, and why."""

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
        remarks: clips that were computed although they are silent, clipped or short.
    """

    dataset: str
    computed: Mapping[str, int]
    stored: Mapping[str, int]
    missing: tuple[str, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain lists and dictionaries, for JSON."""
        return asdict(self)


def extract(
    dataset: Dataset,
    features: Sequence[str],
    root: Path,
    *,
    jobs: int = 1,
    workers: Workers | None = None,
    device: str = "cpu",
    weights: Path | None = None,
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
        workers: other workers than processes of this machine; they must see the audio under the same path.
        device: device for the features that can use another than the CPU.
        weights: weight file for the features that need one, where it is not the one they look for.
        replace: compute again what is stored.
        store: the feature store.
        on_clip: told of the progress.

    Raises:
        BenchError: if a feature is unknown or its weight file is not at hand, if the audio is not there, if
            the features fail on each of the first clips or no clip could be computed at all, or if stored
            values were made by other settings or versions and may not be replaced. Then nothing is stored.
    """
    if jobs == 0:
        raise BenchError("jobs is 0", "give the number of processes, or -1 for one a core")
    feature_store = store or FeatureStore()
    plugins = _by_name(features)
    tracks = sorted(dataset.tracks(root), key=lambda track: track.id)
    every = sorted({track.id for track in (*dataset.tracks(), *tracks)})
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                feature_store.writer(manifest_of(dataset, plugin, tuple(every)), replace=replace)
            )
            for name, plugin in plugins.items()
        }
        stored = {name: set() if replace else set(writer.stored) for name, writer in writers.items()}
        wanted = {track: tuple(name for name in plugins if track.id not in stored[name]) for track in tracks}
        lacking = {name for names in wanted.values() for name in names}
        given = weights.absolute() if weights else None
        crew = workers or Workers(jobs)
        if crew.scheduler is None:  # what a cluster's workers have at hand, only they can tell
            for name, plugin in plugins.items():
                if name in lacking:
                    feature_plugin(plugin).check_weights(given)
        job = Job(_facts_of(dataset), root.absolute(), plugins, device, given)
        results = _fill(job, wanted, writers, crew, on_clip, works=any(stored[name] for name in lacking))
        counts = {name: len(writer.stored) for name, writer in writers.items()}
    problems = _named(results, "problems")
    if problems and not any(counts.values()):
        raise _nothing_computed(problems[0].detail, f"{len(problems)} clips" if len(problems) > 1 else "")
    found = {track.id for track in tracks}
    done = Extraction(
        dataset=dataset.name,
        computed={name: sum(name in result.computed for result in results) for name in plugins},
        stored=counts,
        missing=tuple(track for track in every if track not in found),
        problems=problems,
        remarks=_named(results, "remarks"),
    )
    report = json.dumps(done.to_dict(), indent=1, ensure_ascii=False) + "\n"
    write_atomically(feature_store.root / dataset.name / REPORT_FILE, report)
    return done


def manifest_of(dataset: Dataset, plugin: str, ids: tuple[str, ...]) -> Manifest:
    """The manifest that a computed feature, named by its name or file, has under the installed versions.

    Raises:
        BenchError: if there is no such feature, or if the module holds none.
    """
    feature = feature_plugin(plugin)
    spec, source = feature.spec, feature.source_sha256
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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is kept of a clip once its rows are written."""

    track_id: str
    computed: tuple[str, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def _fill(
    job: Job,
    wanted: Mapping[Track, tuple[str, ...]],
    writers: Mapping[str, FeatureWriter],
    workers: Workers,
    on_clip: OnClip | None,
    *,
    works: bool,
) -> list[_Outcome]:
    """Compute and write what is wanted of each track, each clip's rows as soon as its batch is done.

    Raises:
        BenchError: if no feature is known to work and each fails on so many clips as are in a batch.
    """
    todo = [track for track in wanted if wanted[track]]
    batches = [
        Batch(job, tuple(part), tuple(wanted[track] for track in part))
        for part in (todo[start : start + _BATCH] for start in range(0, len(todo), _BATCH))
    ]
    outcomes: list[_Outcome] = []
    failed: list[ClipResult] = []
    already = len(wanted) - len(todo)
    with closing(spread(compute, batches, workers)) as computed:
        for results in computed:
            outcomes += [_written(result, writers) for result in results]
            works = works or any(result.rows for result in results)
            failed += [result for result in results if result.source and not result.rows]
            if not works and len(failed) >= _BATCH:
                raise _nothing_computed(failed[0].problems[0], f"the first {len(failed)} clips")
            if on_clip:
                on_clip(already + len(outcomes), len(wanted))
    return sorted(outcomes, key=lambda outcome: outcome.track_id)


def _nothing_computed(problem: str, clips: str) -> BenchError:
    more = f" (and so on for {clips})" if clips else ""
    hint = "nothing was computed; correct what is wrong and run the same command again"
    return BenchError(f"{problem}{more}", hint)


def _written(result: ClipResult, writers: Mapping[str, FeatureWriter]) -> _Outcome:
    for name, row in result.rows.items():
        writers[name].write(result.track_id, row, result.source)
    return _Outcome(result.track_id, tuple(result.rows), tuple(result.problems), tuple(result.remarks))


def _named(outcomes: Sequence[_Outcome], kind: str) -> tuple[Problem, ...]:
    """The clips that have problems, or remarks, with all of them in one line."""
    return tuple(
        Problem(outcome.track_id, "; ".join(getattr(outcome, kind)))
        for outcome in outcomes
        if getattr(outcome, kind)
    )


def _facts_of(dataset: Dataset) -> Dataset:
    """The dataset without its functions: a worker process can't import those of a dataset that is a file."""
    return changed(dataset, load=_no_tracks, identify=_no_track, published=dict, metadata=None, left_out=())


def _no_tracks(_root: Path | None) -> Sequence[Track]:
    return ()


def _no_track(_name: str) -> str | None:
    return None


def _by_name(features: Sequence[str]) -> dict[str, str]:
    """Name that a feature is stored by -> what it was asked for by: that name, or a file."""
    plugins: dict[str, str] = {}
    for plugin in dict.fromkeys(features):
        name = feature_plugin(plugin).spec.name
        if name in plugins:
            raise BenchError(f"{plugins[name]} and {plugin} both give the feature {name}", "name one of them")
        plugins[name] = anchored(plugin)
    return plugins
