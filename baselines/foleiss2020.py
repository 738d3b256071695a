"""Support vector machine on selected sound textures of each track, majority vote (Foleiss & Tavares 2020).

J. H. Foleiss and T. F. Tavares, "Texture selection for automatic music genre classification", Applied Soft
Computing 89, 2020. The settings are those of the authors' code (music_classification_framework on GitHub).

Stated: 26 values of frames of 46 ms (``timbre_frames``), with first and second differences. Their mean and
variance over 5 s are textures, every tenth of which is kept. Values are brought to mean 0 and variance 1. K =
5, 20 or 40 textures stand for a track: k-means centres or evenly spaced ones. Each is a training example of
an RBF machine. C of 10, 100 or 1000 and gamma of 1/d, 0.1, 0.001 or 0.0001 are chosen on a fifth of the
training part (whole artists). A track is what most of its textures are.

Filled in: the scaling before k-means is that of the training textures. K is 5 by default, which is what the
time allows on two cores.

Different: the validation part is the bench's, an eighth. Textures lie within the 10 s segments: 64 of a 30 s
clip and not 108. A log-mel spectrogram in place of ``timbre_frames`` gives 25 values a frame, see
`baselines._handcrafted.frames.shapes`. A texture then lasts as many seconds; ``--option frame_rate=`` tells
how many frames these are, by default those of ``mel``. A vector is a texture of its segment. No printed
figure stands here: the tables of the paper have not been read. Cost: 12 machines of 4000 examples a fold,
some 20 s on one core. With K = 20 it is sixteen times as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from baselines._handcrafted.frames import (
    TIMBRE_FRAMES,
    TIMBRE_RATE,
    FrameRate,
    each_track,
    shapes,
)
from baselines._handcrafted.sound_texture import centroids, evenly, textures, with_changes
from mgrbench import EstimatorModel, Examples, FloatArray, Inputs, Reference, option

FEATURES = (TIMBRE_FRAMES,)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Foleiss & Tavares, Texture selection for automatic music genre classification, Applied Soft "
    "Computing 89",
    year=2020,
    fidelity="faithful",
    doi="10.1016/j.asoc.2020.106127",
)

COSTS = (10.0, 100.0, 1000.0)
GAMMAS = ("auto", 0.1, 1e-3, 1e-4)
TEXTURE_SECONDS, STEP_SECONDS = 216 * 1024 / 44100, 10 * 1024 / 44100

_Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Options(FrameRate):
    """What can be chosen."""

    textures: int = option(5, "K, textures of a track.", least=1)
    selector: str = option(
        "kmeans", "Textures are centres of k-means, or evenly spaced ones.", choices=("kmeans", "linspace")
    )
    C: float | str = option(
        "search", "Weight of training errors against the margin.", above=0, choices=("search",)
    )
    gamma: float | str = option(
        "search", "Width of the kernel.", least=0, choices=("search", "scale", "auto")
    )


def build(n_genres: int, seed: int, device: str, options: Options) -> TextureMachine:
    """The model; the seed is that of the first centres of k-means, and all runs on the CPU."""
    del device
    costs = COSTS if options.C == "search" else (options.C,)
    gammas = GAMMAS if options.gamma == "search" else (options.gamma,)
    grid = [{"C": cost, "gamma": width} for cost in costs for width in gammas]
    machine = EstimatorModel(Vote, n_genres, grid)
    return TextureMachine(machine, options.textures, options.selector, options.frame_rate, seed)


class Vote(SVC):  # type: ignore[misc]  # scikit-learn has no types
    """A machine that gives all of a texture's vote to one genre."""

    def __init__(self, C: float = 1.0, gamma: float | str = "auto") -> None:  # noqa: N803
        super().__init__(C=C, gamma=gamma, break_ties=True)

    def predict_proba(self, rows: _Rows) -> _Rows:
        """1 for the genre of each row and 0 for the others; the mean over a track is the share of votes."""
        return np.asarray(self.predict(rows)[:, None] == self.classes_, dtype=np.float64)


class TextureMachine:
    """Selected textures before a machine.

    Attributes:
        chosen: after ``fit``, the setting that was chosen.
    """

    def __init__(
        self, machine: EstimatorModel, count: int, selector: str, frame_rate: float, seed: int
    ) -> None:
        self.chosen: dict[str, float | str] = {}
        self._machine = machine
        self._count = count
        self._selector = selector
        self._frame_rate = frame_rate
        self._seed = seed
        self._scalers: dict[str, StandardScaler] = {}

    def fit(self, train: Examples, valid: Examples | None) -> TextureMachine:
        """Fit on the textures of the training tracks; choose on those of the validation tracks."""
        every = each_track(train.inputs, self._textures)
        self._scalers = {
            name: StandardScaler().fit(every.arrays[name].reshape(-1, every.arrays[name].shape[-1]))
            for name, array in train.inputs.arrays.items()
            if array.ndim == 4
        }
        parts = [
            None if part is None else Examples(self._selected(part.inputs), part.genre, part.artist)
            for part in (train, valid)
        ]
        if parts[0] is not None:
            self._machine.fit(parts[0], parts[1])
        self.chosen = self._machine.chosen
        return self

    def predict_proba(self, inputs: Inputs) -> _Rows:
        """Shares of the votes, shape (tracks, genres)."""
        return self._machine.predict_proba(self._selected(inputs))

    def _textures(self, track: FloatArray, feature: str) -> _Rows:
        if feature == TIMBRE_FRAMES:
            frames, rate = track.astype(np.float64), TIMBRE_RATE
        else:
            frames, rate = shapes(track), self._frame_rate
        window, step = (max(1, round(seconds * rate)) for seconds in (TEXTURE_SECONDS, STEP_SECONDS))
        return textures(with_changes(frames), window, step)

    def _selected(self, inputs: Inputs) -> Inputs:
        def of_track(track: FloatArray, feature: str) -> _Rows:
            rows = self._scalers[feature].transform(self._textures(track, feature))
            if self._selector == "linspace":
                return evenly(rows, self._count)
            return centroids(rows, self._count, self._seed)

        return each_track(inputs, of_track)
