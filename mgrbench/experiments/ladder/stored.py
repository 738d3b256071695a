"""A stored ``ladder.json`` -> the ladder again, so that its plot can be drawn anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError, Score
from mgrbench.experiments.ladder.files import JSON_FILE
from mgrbench.experiments.ladder.ladder import Ladder, Step
from mgrbench.experiments.ladder.rungs import Rung
from mgrbench.experiments.verdicts import Acquaintance, Drop


def read_ladder(place: Path) -> Ladder:
    """The ladder of a folder, or of its ``ladder.json``; the tracks of its rungs are not stored.

    Raises:
        BenchError: if there is none, or if it is damaged.
    """
    path = place if place.name == JSON_FILE else place / JSON_FILE
    try:
        return _ladder(json.loads(read_text(path)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BenchError(
            f"is no stored ladder ({error})", "climb it again by `mgrbench ladder`", path
        ) from error


def _ladder(stored: dict[str, Any]) -> Ladder:
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
        steps=tuple(_step(step) for step in stored["steps"]),
        missing=int(stored["missing_tracks"]),
        warnings=tuple((w["model"], w["code"], w["detail"]) for w in stored["warnings"]),
    )


def _step(step: dict[str, Any]) -> Step:
    lost, inside = step["drop"], step["inside"]
    scores = ("known", "strange", "difference")
    return Step(
        model=str(step["model"]),
        rung=step["rung"],
        accuracy=Score(**step["accuracy"]),
        per_seed=tuple(step["per_seed"]),
        per_segment=step["per_segment"],
        drop=Drop(Score(**lost["value"]), lost["tracks"]) if lost else None,
        inside=Acquaintance(**inside | {name: inside[name] and Score(**inside[name]) for name in scores})
        if inside
        else None,
        runs=tuple(step["runs"]),
    )
