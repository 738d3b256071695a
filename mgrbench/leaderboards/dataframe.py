"""A board as a pandas table, for notebooks: the Python twin of ``mgrbench leaderboard show``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgrbench.core.errors import MissingExtraError
from mgrbench.core.types import Dataset
from mgrbench.leaderboards.board import Board, build_boards
from mgrbench.leaderboards.text import all_codes

if TYPE_CHECKING:
    from pandas import DataFrame


def leaderboard(
    dataset: Dataset | str = "gtzan",
    split: str = "artist3",
    runs: Path | str | Sequence[Path | str] = "runs",
    *,
    jobs: int = 1,
) -> DataFrame:
    """The leaderboard of a split, every number computed again from the predictions.

    Args:
        dataset: the dataset, or its name.
        split: name of the split, with or without ``dataset/`` before it.
        runs: folder of runs, or several.
        jobs: processes to use.

    Returns:
        One row a run, the ranked ones first, in the order of the board. ``rank`` is a nullable integer. Rows
        that do not differ significantly share a rank (``tied``). Every metric has a column for its value, and
        the columns ``_low`` and ``_high`` for its 95 % interval, NaN where there is none. ``features`` and
        ``codes`` are words with spaces between; ``options`` is a dictionary.

    Raises:
        MissingExtraError: if pandas is not installed.
        BenchError: if there is no run of the split, or if the record of one is not what its predictions give.
    """
    try:
        import pandas as pd
    except ImportError as error:
        hint = "install it by `pip install pandas`, or use `mgrbench leaderboard build --format csv`"
        raise MissingExtraError("pandas is not installed", hint) from error
    roots = [Path(runs)] if isinstance(runs, str | Path) else [Path(folder) for folder in runs]
    name = split if "/" in split else f"{dataset if isinstance(dataset, str) else dataset.name}/{split}"
    own = () if isinstance(dataset, str) else (dataset,)
    (board,) = build_boards(roots, datasets=own, only=name, jobs=jobs)
    frame = pd.DataFrame(_records(board))
    return frame.astype({"rank": "Int64"})


def _records(board: Board) -> list[dict[str, Any]]:
    records = []
    for row in board.rows:
        record: dict[str, Any] = {
            "rank": row.rank,
            "tied": row.tied,
            "model": row.model,
            "options": dict(row.options),
            "features": " ".join(row.features),
            "seed": row.seed,
            "selection": row.selection,
            "source": row.source,
            "test_tracks": row.test_tracks,
        }
        for metric in board.metrics:
            score = row.scores.get(metric)
            record[metric] = float("nan") if score is None else score.value
            for end in ("low", "high"):
                value = None if score is None else getattr(score, end)
                record[f"{metric}_{end}"] = float("nan") if value is None else value
        record |= {
            "accuracy_fold_mean": row.accuracy_folds.mean,
            "accuracy_fold_std": float("nan") if row.accuracy_folds.std is None else row.accuracy_folds.std,
            "codes": all_codes(board, row),
            "run": row.run,
            "version": row.version,
            "finished_utc": row.finished_utc,
        }
        records.append(record)
    return records
