"""What the runs of a ladder show: each model's accuracy on each rung, and what is lost from rung to rung."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgrbench.core.types import Score
from mgrbench.evaluation.evaluate import Finished
from mgrbench.experiments.ladder.rungs import Rung
from mgrbench.experiments.verdicts import ArtistOverlap, Drop, Verdicts, artist_overlap, drop
from mgrbench.results.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Step:
    """One model on one rung.

    Attributes:
        model: name of the model.
        rung: name of the rung.
        accuracy: share of clips with the right genre, over all seeds.
        per_seed: the same of each seed.
        per_segment: on the rung of segments, the share of segments with the right genre; else None.
        drop: what was lost against the rung before; None on the first.
        inside: on the rung of clips, the accuracy by whether the artist is in training; None where no artists
            are known.
        runs: folders of the runs, one a seed, relative to the ladder's folder.
    """

    model: str
    rung: str
    accuracy: Score
    per_seed: tuple[float, ...]
    per_segment: float | None
    drop: Drop | None
    inside: ArtistOverlap | None
    runs: tuple[str, ...]


def model_steps(
    model: str,
    rungs: Sequence[Rung],
    finished: Mapping[str, Mapping[str, Sequence[Finished]]],
    met_in_clips: Sequence[frozenset[str]],
    root: Path,
) -> Iterator[Step]:
    """The steps of one model, from the bottom up.

    Args:
        model: name of the model.
        rungs: the rungs that were run, from the bottom up.
        finished: rung -> model -> its runs, one a seed.
        met_in_clips: per seed, the test tracks of the rung of clips whose artist is in training.
        root: the ladder's folder.
    """
    before: Verdicts | None = None
    for rung in rungs:
        runs = finished[rung.name][model]
        verdicts = _verdicts(rung, [one.run.predictions for one in runs])
        inside = None
        if rung.name == "clips" and any(track.artist for track in rung.tracks):
            met = np.array([[track.id in one for track in rung.tracks] for one in met_in_clips])
            inside = artist_overlap(verdicts, met)
        yield Step(
            model=model,
            rung=rung.name,
            accuracy=verdicts.accuracy(),
            per_seed=verdicts.per_seed(),
            per_segment=_mean_accuracy(runs) if rung.name == "segments" else None,
            drop=drop(before, verdicts) if before else None,
            inside=inside,
            runs=tuple(str(one.folder.relative_to(root)) for one in runs if one.folder),
        )
        before = verdicts


def _verdicts(rung: Rung, predictions: Sequence[Predictions]) -> Verdicts:
    """Which clips have the right genre; segments decide a clip by the sum of their probabilities."""
    place = {track.id: position for position, track in enumerate(rung.tracks)}
    right = np.zeros((len(predictions), len(place)), dtype=np.int64)
    for row, one in zip(right, predictions, strict=True):
        clip = np.array([place[rung.track(i)] for i in one.ids])
        predicted = one.outcome.predicted
        if rung.name == "segments" and one.outcome.proba is not None:
            sums = np.zeros((len(place), len(one.genres)))
            np.add.at(sums, clip, one.outcome.proba)
            predicted = sums.argmax(axis=1)[clip]
        row[clip] = predicted == one.outcome.genre
    return Verdicts(rung.tracks, right)


def _mean_accuracy(runs: Sequence[Finished]) -> float:
    return float(np.mean([one.run.scores["accuracy"].value for one in runs]))
