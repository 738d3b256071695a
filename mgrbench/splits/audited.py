"""What a user can name to be audited: a split, or lists of the tracks of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgrbench.core.dataset_plugin import load_dataset, named_dataset
from mgrbench.core.errors import BenchError
from mgrbench.core.types import Dataset, Fold
from mgrbench.splits.audit import NamesRead, audit_folds, audit_split
from mgrbench.splits.findings import Audit
from mgrbench.splits.load import load_split
from mgrbench.splits.track_list import TrackList, read_track_list


@dataclass(frozen=True, slots=True)
class PartList:
    """The list of one part.

    Attributes:
        part: ``train``, ``valid`` or ``test``.
        path: its file.
        tracks: what was read of it.
    """

    part: str
    path: Path
    tracks: TrackList


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit with what it was made of.

    Attributes:
        dataset: the dataset.
        folds: the folds that were audited.
        audit: what was found.
        lists: the lists that were read; none for a split.
    """

    dataset: Dataset
    folds: Sequence[Fold]
    audit: Audit
    lists: tuple[PartList, ...] = ()

    def with_audit(self, audit: Audit) -> Audited:
        """The same with another audit."""
        return replace(self, audit=audit)


def audit_named(name: str, dataset: str | None = None, root: Path | None = None) -> Audited:
    """Audit a split.

    Args:
        name: name or file of the split.
        dataset: name or file of its dataset; without it, that which the split names.
        root: folder of the audio, where metadata may lie, too.

    Raises:
        BenchError: if there is no such split or dataset.
    """
    data = load_dataset(dataset, root) if dataset else None
    split = load_split(name, data.name if data else None, root)
    data = data or named_dataset(split.dataset, root)
    return Audited(data, split.folds, audit_split(split, data))


def audit_lists(
    files: Mapping[str, Path], dataset: str | None, column: str | None = None, root: Path | None = None
) -> Audited:
    """Audit one fold that is given as lists.

    Args:
        files: part -> its list; ``valid`` may be missing.
        dataset: name or file of the dataset.
        column: the column of the lists that names the tracks, or its number; None to guess it.
        root: folder of the audio, where metadata may lie, too.

    Raises:
        BenchError: if a part or the dataset is missing, or if a list cannot be read.
    """
    if dataset is None or not {"train", "test"} <= files.keys():
        hint = "give a split's name, or --train FILE --test FILE --dataset NAME"
        raise BenchError("there is nothing to audit", hint)
    data = load_dataset(dataset, root)
    lists = tuple(
        PartList(part, path, read_track_list(path, data, column, left_out=True))
        for part, path in files.items()
    )
    ids = {one.part: one.tracks.ids for one in lists}
    folds = [Fold(ids["train"], ids.get("valid", ()), ids["test"])]
    read = [NamesRead(one.tracks.names, one.tracks.unknown) for one in lists]
    repeated = [name for one in lists for name in one.tracks.repeated]
    name = f"{files['train'].name} → {files['test'].name}"
    return Audited(data, folds, audit_folds(name, folds, data, read, repeated), lists)
