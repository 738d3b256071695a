"""One fold: build a model, fit it on the training part, let it predict the test part.

A fold may run in a process of its own. So a task holds names and ids instead of arrays and objects, and each
process memory-maps the features from the store.
"""

from __future__ import annotations

import math
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from mgrbench.core.boundary import boundary
from mgrbench.core.types import Examples, FloatArray, Fold, GenreModel, Inputs
from mgrbench.evaluation.answers import checked_probabilities, chosen_by, history_of
from mgrbench.evaluation.request import OnEpoch
from mgrbench.evaluation.stopwatch import Stopwatch
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, model_source

OnFitted = Callable[[GenreModel, Inputs], object]
"""Given the model once it has predicted, and the test part as it got it."""


@dataclass(frozen=True, slots=True)
class FoldTask:
    """All that one fold needs.

    Attributes:
        number: the fold, counted from 1.
        fold: ids of the parts as the model gets them; ``valid`` is empty for a model that chooses nothing.
        genre: track id -> position of its genre.
        artist: track id -> credited artists joined by ``;``, or None where the dataset knows none.
        dataset: name of the dataset.
        features: names of the features.
        store: folder of the feature store.
        checkpoint: folder in which a model may keep its unfinished training; None to keep nothing.
    """

    number: int
    fold: Fold
    genre: Mapping[str, int]
    artist: Mapping[str, str] | None
    genres: tuple[str, ...]
    dataset: str
    features: tuple[str, ...]
    store: Path
    model: ModelLike
    options: Mapping[str, Any]
    seed: int
    device: str
    checkpoint: Path | None = None


@dataclass(frozen=True, slots=True)
class FoldResult:
    """The result of a fold.

    Attributes:
        number: the fold, counted from 1.
        proba: float64 (test tracks, genres), each row sums to 1.
        fit_seconds: wall-clock time of the training, including the time before an interruption.
        predict_seconds: wall-clock time of the prediction.
        parameters: number of trainable values; None where the model offers no network.
        peak_rss_bytes: largest resident memory of the process so far; None on Windows.
        peak_gpu_bytes: largest memory that torch had allocated on the GPU; None without one.
        chosen: what the model reports that it chose on the validation part.
        history: one dictionary per epoch, for models that train in epochs.
    """

    number: int
    proba: NDArray[np.float64]
    fit_seconds: float
    predict_seconds: float
    parameters: int | None = None
    peak_rss_bytes: int | None = None
    peak_gpu_bytes: int | None = None
    chosen: dict[str, Any] | None = None
    history: tuple[dict[str, Any], ...] = field(default=())


def run_fold(
    task: FoldTask, on_epoch: OnEpoch | None = None, on_fitted: OnFitted | None = None
) -> FoldResult:
    """Fit and predict one fold.

    Args:
        task: the fold.
        on_epoch: told of each epoch, where the model trains in epochs and has an ``on_epoch`` to be set.
        on_fitted: given the model once it has predicted, and the test part as it got it.

    Raises:
        BenchError: if the features of a track are not there, or if the model breaks its contract.
    """
    source = model_source(task.model)
    train = _examples(task, task.fold.train)
    valid = _examples(task, task.fold.valid) if task.fold.valid else None
    test = _inputs(task, task.fold.test)
    _seed_everything(task.seed)
    model = source.build(len(task.genres), task.seed, task.device, task.options)
    kept = task.checkpoint if hasattr(model, "checkpoint") else None
    if kept is not None:
        model.checkpoint = kept  # type: ignore[attr-defined]
    watch = Stopwatch(kept)

    def after_epoch(row: Mapping[str, Any]) -> None:
        watch.keep()
        if on_epoch is not None:
            on_epoch({"fold": task.number, **row})

    if getattr(model, "on_epoch", False) is None:  # not a method of this name
        model.on_epoch = after_epoch  # type: ignore[attr-defined]
    place = f"fold {task.number}"
    with boundary(source.name, f"fitting {place}"):
        model.fit(train, valid)
    fit_seconds, fitted = watch.seconds(), time.perf_counter()
    with boundary(source.name, f"predicting {place}"):
        answer = np.asarray(model.predict_proba(test))
    predicted = time.perf_counter()
    if on_fitted is not None:
        on_fitted(model, test)
    return FoldResult(
        number=task.number,
        proba=checked_probabilities(answer, len(test), len(task.genres), f"{source.name}, {place}"),
        fit_seconds=fit_seconds,
        predict_seconds=predicted - fitted,
        parameters=_parameters(model),
        peak_rss_bytes=_peak_rss(),
        peak_gpu_bytes=_peak_gpu(task.device),
        chosen=chosen_by(model, source.name),
        history=history_of(model, source.name),
    )


def _inputs(task: FoldTask, ids: tuple[str, ...]) -> Inputs:
    arrays: dict[str, FloatArray] = {}
    for feature in task.features:
        folder = FeatureStore(task.store).folder(task.dataset, feature)
        changed = tuple(file.stat().st_mtime_ns for file in sorted(folder.glob("*.*")))
        arrays[feature] = _opened(task.store, task.dataset, feature, changed).rows(ids)
    return Inputs(ids, arrays)


@lru_cache(maxsize=16)
def _opened(store: Path, dataset: str, feature: str, _changed: tuple[int, ...]) -> StoredFeature:
    """A stored feature, opened once for all folds unless its files change."""
    return FeatureStore(store).open(dataset, feature)


def _examples(task: FoldTask, ids: tuple[str, ...]) -> Examples:
    genre = np.array([task.genre[track] for track in ids], dtype=np.int64)
    artist = None if task.artist is None else tuple(task.artist[track] for track in ids)
    return Examples(_inputs(task, ids), genre, artist)


def _seed_everything(seed: int) -> None:
    """Seed the global generators, which plugins may use; built-in models take their seed by argument."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global one is what a plugin may use
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
        if multiprocessing.parent_process() is not None:
            # joblib gives a worker a share of the cores, but sums depend on the number of threads. The
            # number that torch takes by itself makes the result independent of the number of jobs.
            torch.set_num_threads(joblib.cpu_count(only_physical_cores=True))


def _parameters(model: GenreModel) -> int | None:
    target = getattr(model, "profile_target", None)
    if target is None:
        return None
    with boundary(type(model).__name__, "offering its network"):
        network = target()[0]
        return int(sum(math.prod(parameter.shape) for parameter in network.parameters()))


def _peak_rss() -> int | None:
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _peak_gpu(device: str) -> int | None:
    torch = sys.modules.get("torch")
    return int(torch.cuda.max_memory_allocated()) if torch and device.startswith("cuda") else None
