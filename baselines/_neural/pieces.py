"""Shorter segments: what a network sees, cut from the segments that are stored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from baselines._neural.network import MakeNetwork, SegmentNetwork
from baselines._neural.settings import Training
from mgrbench import Examples, FloatArray, Inputs


def cut(values: FloatArray, window: int, hop: int) -> FloatArray:
    """Pieces of each segment, one after the other.

    A segment that is no longer than a piece stays as it is. Where pieces don't come out even, what is left at
    the end of a segment is not seen.

    Args:
        values: shape (tracks, segments, time, bins); vectors stay as they are.
        window: length of a piece, in frames.
        hop: frames from one piece to the next.

    Returns:
        Shape (tracks, segments · pieces, window, bins).
    """
    if values.ndim != 4 or values.shape[2] <= window:
        return values
    pieces = np.lib.stride_tricks.sliding_window_view(values, window, axis=2)[:, :, ::hop]
    tracks, segments, count, bins, _ = pieces.shape
    return np.ascontiguousarray(pieces.swapaxes(3, 4)).reshape(tracks, segments * count, window, bins)


class PieceNetwork(SegmentNetwork):
    """A network of one feature that sees pieces of its segments; a track gets the mean over them all.

    Args:
        make: as for `SegmentNetwork`.
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        training: how to train.
        pieces: (tracks, segments, ...) to (tracks, pieces, ...), such as `cut`.
        axes: axes that a piece must have.
        raw: whether pieces go in as they are, not standardised over the training part.
    """

    def __init__(
        self,
        make: MakeNetwork,
        n_genres: int,
        seed: int,
        device: str,
        training: Training,
        pieces: Callable[[FloatArray], FloatArray],
        axes: int = 2,
        *,
        raw: bool = False,
    ) -> None:
        super().__init__(make, n_genres, seed, device, training, axes, raw=raw)
        self._pieces = pieces

    def fit(self, train_part: Examples, valid: Examples | None) -> PieceNetwork:
        """Train on the pieces of the training tracks, and choose the epoch on the validation tracks."""
        super().fit(self._cut_examples(train_part), None if valid is None else self._cut_examples(valid))
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """Probabilities, float64 of shape (tracks, genres)."""
        return super().predict_proba(self._cut(inputs))

    def embed(self, inputs: Inputs) -> FloatArray:
        """What the last dense layer gets of tracks, the mean over the pieces: float32 (tracks, values)."""
        return super().embed(self._cut(inputs))

    def _cut_examples(self, examples: Examples) -> Examples:
        return Examples(self._cut(examples.inputs), examples.genre, examples.artist)

    def _cut(self, inputs: Inputs) -> Inputs:
        return Inputs(inputs.ids, {name: self._pieces(array) for name, array in inputs.arrays.items()})
