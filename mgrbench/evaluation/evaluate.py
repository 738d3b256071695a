"""Evaluate a model on a split of a dataset: features in, a run out.

For each fold a new model is built from the same seed and fitted on the training part. It predicts the test
tracks, of which it gets the features and nothing else. Finished folds are kept on disk, so the same command
goes on where an interrupted one stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mgrbench.core.files import write_atomically
from mgrbench.core.processes import in_this_process, spread
from mgrbench.core.types import Dataset, Split
from mgrbench.evaluation.fold import FoldResult, FoldTask, run_fold
from mgrbench.evaluation.journal import FoldJournal
from mgrbench.evaluation.plan import Plan, make_plan
from mgrbench.evaluation.request import SILENT, Progress, Request, Settings
from mgrbench.models.source import ModelLike
from mgrbench.results.folder import SPLIT_FILE, claimed, is_finished, run_folder, write_run
from mgrbench.results.history import write_history
from mgrbench.results.load import load_run
from mgrbench.results.predictions import Predictions, from_probabilities, joined
from mgrbench.results.record import Origin, make_run
from mgrbench.results.run import Cost, Run, Selection, Warn
from mgrbench.splits import is_shipped


class Finished(NamedTuple):
    """A run, its folder (None if it was not written), and whether it was stored already."""

    run: Run
    folder: Path | None
    reused: bool


def evaluate(
    model: ModelLike,
    dataset: str | Dataset = "gtzan",
    split: str | Path | Split = "artist3",
    features: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    device: str = "auto",
    jobs: int = 1,
    out: Path | str | None = None,
    store: Path | None = None,
    allow_missing: bool = False,
    fresh: bool = False,
    name: str | None = None,
) -> Run:
    """Evaluate a model on a split; the Python twin of ``mgrbench run``.

    Args:
        model: a plugin's name, ``package.module:Class``, ``./file.py:Class``, or a class or build function.
        dataset: a dataset or its name.
        split: a split, its name, or the path of a split file.
        features: names of stored features; without any, those that the model names.
        options: options of the model. ``selection="test"`` gives it the test part to choose on, and the run
            is marked as optimistic.
        seed: seed that every fold's model is built with.
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        jobs: folds computed at the same time, each in a process of its own; the result is the same.
        out: folder of runs to write to and to resume from; with None nothing is written.
        store: folder of the feature store.
        allow_missing: evaluate although features lack tracks of the split; the run has a warning then.
        fresh: compute again what is stored.
        name: name of the row; None for the model's own name.

    Returns:
        The record; its ``predictions`` hold what was predicted for each test track.

    Raises:
        BenchError: if anything named is missing, or if the model breaks its contract.
    """
    request = Request(model, dataset, split, features, options or {}, seed, name)
    plan = make_plan(request, Settings(device, store, allow_missing, jobs, fresh))
    return execute(plan, None if out is None else Path(out)).run


def execute(plan: Plan, out: Path | None, progress: Progress = SILENT) -> Finished:
    """Carry out a plan, or read its run where it is stored already.

    Args:
        plan: the plan.
        out: folder of runs to write to and to resume from; with None nothing is written.
        progress: who is told of folds and epochs.

    Raises:
        BenchError: if another process writes the same run, or if the model breaks its contract.
    """
    if out is None:
        return Finished(_compute(plan, None, progress), None, reused=False)
    folder = run_folder(out, plan.dataset.name, plan.split.name.split("/")[1], plan.title, plan.run_id())
    with claimed(folder, out):
        if is_finished(folder) and not plan.settings.fresh:
            stored = load_run(folder, split=plan.split, dataset=plan.dataset)
            return Finished(stored.run, folder, reused=True)
        journal = FoldJournal(folder)
        if plan.settings.fresh:
            journal.clear()
        run = _compute(plan, journal, progress)
        _write(folder, run, journal, plan)
    return Finished(run, folder, reused=False)


def _compute(plan: Plan, journal: FoldJournal | None, progress: Progress) -> Run:
    started = datetime.now(UTC)
    tasks = plan.tasks()
    if journal:
        tasks = [replace(task, checkpoint=journal.checkpoint(task.number)) for task in tasks]
    results = _folds(tasks, journal, plan.settings.jobs, progress)
    origin = Origin(
        model=plan.title,
        selection=Selection(rule=plan.selection, chosen=_chosen(results)),  # type: ignore[arg-type]
        parts=dict(enumerate(plan.folds, start=1)),
        started=started,
        options=plan.options,
        features={name: stored.manifest.fingerprint for name, stored in plan.features.items()},
        seed=plan.seed,
        cost=_cost(plan, results),
        plugin_sha256=plan.source.source_sha256,
        warnings=_warnings(plan),
    )
    return make_run(_predictions(plan, tasks, results), plan.dataset, plan.split, origin)


def _folds(
    tasks: Sequence[FoldTask], journal: FoldJournal | None, jobs: int, progress: Progress
) -> list[FoldResult]:
    """The results of all folds in order: those of the journal, and the others computed now."""
    results: dict[int, FoldResult] = {}
    for task in tasks:
        if journal and (kept := journal.read(task.number, len(task.fold.test), len(task.genres))):
            results[task.number] = kept
    if results and progress.on_fold:
        progress.on_fold(len(results), len(tasks))
    rest = [task for task in tasks if task.number not in results]
    telling = progress.on_epoch is not None and in_this_process(jobs, len(rest))
    run = partial(run_fold, on_epoch=progress.on_epoch) if telling else run_fold
    for result in spread(run, rest, jobs):
        if journal:
            journal.write(result)
        results[result.number] = result
        if progress.on_fold:
            progress.on_fold(len(results), len(tasks))
    return [results[task.number] for task in tasks]


def _predictions(plan: Plan, tasks: Sequence[FoldTask], results: Sequence[FoldResult]) -> Predictions:
    genres = plan.dataset.genres
    return joined(
        [
            from_probabilities(
                task.fold.test,
                task.number,
                np.array([task.genre[track] for track in task.fold.test], dtype=np.int64),
                result.proba,
                genres,
            )
            for task, result in zip(tasks, results, strict=True)
        ]
    )


def _chosen(results: Sequence[FoldResult]) -> tuple[dict[str, Any] | None, ...]:
    chosen = tuple(result.chosen or None for result in results)
    return chosen if any(chosen) else ()


def _warnings(plan: Plan) -> list[Warn]:
    warnings = []
    if plan.selection == "test":
        detail = "epochs, settings or features were chosen on the test part"
        warnings.append(Warn(code="MGR101", detail=detail))
    if plan.source.depends_on_seed(plan.options):
        warnings.append(Warn(code="MGR102", detail=f"seed {plan.seed} only"))
    warnings += [
        Warn(code="MGR103", detail=f"{name}: {stored.manifest.caveat}")
        for name, stored in plan.features.items()
        if stored.manifest.caveat
    ]
    return warnings


def _cost(plan: Plan, results: Sequence[FoldResult]) -> Cost:
    peaks = [result.peak_rss_bytes for result in results if result.peak_rss_bytes is not None]
    gpu_peaks = [result.peak_gpu_bytes for result in results if result.peak_gpu_bytes is not None]
    return Cost(
        parameters=results[0].parameters,
        fit_seconds=round(sum(result.fit_seconds for result in results), 3),
        predict_seconds=round(sum(result.predict_seconds for result in results), 3),
        peak_rss_bytes=max(peaks, default=None),
        peak_gpu_bytes=max(gpu_peaks, default=None),
        device=plan.settings.device,
    )


def _write(folder: Path, run: Run, journal: FoldJournal, plan: Plan) -> None:
    epochs = [
        {"fold": number, **epoch}
        for number, fold in enumerate(plan.folds, start=1)
        if (result := journal.read(number, len(fold.test), len(plan.dataset.genres)))
        for epoch in result.history
    ]
    write_history(folder, epochs)
    if not is_shipped(plan.split):
        write_atomically(folder / SPLIT_FILE, plan.split.text)
    write_run(folder, run)
    journal.clear()
