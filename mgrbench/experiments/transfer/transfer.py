"""Train on one dataset, test on another, over the classes that both have: the hardest rung.

Both datasets become one with a split of one fold (`_both`), so that the bench's own path does the rest: the
validation part is cut from the training dataset, and the run is stored like any other. Recordings that the
datasets are known to share are kept out of training (or of the test). Artists of one name are counted, and
the accuracy on their test tracks stands beside that on the others.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Dataset
from mgrbench.evaluation.evaluate import Finished, OnFold, execute
from mgrbench.evaluation.plan import make_plan
from mgrbench.experiments.derived_features import Source, alone, covered, derive_feature
from mgrbench.experiments.transfer.genre_map import GenreMap, genre_map
from mgrbench.experiments.transfer.joined_dataset import SHARED, Both, artist_names, join
from mgrbench.experiments.transfer.within_dataset import Within, within
from mgrbench.experiments.verdicts import Acquaintance, Verdicts, acquaintance, artists_met
from mgrbench.features.find import supplied
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, model_source

_ROWS = ".rows"
"""Folder below ``out`` of the features of both datasets, while they are needed."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A model trained on one dataset and tested on another.

    Attributes:
        run: the stored run, on the dataset of both (its genres are the classes).
        train, test: names of the datasets.
        genres: which genres are which class.
        shared: number of recordings that both datasets are known to hold, among the tracks used.
        left_out: from which part they were left out, and how many tracks that were.
        unmapped: tracks of the training and the test dataset whose genre has no class.
        artists: accuracy on the test tracks whose artist is in training by name, beside that on the others;
            None where the names of one dataset are not known.
        within: what stored runs with artist-disjoint folds score on the same test tracks.
    """

    run: Finished
    train: str
    test: str
    genres: GenreMap
    shared: int
    left_out: tuple[str, int]
    unmapped: tuple[int, int]
    artists: Acquaintance | None
    within: tuple[Within, ...]


def transfer(
    model: ModelLike,
    train: str | Dataset,
    test: str | Dataset,
    features: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    *,
    out: Path | str,
    map_file: Path | None = None,
    drop_shared: str = "train",
    runs: Path | None = None,
    seed: int = 0,
    device: str = "auto",
    store: Path | None = None,
    allow_missing: bool = False,
    on_fold: OnFold | None = None,
) -> Transfer:
    """Train a model on one dataset and test it on another.

    Args:
        model: the model, as `mgrbench.evaluate` takes it.
        train: the dataset to train on.
        test: the dataset to test on.
        features: features that are stored for both, in the same shape.
        options: options of the model.
        out: folder of runs to write to.
        map_file: which genres are the same; else the shipped map, or the genres of equal names.
        drop_shared: leave recordings that both hold out of ``"train"``, of ``"test"``, or out of ``"none"``.
        runs: folder in which to look for runs on the test dataset to compare with.
        seed: seed of the model.
        device: as in `mgrbench.evaluate`.
        store: folder of the feature store.
        allow_missing: leave out tracks that a feature lacks.
        on_fold: told of the progress.

    Raises:
        BenchError: if anything named is not there, if features differ in shape or settings, or if a class has
            no track to train on or none to test.
    """
    if drop_shared not in SHARED:
        raise BenchError(f"drop_shared is {drop_shared!r}", f"choose one of {', '.join(SHARED)}")
    first, second = (one if isinstance(one, Dataset) else load_dataset(one) for one in (train, test))
    if first.name == second.name:
        hint = "give two datasets, or evaluate on one by `mgrbench run`"
        raise BenchError(f"{first.name} is both trained and tested on", hint)
    genres = genre_map(first, second, map_file)
    names = tuple(dict.fromkeys(features or model_source(model).features))
    stored = {
        name: [supplied(FeatureStore(store), one.name, name) for one in (first, second)] for name in names
    }
    for name, pair in stored.items():
        _check_alike(name, *pair)
    sides = []
    for position, (data, classes) in enumerate(((first, genres.train), (second, genres.test))):
        mapped = [track for track in data.tracks() if track.genre in classes]
        opened = {name: pair[position] for name, pair in stored.items()}
        sides.append(covered(mapped, data.name, opened, allow_missing=allow_missing)[0])
    both = join(first, second, sides[0], sides[1], genres, drop_shared)
    root = Path(out)
    with alone(root, ".transfer.lock", "a transfer"), _rows(root, both, stored, first.name) as place:
        plan = make_plan(
            model,
            both.data,
            both.split,
            names,
            options or {},
            seed=seed,
            device=device,
            store=place,
            allow_missing=False,
        )
        done = execute(plan, out=root, on_fold=on_fold)
    verdicts = _verdicts(done, both.data)
    known = all(any(artist_names(track, one.name)[1] for track in one.tracks()) for one in (first, second))
    unmapped = [
        sum(track.genre not in classes for track in one.tracks())
        for one, classes in ((first, genres.train), (second, genres.test))
    ]
    return Transfer(
        run=done,
        train=first.name,
        test=second.name,
        genres=genres,
        shared=both.shared,
        left_out=(drop_shared, both.left_out),
        unmapped=(unmapped[0], unmapped[1]),
        artists=_met(verdicts, both) if known else None,
        within=within(done.run, verdicts, second, genres.test, runs) if runs else (),
    )


def _check_alike(name: str, train: StoredFeature, test: StoredFeature) -> None:
    """See that a feature of both datasets is one and the same.

    Raises:
        BenchError: if shapes differ, or what the values were computed with.
    """
    shapes = [one.values.shape[1:] for one in (train, test)]
    where = f"{name} of {train.manifest.dataset} and of {test.manifest.dataset}"
    if shapes[0] != shapes[1]:
        hint = "extract or import both with the same settings (the first axis is segments)"
        raise BenchError(f"{where} differ in shape: {shapes[0]} != {shapes[1]}", hint)
    for key in ("parameters", "version", "source_sha256"):
        said = [one.manifest.about.get(key) for one in (train, test)]
        if train.manifest.kind == test.manifest.kind == "computed" and said[0] != said[1]:
            hint = "extract one of them again with --replace"
            raise BenchError(f"{where} were computed with other settings ({key})", hint)


@contextmanager
def _rows(
    root: Path, both: Both, stored: Mapping[str, Sequence[StoredFeature]], train: str
) -> Iterator[Path]:
    """A store with the features of both datasets, which goes when the work is done."""
    place = root / _ROWS
    try:
        for name, (first, second) in stored.items():
            rows = {}
            for track in both.data.tracks():
                dataset, own = both.of[track.id]
                rows[track.id] = Source(first if dataset == train else second, own)
            derive_feature(place, both.data.name, name, rows)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _verdicts(done: Finished, data: Dataset) -> Verdicts:
    known = {track.id: track for track in data.tracks()}
    predictions = done.run.predictions
    if predictions is None:
        raise BenchError(f"the run {done.folder} has no predictions", "remove it and start again")
    right = (predictions.outcome.predicted == predictions.outcome.genre).astype(np.int64)
    return Verdicts(tuple(known[i] for i in predictions.ids), right[None])


def _met(verdicts: Verdicts, both: Both) -> Acquaintance:
    met = artists_met(both.split, both.data)
    return acquaintance(verdicts, np.array([[track.id in met for track in verdicts.tracks]]))
