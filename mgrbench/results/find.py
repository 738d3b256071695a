"""Stored runs, looked up by their folder or by the name of their row; and their splits and datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mgrbench.core.dataset_plugin import named_dataset
from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError, Dataset, Split
from mgrbench.results.folder import RUN_FILE, SPLIT_FILE, find_runs, is_finished
from mgrbench.splits import load_split, read_split, shipped_splits

_SHOWN = 6
"""How many runs an error names."""


def run_dataset(name: str) -> Dataset:
    """The dataset that a run names.

    Raises:
        BenchError: if there is none of this name.
    """
    try:
        return named_dataset(name)
    except BenchError as error:
        hint = f"{error.hint}; give a dataset that is a file by --dataset"
        raise BenchError(error.problem, hint) from error


def run_split(name: str, folder: Path) -> Split:
    """The split of a run: shipped with mgrbench, or kept beside the run where it is a user's own.

    A file beside a run never replaces a shipped split: else a contributor could make the split easier.

    Raises:
        BenchError: if there is none of this name, or if another one lies beside the run.
    """
    own = folder / SPLIT_FILE
    if name in shipped_splits() or not own.is_file():
        return load_split(name)
    split = read_split(own)
    if split.name != name:
        raise BenchError(f"is {split.name}, beside a run on {name}", "put the run's own split there", own)
    return split


def find_run(text: str, roots: Sequence[Path], split: str | None = None) -> Path:
    """The folder of the one finished run that ``text`` names.

    Args:
        text: a run's folder; or the end of its path below ``roots``, that is a model (``svm_rbf``) or a model
            and the beginning of a run's id up to a hyphen (``svm_rbf/choi``), with as much of
            ``<dataset>/<split>/`` before it as is needed to tell it from others.
        roots: folders of runs.
        split: only runs of this split (``"gtzan/artist3"``) count.

    Raises:
        BenchError: if no run is called so (with the nearest names), or several are.
    """
    folder = Path(text).parent if Path(text).name == RUN_FILE else Path(text)
    if is_finished(folder):
        return folder
    runs = {
        place.relative_to(root).as_posix(): place
        for root in roots
        if root.is_dir()
        for place in find_runs(root)
    }
    where = " and ".join(map(str, roots))
    named = {path: place for path, place in runs.items() if _is_called(path, text)}
    if split is not None:
        named = {path: place for path, place in named.items() if path.startswith(f"{split}/")}
    if len(named) == 1:
        return next(iter(named.values()))
    if named:
        hint = f"say which: {_listed(sorted(named))}"
        raise BenchError(f"{len(named)} runs below {where} are called {text!r}", hint)
    models = sorted({path.split("/")[2] for path in runs})
    there = f"there are runs of {_listed(models) or 'nothing'}"
    hint = did_you_mean(text.partition("/")[0], models, there, most=3, cutoff=0.5)
    of = "" if split is None else f" of {split}"
    raise BenchError(f"{text!r} is no folder of a finished run and no run{of} below {where}", hint)


def _is_called(path: str, text: str) -> bool:
    """Whether ``text`` is the end of a run's path, down to the model or to a beginning of the run's id."""
    parts, words = path.split("/"), text.strip("/").split("/")
    model, run_id = parts[:-1], parts[-1]
    if model[-len(words) :] == words:
        return True
    start = words[-1]
    fits = run_id == start or run_id.startswith(f"{start}-")
    return fits and 1 < len(words) <= len(parts) and model[-len(words) + 1 :] == words[:-1]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
