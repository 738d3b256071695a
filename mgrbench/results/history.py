"""``history.csv``: what a model that trains in epochs recorded of each. It is written and read here alone.

There is one line an epoch, of the folds in turn. The first column is ``fold``. The others are the model's:
usually ``epoch``, ``train_loss``, ``train_accuracy``, ``valid_loss`` and ``valid_accuracy``; and ``network``
where a model has several.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mgrbench.core.files import read_text, write_atomically
from mgrbench.core.types import BenchError
from mgrbench.results.run import RunRecord

HISTORY_FILE = "history.csv"

History = Sequence[Mapping[str, str]]
"""The lines of the file: name of a column -> text."""


def write_history(folder: Path, epochs: Sequence[Mapping[str, Any]]) -> None:
    """Write the history of a run; nothing where no model trains in epochs.

    Args:
        folder: folder of the run.
        epochs: name of a column -> value, of each epoch. The columns stand in the order of their first use.

    Raises:
        BenchError: if the disk is full or the place may not be written.
    """
    if not epochs:
        return
    stream = io.StringIO()
    columns = list(dict.fromkeys(column for epoch in epochs for column in epoch))
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(epochs)
    write_atomically(folder / HISTORY_FILE, stream.getvalue())


def read_history(folder: Path) -> History:
    """The history of the run in a folder; no lines where it has none.

    Raises:
        BenchError: if the file is damaged.
    """
    path = folder / HISTORY_FILE
    if not path.is_file():
        return ()
    try:
        return list(csv.DictReader(io.StringIO(read_text(path))))
    except csv.Error as error:
        raise BenchError(f"is damaged ({error})", "run the model again with --fresh", path) from error


def curve_lines(history: History, column: str) -> list[list[tuple[float, float]]]:
    """The points (epoch, value) of a column, one line for every fold and network.

    Values that are not finite numbers are left out, and so are lines of fewer than two points.
    """
    lines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in history:
        try:
            point = float(row.get("epoch") or "nan"), float(row.get(column) or "nan")
        except ValueError:
            continue
        if all(map(math.isfinite, point)):
            lines.setdefault((row.get("fold") or "", row.get("network") or ""), []).append(point)
    return [line for line in lines.values() if len(line) > 1]


def validation_accuracy(record: RunRecord, folder: Path) -> float | None:
    """Accuracy on the validation tracks of all folds, each predicted by the model that its fold kept.

    A model gives it by ``chosen["valid_accuracy"]``. For a model that trains in epochs it is the highest
    ``valid_accuracy`` of the network that decides: the only one with a validation accuracy in its history, or
    the meta-CNN of the combination that it chose.

    Args:
        record: the record of the run.
        folder: the folder of the run.

    Returns:
        The mean over the folds, weighted by their numbers of validation tracks. None if a fold has no
        validation accuracy, or if the model was not selected on the validation part.

    Raises:
        BenchError: if the history is damaged.
    """
    if record.selection.rule != "validation":
        return None
    best = _best_accuracies(read_history(folder), folder / HISTORY_FILE)
    right = 0.0
    every = record.selection.chosen or (None,) * len(record.folds)
    for fold, chosen in zip(record.folds, every, strict=True):
        accuracy = _fold_accuracy(chosen or {}, best.get(str(fold.fold), {}))
        if accuracy is None or not fold.n_valid:
            return None
        right += accuracy * fold.n_valid
    return right / sum(fold.n_valid for fold in record.folds)


def _fold_accuracy(chosen: Mapping[str, Any], best: Mapping[str, float]) -> float | None:
    given = chosen.get("valid_accuracy")
    if isinstance(given, int | float):
        return float(given)
    if "combination" in chosen:
        return best.get(f"meta-{chosen['combination']}")
    return next(iter(best.values())) if len(best) == 1 else None


def _best_accuracies(history: History, path: Path) -> dict[str, dict[str, float]]:
    """Fold -> network -> its highest validation accuracy; networks that were not validated are left out."""
    best: dict[str, dict[str, float]] = {}
    for row in history:
        if not row.get("valid_accuracy"):
            continue
        networks = best.setdefault(row.get("fold") or "", {})
        try:
            accuracy = float(row["valid_accuracy"])
        except ValueError as error:
            hint = "run the model again with --fresh"
            raise BenchError(f"has the accuracy {row['valid_accuracy']!r}", hint, path) from error
        network = row.get("network") or ""
        networks[network] = max(accuracy, networks.get(network, accuracy))
    return best
