"""What models from before neural networks measure in each frame, of whichever feature there is.

``band_frames`` and ``timbre_frames`` hold it, computed from audio. From any other time × frequency feature it
is derived here, as far as that goes. Such a feature is taken for a logarithmic Slaney mel spectrogram from 0
Hz to 11 025 Hz, as ``mel`` is. All is taken from levels. So decibels and natural logarithms give the same but
for their scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mgrbench import FloatArray, Inputs, option

BAND_FRAMES, BAND_RATE = "band_frames", 22050 / 256
MELS, OCTAVES = 25, 8
"""Of ``band_frames``: log mel bands, then contrasts, then valleys; what is left is the spectral envelope."""
TIMBRE_FRAMES, TIMBRE_RATE = "timbre_frames", 22050 / 512

_HIGHEST = 11025.0
_ALPHA = 0.2

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bands:
    """Frames of one track, each of shape (segments, time, values).

    Attributes:
        mel: logarithmic mel bands.
        octave: spectral contrast of each octave, then spectral valley of each.
        envelope: the RMS of the levels of half-octave bands, then these levels divided by it.
        rate: frames a second.
    """

    mel: _Array
    octave: _Array
    envelope: _Array
    rate: float

    def cepstrum(self, count: int) -> _Array:
        """The first ``count`` mel-frequency cepstral coefficients, or as many as there are bands."""
        from scipy.fft import dct

        return np.asarray(dct(self.mel, type=2, norm="ortho", axis=-1)[..., :count])

    @property
    def levels(self) -> _Array:
        """The levels of the half-octave bands, not normalised."""
        return self.envelope[..., :1] * self.envelope[..., 1:]


@dataclass(frozen=True)
class FrameRate:
    """The option of models that have to know how long a frame of a feature lasts."""

    frame_rate: float = option(  # 22050 / 1024
        21.533203125,
        "Frames a second of a time × frequency feature such as mel.",
        above=0,
    )


def bands(values: FloatArray, feature: str, frame_rate: float) -> Bands:
    """The frames of one track.

    Args:
        values: shape (segments, time, bins).
        feature: name of the feature.
        frame_rate: frames a second, unless the feature is ``band_frames``.
    """
    frames = values.astype(np.float64)
    if feature == BAND_FRAMES and frames.shape[-1] > MELS + 2 * OCTAVES:
        cuts = [MELS, MELS + 2 * OCTAVES]
        mel, octave, envelope = np.split(frames, cuts, axis=-1)
        return Bands(mel, octave, envelope, BAND_RATE)
    return Bands(frames, _contrast(frames), _envelope(frames), frame_rate)


def shapes(values: FloatArray) -> _Array:
    """25 values of each frame of a log-mel spectrogram: 20 MFCC, then what its levels are like.

    Centroid and rolloff (85 %) of the levels above the lowest of the track, from 0 to 1; their mean and their
    deviation over the bands; the root mean square of their change since the frame before.

    Args:
        values: shape (segments, time, bins).
    """
    from scipy.fft import dct

    frames = values.astype(np.float64)
    cepstrum = dct(frames, type=2, norm="ortho", axis=-1)[..., :20]
    level = frames - frames.min()
    bins = level.shape[-1]
    total = np.maximum(level.sum(axis=-1), np.finfo(np.float64).tiny)
    centroid = level @ (np.arange(bins) / bins) / total
    rolloff = (np.cumsum(level, axis=-1) < 0.85 * total[..., None]).sum(axis=-1) / bins
    change = np.diff(level, axis=1, prepend=level[:, :1])
    flux = np.sqrt(np.square(change).mean(axis=-1))
    others = [centroid, rolloff, level.mean(axis=-1), level.std(axis=-1), flux]
    return np.concatenate([cepstrum, np.stack(others, axis=-1)], axis=-1)


def each_track(inputs: Inputs, describe: Callable[[FloatArray, str], NDArray[np.floating]]) -> Inputs:
    """Time × frequency features replaced by what ``describe`` makes of each track; vectors stay as they are.

    Args:
        inputs: the features.
        describe: called with a track's values, shape (segments, time, bins), and the feature's name.
            It gives rows, shape (rows, values).
    """
    arrays = {}
    for name, array in inputs.arrays.items():
        arrays[name] = array
        if array.ndim == 4:
            arrays[name] = np.stack([np.asarray(describe(track, name), dtype=np.float32) for track in array])
    return Inputs(inputs.ids, arrays)


def _contrast(frames: _Array) -> _Array:
    """Contrasts and valleys of the octaves: means of the highest and of the lowest fifth of the levels."""
    edges = (0.0, *(100.0 * 2.0**octave for octave in range(7)), np.inf)
    contrasts, valleys = [], []
    for group in _groups(frames.shape[-1], edges):
        ordered = np.sort(frames[..., group], axis=-1)
        few = max(1, round(_ALPHA * ordered.shape[-1]))
        valley = ordered[..., :few].mean(axis=-1)
        contrasts.append(ordered[..., -few:].mean(axis=-1) - valley)
        valleys.append(valley)
    return np.stack([*contrasts, *valleys], axis=-1)


def _envelope(frames: _Array) -> _Array:
    """RMS of the levels of half-octave bands above the lowest level of the track, and these over the RMS."""
    edges = (0.0, *(62.5 * 2.0 ** (half / 2) for half in range(15)), np.inf)
    above = frames - frames.min()
    groups = _groups(frames.shape[-1], edges)
    levels = np.stack([above[..., group].mean(axis=-1) for group in groups], axis=-1)
    rms = np.sqrt(np.square(levels).mean(axis=-1, keepdims=True))
    return np.concatenate([rms, levels / np.maximum(rms, 1e-9)], axis=-1)


@lru_cache(maxsize=16)
def _groups(bins: int, edges: tuple[float, ...]) -> tuple[NDArray[np.intp], ...]:
    """Mel bins by the band that their centre lies in; bands without any are left out."""
    from librosa import mel_frequencies

    centres = mel_frequencies(n_mels=bins + 2, fmax=_HIGHEST)[1:-1]
    band = np.searchsorted(edges, centres, side="right")
    return tuple(np.flatnonzero(band == number) for number in np.unique(band))
