"""All runs of a split -> its ranked board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mgrbench.core.types import BenchError, Dataset, Split
from mgrbench.leaderboards.ranks import Resolution, ranked, resolution, split_clusters
from mgrbench.leaderboards.rows import Row, row_of
from mgrbench.metrics.classification import METRICS, Metric
from mgrbench.results.find import run_dataset, run_split
from mgrbench.results.folder import find_runs
from mgrbench.results.run import Warn
from mgrbench.results.standing import stands_apart
from mgrbench.results.versions import other_versions
from mgrbench.splits import Audit, audit_split, checked_split


@dataclass(frozen=True, slots=True)
class Board:
    """The leaderboard of one split.

    Attributes:
        split: the split.
        dataset: its dataset.
        audit: what leaks in it.
        ranked: rows by falling accuracy; those that do not differ significantly share a rank.
        optimistic: rows that chose something on the test part, by falling accuracy, without a rank.
        metrics: the metrics of the rows, in column order.
        resolution: how small a difference the split can show.
        best: the first ranked row that does not stand apart (see `stands_apart`), if any.
        beside_best: number of the other such rows that do not differ significantly from it.
    """

    split: Split
    dataset: Dataset
    audit: Audit
    ranked: tuple[Row, ...]
    optimistic: tuple[Row, ...]
    metrics: tuple[str, ...]
    resolution: Resolution
    best: Row | None
    beside_best: int

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, the ranked ones first."""
        return (*self.ranked, *self.optimistic)


def build_boards(
    roots: Sequence[Path],
    *,
    metrics: Mapping[str, Metric] = METRICS,
    datasets: Sequence[Dataset] = (),
    only: str | None = None,
    jobs: int = 1,
) -> list[Board]:
    """The boards of all splits that have runs below ``roots``, by name.

    Of a run only its row is kept, so memory does not grow with the number of predictions.

    Args:
        roots: folders of runs.
        metrics: the metrics of the rows; those that are not built in are computed from the predictions too.
        datasets: datasets that have no name of their own (they were given as files).
        only: name of the one split to build; all splits without it.
        jobs: processes to use.

    Raises:
        BenchError: if there is no run, or if the record of one is not what its predictions give (see
            `mgrbench.leaderboards.rows.row_of`).
    """
    folders: dict[str, list[tuple[Path, Path]]] = {}
    for root in dict.fromkeys(roots):
        for folder in find_runs(root):
            dataset, split = folder.relative_to(root).parts[:2]
            folders.setdefault(f"{dataset}/{split}", []).append((folder, root))
    if only is not None and only not in folders:
        hint = f"there are runs of {', '.join(sorted(folders)) or 'none'}"
        raise BenchError(f"there is no run of {only!r}", hint)
    if not folders:
        where = " and ".join(str(root) for root in roots)
        raise BenchError("there is no finished run", "evaluate a model by `mgrbench run` first", where)
    given = {dataset.name: dataset for dataset in datasets}
    return [
        build_board(name, folders[name], metrics=metrics, dataset=given.get(name.split("/")[0]), jobs=jobs)
        for name in sorted(folders)
        if only in {None, name}
    ]


def build_board(
    name: str,
    folders: Sequence[tuple[Path, Path]],
    *,
    metrics: Mapping[str, Metric] = METRICS,
    dataset: Dataset | None = None,
    jobs: int = 1,
) -> Board:
    """The board of one split, from folders of runs and the roots that they are named relative to."""
    data = dataset or run_dataset(name.partition("/")[0])
    split = checked_split(run_split(name, folders[0][0]), data)
    rows = _with_versions(_rows(folders, split, data.genres, metrics, jobs))
    clusters = split_clusters(split)
    honest = ranked([row for row in rows if not row.optimistic], clusters)
    audit = audit_split(split, data)
    best, beside_best = _best(honest, clusters, audit.test_tracks)
    return Board(
        split=split,
        dataset=data,
        audit=audit,
        ranked=honest,
        optimistic=tuple(row for row in rows if row.optimistic),
        metrics=tuple(metrics),
        resolution=resolution(honest, clusters),
        best=best,
        beside_best=beside_best,
    )


def _rows(
    folders: Sequence[tuple[Path, Path]],
    split: Split,
    genres: tuple[str, ...],
    metrics: Mapping[str, Metric],
    jobs: int,
) -> list[Row]:
    # A metric that comes from a file can't be sent to another process.
    if jobs == 1 or len(folders) < _WORTH_PROCESSES or metrics.keys() - METRICS.keys():
        # The bootstrap's products are too small to gain from threads, which cost more than they save.
        with threadpool_limits(1, "blas"):
            return [row_of(folder, root, split, genres, metrics) for folder, root in folders]
    from joblib import Parallel, delayed

    # In a few large portions: each process draws the bootstrap's resamples anew. By absolute paths: processes
    # may have been started in another folder.
    size = -(-len(folders) // (4 * abs(jobs)))
    places = [(folder.absolute(), root.absolute()) for folder, root in folders]
    portions = [places[start : start + size] for start in range(0, len(places), size)]
    done = Parallel(n_jobs=jobs)(delayed(_rows)(portion, split, genres, metrics, 1) for portion in portions)
    return [row for rows in done for row in rows]


_WORTH_PROCESSES = 40
"""Rows from which on starting processes takes less time than it saves."""


def _order(row: Row) -> tuple[float, float, str, str]:
    return -row.scores["accuracy"].value, -row.scores["macro_f1"].value, row.model, row.run


def _with_versions(rows: Sequence[Row]) -> list[Row]:
    """The rows, in their order, those with other library versions than most with a warning (MGR108)."""
    ordered = sorted(rows, key=_order)
    return [
        replace(row, warnings=(*row.warnings, Warn(code="MGR108", detail=differing))) if differing else row
        for row, differing in zip(ordered, other_versions([row.versions for row in ordered]), strict=True)
    ]


def _best(rows: Sequence[Row], clusters: NDArray[np.int64], tracks: int) -> tuple[Row | None, int]:
    """The best row that does not stand apart, and how many others of these share its rank."""
    eligible = [row for row in rows if not stands_apart(row.codes, row.test_tracks, tracks, row.trained)]
    again = ranked(eligible, clusters)
    if not again:
        return None, 0
    return eligible[0], sum(row.rank == 1 for row in again) - 1
