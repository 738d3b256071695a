"""The artist ladder: one model under ever stricter protocols on one dataset, trained on equally much.

``segments``   segments of clips are dealt to the folds at random, so a clip is on both sides. To compare it
               with the other rungs a clip is decided by the sum of its segments' probabilities, each from the
               fold that tested it; the accuracy per segment stands beside it.
``clips``      clips are dealt at random, per genre.
``replicas``   of each set of exact replicas, same recordings and versions only the first clip is kept.
``faults``     clips with a fault of their own are removed.
``artists``    no artist, replica or recording is on two sides.

Every fold of every rung trains on equally many tracks of each genre, so no rung gains by training on more
(validation tracks count as training; they are cut by the bench's own rule where a model needs them). Each
rung is evaluated with several seeds, which stand for other folds and for the models' seeds.

The runs are kept below ``out``; the same command goes on where it stopped, and computes nothing twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mgrbench.core.codes import about_run
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Dataset, Score, Track
from mgrbench.evaluation.evaluate import Finished, OnFold, execute
from mgrbench.evaluation.plan import make_plan
from mgrbench.experiments.derived_features import Source, alone, covered, derive_feature
from mgrbench.experiments.ladder.rungs import (
    Rung,
    checked_protocol,
    make_rungs,
    matched_sizes,
    segment_id,
    segmented,
    split_of,
)
from mgrbench.experiments.verdicts import Acquaintance, Drop, Verdicts, acquaintance, artists_met, drop
from mgrbench.features.find import supplied
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, model_source
from mgrbench.results.predictions import Predictions

_PIECES = ".segments"
"""Folder below ``out`` of the features of single segments, while they are needed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One model on one rung.

    Attributes:
        model: name of the model.
        rung: name of the rung.
        accuracy: share of clips decided rightly, over all seeds.
        per_seed: the same of each seed.
        per_segment: on the rung of segments the share of segments decided rightly.
        drop: what was lost against the rung before; None on the first.
        inside: on the rung of clips, the accuracy by whether the artist is in training; None where no artists
            are known.
        runs: folders of the runs, one a seed, relative to ``out``.
    """

    model: str
    rung: str
    accuracy: Score
    per_seed: tuple[float, ...]
    per_segment: float | None
    drop: Drop | None
    inside: Acquaintance | None
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """All that was found.

    Attributes:
        features: feature -> fingerprint.
        options: options of the models.
        training: genre -> tracks of it that every fold trains on.
        rungs: all rungs, those that were left out with the reason.
        artist_met: rung -> share of its test tracks that have their artist in training, over all seeds.
        steps: every model on every rung that was run, by model and rung.
        missing: number of tracks left out because a feature lacks them.
        warnings: model, code and detail of what must be said of the runs; that rungs leak is their point.
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


class _Side(NamedTuple):
    """Where the runs of a rung take their tracks from and where they go."""

    data: Dataset
    store: Path | None
    out: Path
    segments: int


def climb(
    models: Sequence[ModelLike],
    dataset: str | Dataset,
    features: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    *,
    out: Path | str,
    folds: int = 5,
    seeds: Sequence[int] = (0, 1, 2),
    device: str = "auto",
    jobs: int = 1,
    store: Path | None = None,
    allow_missing: bool = False,
    on_fold: OnFold | None = None,
) -> Ladder:
    """Evaluate models under all protocols that a dataset has the facts for.

    Args:
        models: the models, as `mgrbench.evaluate` takes them.
        dataset: the dataset or its name.
        features: stored features, used together; without any, those that each model says it takes.
        options: options of every model.
        out: folder to keep the runs in and to resume from.
        folds: folds of every rung.
        seeds: seeds of the random folds and of the models.
        device: as in `mgrbench.evaluate`.
        jobs: folds computed at the same time.
        store: folder of the feature store.
        allow_missing: leave out tracks that a feature lacks.
        on_fold: told of the folds of all runs.

    Raises:
        BenchError: if anything named is not there, if two models have one name, or if another process works
            in ``out``.
    """
    checked_protocol(folds, seeds)
    root = Path(out)
    data = dataset if isinstance(dataset, Dataset) else load_dataset(dataset)
    named = _named(models)
    stored = _opened(named, data, features, store)
    tracks, missing = covered(data.tracks(), data.name, stored, allow_missing=allow_missing)
    segments = _segments(stored)
    rungs = make_rungs(data, tracks, segments, folds, seeds)
    run = [rung for rung in rungs if not rung.left_out]
    training = _training(run, segments, folds)
    finished: dict[tuple[str, str], list[Finished]] = {}
    met: dict[str, list[frozenset[str]]] = {}
    told, total = 0, len(named) * len(run) * len(seeds) * folds
    with alone(root, ".ladder.lock", "this ladder"), _sides(root, data, store, stored, run) as sides:
        for rung in run:
            side = sides[rung.name]
            for place, seed in enumerate(seeds):
                split = split_of(rung, place, seed, side.data, training, side.segments)
                met.setdefault(rung.name, []).append(artists_met(split, side.data))
                for name, model in named.items():
                    plan = make_plan(
                        model,
                        side.data,
                        split,
                        features,
                        options or {},
                        seed=seed,
                        device=device,
                        store=side.store,
                        allow_missing=False,
                    )
                    got = execute(plan, out=side.out, jobs=jobs, on_fold=_shifted(on_fold, told, total))
                    finished.setdefault((name, rung.name), []).append(got)
                    told += folds
    return Ladder(
        dataset=data.name,
        models=tuple(named),
        features={name: one.manifest.fingerprint for name, one in stored.items()},
        options=dict(options or {}),
        folds=folds,
        seeds=tuple(seeds),
        training=training,
        rungs=rungs,
        artist_met={rung.name: _share_met(rung, met[rung.name]) for rung in run},
        steps=tuple(step for name in named for step in _steps(name, run, finished, met["clips"], root)),
        missing=missing,
        warnings=_warnings(finished, len(seeds)),
    )


