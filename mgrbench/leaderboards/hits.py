"""Which test tracks a run got right, one bit each: all that a leaderboard keeps of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import Split
from mgrbench.results.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Hits:
    """Bits of the split's test tracks, fold by fold in the order of the split, packed into bytes.

    Attributes:
        right: the track's genre was predicted.
        tested: there is a prediction for it.
    """

    right: bytes
    tested: bytes


def pack_hits(predictions: Predictions, split: Split) -> Hits:
    """The hits of predictions that belong to the split."""
    outcome = predictions.outcome
    right = outcome.genre == outcome.predicted
    if predictions.ids == tuple(track for fold in split.folds for track in fold.test):
        return Hits(_packed(right), _packed(np.ones_like(right)))
    found = dict(
        zip(zip(predictions.ids, predictions.fold.tolist(), strict=True), right.tolist(), strict=True)
    )
    expected = [(track, number) for number, fold in enumerate(split.folds, 1) for track in fold.test]
    tested = np.array([key in found for key in expected])
    return Hits(_packed(np.array([found.get(key, False) for key in expected])), _packed(tested))


def unpack_hits(hits: Sequence[Hits], tracks: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The bits ``right`` and ``tested`` of several rows, bool of shape (rows, tracks) each."""
    right, tested = (
        np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(hits), -1)
        for rows in ([row.right for row in hits], [row.tested for row in hits])
    )
    return (
        np.unpackbits(right, axis=1, count=tracks).astype(bool),
        np.unpackbits(tested, axis=1, count=tracks).astype(bool),
    )


def _packed(bits: NDArray[np.bool_]) -> bytes:
    return np.packbits(bits).tobytes()
