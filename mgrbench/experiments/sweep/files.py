"""A finished sweep as ``sweep.json`` and ``sweep.csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mgrbench.core.files import write_atomically
from mgrbench.core.text import spreadsheet_cell
from mgrbench.core.types import Score
from mgrbench.experiments.sweep.grid import SweepGrid, value_text
from mgrbench.experiments.sweep.sweep import METRICS, Point, Sweep
from mgrbench.results.folder import run_folder

SCHEMA_VERSION = 1

CAUTION = (
    "Nothing was chosen here. Taking the point with the best test score is selection on test, and makes that "
    "score optimistic; pick by validation accuracy, or on another split."
)


def sweep_folder(grid: SweepGrid, report: Path) -> Path:
    """The folder of a sweep's table and plot."""
    plan = grid.plans[0][0]
    return run_folder(report, plan.dataset.name, plan.split.name.split("/")[1], grid.model, grid.name)


def write_sweep(sweep: Sweep, folder: Path, pictures: dict[str, bytes]) -> list[Path]:
    """Write the tables and the pictures (ending -> content), each whole or not at all.

    Raises:
        BenchError: if the disk is full or the place may not be written.
    """
    document = json.dumps(to_document(sweep), indent=1, ensure_ascii=False) + "\n"
    content: dict[str, str | bytes] = {"json": document, "csv": to_csv(sweep), **pictures}
    for ending, data in content.items():
        write_atomically(folder / f"sweep.{ending}", data)
    return [folder / f"sweep.{ending}" for ending in content]


def to_document(sweep: Sweep) -> dict[str, Any]:
    """The content of ``sweep.json``."""
    grid, plan = sweep.grid, sweep.grid.plans[0][0]
    return {
        "schema_version": SCHEMA_VERSION,
        "caution": CAUTION,
        "model": grid.model,
        "dataset": plan.dataset.name,
        "split": plan.split.name,
        "split_sha256": plan.split.sha256,
        "test_tracks": sweep.test_tracks,
        "features": {name: stored.manifest.fingerprint for name, stored in plan.features.items()},
        "options": dict(grid.options),
        "seeds": list(grid.seeds),
        "axes": [{"name": axis.name, "values": list(axis.values)} for axis in grid.axes],
        "points": [_point(point) for point in sweep.points],
        "warnings": [{"code": warning.code, "detail": warning.detail} for warning in sweep.warnings],
    }


def to_csv(sweep: Sweep) -> str:
    """One line a point; the columns of options come first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    scored = (*METRICS, "difference")
    ends = [f"{name}{end}" for name in scored for end in ("", "_low", "_high")]
    writer.writerow([*(axis.name for axis in sweep.grid.axes), *ends, *_REST])
    for point in sweep.points:
        scores = [*(point.scores[name] for name in METRICS), point.difference]
        values = [_number(value) for score in scores for value in _ends(score)]
        rest = [_number(point.seed_std), _number(point.valid_accuracy), point.selection]
        rest += [str(point.parameters or ""), f"{point.fit_seconds:.3f}", " ".join(point.warnings)]
        options = [spreadsheet_cell(value_text(value)) for value in point.options.values()]
        writer.writerow([*options, *values, *rest, spreadsheet_cell(" ".join(point.runs))])
    return stream.getvalue()


_REST = ("seed_std", "valid_accuracy", "selection", "parameters", "fit_seconds", "warnings", "runs")


def _point(point: Point) -> dict[str, Any]:
    return {
        "options": dict(point.options),
        "scores": {name: _interval(score) for name, score in point.scores.items()},
        "difference_to_first": _interval(point.difference),
        "seed_std": point.seed_std,
        "valid_accuracy": point.valid_accuracy,
        "selection": point.selection,
        "parameters": point.parameters,
        "fit_seconds": point.fit_seconds,
        "warnings": list(point.warnings),
        "runs": list(point.runs),
    }


def _interval(score: Score | None) -> dict[str, float | None] | None:
    return None if score is None else {"value": score.value, "low": score.low, "high": score.high}


def _ends(score: Score | None) -> Sequence[float | None]:
    return (None, None, None) if score is None else (score.value, score.low, score.high)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
