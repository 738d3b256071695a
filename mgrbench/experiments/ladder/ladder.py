"""The artist ladder: models under ever stricter protocols on one dataset, always trained on equally much.

``segments``   segments of clips are dealt to the folds at random, so a clip is on both sides. A clip then has
               the genre with the largest sum of its segments' probabilities, each from the fold that tests
               the segment. So this rung compares with the others; the accuracy per segment stands beside it.
``clips``      clips are dealt at random, per genre.
``replicas``   of each set of exact replicas, same recordings and versions only the first clip is kept.
``faults``     clips with a fault of their own are removed.
``artists``    no artist, replica or recording is on two sides.

Every fold of every rung trains on equally many tracks of each genre, so no rung gains by training on more.
Validation tracks count as training; where a model needs them, they are cut as in any other run. Each rung is
evaluated with several seeds, which stand for other folds and for the models' seeds.

The runs are kept below the ladder's folder. The same command goes on where it stopped, and computes nothing
twice.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from mgrbench.core.codes import about_run
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Dataset, Track
from mgrbench.evaluation.evaluate import Finished, execute
from mgrbench.evaluation.plan import make_plan
from mgrbench.evaluation.request import USUAL, OnFold, Progress, Request, Settings
from mgrbench.experiments.derived_features import Source, derive_feature, locked_folder, tracks_with_features
from mgrbench.experiments.ladder.rungs import (
    Rung,
    check_protocol,
    make_rungs,
    matched_sizes,
    segment_id,
    segmented,
    split_of,
)
from mgrbench.experiments.ladder.steps import Step, model_steps
from mgrbench.experiments.verdicts import artists_met
from mgrbench.features.find import stored_feature
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, model_source

_SEGMENT_STORE = ".segments"
"""Folder, below the ladder's, of the features of single segments while they are needed."""


