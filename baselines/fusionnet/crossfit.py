"""High-level features that a meta-CNN may learn from: of tracks that the network had not seen.

A coding network knows its training tracks by heart, so their high-level features look far better than those
of any other track. A meta-CNN that learns from them trusts them too much. So the training tracks are cut into
parts with no artist in two of them. The features of each part come from a network that was trained on the
others (out-of-fold features).

Networks that were trained separately agree on the genres, but not on what each of their 1024 values stands
for. The meta-CNN learns from several networks and is used on the features of one, the *main* network, trained
on all training tracks. So the features of the others are turned into the main network's coordinates by a
rotation (P. H. Schönemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 31,
1966). It brings their features of the training segments that both have seen nearest to the main network's. A
rotation keeps all distances and adds no knowledge of the genres.

Without it the meta-CNN is no better than chance: .12 of the test tracks of the first fold of gtzan/artist3
are right, with it .78 (Choi and SSD features, 256 values, 10 epochs, one seed). Neither paper nor released
code has this step, since they have no out-of-fold features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mgrbench import BenchError, Examples, FloatArray, Track
from mgrbench.splits import components, deal_groups


def inner_parts(examples: Examples, parts: int) -> list[NDArray[np.intp]]:
    """Cut tracks into parts of about equal genres, no artist in two.

    Without artists every track stands for itself. The rule has no seed: whole artists are dealt, largest
    first, each to the part where its genres are scarcest.

    Returns:
        Positions of the tracks of each part.

    Raises:
        BenchError: if there are too few artists for so many parts.
    """
    artists = examples.artist or ("",) * len(examples)
    tracks = [
        Track(id=track, genre=f"{genre:04d}", artist=artist or None)
        for track, genre, artist in zip(examples.inputs.ids, examples.genre, artists, strict=True)
    ]
    groups = components(tracks)
    if len(groups) < parts:
        hint = f"lower inner_folds, now {parts}, or use a split with more artists"
        raise BenchError(f"the training part has tracks of {len(groups)} artists only", hint)
    part = deal_groups(groups, parts, prefix="inner")
    numbers = np.array([part[track.id] for track in tracks])
    return [np.flatnonzero(numbers == number) for number in range(1, parts + 1)]


class Rotation:
    """The rotation, with a shift, that brings one set of features nearest to another.

    Args:
        source: shape (rows, values).
        target: the same rows in the coordinates wanted, shape (rows, values).
    """

    def __init__(self, source: FloatArray, target: FloatArray) -> None:
        from scipy.linalg import orthogonal_procrustes

        self._from = source.mean(axis=0, dtype=np.float64)
        self._to = target.mean(axis=0, dtype=np.float64)
        self._matrix, _ = orthogonal_procrustes(source - self._from, target - self._to)

    def __call__(self, features: FloatArray) -> FloatArray:
        """Features of shape (..., values) in the target's coordinates."""
        turned = (features - self._from) @ self._matrix + self._to
        return np.asarray(turned, dtype=np.float32)
