"""Shorter segments: what a network sees, cut from the segments that are stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines._network import MakeNetwork, SegmentNetwork
from baselines._settings import Training
from mgrbench.types import Examples, FloatArray, Inputs


def cut(values: FloatArray, window: int, hop: int) -> FloatArray:
    """Pieces of each segment, one after the other.

    A segment that is no longer than a piece stays as it is. Where pieces don't come out even, what is left at
    the end of a segment is not seen.

    Args:
        values: shape (tracks, segments, time, bins).
        window: length of a piece, in frames.
        hop: frames from one piece to the next.

    Returns:
        Shape (tracks, segments · pieces, window, bins).
    """
    if values.shape[2] <= window:
        return values
    pieces = np.lib.stride_tricks.sliding_window_view(values, window, axis=2)[:, :, ::hop]
    tracks, segments, count, bins, _ = pieces.shape
    return np.ascontiguousarray(pieces.swapaxes(3, 4)).reshape(tracks, segments * count, window, bins)


class CutNetwork(SegmentNetwork):
    """A network of one feature that sees pieces of its segments; a track gets the mean over them all.

    Args:
        make: as for `SegmentNetwork`.
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        training: how to train.
        window: length of a piece, in frames.
        hop: frames from one piece to the next.
    """

    def __init__(
        self,
        make: MakeNetwork,
        n_genres: int,
        seed: int,
        device: str,
        training: Training,
        *,
        window: int,
        hop: int,
    ) -> None:
        super().__init__(make, n_genres, seed, device, training)
        self._window = window
        self._hop = hop

    def fit(self, train_part: Examples, valid: Examples | None) -> CutNetwork:
        """Train on the pieces of the training tracks, and choose the epoch on the validation tracks."""
        super().fit(self._cut_examples(train_part), None if valid is None else self._cut_examples(valid))
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """Probabilities, float64 of shape (tracks, genres)."""
        return super().predict_proba(self._cut(inputs))

    def _cut_examples(self, examples: Examples) -> Examples:
        return Examples(self._cut(examples.inputs), examples.genre, examples.artist)

    def _cut(self, inputs: Inputs) -> Inputs:
        arrays = {
            name: cut(array, self._window, self._hop) if array.ndim == 4 else array
            for name, array in inputs.arrays.items()
        }
        return Inputs(inputs.ids, arrays)