@dataclass(frozen=True, slots=True)
class LadderRequest:
    """What a ladder compares.

    Attributes:
        models: the models, as `mgrbench.evaluate` takes them.
        dataset: the dataset or its name.
        features: stored features, used together; without any, those that each model names.
        options: options of every model.
        folds: folds of every rung.
        seeds: seeds of the random folds and of the models.
    """

    models: Sequence[ModelLike]
    dataset: str | Dataset
    features: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    folds: int = 5
    seeds: Sequence[int] = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A finished ladder.

    Attributes:
        dataset: name of the dataset.
        models: names of the models.
        features: feature -> fingerprint.
        options: options of the models.
        folds: folds of every rung.
        seeds: seeds of the random folds and of the models.
        training: genre -> tracks of it that every fold trains on.
        rungs: all rungs; those that were left out have a reason.
        artist_met: rung -> share of its test tracks that have their artist in training, over all seeds.
        steps: every model on every rung that was run, by model and rung.
        missing: number of tracks left out because a feature lacks them.
        warnings: model, code and detail of the runs' warnings, without those that a rung leaks.
    """

    dataset: str
    models: tuple[str, ...]
    features: Mapping[str, str]
    options: Mapping[str, Any]
    folds: int
    seeds: tuple[int, ...]
    training: Mapping[str, int]
    rungs: tuple[Rung, ...]
    artist_met: Mapping[str, float]
    steps: tuple[Step, ...]
    missing: int
    warnings: tuple[tuple[str, str, str], ...]

    def of(self, model: str) -> tuple[Step, ...]:
        """The steps of one model, from the bottom up."""
        return tuple(step for step in self.steps if step.model == model)


class _Place(NamedTuple):
    """Where the runs of a rung take their tracks and features from, and where they are written."""

    data: Dataset
    store: Path | None
    out: Path
    segments: int


def run_ladder(
    request: LadderRequest, out: Path | str, settings: Settings = USUAL, on_fold: OnFold | None = None
) -> Ladder:
    """Evaluate models under all protocols that a dataset has the facts for.

    Args:
        request: what is compared.
        out: folder to keep the runs in and to resume from.
        settings: how the runs are carried out; with ``allow_missing``, tracks that a feature lacks are left
            out.
        on_fold: told of the folds of all runs.

    Raises:
        BenchError: if anything named is not there, if two models have one name, or if another process works
            in ``out``.
    """
    check_protocol(request.folds, request.seeds)
    root = Path(out)
    data = request.dataset if isinstance(request.dataset, Dataset) else load_dataset(request.dataset)
    models = _by_name(request.models)
    stored = _stored_features(models.values(), data, request.features, settings.store)
    tracks, missing = tracks_with_features(
        data.tracks(), data.name, stored, allow_missing=settings.allow_missing
    )
    segments = _segments(stored)
    rungs = make_rungs(data, tracks, segments, request.folds, request.seeds)
    run = [rung for rung in rungs if not rung.left_out]
    training = _training(run, segments, request.folds)
    whole = replace(settings, allow_missing=False)  # what a feature lacks is no track of any rung
    finished: dict[str, dict[str, list[Finished]]] = {rung.name: defaultdict(list) for rung in run}
    met: dict[str, list[frozenset[str]]] = {rung.name: [] for rung in run}
    done, total = 0, len(models) * len(run) * len(request.seeds) * request.folds
    with (
        locked_folder(root, ".ladder.lock", "this ladder"),
        _places(root, data, settings.store, stored, run) as places,
    ):
        for rung in run:
            place = places[rung.name]
            for position, seed in enumerate(request.seeds):
                split = split_of(rung, position, seed, place.data, training, place.segments)
                met[rung.name].append(artists_met(split, place.data))
                for name, model in models.items():
                    one = Request(model, place.data, split, request.features, request.options, seed)
                    plan = make_plan(one, replace(whole, store=place.store))
                    progress = Progress(_shifted(on_fold, done, total))
                    finished[rung.name][name].append(execute(plan, place.out, progress))
                    done += request.folds
    return Ladder(
        dataset=data.name,
        models=tuple(models),
        features={name: one.manifest.fingerprint for name, one in stored.items()},
        options=dict(request.options),
        folds=request.folds,
        seeds=tuple(request.seeds),
        training=training,
        rungs=rungs,
        artist_met={rung.name: _share_met(rung, met[rung.name]) for rung in run},
        steps=tuple(step for name in models for step in model_steps(name, run, finished, met["clips"], root)),
        missing=missing,
        warnings=_warnings(finished, len(request.seeds)),
    )


def _by_name(models: Sequence[ModelLike]) -> dict[str, ModelLike]:
    named: dict[str, ModelLike] = {}
    for model in models:
        name = model_source(model).name
        if name in named:
            raise BenchError(f"two models are called {name!r}", "give each once, or ladders of their own")
        named[name] = model
    if not named:
        raise BenchError("no model is given", "name one")
    return named


def _stored_features(
    models: Iterable[ModelLike], data: Dataset, features: Sequence[str], store: Path | None
) -> dict[str, StoredFeature]:
    names = [name for model in models for name in features or model_source(model).features]
    return {name: stored_feature(FeatureStore(store), data.name, name) for name in dict.fromkeys(names)}


def _segments(stored: Mapping[str, StoredFeature]) -> int:
    """Segments a track, where all features have equally many; else 1, which means none to deal."""
    counts = {one.values.shape[1] for one in stored.values()}
    return int(counts.pop()) if len(counts) == 1 else 1


def _training(run: Sequence[Rung], segments: int, folds: int) -> dict[str, int]:
    training = matched_sizes(run, segments, folds)
    if not all(training.values()):
        genre = min(genre for genre, size in training.items() if not size)
        raise BenchError(f"no fold could train on {genre} under every protocol", "choose fewer folds")
    return training


@contextmanager
def _places(
    root: Path, data: Dataset, store: Path | None, stored: Mapping[str, StoredFeature], run: Sequence[Rung]
) -> Iterator[dict[str, _Place]]:
    """The place of each rung; single segments have a feature store of their own, removed at the end."""
    places = {rung.name: _Place(data, store, root / "runs", 1) for rung in run}
    if run[0].name == "segments":
        count, segment_store = _segments(stored), root / _SEGMENT_STORE
        pieces = segmented(data, run[0].tracks, count)
        for name, one in stored.items():
            derive_feature(segment_store, pieces.name, name, _segment_rows(one, run[0].tracks, count))
        places["segments"] = _Place(pieces, segment_store, root / "segments", count)
    try:
        yield places
    finally:
        shutil.rmtree(root / _SEGMENT_STORE, ignore_errors=True)


def _segment_rows(one: StoredFeature, tracks: Sequence[Track], count: int) -> dict[str, Source]:
    return {
        segment_id(track.id, number): Source(one, track.id, number - 1)
        for track in tracks
        for number in range(1, count + 1)
    }


def _shifted(on_fold: OnFold | None, before: int, total: int) -> OnFold | None:
    """Progress within all runs, from that within one."""
    return (lambda done, _of: on_fold(before + done, total)) if on_fold else None


def _share_met(rung: Rung, met: Sequence[frozenset[str]]) -> float:
    return sum(map(len, met)) / sum(map(len, rung.dealt))


def _warnings(
    finished: Mapping[str, Mapping[str, Sequence[Finished]]], seeds: int
) -> tuple[tuple[str, str, str], ...]:
    """Each warning once, without those on splits, and that on a single seed only where there is one."""
    told = [
        (model, warning.code, warning.detail)
        for by_model in finished.values()
        for model, runs in by_model.items()
        for one in runs
        for warning in one.run.warnings
        if about_run(warning.code) and (warning.code != "MGR102" or seeds == 1)
    ]
    return tuple(dict.fromkeys(told))
