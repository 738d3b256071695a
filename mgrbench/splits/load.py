"""Splits by name: those that come with mgrbench, and those that datasets read from their metadata."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mgrbench.core.dataset_plugin import describe_dataset, named_dataset
from mgrbench.core.files import read_text
from mgrbench.core.gc_pause import without_collecting
from mgrbench.core.registry import available
from mgrbench.core.text import did_you_mean
from mgrbench.core.types import BenchError, Dataset, Split
from mgrbench.splits.claims import settled
from mgrbench.splits.file import SplitRow, read_split, split_of_rows


def shipped_folder() -> Path:
    """Folder of the split files that come with mgrbench: inside the wheel, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_splits"
    return packed if packed.is_dir() else package.parent / "splits"


def shipped_splits(dataset: str | None = None) -> list[str]:
    """Names (``"gtzan/artist3"``) of the split files that come with mgrbench, sorted."""
    files = shipped_folder().glob("*/*.tsv")
    return sorted(f"{file.parent.name}/{file.stem}" for file in files if dataset in {None, file.parent.name})


def official_splits(dataset: Dataset) -> list[str]:
    """Names of the splits that the dataset reads from the metadata at its data root, where it reads such."""
    return [f"{dataset.name}/{name}" for name in dataset.metadata.splits] if dataset.metadata else []


def metadata_splits(among: Collection[str] | None = None) -> list[str]:
    """Names of the splits that built-in datasets read from their metadata, there or not, sorted.

    Args:
        among: names of datasets; of others nothing is read.
    """
    names = [plugin.name for plugin in available("datasets") if plugin.origin == "built in"]
    # One that cannot be imported fails only what names it.
    wanted = [name for name in names if among is None or name in among]
    return sorted(split for name in wanted for split in official_splits(describe_dataset(name)))


def is_shipped(split: Split) -> bool:
    """Whether this very split comes with mgrbench."""
    file = shipped_folder() / f"{split.name}.tsv"
    return file.is_file() and read_text(file) == split.text


def checked_split(split: Split, dataset: Dataset) -> Split:
    """The split with the dataset's artists, once it is sure that it may be used with this dataset.

    Raises:
        BenchError: if it is another dataset's, if it says of a track what the dataset does not (see
            `mgrbench.splits.claims`), or if it has the name of a split that comes with mgrbench, or with the
            dataset's metadata, but is another.
    """
    if split.dataset != dataset.name:
        hint = f"choose a split of {dataset.name}"
        raise BenchError(f"{split.name} is a split of {split.dataset}, not of {dataset.name}", hint)
    found = settled(split, dataset)
    if split.name in shipped_splits(split.dataset) and not is_shipped(split):
        hint = "give it another name in its line '# name:'"
        raise BenchError(f"{split.name} comes with mgrbench, and this is another split", hint)
    if split.name in official_splits(dataset) and split.text != published_split(dataset, split.name).text:
        hint = "give it another name in its line '# name:', or see that the metadata are the same"
        raise BenchError(f"{split.name} comes with the metadata, and this is another split", hint)
    return found


@without_collecting()
def published_split(dataset: Dataset, name: str, command: str = "") -> Split:
    """Folds that others published, as a split.

    Args:
        dataset: the dataset whose facts, or metadata, have the folds.
        name: name of the folds, with the dataset's before it or not.
        command: what writes the file again.

    Raises:
        BenchError: if there are no such folds.
    """
    known, called = dataset.published(), name.rpartition("/")[2]
    if called not in known:
        hint = f"it has {', '.join(sorted(known)) or 'none'}"
        raise BenchError(f"{dataset.name} has no published folds called {called!r}", hint)
    folds = known[called]
    tracks = {track.id: track for track in dataset.tracks()}
    rows = [
        SplitRow(track_id, tracks[track_id].genre, fold, part, tracks[track_id].artist or "")
        for track_id, (fold, part) in folds.rows.items()
    ]
    made_by = command or f"mgrbench split make {dataset.name} --rule published --name {called}"
    return split_of_rows({"name": f"{dataset.name}/{called}", **folds.provenance, "made-by": made_by}, rows)


def load_split(name: str | Path, dataset: str | None = None, root: Path | None = None) -> Split:
    """The split of this name, or in this file.

    Args:
        name: ``"gtzan/artist3"``, ``"artist3"`` together with ``dataset``, or the path of a split file.
        dataset: name of the dataset, where ``name`` doesn't say it.
        root: data root of the dataset, where its metadata hold the split; None for the usual one.

    Raises:
        BenchError: if there is no such split (with the nearest name), if it belongs to another dataset, or if
            the file is not a split file.
    """
    text = str(name)
    if text.endswith(".tsv"):
        split = read_split(Path(name))
    else:
        full = text if "/" in text or dataset is None else f"{dataset}/{text}"
        file = shipped_folder() / f"{full}.tsv"
        split = read_split(file) if full in shipped_splits() else _from_metadata(full, dataset, root)
    if dataset is not None and split.dataset != dataset:
        hint = f"choose a split of {dataset}: {', '.join(shipped_splits(dataset)) or 'none is shipped'}"
        raise BenchError(f"{split.name} is a split of {split.dataset}, not of {dataset}", hint)
    return split


def _from_metadata(full: str, dataset: str | None, root: Path | None) -> Split:
    """An official split that a dataset reads from the metadata at its data root.

    Raises:
        BenchError: if no dataset has a split of this name, or if the metadata are not there.
    """
    official = metadata_splits({full.partition("/")[0], dataset or ""})
    if full in official:
        return published_split(named_dataset(full.partition("/")[0], root), full)
    known = [*shipped_splits(dataset), *official]
    if dataset and not known:
        hint = "make one by `mgrbench split make`, and give its file's path"
        raise BenchError(f"no split is called {full!r}, and {dataset} comes with none", hint)
    hint = did_you_mean(full, known, f"there are {', '.join(known)}.", cutoff=0.4)
    raise BenchError(f"no split is called {full!r}", f"{hint} A split file's path works too")
