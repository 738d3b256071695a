"""What is decided before the first fold of a run is fitted: names resolved, tracks counted, parts cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.files import sha256_of_bytes
from mgrbench.core.machine import DEVICES, package_versions, resolve_device
from mgrbench.core.registry import anchored
from mgrbench.core.types import BenchError, Dataset, Fold, Split, Track
from mgrbench.evaluation.fold import FoldTask
from mgrbench.evaluation.request import Request, Settings
from mgrbench.features.find import stored_feature
from mgrbench.features.store import FeatureStore, StoredFeature
from mgrbench.models.source import ModelLike, ModelSource, model_source
from mgrbench.results.folder import check_row_name
from mgrbench.splits import checked_split, draw_validation, load_split


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of: its request with every name resolved.

    Attributes:
        title: name of the row.
        model: as the request gives it, for the processes that compute folds.
        options: options of the model, without ``selection``.
        folds: the parts as the model gets them. A model that selects nothing has no validation part; one
            that selects on test has the test part as its validation part.
        features: name -> the stored feature.
        selection: ``"none"``, ``"validation"`` or ``"test"``.
        missing: tracks of the split that a feature lacks.
        settings: how it is carried out; the device is one that this machine has.
    """

    source: ModelSource
    title: str
    model: ModelLike
    options: Mapping[str, Any]
    dataset: Dataset
    split: Split
    folds: tuple[Fold, ...]
    features: Mapping[str, StoredFeature]
    seed: int
    selection: str
    missing: tuple[str, ...]
    settings: Settings

    def run_id(self) -> str:
        """Name of the run's folder, the same only for the same command on the same data."""
        identity: dict[str, Any] = {
            "options": dict(self.options),
            "features": {name: stored.manifest.fingerprint for name, stored in self.features.items()},
            "split": self.split.sha256,
            "missing": list(self.missing),
            "seed": self.seed,
            "device": self.settings.device,
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
        store = FeatureStore(self.settings.store).root.absolute()
        return [
            FoldTask(
                number=number,
                fold=fold,
                genre={track: position[self.split.genre[track]] for track in self.split.genre},
                artist=self.split.artist if any(self.split.artist.values()) else None,
                genres=self.dataset.genres,
                dataset=self.dataset.name,
                features=tuple(self.features),
                store=store,
                model=self.model,
                options=self.options,
                seed=self.seed,
                device=self.settings.device,
            )
            for number, fold in enumerate(self.folds, start=1)
        ]

    def under_seeds(self, seeds: Sequence[int]) -> list[Plan]:
        """The plan with each of these seeds; with the first alone where the seed makes no difference."""
        several = len(seeds) > 1 and self.source.depends_on_seed(self.options)
        return [replace(self, seed=seed) for seed in (seeds if several else seeds[:1])]

    def check_options(self) -> None:
        """Build the model once, so that a bad option is known before anything is computed.

        Raises:
            BenchError: if the model refuses an option.
        """
        self.source.build(len(self.dataset.genres), self.seed, self.settings.device, self.options)


def make_plan(request: Request, settings: Settings) -> Plan:
    """Resolve every name and cut every part.

    Raises:
        BenchError: if something named is not there, if the split is not the dataset's, if no feature is
            named and the model names none, if a feature lacks tracks and that is not allowed, or if the row
            cannot have its name.
    """
    source = model_source(request.model)
    data = request.dataset if isinstance(request.dataset, Dataset) else load_dataset(request.dataset)
    given = request.split if isinstance(request.split, Split) else load_split(request.split, data.name)
    split = checked_split(given, data)
    if settings.device not in DEVICES and not settings.device.startswith("cuda:"):
        raise BenchError(f"no device is called {settings.device!r}", f"the devices are {', '.join(DEVICES)}")
    if settings.jobs == 0:
        raise BenchError("jobs is 0", "give the number of folds to compute at a time, or -1 for one a core")
    options = dict(request.options)
    selection = _selection(source, options.pop("selection", None))
    store = FeatureStore(settings.store)
    names = dict.fromkeys(request.features or source.features)
    features = {name: stored_feature(store, data.name, name) for name in names}
    missing = _missing(split, features, allow_missing=settings.allow_missing)
    title = source.name if request.name is None else request.name
    check_row_name(title)
    return Plan(
        source=source,
        title=title,
        model=anchored(request.model) if isinstance(request.model, str) else request.model,
        options=options,
        dataset=data,
        split=split,
        folds=_parts(split, data, selection, frozenset(missing)),
        features=features,
        seed=request.seed,
        selection=selection,
        missing=missing,
        settings=replace(settings, device=resolve_device(settings.device)),
    )


def _selection(source: ModelSource, wanted: object) -> str:
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
