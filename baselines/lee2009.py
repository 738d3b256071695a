"""Modulation spectra of cepstra and spectra, linear discriminants, summed distances (Lee et al. 2009).

C.-H. Lee, J.-L. Shih, K.-M. Yu and H.-S. Lin, "Automatic music genre classification based on modulation
spectral analysis of spectral and cepstral features", IEEE Transactions on Multimedia 11(4), 2009.

Stated: frames of 23 ms, every 11.6 ms, have 20 MFCC, octave-based spectral contrast (OSC) and the normalised
audio spectral envelope of MPEG-7 (NASE). Their modulation spectra and eight sub-bands of these
(`baselines._handcrafted.modulation_spectrum`) are aggregated to one vector each. Values are brought to 0 … 1
over the training tracks. Discriminant analysis follows, after whitening the scatter within genres. A system's
score is the squared distance to the mean of each genre. The distances of the three systems and of a fourth,
on the three vectors end to end, are summed.

Filled in: eigenvalues of the scatter within genres below 1e-9 of the largest are dropped, since with few
tracks it is singular. Probabilities are the softmax of minus half the mean distance, which leaves the order
as it is.

Different: the printed .906 is of the sum of three systems; for ISMIR2004 that of four was printed. Both were
chosen on the test part; here it is always four. At 22 050 Hz OSC has 8 bands and NASE 14 + 2, not 10 and 16 +
2. The windows of the modulation spectra lie within the 10 s segments. A log-mel spectrogram may stand in
place of ``band_frames``. It gives only as many sub-bands as its frame rate allows (``--option frame_rate=``,
by default that of ``mel``). Its contrasts and envelopes are coarser, see `baselines._handcrafted.frames`.
Vectors (one system for each feature) are taken as they are. Cost: seconds for all folds, once the frames are
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines._handcrafted.frames import FrameRate, bands
from baselines._handcrafted.modulation_spectrum import modulation_vector, window_frames
from mgrbench import BenchError, Examples, FloatArray, Inputs, Printed, Reference

FEATURES = ("band_frames",)
SELECTION = "none"
STOCHASTIC = False

REFERENCE = Reference(
    citation="Lee, Shih, Yu & Lin, Automatic music genre classification based on modulation spectral "
    "analysis of spectral and cepstral features, IEEE Transactions on Multimedia 11(4)",
    year=2009,
    fidelity="faithful",
    doi="10.1109/TMM.2009.2017635",
    printed=(
        Printed(
            dataset="gtzan",
            accuracy=0.906,
            protocol="random 10-fold, 10 times, no artist filter; which systems to sum was chosen on test",
        ),
        Printed(
            dataset="ismir2004",
            accuracy=0.8683,
            protocol="official training and evaluation halves; which systems to sum was chosen on test",
        ),
    ),
    cited=46,
)

CEPSTRA = 20
_SMALLEST = 1e-9

_Rows = NDArray[np.float64]
_Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Options(FrameRate):
    """What can be chosen."""


def build(n_genres: int, seed: int, device: str, options: Options) -> ModulationSpectra:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device
    return ModulationSpectra(n_genres, options.frame_rate)


class ModulationSpectra:
    """Four discriminant systems whose distances are summed."""

    def __init__(self, n_genres: int, frame_rate: float) -> None:
        self._n_genres = n_genres
        self._frame_rate = frame_rate
        self._systems: dict[str, WhitenedDiscriminants] = {}

    def fit(self, train: Examples, valid: Examples | None) -> ModulationSpectra:
        """Fit every system on the training tracks; there is nothing to choose."""
        del valid
        rows = self._rows(train.inputs)
        self._systems = {name: WhitenedDiscriminants().fit(own, train.genre) for name, own in rows.items()}
        return self

    def predict_proba(self, inputs: Inputs) -> _Rows:
        """Probabilities, shape (tracks, genres).

        Raises:
            BenchError: if the model is not fitted, or for other features than it was fitted on.
        """
        if not self._systems:
            raise BenchError("the model predicts before it was fitted", "call fit first")
        rows = self._rows(inputs)
        if rows.keys() != self._systems.keys():
            raise BenchError("the model was fitted on other features", "fit and predict with the same ones")
        distances = np.mean([system.distances(rows[name]) for name, system in self._systems.items()], axis=0)
        first = next(iter(self._systems.values()))
        near = np.exp(-0.5 * (distances - distances.min(axis=1, keepdims=True)))
        proba = np.zeros((len(inputs), self._n_genres))
        proba[:, first.classes] = near / near.sum(axis=1, keepdims=True)
        return proba

    def _rows(self, inputs: Inputs) -> dict[str, _Rows]:
        """The vectors of each system: three or one for each feature, and all of them end to end."""
        if not inputs.arrays:
            raise BenchError("this model learns from features and was given none", "name one with --feature")
        rows: dict[str, _Rows] = {}
        for name, array in inputs.arrays.items():
            if array.ndim == 4:
                tracks = [self._vectors(track, name) for track in array]
                for system in ("cepstrum", "octave", "envelope"):
                    rows[f"{name} {system}"] = np.stack([track[system] for track in tracks])
            else:
                rows[name] = array.reshape(*array.shape[:2], -1).mean(axis=1, dtype=np.float64)
            if not np.isfinite(array).all():
                raise BenchError(f"feature {name!r} has a value that is not finite", "correct the feature")
        if len(rows) > 1:
            rows["all"] = np.concatenate(list(rows.values()), axis=1)
        return rows

    def _vectors(self, track: FloatArray, feature: str) -> Mapping[str, _Rows]:
        found = bands(track, feature, self._frame_rate)
        window = window_frames(found.rate)
        parts = {"cepstrum": found.cepstrum(CEPSTRA), "octave": found.octave, "envelope": found.envelope}
        return {name: modulation_vector(frames, window) for name, frames in parts.items()}


class WhitenedDiscriminants:
    """Distances to the means of classes after whitening and discriminant analysis.

    Attributes:
        classes: the classes seen, rising; the columns of `distances`.
    """

    def __init__(self) -> None:
        self.classes: _Labels = np.empty(0, dtype=np.int64)
        self._low: _Rows = np.empty(0)
        self._range: _Rows = np.empty(0)
        self._axes: _Rows = np.empty((0, 0))
        self._means: _Rows = np.empty((0, 0))

    def fit(self, rows: _Rows, genre: _Labels) -> WhitenedDiscriminants:
        """Learn scaling, axes and means, from rows of shape (tracks, values)."""
        self._low = rows.min(axis=0)
        spread = rows.max(axis=0) - self._low
        self._range = np.where(spread > 0, spread, 1.0)
        scaled = (rows - self._low) / self._range
        self.classes, place, counts = np.unique(genre, return_inverse=True, return_counts=True)
        means = np.stack([scaled[genre == label].mean(axis=0) for label in self.classes])
        within = scaled - means[place]
        values, vectors = np.linalg.eigh(within.T @ within / len(rows))
        kept = values > _SMALLEST * max(values.max(), np.finfo(np.float64).tiny)
        whitening = vectors[:, kept] / np.sqrt(values[kept])
        between = (means - scaled.mean(axis=0)) @ whitening
        _, axes = np.linalg.eigh((between * counts[:, None]).T @ between)
        self._axes = whitening @ axes[:, ::-1][:, : max(1, len(self.classes) - 1)]
        self._means = means @ self._axes
        return self

    def distances(self, rows: _Rows) -> _Rows:
        """Squared distances to the mean of each class, shape (tracks, classes)."""
        projected = (rows - self._low) / self._range @ self._axes
        return np.asarray(np.square(projected[:, None] - self._means).sum(axis=-1))
