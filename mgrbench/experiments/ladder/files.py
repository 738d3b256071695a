"""A ladder as files: ``ladder.json``, which is read back, ``ladder.csv`` and, with matplotlib, the plot."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mgrbench.core.errors import BenchError, MissingExtraError
from mgrbench.core.files import read_text, write_atomically
from mgrbench.core.text import spreadsheet_cell
from mgrbench.core.types import Score
from mgrbench.core.version import __version__
from mgrbench.experiments.ladder.ladder import Ladder
from mgrbench.experiments.ladder.plot import ladder_pictures
from mgrbench.experiments.ladder.rungs import Rung
from mgrbench.experiments.ladder.steps import Step
from mgrbench.experiments.verdicts import ArtistOverlap, Drop
from mgrbench.metrics.bootstrap import fold_mean_std

SCHEMA_VERSION = 1
JSON_FILE, CSV_FILE = "ladder.json", "ladder.csv"
PICTURES = {"png": "ladder.png", "svg": "ladder.svg"}
COLUMNS = (
    "model", "rung", "part", "tracks", "training_tracks", "artist_in_training", "accuracy", "low", "high",
    "std_seeds", "drop", "drop_low", "drop_high", "drop_tracks",
)  # fmt: skip
"""``part`` is ``all`` or, on the rung of clips, ``artist in training`` and ``artist not in training``. There
``tracks`` counts answers, a track once per seed, and the drop is the difference between the two parts."""


def write_ladder(ladder: Ladder, out: Path) -> str:
    """Write all files of a ladder; returns why there is no plot, or an empty text.

    Raises:
        BenchError: if the disk is full or the place may not be written.
    """
    write_atomically(out / CSV_FILE, to_csv(ladder))
    write_atomically(out / JSON_FILE, json.dumps(document(ladder), indent=1, ensure_ascii=False) + "\n")
    try:
        for kind, data in ladder_pictures(ladder).items():
            write_atomically(out / PICTURES[kind], data)
    except MissingExtraError as error:
        return str(error)
    return ""


def read_ladder(place: Path) -> Ladder:
    """The ladder in a folder, or in its ``ladder.json``; its rungs have no tracks, which are not stored.

    Raises:
        BenchError: if there is none, or if it is damaged.
    """
    path = place if place.name == JSON_FILE else place / JSON_FILE
    try:
        return _ladder_of(json.loads(read_text(path)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BenchError(
            f"is no stored ladder ({error})", "make it again by `mgrbench ladder`", path
        ) from error


def document(ladder: Ladder) -> dict[str, Any]:
    """The content of ``ladder.json``; the same command gives the same bytes."""
    return {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "dataset": ladder.dataset,
        "models": list(ladder.models),
        "features": dict(ladder.features),
        "options": dict(ladder.options),
        "folds": ladder.folds,
        "seeds": list(ladder.seeds),
        "training_tracks": sum(ladder.training.values()),
        "training_per_genre": dict(ladder.training),
        "missing_tracks": ladder.missing,
        "rungs": [
            {
                "name": rung.name,
                "title": rung.title,
                "tracks": len(rung.tracks),
                "artist_in_training": ladder.artist_met.get(rung.name),
                "note": rung.note,
                "left_out": rung.left_out or None,
            }
            for rung in ladder.rungs
        ],
        "steps": [asdict(step) for step in ladder.steps],
        "warnings": [
            {"model": model, "code": code, "detail": detail} for model, code, detail in ladder.warnings
        ],
    }


def to_csv(ladder: Ladder) -> str:
    """One line per model, rung and part."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for step in ladder.steps:
        writer.writerows(_rows(ladder, step))
    return stream.getvalue()


def _rows(ladder: Ladder, step: Step) -> Iterator[list[object]]:
    tracks = {rung.name: len(rung.tracks) for rung in ladder.rungs}
    training = sum(ladder.training.values())
    start = [spreadsheet_cell(step.model), step.rung]
    met = f"{ladder.artist_met[step.rung]:.6f}"
    lost = _ends(step.drop.value if step.drop else None)
    both = step.drop.tracks if step.drop else ""
    deviation = fold_mean_std(step.per_seed)[1]
    spread = "" if deviation is None else f"{deviation:.6f}"
    yield [*start, "all", tracks[step.rung], training, met, *_ends(step.accuracy), spread, *lost, both]
    if step.inside:
        inside = step.inside
        known = [*start, "artist in training", inside.n_known, training, 1, *_ends(inside.known), ""]
        yield [*known, "", "", "", ""]
        strange = [*start, "artist not in training", inside.n_strange, training, 0, *_ends(inside.strange)]
        yield [*strange, "", *_ends(inside.difference), ""]


def _ends(score: Score | None) -> list[str]:
    if score is None:
        return ["", "", ""]
    return [f"{end:.6f}" if end is not None else "" for end in (score.value, score.low, score.high)]


def _ladder_of(stored: dict[str, Any]) -> Ladder:
    return Ladder(
        dataset=str(stored["dataset"]),
        models=tuple(map(str, stored["models"])),
        features=stored["features"],
        options=stored["options"],
        folds=int(stored["folds"]),
        seeds=tuple(stored["seeds"]),
        training=stored["training_per_genre"],
        rungs=tuple(
            Rung(name=rung["name"], note=rung["note"], left_out=rung["left_out"] or "")
            for rung in stored["rungs"]
        ),
        artist_met={rung["name"]: rung["artist_in_training"] for rung in stored["rungs"]},
        steps=tuple(_step_of(step) for step in stored["steps"]),
        missing=int(stored["missing_tracks"]),
        warnings=tuple((w["model"], w["code"], w["detail"]) for w in stored["warnings"]),
    )


def _step_of(step: dict[str, Any]) -> Step:
    lost, inside = step["drop"], step["inside"]
    scores = ("known", "strange", "difference")
    return Step(
        model=str(step["model"]),
        rung=step["rung"],
        accuracy=Score(**step["accuracy"]),
        per_seed=tuple(step["per_seed"]),
        per_segment=step["per_segment"],
        drop=Drop(Score(**lost["value"]), lost["tracks"]) if lost else None,
        inside=ArtistOverlap(**inside | {name: inside[name] and Score(**inside[name]) for name in scores})
        if inside
        else None,
        runs=tuple(step["runs"]),
    )
