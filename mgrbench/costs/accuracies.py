"""What the board of one split says of the models that were profiled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgrbench.files import read_text
from mgrbench.profiling.record import Row
from mgrbench.runs import ScoreRecord
from mgrbench.types import BenchError

_SET_APART = {"MGR101", "MGR103", "MGR104"}
"""Rows of a board with these codes lend no model their accuracy."""

Key = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Accuracies on the board of one split.

    Attributes:
        split: its name; empty where there is no board.
        rows: (model, features, options) -> the best accuracy among its rows.
    """

    split: str
    rows: Mapping[Key, ScoreRecord]

    def of(self, row: Row) -> ScoreRecord | None:
        """The accuracy of the same model on the same features; of one on none, where it needs none."""
        if row.error:
            return None
        options = json.dumps(row.options, sort_keys=True)
        return self.rows.get((row.model, row.features, options)) or self.rows.get((row.model, (), options))


def read_accuracies(folder: Path, split: str) -> Accuracies:
    """The accuracies of ``<folder>/<split>.json``; none where there is no such board.

    Raises:
        BenchError: if it is no board.
    """
    path = folder / f"{split}.json"
    if not path.is_file():
        return Accuracies("", {})
    try:
        board: dict[str, Any] = json.loads(read_text(path))
        rows: dict[Key, ScoreRecord] = {}
        for row in board["ranked"]:  # by falling accuracy
            if not _SET_APART & {warning["code"] for warning in row["warnings"]}:
                key = (row["model"], tuple(row["features"]), json.dumps(row["options"], sort_keys=True))
                rows.setdefault(key, ScoreRecord.model_validate(row["scores"]["accuracy"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError("is no board", "build it by `mgrbench leaderboard build`", path) from error
    return Accuracies(split, rows)
