"""Train on one dataset and test on another, over the classes that both have.

Both datasets become one with a split of one fold (`joined_dataset`). Then the usual evaluation does the rest:
the validation part is cut from the training dataset, and the run is stored like any other. Recordings that
both datasets are known to hold are kept out of training (or of the test). Artists of the same name are
counted, and the accuracy on their test tracks stands beside that on the others.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Dataset
from mgrbench.evaluation.evaluate import Finished, execute
from mgrbench.evaluation.plan import make_plan
from mgrbench.evaluation.request import USUAL, OnFold, Progress, Request, Settings
from mgrbench.experiments.derived_features import Source, derive_feature, locked_folder, tracks_with_features
from mgrbench.experiments.transfer.genre_map import GenreMap, genre_map
from mgrbench.experiments.transfer.joined_dataset import SHARED, JoinedDataset, artist_names, join_datasets
from mgrbench.experiments.transfer.within_dataset import WithinRun, runs_within
from mgrbench.experiments.verdicts import ArtistOverlap, Verdicts, artist_overlap, artists_met
from mgrbench.features.find import stored_feature
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, model_source

_JOINED_STORE = ".rows"
"""Folder, below that of the runs, of the features of both datasets while they are needed."""


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What is trained and tested.

    Attributes:
        model: the model, as `mgrbench.evaluate` takes it.
        train: the dataset to train on, or its name.
        test: the dataset to test on, or its name.
        features: features that are stored for both, in the same shape; without any, those that the model
            names.
        options: options of the model.
        seed: seed of the model.
        map_file: which genres are the same; else the shipped map, or the genres of equal names.
        drop_shared: leave recordings that both hold out of ``"train"``, of ``"test"``, or out of ``"none"``.
    """

    model: ModelLike
    train: str | Dataset
    test: str | Dataset
    features: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    map_file: Path | None = None
    drop_shared: str = "train"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A model trained on one dataset and tested on another.

    Attributes:
        run: the stored run on the joined dataset, whose genres are the classes.
        train: name of the dataset that was trained on.
        test: name of the dataset that was tested.
        genres: which genres are which class.
        shared: number of recordings that both datasets are known to hold, among the tracks used.
        left_out: the part that they were left out of, and the number of tracks left out.
        unmapped: tracks of the training and the test dataset whose genre has no class.
        missing: tracks of the training and the test dataset that were left out because a feature lacks them.
        artists: accuracy on the test tracks whose artist's name is in training, beside that on the others;
            None where one dataset knows no names.
        within: runs within the test dataset, scored on the same test tracks.
    """

    run: Finished
    train: str
    test: str
    genres: GenreMap
    shared: int
    left_out: tuple[str, int]
    unmapped: tuple[int, int]
    missing: tuple[int, int]
    artists: ArtistOverlap | None
    within: tuple[WithinRun, ...]


def run_transfer(
    request: TransferRequest,
    out: Path | str,
    settings: Settings = USUAL,
    runs: Path | None = None,
    on_fold: OnFold | None = None,
) -> Transfer:
    """Train a model on one dataset and test it on another.

    Args:
        request: what is trained and tested.
        out: folder of runs to write to.
        settings: how the run is carried out; with ``allow_missing``, tracks that a feature lacks are left
            out.
        runs: folder in which to look for runs on the test dataset to compare with.
        on_fold: told of the progress.

    Raises:
        BenchError: if anything named is not there, if features differ in shape or settings, or if a class has
            no track to train on or none to test.
    """
    if request.drop_shared not in SHARED:
        raise BenchError(f"drop_shared is {request.drop_shared!r}", f"choose one of {', '.join(SHARED)}")
    train, test = _datasets(request)
    genres = genre_map(train, test, request.map_file)
    names = tuple(dict.fromkeys(request.features or model_source(request.model).features))
    store = FeatureStore(settings.store)
    stored = {
        name: {data.name: stored_feature(store, data.name, name) for data in (train, test)} for name in names
    }
    for name, of in stored.items():
        _check_alike(name, of[train.name], of[test.name])
    sides, missing = [], []
    for data, classes in ((train, genres.train), (test, genres.test)):
        mapped = [track for track in data.tracks() if track.genre in classes]
        opened = {name: of[data.name] for name, of in stored.items()}
        kept, lacking = tracks_with_features(mapped, data.name, opened, allow_missing=settings.allow_missing)
        sides.append(kept)
        missing.append(lacking)
    joined = join_datasets(train, test, sides[0], sides[1], genres, request.drop_shared)
    root = Path(out)
    with (
        locked_folder(root, ".transfer.lock", "a transfer"),
        _joined_store(root, joined, stored) as place,
    ):
        one = Request(request.model, joined.data, joined.split, names, request.options, request.seed)
        plan = make_plan(one, replace(settings, store=place, allow_missing=False))
        done = execute(plan, root, Progress(on_fold))
    verdicts = _verdicts(done, joined.data)
    known = all(any(artist_names(track, data.name)[1] for track in data.tracks()) for data in (train, test))
    unmapped = [
        sum(track.genre not in classes for track in data.tracks())
        for data, classes in ((train, genres.train), (test, genres.test))
    ]
    return Transfer(
        run=done,
        train=train.name,
        test=test.name,
        genres=genres,
        shared=joined.shared,
        left_out=(request.drop_shared, joined.left_out),
        unmapped=(unmapped[0], unmapped[1]),
        missing=(missing[0], missing[1]),
        artists=_overlap(verdicts, joined) if known else None,
        within=runs_within(done.run, verdicts, test, genres.test, runs) if runs else (),
    )


def _datasets(request: TransferRequest) -> tuple[Dataset, Dataset]:
    train, test = (
        one if isinstance(one, Dataset) else load_dataset(one) for one in (request.train, request.test)
    )
    if train.name == test.name:
        hint = "give two datasets, or evaluate on one by `mgrbench run`"
        raise BenchError(f"{train.name} is both trained and tested on", hint)
    return train, test


def _check_alike(name: str, train: StoredFeature, test: StoredFeature) -> None:
    """Check that a feature of both datasets has one shape and one way of computing it.

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
def _joined_store(
    root: Path, joined: JoinedDataset, stored: Mapping[str, Mapping[str, StoredFeature]]
) -> Iterator[Path]:
    """A feature store with the features of both datasets, removed at the end."""
    place = root / _JOINED_STORE
    try:
        for name, of in stored.items():
            rows = {}
            for track in joined.data.tracks():
                dataset, own = joined.own[track.id]
                rows[track.id] = Source(of[dataset], own)
            derive_feature(place, joined.data.name, name, rows)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _verdicts(done: Finished, data: Dataset) -> Verdicts:
    known = {track.id: track for track in data.tracks()}
    predictions = done.run.predictions
    right = (predictions.outcome.predicted == predictions.outcome.genre).astype(np.int64)
    return Verdicts(tuple(known[i] for i in predictions.ids), right[None])


def _overlap(verdicts: Verdicts, joined: JoinedDataset) -> ArtistOverlap:
    met = artists_met(joined.split, joined.data)
    return artist_overlap(verdicts, np.array([[track.id in met for track in verdicts.tracks]]))
