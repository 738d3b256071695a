"""Support vector machine on ranked statistics and modulation spectra of timbre (Lim et al. 2012).

S.-C. Lim, J.-S. Lee, S.-J. Jang, S.-P. Lee and M. Y. Kim, "Music-genre classification system based on
spectro-temporal features and feature selection", IEEE Transactions on Consumer Electronics 58(4), 2012. Only
its abstract was read.

Stated there: mean, variance, minimum and maximum of timbre features such as MFCC; modulation spectral
flatness, crest, contrast and valley both of spectra and of the timbre features; a machine that ranks the
values; a machine with an "elaborated" kernel.

Filled in: the timbre features are 13 MFCC, 13 differences of neighbouring log mel bands (a decorrelated
filter bank) and octave-based spectral contrast. The spectra are levels of half-octave bands. The modulation
sub-bands are those of ``lee2009``. Values are ranked by the sum of the squared weights of linear machines (C
= 1), one a genre. Chosen on validation tracks are the share that is kept (10, 20, 40, 70 or 100 %), C (1, 10,
100) and gamma (1/d, 1/3d). The elaborated kernel is unknown: an RBF stands for it. Their printed results were
not traced to a protocol beyond the dataset.

A log-mel spectrogram may stand for ``band_frames`` (``--option frame_rate=``, by default that of ``mel``),
see `baselines._handcrafted.frames`. Vectors are ranked as they are. Cost: a ranking of about 1900 values and
30 machines a fold, some seconds on one core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from baselines._handcrafted.frames import BAND_FRAMES, FrameRate, bands, each_track
from baselines._handcrafted.modulation_spectrum import modulation, modulation_spectrum, window_frames
from mgrbench import EstimatorModel, Examples, FloatArray, Inputs, Printed, Reference

FEATURES = (BAND_FRAMES,)
SELECTION = "validation"
STOCHASTIC = False

REFERENCE = Reference(
    citation="Lim, Lee, Jang, Lee & Kim, Music-genre classification system based on spectro-temporal "
    "features and feature selection, IEEE Transactions on Consumer Electronics 58(4)",
    year=2012,
    fidelity="reading",
    printed=(
        Printed(dataset="gtzan", accuracy=0.874, protocol="not traced"),
        Printed(dataset="ismir2004", accuracy=0.899, protocol="not traced"),
    ),
    cited=49,
)

CEPSTRA = 13
SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
COSTS = (1.0, 10.0, 100.0)
WIDTHS = (1.0, 1 / 3)
"""Of the kernel: gamma is this over the number of values that are kept."""

_Rows = NDArray[np.float64]
_Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Options(FrameRate):
    """What can be chosen."""


def build(n_genres: int, seed: int, device: str, options: Options) -> RankedTimbre:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device
    return RankedTimbre(n_genres, options.frame_rate)


class RankedTimbre:
    """Statistics of a track before a machine on the best ranked of them.

    Attributes:
        chosen: after ``fit``, the setting that was chosen.
    """

    def __init__(self, n_genres: int, frame_rate: float) -> None:
        self.chosen: dict[str, Any] = {}
        self._frame_rate = frame_rate
        grid = [{"share": s, "C": c, "width": w} for s in SHARES for c in COSTS for w in WIDTHS]
        self._machine = EstimatorModel(partial(RankedMachine, Ranking()), n_genres, grid)

    def fit(self, train: Examples, valid: Examples | None) -> RankedTimbre:
        """Fit on the training tracks; choose on the validation tracks."""
        self._machine.fit(self._described(train), None if valid is None else self._described(valid))
        self.chosen = self._machine.chosen
        return self

    def predict_proba(self, inputs: Inputs) -> _Rows:
        """Probabilities, shape (tracks, genres)."""
        return self._machine.predict_proba(each_track(inputs, self._statistics))

    def _described(self, examples: Examples) -> Examples:
        return Examples(each_track(examples.inputs, self._statistics), examples.genre, examples.artist)

    def _statistics(self, track: FloatArray, feature: str) -> _Rows:
        """All values of a track, shape (1, values)."""
        found = bands(track, feature, self._frame_rate)
        differences = np.diff(found.mel[..., : CEPSTRA + 1], axis=-1)
        timbre = np.concatenate([found.cepstrum(CEPSTRA), differences, found.octave], axis=-1)
        statistics = [measure(timbre, axis=(0, 1)) for measure in (np.mean, np.var, np.min, np.max)]
        window = window_frames(found.rate)
        of_bands = [modulation(modulation_spectrum(frames, window)) for frames in (timbre, found.levels)]
        measures = [
            measure.ravel()
            for of_band in of_bands
            for measure in (of_band.flatness, of_band.crest, of_band.contrast, of_band.valley)
        ]
        return np.concatenate([*statistics, *measures])[None]


class Ranking:
    """The order of values for a training part, kept for the next machine on the same part."""

    def __init__(self) -> None:
        self._rows: _Rows = np.empty((0, 0))
        self._genre: _Labels = np.empty(0, dtype=np.int64)
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def order(self, rows: _Rows, genre: _Labels) -> NDArray[np.intp]:
        """Columns from the most to the least telling."""
        if not (np.array_equal(rows, self._rows) and np.array_equal(genre, self._genre)):
            self._order = ranked(rows, genre)
            self._rows, self._genre = rows, genre
        return self._order


def ranked(rows: _Rows, genre: _Labels) -> NDArray[np.intp]:
    """Columns by the squared weights of one linear machine a genre against the rest, summed, falling.

    The machines are solved by the products of rows, of which there are fewer than columns, in a fraction of a
    second. `sklearn.svm.LinearSVC` takes a minute and does not come to an end where replicas have different
    labels; and it holds the intercept small, at the columns' expense.
    """
    products = rows @ rows.T
    score = np.zeros(rows.shape[1])
    for label in np.unique(genre):
        machine = SVC(C=1.0, kernel="precomputed").fit(products, genre == label)
        score += np.square(machine.dual_coef_[0] @ rows[machine.support_])
    return np.argsort(-score, kind="stable")


class RankedMachine:
    """An RBF machine on a share of the columns, the best ranked ones."""

    def __init__(self, ranking: Ranking, share: float, C: float, width: float) -> None:  # noqa: N803
        self.classes_: _Labels = np.empty(0, dtype=np.int64)
        self._ranking = ranking
        self._share = share
        self._cost = C
        self._width = width
        self._kept: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._machine = SVC()

    def fit(self, rows: _Rows, genre: _Labels) -> RankedMachine:
        """Rank the columns and fit on the best."""
        count = max(1, round(self._share * rows.shape[1]))
        self._kept = self._ranking.order(rows, genre)[:count]
        self._machine = SVC(C=self._cost, gamma=self._width / count).fit(rows[:, self._kept], genre)
        self.classes_ = self._machine.classes_
        return self

    def decision_function(self, rows: _Rows) -> _Rows:
        """Decision values of the kept columns."""
        return np.asarray(self._machine.decision_function(rows[:, self._kept]))
