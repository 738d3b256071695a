"""Textures of a spectrogram's zones and acoustic values, scores summed (Nanni et al. 2016).

L. Nanni, Y. M. G. Costa, A. Lumini, M. Y. Kim and S. R. Baek, "Combining visual and acoustic features for
music genre classification", Expert Systems with Applications 45, 2016. This follows accounts of the paper and
of its settings; the paper itself was not consulted.

Stated: the spectrogram of three pieces of 10 s as grey images. Textures are of the image as a whole, of 10
zones of equal height or of 15 zones on the mel scale. Each zone and descriptor has an RBF machine, C = 1000,
gamma = 0.1, with values brought to 0 … 1 over the training part. Scores are summed, visual ones with acoustic
ones.

Filled in: the descriptors that are summed are LBP, LBP-HF and LPQ on 15 mel zones. The acoustic side is one
machine. It gets all vectors that are given (SSD and rhythm histogram by default) and mean, variance, minimum
and maximum of 13 MFCC. The two sides have equal weight. A machine's scores, and each side's, are brought to
mean 0 and variance 1 over the genres of a track, not over tracks. So no track's prediction depends on
another's.

Different: the image is a stored log-mel spectrogram, whose equal zones are zones of the mel scale, not a
linear one cut at -70 dB. Grey goes from the track's lowest level to its highest. The histograms of the three
pieces are averaged. With ``segments=apart`` every piece is an example of its own as in the paper, which takes
nine times as long. Any time × frequency features and vectors can be given; ``acoustic=off`` leaves the
vectors and MFCC out. Cost: 70 s of one core for the three folds of GTZAN's artist3 on a stored mel
spectrogram. Most of it is for the textures, which are kept for further folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines._handcrafted.sum_rule import SumOfMachines, standardised
from baselines._handcrafted.zones import LBP_HF, ZoneTextures
from mgrbench import BenchError, Examples, FloatArray, Inputs, Printed, Reference, option

FEATURES = ("mel", "rhythm")
SELECTION = "none"
STOCHASTIC = False

REFERENCE = Reference(
    citation="Nanni, Costa, Lumini, Kim & Baek, Combining visual and acoustic features for music genre "
    "classification, Expert Systems with Applications 45",
    year=2016,
    fidelity="reading",
    printed=(
        Printed(dataset="gtzan", accuracy=0.899, protocol="random 10-fold, no artist filter"),
        Printed(dataset="ismir2004", accuracy=0.902, protocol="official training and evaluation halves"),
    ),
    cited=8,
)

DESCRIPTORS = ("lbp", LBP_HF, "lpq")
COST, GAMMA = 1000.0, 0.1
_CEPSTRA = 13


@dataclass(frozen=True)
class Options:
    """What can be chosen."""

    zones: int = option(15, "Zones of an image; 1 is the image as a whole.", least=1)
    segments: str = option(
        "together",
        "A track is one example, or apart, each of its segments is one.",
        choices=("together", "apart"),
    )
    acoustic: bool = option(True, "Vectors and MFCC take part.")
    weight: float = option(1.0, "Weight of the acoustic scores; the visual ones have 1.", least=0)


def build(n_genres: int, seed: int, device: str, options: Options) -> VisualAcoustic:
    """The model; nothing is drawn at random and all runs on the CPU."""
    del seed, device
    return visual_acoustic(DESCRIPTORS, n_genres, options)


def visual_acoustic(descriptors: Sequence[str], n_genres: int, options: Options) -> VisualAcoustic:
    """The model with these descriptors."""
    return VisualAcoustic(
        ZoneTextures(descriptors, options.zones),
        n_genres,
        options.weight if options.acoustic else 0.0,
        apart=options.segments == "apart",
    )


class VisualAcoustic:
    """Machines on the textures of zones, and one on all that is no image."""

    def __init__(self, textures: ZoneTextures, n_genres: int, weight: float, *, apart: bool) -> None:
        self._textures = textures
        self._weight = weight
        self._apart = apart
        self._visual = SumOfMachines(n_genres, COST, GAMMA)
        self._acoustic = SumOfMachines(n_genres, COST, GAMMA)

    def fit(self, train: Examples, valid: Examples | None) -> VisualAcoustic:
        """Fit every machine on the training tracks; there is nothing to choose.

        Raises:
            BenchError: if there is nothing to learn from.
        """
        del valid
        seen, heard = self._sides(train.inputs)
        if seen:
            self._visual.fit(seen, train)
        if heard:
            self._acoustic.fit(heard, train)
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """Softmax of the summed scores, float64 of shape (tracks, genres): no calibrated probabilities."""
        from scipy.special import softmax

        return np.asarray(softmax(self.scores(inputs), axis=1))

    def scores(self, inputs: Inputs) -> NDArray[np.float64]:
        """The summed scores, shape (tracks, genres)."""
        seen, heard = self._sides(inputs)
        # Each side anew: the mean of many machines spreads less than one machine does.
        sides = [(1.0, standardised(self._visual.scores(seen)))] if seen else []
        if heard:
            sides.append((self._weight, standardised(self._acoustic.scores(heard))))
        return np.asarray(sum(weight * scores for weight, scores in sides))

    def _sides(self, inputs: Inputs) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
        """What the visual machines see and what the acoustic one hears, each (tracks, rows, values)."""
        seen: dict[str, FloatArray] = {}
        parts = []
        for name, array in inputs.arrays.items():
            if array.ndim == 4:
                seen |= self._zones(array, name)
            if self._weight > 0:
                rows = (
                    _cepstra(array) if array.ndim == 4 else array.reshape(*array.shape[:2], -1).mean(axis=1)
                )
                parts.append(rows)
        if not seen and not parts:
            raise BenchError("this model was given no feature that it uses", "name one such as mel")
        heard = {"the acoustic side": np.concatenate(parts, axis=1)[:, None]} if parts else {}
        return seen, heard

    def _zones(self, array: FloatArray, feature: str) -> dict[str, FloatArray]:
        if not np.isfinite(array).all():
            raise BenchError(f"feature {feature!r} has a value that is not finite", "correct the feature")
        tracks = [self._textures.of(track, feature) for track in array]
        found = {}
        for descriptor in tracks[0]:
            every = np.stack([track[descriptor] for track in tracks])  # (tracks, segments, zones, values)
            if not self._apart:
                every = every.mean(axis=1, keepdims=True)
            for zone in range(every.shape[2]):
                found[f"{feature} {descriptor} {zone}"] = every[:, :, zone]
        return found


def _cepstra(array: FloatArray) -> FloatArray:
    """Mean, variance, minimum and maximum of 13 MFCC: (tracks, segments, time, bins) to (tracks, 52)."""
    from scipy.fft import dct

    rows = []
    for track in array:
        cepstra = dct(track.astype(np.float64), norm="ortho", axis=-1)[..., :_CEPSTRA]
        rows.append(np.concatenate([f(cepstra, axis=(0, 1)) for f in (np.mean, np.var, np.min, np.max)]))
    return np.array(rows, dtype=np.float32)
