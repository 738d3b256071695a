"""How accurate a model was on the validation parts of its run, where it says so."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError
from mgrbench.results.run import Run

HISTORY_FILE = "history.csv"


def validation_accuracy(run: Run, folder: Path) -> float | None:
    """Accuracy on the validation tracks, over all folds, as each fold's model was when it was kept.

    A model says it by ``chosen["valid_accuracy"]``. For one that trains in epochs it is the highest
    ``valid_accuracy`` of the network that decides: the only one of its history that was validated, or the
    meta-CNN of the combination that it chose.

    Args:
        run: the record.
        folder: where it lies.

    Returns:
        The mean over the folds, each weighing as much as it has validation tracks. None if a fold does not
        tell, and for a model that chose nothing, or chose on the test part.

    Raises:
        BenchError: if the history is damaged.
    """
    if run.selection.rule != "validation":
        return None
    history = _history(folder / HISTORY_FILE)
    right = 0.0
    for fold, chosen in zip(run.folds, run.selection.chosen or (None,) * len(run.folds), strict=True):
        told = _told(chosen or {}, history.get(str(fold.fold), {}))
        if told is None or not fold.n_valid:
            return None
        right += told * fold.n_valid
    return right / sum(fold.n_valid for fold in run.folds)


def _told(chosen: Mapping[str, Any], best: Mapping[str, float]) -> float | None:
    said = chosen.get("valid_accuracy")
    if isinstance(said, int | float):
        return float(said)
    if "combination" in chosen:
        return best.get(f"meta-{chosen['combination']}")
    return next(iter(best.values())) if len(best) == 1 else None


def _history(path: Path) -> dict[str, dict[str, float]]:
    """Fold -> network -> its highest validation accuracy; networks that were not validated are left out."""
    best: dict[str, dict[str, float]] = {}
    for row in _rows(path):
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


def _rows(path: Path) -> Sequence[dict[str, str]]:
    if not path.is_file():
        return ()
    try:
        return list(csv.DictReader(io.StringIO(read_text(path))))
    except csv.Error as error:
        raise BenchError(f"is damaged ({error})", "run the model again with --fresh", path) from error


def curve_lines(history: str, column: str) -> list[list[tuple[float, float]]]:
    """The points (epoch, value) of a column, one line for every fold and network."""
    lines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in csv.DictReader(io.StringIO(history)):
        try:
            point = float(row.get("epoch") or "nan"), float(row.get(column) or "nan")
        except ValueError:
            continue
        if all(map(math.isfinite, point)):
            lines.setdefault((row.get("fold") or "", row.get("network") or ""), []).append(point)
    return [line for line in lines.values() if len(line) > 1]
