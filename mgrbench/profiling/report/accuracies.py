"""The accuracies that the board of one split has for the models that were profiled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError, Score
from mgrbench.profiling.record import CostRow
from mgrbench.profiling.task import Configuration
from mgrbench.results.standing import stands_apart

_SCORE = TypeAdapter(Score)

Key = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Accuracies on the board of one split.

    Attributes:
        split: its name; empty where there is no board.
        rows: (model, features, options) -> the best accuracy among its rows.
        best: the best row of each model, by falling accuracy.
    """

    split: str
    rows: Mapping[Key, Score]
    best: tuple[Configuration, ...] = ()

    def of(self, row: CostRow) -> Score | None:
        """The accuracy of the same model on the same features; else of the same model without features."""
        if row.error:
            return None
        options = json.dumps(row.options, sort_keys=True)
        return self.rows.get((row.model, row.features, options)) or self.rows.get((row.model, (), options))


def read_accuracies(folder: Path, split: str) -> Accuracies:
    """The accuracies of ``<folder>/<split>.json``; none where there is no such file.

    Raises:
        BenchError: if it is not a board.
    """
    path = folder / f"{split}.json"
    if not path.is_file():
        return Accuracies("", {})
    try:
        board: dict[str, Any] = json.loads(read_text(path))
        test_tracks = board["audit"]["test_tracks"]
        rows: dict[Key, Score] = {}
        best: dict[str, Configuration] = {}
        for row in board["ranked"]:  # by falling accuracy
            codes = {warning["code"] for warning in row["warnings"]}
            # A row without a rank lacks too many training or test tracks to be shown alone.
            if row["rank"] is not None and not stands_apart(codes, row["test_tracks"], test_tracks):
                made = Configuration(row["model"], dict(row["options"]), tuple(row["features"]))
                key = (made.model, made.features, json.dumps(made.options, sort_keys=True))
                rows.setdefault(key, _SCORE.validate_python(row["scores"]["accuracy"]))
                best.setdefault(made.model, made)
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError("is not a board", "build it by `mgrbench leaderboard build`", path) from error
    return Accuracies(split, rows, tuple(best.values()))
