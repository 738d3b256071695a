"""All that is decided before the first fold of a run is fitted: names resolved, tracks counted, parts cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.files import sha256_of_bytes
from mgrbench.core.machine import DEVICES, package_versions, resolve_device
from mgrbench.core.registry import anchored
from mgrbench.core.types import BenchError, Dataset, Fold, Split, Track
from mgrbench.evaluation.fold import FoldTask
from mgrbench.features.find import supplied
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, ModelSource, model_source
from mgrbench.splits import check_split, draw_validation, load_split


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of.

    Attributes:
        folds: the parts as the model gets them: a validation part cut where the model selects on one, all
            in training where it selects nothing, the test part where the user wants it selected on test.
        selection: ``"none"``, ``"validation"`` or ``"test"``.
        missing: tracks of the split that a feature lacks.
    """

    source: ModelSource
    model: ModelLike
    options: Mapping[str, Any]
    dataset: Dataset
    split: Split
    folds: tuple[Fold, ...]
    features: Mapping[str, StoredFeature]
    store: Path
    seed: int
    device: str
    selection: str
    missing: tuple[str, ...]

    def run_id(self) -> str:
        """Name of the run's folder: the same command on the same data has the same, any other another."""
        identity: dict[str, Any] = {
            "options": dict(self.options),
            "features": {name: stored.manifest.fingerprint for name, stored in self.features.items()},
            "split": self.split.sha256,
            "missing": list(self.missing),
            "seed": self.seed,
            "device": self.device,
            "selection": self.selection,
            "plugin": self.source.source_sha256,
            "packages": package_versions(),
        }
        if self.selection == "validation":  # otherwise the parts follow from the split
            parts = "\n".join(" ".join(fold.valid) for fold in self.folds)
            identity["valid"] = sha256_of_bytes(parts.encode())
        digest = sha256_of_bytes(json.dumps(identity, sort_keys=True, default=str).encode())
        return f"{'+'.join(self.features) or 'nothing'}-seed{self.seed}-{digest[:8]}"

    def tasks(self) -> list[FoldTask]:
        """One task a fold, in order."""
        position = {genre: index for index, genre in enumerate(self.dataset.genres)}
        return [
            FoldTask(
                number=number,
                fold=fold,
                genre={track: position[self.split.genre[track]] for track in self.split.genre},
                artist=self.split.artist if any(self.split.artist.values()) else None,
                genres=self.dataset.genres,
                dataset=self.dataset.name,
                features=tuple(self.features),
                store=self.store,
                model=self.model,
                options=self.options,
                seed=self.seed,
                device=self.device,
            )
            for number, fold in enumerate(self.folds, start=1)
        ]


def make_plan(
    model: ModelLike,
    dataset: str | Dataset,
    split: str | Path | Split,
    features: Sequence[str],
    options: Mapping[str, Any],
    *,
    seed: int,
    device: str,
    store: Path | None,
    allow_missing: bool,
) -> Plan:
    """Resolve every name and cut every part.

    Raises:
        BenchError: if something named is not there, if the split is not the dataset's, if no feature is
            named and the model names none, or if a feature lacks tracks and that is not allowed.
    """
    source = model_source(model)
    data = dataset if isinstance(dataset, Dataset) else load_dataset(dataset)
    chosen_split = split if isinstance(split, Split) else load_split(split, data.name)
    check_split(chosen_split, data)
    if device not in DEVICES and not device.startswith("cuda:"):
        raise BenchError(f"no device is called {device!r}", f"the devices are {', '.join(DEVICES)}")
    rest = dict(options)
    selection = _selection(source, rest.pop("selection", None))
    feature_store = FeatureStore(store)
    names = tuple(dict.fromkeys(features or source.features))
    opened = {name: supplied(feature_store, data.name, name) for name in names}
    missing = _missing(chosen_split, opened, allow_missing=allow_missing)
    return Plan(
        source=source,
        model=anchored(model) if isinstance(model, str) else model,
        options=rest,
        dataset=data,
        split=chosen_split,
        folds=_parts(chosen_split, data, selection, frozenset(missing)),
        features=opened,
        store=feature_store.root.absolute(),
        seed=seed,
        device=resolve_device(device),
        selection=selection,
        missing=missing,
    )


def _selection(source: ModelSource, wanted: Any) -> str:  # noqa: ANN401
    if wanted not in {None, "validation", "test"}:
        raise BenchError(f"selection={wanted!r}", "select on validation or, to replicate others, on test")
    if source.selection == "none" and wanted is not None:
        raise BenchError(f"{source.name} selects nothing", f"leave out selection={wanted}")
    return "none" if source.selection == "none" else str(wanted or "validation")


def _missing(split: Split, features: Mapping[str, StoredFeature], *, allow_missing: bool) -> tuple[str, ...]:
    tracks = sorted(split.genre)
    absent = {name: [i for i in tracks if i not in stored.checks] for name, stored in features.items()}
    missing = tuple(sorted({track for lacking in absent.values() for track in lacking}))
    if missing and not allow_missing:
        name = next(name for name, lacking in absent.items() if lacking)
        some = ", ".join(absent[name][:3]) + (" …" if len(absent[name]) > 3 else "")
        hint = "add them, or go on without them by --allow-missing (the row will say so)"
        raise BenchError(f"{name} lacks {len(absent[name])} of {len(tracks)} tracks ({some})", hint)
    return missing


def _parts(split: Split, dataset: Dataset, selection: str, missing: frozenset[str]) -> tuple[Fold, ...]:
    known = {track.id: track for track in dataset.tracks()}
    parts = []
    for number, fold in enumerate(split.folds, start=1):
        train, valid, test = (
            tuple(track for track in part if track not in missing)
            for part in (fold.train, fold.valid, fold.test)
        )
        if not train or not test:
            hint = "choose another split or a feature of more tracks"
            raise BenchError(f"nothing is left of fold {number} of {split.name}", hint)
        if selection == "none":
            parts.append(Fold((*train, *valid), (), test))
        elif selection == "test":
            parts.append(Fold((*train, *valid), test, test))
        else:
            parts.append(Fold(train, valid, test) if valid else _cut(train, test, split, known))
    return tuple(parts)


def _cut(train: tuple[str, ...], test: tuple[str, ...], split: Split, known: Mapping[str, Track]) -> Fold:
    """Cut a validation part from the training tracks where the split fixes none."""
    tracks = [known.get(i) or Track(i, split.genre[i], artist=split.artist[i] or None) for i in train]
    held_out = draw_validation(tracks)
    return Fold(tuple(i for i in train if i not in held_out), tuple(i for i in train if i in held_out), test)
