"""Which runs may be shown as the best of a split or of a model, where a table shows one run alone."""

from __future__ import annotations

from collections.abc import Iterable

NEARLY_ALL = 0.99
"""Share of the split's test tracks that such a run must have predicted, and of its training and validation
tracks that it must have had in every fold. One broken clip of a published collection is no reason to leave a
run out."""

_LABELLED = "MGR103"
"""The code of features that are known to carry label information."""


def stands_apart(codes: Iterable[str], tested: int, test_tracks: int, trained: float = 1.0) -> bool:
    """Whether a run stands apart: in the table of its split, but not as the best run in an overview.

    Args:
        codes: the codes of the run's warnings.
        tested: number of predictions of the run.
        test_tracks: number of predictions of a complete run.
        trained: smallest share over the folds of the training and validation tracks that the model had.
    """
    return _LABELLED in codes or tested < NEARLY_ALL * test_tracks or trained < NEARLY_ALL
