"""What is drawn of a clip: its time–frequency features, with all that their axes need.

What these are is the feature's own knowledge; `mgrbench.features` says under which names it tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.audio import Clip, load_clip
from mgrbench.core.boundary import boundary
from mgrbench.core.registry import available, load
from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError, Dataset, FloatArray, Track
from mgrbench.features.plugin import FeaturePlugin, feature_plugin


@dataclass(frozen=True, slots=True)
class Panel:
    """One segment of one feature, with what its axes need.

    Attributes:
        name: the feature's name.
        values: float32, shape (frames, bins).
        hop: seconds from frame to frame; the first one is centred at 0 s.
        hertz: frequency of each bin, shape (bins,); None where the feature gives none.
        unit: what the values are.
        parts: name -> bins that share a frequency axis; empty where all do.
    """

    name: str
    values: FloatArray
    hop: float
    hertz: NDArray[np.float64] | None
    unit: str = ""
    parts: Mapping[str, slice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn of a clip.

    Attributes:
        track: the track.
        segment: number of the segment, from 1.
        segments: number of segments of the clip.
        panels: the features, in the order in which they were asked for.
        skipped: features without a time or frequency axis.
    """

    track: Track
    segment: int
    segments: int
    panels: tuple[Panel, ...]
    skipped: tuple[str, ...]


def sheet(
    dataset: Dataset,
    track: str,
    root: Path,
    features: Sequence[str] = (),
    segment: int | None = None,
) -> Sheet:
    """Compute the time–frequency features of one segment of a clip from its audio.

    Args:
        dataset: the dataset.
        track: id or file name of the track.
        root: folder of the audio.
        features: names or files of features; by default all built-in ones that have frequencies, from few
            bins to many, without the variants that are kept for replication.
        segment: number of the segment, from 1; by default the middle one.

    Raises:
        BenchError: if there is no such track, segment or feature, if its audio cannot be used, or if none of
            the features has a time and a frequency axis.
    """
    found = _track(dataset, track, root)
    count = dataset.segments_per_track
    number = (count + 1) // 2 if segment is None else segment
    if not 1 <= number <= count:
        hint = f"clips of {dataset.name} have segments 1 to {count}"
        raise BenchError(f"there is no segment {number}", hint)
    asked = {name: feature_plugin(name) for name in features or _usual()}
    drawn = {name: feature for name, feature in asked.items() if len(feature.spec.shape) == 2}
    skipped = tuple(feature.spec.name for name, feature in asked.items() if name not in drawn)
    if not drawn:
        problem = f"{', '.join(skipped)}: no axis of time and none of frequency, so there is nothing to draw"
        raise BenchError(problem, "name a time–frequency feature, such as mel")
    clip = load_clip(dataset, root, found)
    panels = tuple(_panel(name, feature, clip, number) for name, feature in drawn.items())
    return Sheet(found, number, count, panels, skipped)


def _track(dataset: Dataset, name: str, root: Path) -> Track:
    """The track of this id or file name, with its audio."""
    wanted = dataset.identify(name) or name
    tracks = {track.id: track for track in dataset.tracks(root)}
    if wanted in tracks:
        return tracks[wanted]
    known = [track.id for track in dataset.tracks()]
    if wanted in known:
        raise BenchError(f"no audio of track {wanted} is there", "name another folder with --root", root)
    hint = did_you_mean(wanted, known or tracks, f"ids look like {next(iter(tracks))}")
    raise BenchError(f"{dataset.name} has no track {name!r}", hint)


def _usual() -> list[str]:
    """Built-in features that have frequencies, from few bins to many."""
    names = [plugin.name for plugin in available("features") if plugin.origin == "built in"]
    bins = {
        name: feature_plugin(name).spec.shape[-1] or 0
        for name in names
        if not name.endswith("_released") and hasattr(load("features", name).value, "frequencies")
    }
    return sorted(bins, key=lambda name: bins[name])


def _panel(name: str, feature: FeaturePlugin, clip: Clip, segment: int) -> Panel:
    spec, module = feature.spec, load("features", name).value
    values = feature.compute([clip])[0, 0 if spec.per_clip else segment - 1]
    hertz = None
    if hasattr(module, "frequencies"):
        with boundary(spec.name, "telling its frequencies"):
            hertz = np.asarray(module.frequencies(), np.float64)
        if hertz.shape != values.shape[1:]:
            problem = f"{spec.name} has {values.shape[1]} bins and gives frequencies of shape {hertz.shape}"
            raise BenchError(problem, "give one frequency a bin")
    samples = spec.parameters.get("hop", getattr(module, "HOP", 0))
    seconds = len(clip.samples) / clip.sample_rate if spec.per_clip else clip.segment_seconds
    hop = float(samples) / clip.sample_rate or seconds / len(values)
    return Panel(spec.name, values, hop, hertz, getattr(module, "UNIT", ""), getattr(module, "PARTS", {}))
