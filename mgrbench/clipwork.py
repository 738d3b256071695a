"""What a worker of an extraction does: decode some clips, compute features of all of them together.

Clips are computed in batches, because a transform of several signals at once is faster than one after the
other. A clip that spoils its batch is found by computing the clips one by one; it doesn't take the others
with it. Linear algebra runs on one thread: workers share the cores already, and so the values don't depend
on how many there are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
from threadpoolctl import threadpool_limits

from mgrbench.audio import Clip, load_clip
from mgrbench.registry import boundary, load
from mgrbench.types import BenchError, Dataset, FeatureSpec, FloatArray, Track

SILENCE = 10 ** (-60 / 20)
"""A clip that nowhere exceeds -60 dB of full scale is called silent."""

CLIPPED_SHARE = 0.001
"""A clip of which this share of samples is at full scale is called clipped."""

_FULL_SCALE = 0.999


@dataclass(frozen=True, slots=True)
class Job:
    """What all batches share.

    Attributes:
        dataset: how the clips are cut.
        root: folder of the audio, absolute.
        plugins: name that a feature is stored by -> what it is found by.
        device: ``"cpu"``, or the device of the features that can use another.
        weights: weight file of the features that need one, where it is not the one they look for.
    """

    dataset: Dataset
    root: Path
    plugins: Mapping[str, str]
    device: str = "cpu"
    weights: Path | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some tracks, and per track the features to compute."""

    job: Job
    tracks: tuple[Track, ...]
    wanted: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class ClipResult:
    """What came of one clip.

    Attributes:
        track_id: the track.
        source: checksum of its decoded samples; empty if it couldn't be decoded.
        rows: feature -> float32 (segments, ...).
        problems: why features are lacking.
        remarks: what is odd about the clip, though its features are there.
    """

    track_id: str
    source: str = ""
    rows: dict[str, FloatArray] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FeaturePlugin:
    """A computed feature.

    Attributes:
        spec: what it is.
        function: computes it.
        source_sha256: checksum of its source; empty if it is built in.
        find_weights: finds the weight file that it needs, if it needs one: ``WEIGHTS.find`` of its module.
    """

    spec: FeatureSpec
    function: Callable[..., FloatArray]
    source_sha256: str
    find_weights: Callable[[], Path] | None = None

    def check_weights(self, given: Path | None = None) -> None:
        """See that the weight file is at hand, before hours of decoding show that it is not.

        Args:
            given: the file to use, where it is not the one that the feature looks for.

        Raises:
            BenchError: if it is not.
        """
        if self.find_weights is None:
            return
        file = given or self.find_weights()
        if not file.is_file():
            raise BenchError("no such file", f"{self.spec.name} needs this weight file", file)

    def compute(self, clips: Sequence[Clip], device: str = "cpu", weights: Path | None = None) -> FloatArray:
        """Values of some clips, float32 (clips, segments, ...), checked.

        Device and weight file are passed on to a function that takes them, where they are not the usual ones.

        Raises:
            BenchError: if the plugin fails, or gives another shape than its spec says or values that are
                not finite.
        """
        names = clips[0].id if len(clips) == 1 else f"{clips[0].id} and {len(clips) - 1} more"
        taken = inspect.signature(self.function).parameters
        asked = {"device": None if device == "cpu" else device, "weights": weights}
        chosen = {name: value for name, value in asked.items() if value is not None and name in taken}
        with boundary(self.spec.name, f"computing {names}"), np.errstate(over="ignore"):
            values = np.asarray(self.function(clips, **chosen), dtype=np.float32)
        self._check(values, clips, names)
        return values

    def _check(self, values: FloatArray, clips: Sequence[Clip], names: str) -> None:
        segments = 1 if self.spec.per_clip else clips[0].segments_per_track
        shape = (len(clips), segments, *self.spec.shape)
        if len(values.shape) != len(shape) or any(
            wanted not in {None, size} for wanted, size in zip(shape, values.shape, strict=True)
        ):
            sizes = ", ".join("any" if size is None else str(size) for size in shape)
            mend = f"extract gives (clips, segments, …): here ({sizes})"
            raise BenchError(f"{self.spec.name} of {names} has the shape {values.shape}", mend)
        if not np.isfinite(values).all():
            raise BenchError(
                f"{self.spec.name} of {names} has values that are not finite", "mend the feature"
            )


def feature_plugin(name: str) -> FeaturePlugin:
    """The computed feature of this name, or in this file.

    A built-in feature raises its version when it changes its values; a plugin that is being written doesn't,
    so the checksum of its source says it.

    Raises:
        BenchError: if there is none, or if the module holds no feature.
    """
    loaded = load("features", name)
    module = loaded.value
    spec, function = getattr(module, "SPEC", None), getattr(module, "extract", None)
    if not isinstance(module, ModuleType) or not isinstance(spec, FeatureSpec) or not callable(function):
        mend = "give it SPEC (a mgrbench.types.FeatureSpec) and extract(clips)"
        raise BenchError(f"{name} is no computed feature", mend)
    built_in = loaded.plugin.origin == "built in"
    find_weights = getattr(getattr(module, "WEIGHTS", None), "find", None)
    return FeaturePlugin(spec, function, "" if built_in else loaded.source_sha256, find_weights)


def compute(batch: Batch) -> list[ClipResult]:
    """The features of some clips, one result per track in their order."""
    job = batch.job
    results = [ClipResult(track.id) for track in batch.tracks]
    with threadpool_limits(1):
        clips = [_decoded(job, track, result) for track, result in zip(batch.tracks, results, strict=True)]
        for name, found in job.plugins.items():
            asked = [
                (clip, result)
                for clip, result, wanted in zip(clips, results, batch.wanted, strict=True)
                if clip is not None and name in wanted
            ]
            if asked:
                _compute_feature(name, feature_plugin(found), asked, job)
    return results


def _decoded(job: Job, track: Track, result: ClipResult) -> Clip | None:
    try:
        clip = load_clip(job.dataset, job.root, track)
    except BenchError as error:
        result.problems.append(str(error))
        return None
    result.source = clip.checksum
    result.remarks += _remarks(clip)
    return clip


def _remarks(clip: Clip) -> list[str]:
    """What is odd about a clip: silent, clipped, or too short for its segments."""
    loud = np.abs(clip.samples)
    remarks = []
    if (peak := float(loud.max())) < SILENCE:
        remarks.append(f"silent (peak {peak:.1e} of full scale)")
    if (share := float((loud >= _FULL_SCALE).mean())) > CLIPPED_SHARE:
        remarks.append(f"clipped ({share:.1%} of the samples at full scale)")
    seconds, needed = len(clip.samples) / clip.sample_rate, clip.segment_seconds * clip.segments_per_track
    if round(seconds, 3) < needed:
        remarks.append(f"short ({seconds:.2f} s, filled up to {needed:g} s by repeating its end)")
    return remarks


def _compute_feature(
    name: str, plugin: FeaturePlugin, asked: Sequence[tuple[Clip, ClipResult]], job: Job
) -> None:
    try:
        rows = plugin.compute([clip for clip, _ in asked], job.device, job.weights)
    except BenchError as error:
        if len(asked) == 1:
            asked[0][1].problems.append(str(error))
            return
        for one in asked:
            _compute_feature(name, plugin, [one], job)
        return
    for (_, result), row in zip(asked, rows, strict=True):
        result.rows[name] = row
