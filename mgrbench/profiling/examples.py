"""The tracks that a measured model is fitted on and asked for: stored features, or values that are made up.

The time of a network does not depend on its values, so it is fitted for one epoch on a few tracks. That of a
classical model does (support vectors, depth of trees), so it is fitted on about as many tracks as a fold has.
Made-up values are noise around a profile of each genre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgrbench.core.audio import Clip
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.registry import available
from mgrbench.core.types import BenchError, Dataset, Examples, FloatArray, Inputs
from mgrbench.features.plugin import FeaturePlugin, feature_plugin
from mgrbench.features.store import FeatureStore
from mgrbench.profiling.task import Shape, Task

FIT_TRACKS = 600
"""Tracks that a classical model is fitted on: about two thirds of GTZAN."""


@dataclass(frozen=True, slots=True)
class Data:
    """Where examples come from.

    Attributes:
        kind: ``"stored"`` or ``"made up"``.
        segments: segments of a track.
        shapes: feature -> shape of a segment.
    """

    kind: str
    segments: int
    shapes: Mapping[str, Shape]
    _task: Task
    _stored: Mapping[str, FloatArray]
    _genre: np.ndarray[Any, np.dtype[np.int64]]

    def examples(self, count: int, start: int = 0) -> Examples:
        """``count`` labelled tracks of all genres, from number ``start`` on.

        Where fewer are stored than asked for, tracks are repeated.
        """
        if self.kind == "stored":
            rows = (start + np.arange(count)) % len(self._genre)
            arrays = {name: np.array(values[rows]) for name, values in self._stored.items()}
            genre = self._genre[rows]
        else:
            rng = np.random.default_rng([self._task.seed, start])
            genre = (start + np.arange(count)) % self._task.genres
            arrays = {name: self._made_up(name, genre, rng) for name in self.shapes}
        ids = tuple(f"track{start + number}" for number in range(count))
        artist = tuple(f"artist{g}.{(start + n) // (2 * self._task.genres)}" for n, g in enumerate(genre))
        return Examples(Inputs(ids, arrays), genre.astype(np.int64), artist)

    def _made_up(self, name: str, genre: np.ndarray[Any, Any], rng: np.random.Generator) -> FloatArray:
        shape = self.shapes[name]
        profiles = np.random.default_rng(self._task.seed).normal(size=(self._task.genres, shape[-1]))
        wide = profiles[genre].reshape(len(genre), 1, *(1,) * (len(shape) - 1), shape[-1])
        values = rng.standard_normal((len(genre), self.segments, *shape), dtype=np.float32)
        return np.asarray(values + 0.3 * wide, dtype=np.float32)


def data_of(task: Task) -> Data:
    """The examples of a task: stored ones where every feature is stored, else made-up ones.

    Raises:
        BenchError: if a feature is neither stored nor computed, so that its shape isn't known.
    """
    store, dataset = FeatureStore(task.store), load_dataset(task.dataset)
    known = set(store.features(dataset.name)) if store.root.is_dir() else set()
    plain = not task.shapes and task.genres == len(dataset.genres)
    if plain and task.features and known.issuperset(task.features):
        return _stored(task, dataset, store)
    shapes: dict[str, Shape] = {}
    counts: dict[str, int] = {}
    for name in task.features:
        if name in task.shapes:
            shapes[name], counts[name] = task.shapes[name], dataset.segments_per_track
        elif name in known:
            opened = store.open(dataset.name, name)
            counts[name], *rest = opened.rows(opened.ids[:1]).shape[1:]
            shapes[name] = tuple(rest)
        else:
            values = computed(name).compute([noise_clip(dataset)])
            counts[name], shapes[name] = values.shape[1], tuple(values.shape[2:])
    segments = max(counts.values(), default=dataset.segments_per_track)
    return Data("made up", segments, shapes, task, {}, np.empty(0, np.int64))


def _stored(task: Task, dataset: Dataset, store: FeatureStore) -> Data:
    """Stored tracks in such an order that neighbours are of different genres."""
    genre_of = {track.id: dataset.genres.index(track.genre) for track in dataset.tracks()}
    opened = {name: store.open(dataset.name, name) for name in task.features}
    both = set.intersection(*(set(stored.ids) for stored in opened.values())) & genre_of.keys()
    turn: dict[int, int] = {}
    order = []
    for track in sorted(both):
        number = turn[genre_of[track]] = turn.get(genre_of[track], -1) + 1
        order.append((number, genre_of[track], track))
    ids = [track for _, _, track in sorted(order)]
    arrays = {name: stored.rows(ids) for name, stored in opened.items()}
    genre = np.array([genre_of[track] for track in ids], dtype=np.int64)
    shapes = {name: tuple(values.shape[2:]) for name, values in arrays.items()}
    segments = max(values.shape[1] for values in arrays.values())
    return Data("stored", segments, shapes, task, arrays, genre)


def computed(name: str) -> FeaturePlugin:
    """The computed feature of this name.

    Raises:
        BenchError: if there is none, naming those that there are.
    """
    try:
        return feature_plugin(name)
    except BenchError as error:
        names = ", ".join(plugin.name for plugin in available("features"))
        hint = f"import it into the feature store first, or name one that is computed: {names}"
        raise BenchError(f"{name!r} is neither stored nor computed ({error.problem})", hint) from error


def noise_clip(dataset: Dataset, seed: int = 0) -> Clip:
    """A decoded clip of the dataset's length: bursts of noise, as loud as music."""
    seconds = dataset.segment_seconds * dataset.segments_per_track
    frames = round(seconds * dataset.sample_rate)
    beat = np.exp(-8.0 * ((np.arange(frames) / dataset.sample_rate) % 0.5))
    samples = 0.2 * beat * np.random.default_rng(seed).standard_normal(frames)
    return Clip(
        f"noise{seed}",
        np.clip(samples, -1, 1).astype(np.float32),
        dataset.sample_rate,
        dataset.segment_seconds,
        dataset.segments_per_track,
    )
