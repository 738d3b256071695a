"""The stored runs within the test dataset that a transfer can be compared with, scored on its test tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgrbench.core.types import Dataset, Score, Split
from mgrbench.experiments.verdicts import Verdicts
from mgrbench.metrics.bootstrap import paired_bootstrap
from mgrbench.results.find import run_split
from mgrbench.results.folder import find_runs, read_record
from mgrbench.results.load import load_run
from mgrbench.results.run import Run
from mgrbench.splits import audit_split


@dataclass(frozen=True, slots=True)
class WithinRun:
    """A run within the test dataset, of the same model, options and features, on artist-disjoint folds.

    Attributes:
        run: its folder.
        split: name of its split.
        tracks: number of test tracks that it shares with the transfer.
        accuracy: its accuracy on these tracks. A genre counts as its class; the model had all genres to
            choose from.
        lost: that accuracy minus the transfer's on the same tracks.
    """

    run: str
    split: str
    tracks: int
    accuracy: Score
    lost: Score


def runs_within(
    run: Run, verdicts: Verdicts, test: Dataset, classes: Mapping[str, str], root: Path
) -> tuple[WithinRun, ...]:
    """All runs below ``root`` that a transfer can be compared with.

    Args:
        run: the transfer's run.
        verdicts: its verdicts on the test tracks.
        test: the test dataset.
        classes: genre of the test dataset -> class.
        root: folder of runs, which need not exist.

    Raises:
        BenchError: if a run that could be compared is damaged.
    """
    if not root.is_dir():
        return ()
    found = []
    for folder in find_runs(root):
        if folder.relative_to(root).parts[0] != test.name:
            continue
        other = read_record(folder)
        if (other.model, other.options, set(other.features)) != (run.model, run.options, set(run.features)):
            continue
        split = run_split(other.split, folder)
        if _disjoint(split, test) and (compared := _compared(folder, split, verdicts, test, classes)):
            found.append(compared)
    return tuple(found)


def _disjoint(split: Split, test: Dataset) -> bool:
    return any(track.artist for track in test.tracks()) and not audit_split(split, test).artist_in_train


def _compared(
    folder: Path, split: Split, verdicts: Verdicts, test: Dataset, classes: Mapping[str, str]
) -> WithinRun | None:
    """A run beside the transfer, on the test tracks of both; None where there are none."""
    predictions = load_run(folder, split=split, dataset=test).run.predictions
    outcome = predictions.outcome
    class_of = [classes.get(genre, "") for genre in test.genres]
    right = {
        f"{test.name}/{i}": bool(class_of[true]) and class_of[true] == class_of[predicted]
        for i, true, predicted in zip(
            predictions.ids, outcome.genre.tolist(), outcome.predicted.tolist(), strict=True
        )
    }
    shared = [track for track in verdicts.tracks if track.id in right]
    if not shared:
        return None
    ours = verdicts.of(shared)
    theirs = Verdicts(tuple(shared), np.array([[right[track.id] for track in shared]], dtype=np.int64))
    lost = paired_bootstrap(ours.clusters, theirs.right, ours.right)
    return WithinRun(str(folder), split.name, len(shared), theirs.accuracy(), lost)
