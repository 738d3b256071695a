"""What a worker of an extraction does: decode some clips, compute features of all of them together.

Clips are computed in batches, because a transform of several signals at once is faster than one after the
other. A clip that spoils its batch is found by computing the clips one by one; it doesn't take the others
with it. Linear algebra runs on one thread: workers share the cores already, and so the values don't depend
on how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from mgrbench.core.audio import Clip, load_clip
from mgrbench.core.types import BenchError, Dataset, FloatArray, Track
from mgrbench.features.plugin import FeaturePlugin, feature_plugin

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
