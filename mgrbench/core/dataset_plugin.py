"""A dataset by its name or file. The functions of one that is not built in run inside a `boundary`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from mgrbench.core.boundary import boundary
from mgrbench.core.errors import BenchError
from mgrbench.core.paths import data_root
from mgrbench.core.registry import find, load
from mgrbench.core.types import Dataset, Track

_Result = TypeVar("_Result")


def load_dataset(name: str, root: Path | None = None) -> Dataset:
    """The dataset of this name, or the ``DATASET`` of this file, with its tracks.

    Args:
        name: its name or file.
        root: its data root, where it reads its metadata there; None for the usual one, see `data_root`.

    Raises:
        BenchError: if there is none, or if its metadata are not at the root.
    """
    dataset = describe_dataset(name)
    return dataset.at(data_root(root, dataset.name)) if dataset.metadata else dataset


def named_dataset(name: str, root: Path | None = None) -> Dataset:
    """The dataset that a split file or the record of a run names.

    Such a file may come from anyone, so it never chooses what is imported. It can only name a dataset that
    comes with mgrbench, or one that an installed package declares.

    Args:
        name: the dataset's name, as the file gives it.
        root: as for `load_dataset`.

    Raises:
        BenchError: as `load_dataset` does, or if the name is the place of a module or a file.
    """
    if find("datasets", name).origin in {"file", "module"}:
        hint = "give the dataset yourself by --dataset if you trust it: its code will run"
        raise BenchError(f"a file can't name the dataset {name!r}, which is the place of code", hint)
    return load_dataset(name, root)


def describe_dataset(name: str) -> Dataset:
    """The dataset of this name, or the ``DATASET`` of this file, as far as it is known without metadata.

    Raises:
        BenchError: if there is none.
    """
    loaded = load("datasets", name)
    dataset = getattr(loaded.value, "DATASET", loaded.value)
    if not isinstance(dataset, Dataset):
        raise BenchError(f"{name} holds no dataset", "name a mgrbench.Dataset DATASET in it")
    return dataset if loaded.plugin.origin == "built in" else _guarded(dataset)


def _guarded(dataset: Dataset) -> Dataset:
    """A plugin's dataset with its functions behind a `boundary`; partials, so that processes can share it."""
    name, metadata = dataset.name, dataset.metadata
    return replace(
        dataset,
        load=partial(_tracks, name, dataset.load),
        identify=partial(_bounded, name, "telling the track of a name", dataset.identify),
        published=partial(_bounded, name, "giving its published folds", dataset.published),
        metadata=replace(metadata, read=partial(_described, name, metadata.read)) if metadata else None,
    )


def _bounded(name: str, doing: str, function: Callable[..., _Result], *arguments: object) -> _Result:
    with boundary(name, doing):
        return function(*arguments)


def _tracks(name: str, function: Callable[..., Iterable[Track]], root: Path | None) -> tuple[Track, ...]:
    with boundary(name, "loading its tracks"):
        tracks = tuple(function(root))
    if wrong := [track for track in tracks if not isinstance(track, Track)]:
        problem = f"{name} gives a {type(wrong[0]).__name__} where a track is wanted"
        raise BenchError(problem, "let its load give mgrbench.Track")
    return tracks


def _described(name: str, function: Callable[[Path], Dataset], root: Path) -> Dataset:
    return _guarded(_bounded(name, "reading its metadata", function, root))
