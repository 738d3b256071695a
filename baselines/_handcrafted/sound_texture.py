"""Sound textures: statistics of frames over some seconds, and a few of them that stand for a track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]


def with_changes(frames: _Array) -> _Array:
    """Frames with their first and second differences beside them: (..., time, n) to (..., time, 3 n).

    The first frame has no change, and no change of change.
    """
    first = np.diff(frames, axis=-2, prepend=frames[..., :1, :])
    second = np.diff(first, axis=-2, prepend=first[..., :1, :])
    return np.concatenate([frames, first, second], axis=-1)


def textures(frames: _Array, window: int, step: int) -> _Array:
    """Mean and variance (ddof 0) of frames over windows of time, every ``step`` frames.

    Windows lie within segments. A segment shorter than a window is one window.

    Args:
        frames: shape (segments, time, values).
        window: frames in a window.
        step: frames from the start of a window to the start of the next.

    Returns:
        Shape (textures, 2 · values), those of a segment after each other.
    """
    window = min(window, frames.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(frames, window, axis=1)[:, ::step]
    found = np.concatenate([windows.mean(axis=-1), windows.var(axis=-1)], axis=-1)
    return np.asarray(found.reshape(-1, found.shape[-1]))


def evenly(rows: _Array, count: int) -> _Array:
    """Some of the rows, evenly from the first to the last; all of them where there are no more."""
    if len(rows) <= count:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, count).round().astype(int)])


def centroids(rows: _Array, count: int, seed: int) -> _Array:
    """The centres of a k-means clustering of the rows; the rows where there are no more.

    Where fewer than ``count`` rows differ, those that differ are repeated.

    Args:
        rows: shape (rows, values).
        count: number of centres.
        seed: of the first centres.
    """
    if len(rows) <= count:
        return rows
    different = np.unique(rows, axis=0)
    if len(different) <= count:
        return different[np.arange(count) % len(different)]
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(count, n_init=1, random_state=seed).fit(rows).cluster_centers_)