def _named(models: Sequence[ModelLike]) -> dict[str, ModelLike]:
    named: dict[str, ModelLike] = {}
    for model in models:
        name = model_source(model).name
        if name in named:
            raise BenchError(f"two models are called {name!r}", "give each once, or ladders of their own")
        named[name] = model
    if not named:
        raise BenchError("no model is given", "name one")
    return named


def _opened(
    models: Mapping[str, ModelLike], data: Dataset, features: Sequence[str], store: Path | None
) -> dict[str, StoredFeature]:
    names = [name for model in models.values() for name in features or model_source(model).features]
    return {name: supplied(FeatureStore(store), data.name, name) for name in dict.fromkeys(names)}


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
def _sides(
    root: Path, data: Dataset, store: Path | None, stored: Mapping[str, StoredFeature], run: Sequence[Rung]
) -> Iterator[dict[str, _Side]]:
    """Where each rung works; single segments get a store of their own, which goes when the work is done."""
    sides = {rung.name: _Side(data, store, root / "runs", 1) for rung in run}
    if run[0].name == "segments":
        count, place = _segments(stored), root / _PIECES
        pieces = segmented(data, run[0].tracks, count)
        for name, one in stored.items():
            derive_feature(place, pieces.name, name, _rows(one, run[0].tracks, count))
        sides["segments"] = _Side(pieces, place, root / "segments", count)
    try:
        yield sides
    finally:
        shutil.rmtree(root / _PIECES, ignore_errors=True)


def _rows(one: StoredFeature, tracks: Sequence[Track], count: int) -> dict[str, Source]:
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


def _steps(
    model: str,
    run: Sequence[Rung],
    finished: Mapping[tuple[str, str], Sequence[Finished]],
    met_in_clips: Sequence[frozenset[str]],
    root: Path,
) -> Iterator[Step]:
    before: Verdicts | None = None
    for rung in run:
        done = finished[model, rung.name]
        verdicts = _verdicts(rung, [_predictions(one) for one in done])
        inside = None
        if rung.name == "clips" and any(track.artist for track in rung.tracks):
            met = np.array([[track.id in one for track in rung.tracks] for one in met_in_clips])
            inside = acquaintance(verdicts, met)
        yield Step(
            model=model,
            rung=rung.name,
            accuracy=verdicts.accuracy(),
            per_seed=verdicts.per_seed(),
            per_segment=_mean_accuracy(done) if rung.name == "segments" else None,
            drop=drop(before, verdicts) if before else None,
            inside=inside,
            runs=tuple(str(one.folder.relative_to(root)) for one in done if one.folder),
        )
        before = verdicts


def _warnings(
    finished: Mapping[tuple[str, str], Sequence[Finished]], seeds: int
) -> tuple[tuple[str, str, str], ...]:
    """Each warning once, without those on splits, and that on a single seed only where there is one."""
    said = [
        (model, warning.code, warning.detail)
        for (model, _), done in finished.items()
        for one in done
        for warning in one.run.warnings
        if about_run(warning.code) and (warning.code != "MGR102" or seeds == 1)
    ]
    return tuple(dict.fromkeys(said))


def _predictions(finished: Finished) -> Predictions:
    if finished.run.predictions is None:
        raise BenchError(f"the run {finished.folder} has no predictions", "remove it and start again")
    return finished.run.predictions


def _mean_accuracy(done: Sequence[Finished]) -> float:
    return float(np.mean([one.run.scores["accuracy"].value for one in done]))


def _verdicts(rung: Rung, predictions: Sequence[Predictions]) -> Verdicts:
    """Which clips were decided rightly; a clip in segments by the sum of its segments' probabilities."""
    place = {track.id: position for position, track in enumerate(rung.tracks)}
    right = np.zeros((len(predictions), len(place)), dtype=np.int64)
    for row, one in zip(right, predictions, strict=True):
        clip = np.array([place[rung.track(i)] for i in one.ids])
        predicted = one.outcome.predicted
        if rung.name == "segments" and one.outcome.proba is not None:
            sums = np.zeros((len(place), len(one.genres)))
            np.add.at(sums, clip, one.outcome.proba)
            predicted = sums.argmax(axis=1)[clip]
        row[clip] = predicted == one.outcome.genre
    return Verdicts(rung.tracks, right)
