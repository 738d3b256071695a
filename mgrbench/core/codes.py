"""The findings that can stand on a split or on a row, each with a code that never changes its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "note", "leak"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found.

    Attributes:
        code: its stable code, a key of `CODES`.
        status: ``ok``, ``note`` (to be known, no leak) or ``leak`` (test information can reach training).
        detail: the finding in one sentence, with its figures.
    """

    code: str
    status: Status
    detail: str


CODES = {
    # Splits: what `mgrbench split audit` looks for.
    "MGR001": "test tracks whose artist is in training",
    "MGR002": "test tracks of which an exact replica is in training",
    "MGR003": "test tracks of which the same recording or a version is in training",
    "MGR004": "names that are no track of the dataset",
    "MGR005": "tracks of the dataset that the split leaves out",
    "MGR006": "tracks named more than once or on both sides",
    "MGR007": "genres missing from a part of a fold",
    "MGR008": "validation tracks whose artist is in training",
    "MGR009": "test tracks of which another track of the album is in training",
    "MGR010": "test tracks that sound like a training track",
    # Runs: what stands on a row of a leaderboard.
    "MGR101": "selected on test: the score is optimistic",
    "MGR102": "one seed only, of a model whose result depends on its seed",
    "MGR103": "features known to carry label information",
    "MGR104": "fewer test tracks than the split has",
    "MGR105": "scored from a file of predictions: training was not observed",
    "MGR106": "worse than always naming the commonest genre",
    "MGR107": "a difference that the test tracks cannot show",
    "MGR108": "other library versions than most rows beside it",
}
"""Code -> what it stands for."""
