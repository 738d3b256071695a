"""How much of its split's training part a run was trained on: features may lack tracks.

A record says how many training and validation tracks each fold had. The split says how many there are. The
fold that lacks the largest share counts, because no mean over folds can make up for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mgrbench.core.types import Fold, Split
from mgrbench.results.run import RunRecord, Warn

FEWER = "MGR109"
"""The code of a run that was trained on fewer tracks than its split has."""

_SCORED = "MGR105"
"""The code of scored predictions: nobody observed what their model was trained on."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The training of one fold.

    Attributes:
        fold: number of the fold, from 1.
        tracks: number of training and validation tracks that the model had.
        split_tracks: number that the split has.
    """

    fold: int
    tracks: int
    split_tracks: int

    @property
    def share(self) -> float:
        """Share of the split's tracks that the model had, at most 1."""
        return min(1.0, self.tracks / self.split_tracks)


def in_training(fold: Fold) -> int:
    """Number of training and validation tracks that a split has in a fold."""
    return len(fold.train) + len(fold.valid)


def least_trained(run: RunRecord, split: Split) -> Trained | None:
    """The fold that had the smallest share of its training and validation tracks.

    Args:
        run: its folds are folds of the split.
        split: its split.

    Returns:
        The fold; None for scored predictions, whose training nobody observed.
    """
    if any(warning.code == _SCORED for warning in run.warnings):
        return None
    # A model that selects on test has the test part as its validation part.
    chosen_on_test = run.selection.rule == "test"
    folds = [
        Trained(
            fold=one.fold,
            tracks=one.n_train + (0 if chosen_on_test else one.n_valid),
            split_tracks=in_training(split.folds[one.fold - 1]),
        )
        for one in run.folds
    ]
    return min(folds, key=lambda one: one.share)


def training_warnings(run: RunRecord, split: Split) -> list[Warn]:
    """The warning that a model was trained on fewer tracks than the split has (MGR109), if it was.

    Args:
        run: its folds are folds of the split.
        split: its split.
    """
    least = least_trained(run, split)
    if least is None or least.tracks >= least.split_tracks:
        return []
    place = f"in fold {least.fold}, " if len(split.folds) > 1 else ""
    detail = f"{place}{least.tracks} of the split's {least.split_tracks} training and validation tracks"
    return [Warn(code=FEWER, detail=detail)]
