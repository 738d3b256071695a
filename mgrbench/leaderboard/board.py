"""All runs of a split -> its ranked board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from mgrbench.leaderboard.rows import Row, row_of
from mgrbench.metrics import METRICS, Metric
from mgrbench.registry import load_dataset
from mgrbench.runs import SPLIT_FILE, find_runs
from mgrbench.splits import Audit, audit_split, check_split, load_split, read_split, shipped_splits
from mgrbench.types import BenchError, Dataset, Split


@dataclass(frozen=True, slots=True)
class Board:
    """The leaderboard of one split.

    Attributes:
        split: the split.
        dataset: its dataset.
        audit: what leaks in it.
        ranked: rows by falling accuracy; equal accuracies share a rank.
        optimistic: rows that chose something on the test part, by falling accuracy, without a rank.
        metrics: the metrics of the rows, in column order.
    """

    split: Split
    dataset: Dataset
    audit: Audit
    ranked: tuple[Row, ...]
    optimistic: tuple[Row, ...]
    metrics: tuple[str, ...]

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
        BenchError: if there is no run, or if one of them cannot be believed (see `rows.row_of`).
    """
    folders: dict[str, list[tuple[Path, Path]]] = {}
    for root in dict.fromkeys(roots):
        for folder in find_runs(root):
            dataset, split = folder.relative_to(root).parts[:2]
            folders.setdefault(f"{dataset}/{split}", []).append((folder, root))
    if only is not None and only not in folders:
        mend = f"there are runs of {', '.join(sorted(folders)) or 'none'}"
        raise BenchError(f"there is no run of {only!r}", mend)
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
    data = dataset or _dataset(name.partition("/")[0])
    split = _split(name, folders[0][0])
    check_split(split, data)
    rows = _rows(folders, split, data.genres, metrics, jobs)
    return Board(
        split=split,
        dataset=data,
        audit=audit_split(split, data),
        ranked=_ranked([row for row in rows if not row.optimistic]),
        optimistic=tuple(sorted((row for row in rows if row.optimistic), key=_order)),
        metrics=tuple(metrics),
    )


def _dataset(name: str) -> Dataset:
    try:
        return load_dataset(name)
    except BenchError as error:
        raise BenchError(
            error.problem, f"{error.mend}; give a dataset that is a file by --dataset"
        ) from error


def _split(name: str, folder: Path) -> Split:
    """The split of a run: shipped with mgrbench, or kept beside the run where it is a user's own.

    What lies beside a run never stands in for a shipped split: whoever sends in runs could make it easier.
    """
    own = folder / SPLIT_FILE
    if name in shipped_splits() or not own.is_file():
        return load_split(name)
    split = read_split(own)
    if split.name != name:
        raise BenchError(f"is {split.name}, beside a run on {name}", "put the run's own split there", own)
    return split


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


def _ranked(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows by falling accuracy; those of equal accuracy share the rank of the first (1, 2, 2, 4)."""
    ordered = sorted(rows, key=_order)
    accuracies = [row.scores["accuracy"].value for row in ordered]
    return tuple(
        replace(row, rank=accuracies.index(accuracy) + 1)
        for row, accuracy in zip(ordered, accuracies, strict=True)
    )
