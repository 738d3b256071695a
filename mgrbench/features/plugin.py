"""A computed feature as a plugin: its specification, its function, its weight file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from mgrbench.core.audio import Clip
from mgrbench.core.boundary import boundary
from mgrbench.core.registry import load
from mgrbench.core.types import BenchError, FeatureSpec, FloatArray


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
        if not _fits(values, shape):
            sizes = ", ".join("any" if size is None else str(size) for size in shape)
            hint = f"extract gives (clips, segments, …): here ({sizes}){self._one_vector(values, clips)}"
            raise BenchError(f"{self.spec.name} of {names} has the shape {values.shape}", hint)
        if not np.isfinite(values).all():
            raise BenchError(
                f"{self.spec.name} of {names} has values that are not finite", "correct the feature"
            )

    def _one_vector(self, values: FloatArray, clips: Sequence[Clip]) -> str:
        """Which setting of the spec would fit the values better, where one does."""
        count, one, segments = len(clips), self.spec.shape, clips[0].segments_per_track
        if self.spec.per_clip:
            by_segment = _fits(values, (count, segments, *one))
            return "; if it is one vector a segment, set per_clip=False in SPEC" if by_segment else ""
        by_clip = _fits(values, (count, *one)) or _fits(values, (count, 1, *one))
        return (
            "; if it is one vector a clip, set per_clip=True in SPEC, give (clips, 1, …)" if by_clip else ""
        )


def _fits(values: FloatArray, shape: tuple[int | None, ...]) -> bool:
    """Whether values have a shape, in which None stands for any size."""
    return len(values.shape) == len(shape) and all(
        wanted in {None, size} for wanted, size in zip(shape, values.shape, strict=True)
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
        hint = "give it SPEC (a mgrbench.FeatureSpec) and extract(clips)"
        raise BenchError(f"{name} is no computed feature", hint)
    built_in = loaded.plugin.origin == "built in"
    find_weights = getattr(getattr(module, "WEIGHTS", None), "find", None)
    return FeaturePlugin(spec, function, "" if built_in else loaded.source_sha256, find_weights)
