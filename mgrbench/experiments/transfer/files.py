"""A transfer as a document, ``transfer.json`` beside its run's ``run.json`` and ``predictions.csv``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from mgrbench.core.files import write_atomically
from mgrbench.core.version import __version__
from mgrbench.experiments.transfer.transfer import Transfer

SCHEMA_VERSION = 1
JSON_FILE = "transfer.json"


def write_transfer(found: Transfer) -> None:
    """Write ``transfer.json`` into the run's folder.

    Raises:
        BenchError: if the disk is full or the place may not be written.
    """
    if found.run.folder is not None:
        text = json.dumps(document(found), indent=1, ensure_ascii=False) + "\n"
        write_atomically(found.run.folder / JSON_FILE, text)


def document(found: Transfer) -> dict[str, Any]:
    """The content of ``transfer.json``: the classes, what the datasets share, the scores, the comparisons."""
    run = found.run.run
    fold = run.folds[0]
    return {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "model": run.model,
        "options": dict(run.options),
        "features": dict(run.features),
        "seed": run.seed,
        "train_on": found.train,
        "test_on": found.test,
        "map": found.genres.source,
        "classes": [
            {
                "name": name,
                "train": [genre for genre, of in found.genres.train.items() if of == name],
                "test": [genre for genre, of in found.genres.test.items() if of == name],
            }
            for name in found.genres.classes
        ],
        "training_tracks": fold.n_train + fold.n_valid,
        "test_tracks": fold.n_test,
        "tracks_without_class": {"train": found.unmapped[0], "test": found.unmapped[1]},
        "missing_tracks": {"train": found.missing[0], "test": found.missing[1]},
        "shared_recordings": found.shared,
        "left_out": {"part": found.left_out[0], "tracks": found.left_out[1]},
        "scores": {name: asdict(score) for name, score in run.scores.items()},
        "per_class": [asdict(row) for row in run.per_class],
        "confusion": [list(row) for row in run.confusion],
        "artist_names": asdict(found.artists) if found.artists else None,
        "within": [asdict(one) for one in found.within],
        "warnings": [warning.model_dump() for warning in run.warnings],
    }
