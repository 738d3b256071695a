"""Spectrograms as grey images, cut into zones of frequency, each with its histograms of texture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from baselines._handcrafted.image_texture import (
    LPQ_SIZE,
    RIC_SIZE,
    Codes,
    Image,
    lbp_codes,
    lbp_fourier,
    lbp_size,
    lpq_codes,
    ric_lbp_codes,
    rlbp_codes,
)
from mgrbench import FloatArray

LINEAR = ("harmonic", "percussive", "harmonic_released", "percussive_released")
"""Features whose bins are evenly spaced up to 11 025 Hz; of any other, equal zones are taken to be right."""

_NYQUIST = 11025.0
_REMEMBERED = 4096

Histograms = Mapping[str, FloatArray]
"""Name of a descriptor -> shares of its codes, float32 of shape (segments, zones, values)."""


def grey_images(values: FloatArray) -> NDArray[np.uint8]:
    """A grey image of each segment, 0 for the lowest value of the track and 255 for its highest.

    Args:
        values: levels, shape (segments, time, bins).

    Returns:
        Shape (segments, bins, time).
    """
    low, high = float(values.min()), float(values.max())
    levels = (values.astype(np.float64) - low) * (255.0 / (high - low) if high > low else 0.0)
    return np.round(levels).astype(np.uint8).swapaxes(1, 2)


def zone_edges(bins: int, zones: int, feature: str) -> NDArray[np.intp]:
    """Where zones of equal height on the mel scale begin and end; fewer where there are not bins enough.

    Args:
        bins: of the feature.
        zones: how many are wanted.
        feature: its name; bins of those in `LINEAR` are linear in frequency, of any other equally high zones
            are taken.

    Returns:
        Rising, from 0 to ``bins``: at most ``zones + 1`` of them.
    """
    places = np.linspace(0.0, 1.0, zones + 1)
    if feature in LINEAR:
        highest = 2595.0 * np.log10(1.0 + _NYQUIST / 700.0)
        places = 700.0 * (10.0 ** (places * highest / 2595.0) - 1.0) / _NYQUIST
    return np.unique(np.round(places * bins).astype(np.intp))


def histogram(maps: Sequence[Codes], edges: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    """Shares of the codes in each zone of some maps of one image, shape (zones, size); rows sum to 1."""
    zone = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    counts = np.zeros((len(edges) - 1, size))
    for codes in maps:
        found = np.bincount((zone[:, None] * size + codes).ravel(), minlength=counts.size)
        counts += found.reshape(counts.shape)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _lbp(image: Image, edges: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    circles = ((8, 1), (16, 2))
    return [histogram([lbp_codes(image, *circle)], edges, lbp_size(circle[0])) for circle in circles]


def _lpq(image: Image, edges: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    return [histogram([lpq_codes(image, radius)], edges, LPQ_SIZE) for radius in (3, 5)]


def _ric_lbp(image: Image, edges: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    steps = ((1, 2), (2, 4), (4, 8))
    return [histogram(ric_lbp_codes(image, *step), edges, RIC_SIZE) for step in steps]


def _rlbp(image: Image, edges: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    return [histogram([rlbp_codes(image, 8, 2)], edges, lbp_size(8))]


DESCRIPTORS: Mapping[str, Callable[[Image, NDArray[np.intp]], list[NDArray[np.float64]]]] = {
    "lbp": _lbp,
    "lpq": _lpq,
    "ric_lbp": _ric_lbp,
    "rlbp": _rlbp,
}
"""Name -> what gives its histograms of an image, each of shape (zones, values), at one to three scales."""

LBP_HF = "lbp_hf"
"""The descriptor that is taken from the histograms of another."""


class ZoneTextures:
    """Textures of tracks, remembered: folds share most of their tracks, and a model may be asked again.

    Args:
        descriptors: names among `DESCRIPTORS`, and `LBP_HF`.
        zones: zones of an image.
    """

    _known: dict[bytes, Histograms] = {}  # noqa: RUF012 - shared by the models of all folds

    def __init__(self, descriptors: Sequence[str], zones: int) -> None:
        self._descriptors = tuple(descriptors)
        self._zones = zones

    def of(self, values: FloatArray, feature: str) -> Histograms:
        """Histograms of one track.

        Args:
            values: shape (segments, time, bins).
            feature: its name, for the zones.
        """
        settings = repr((self._descriptors, self._zones, feature, values.shape, str(values.dtype)))
        key = hashlib.blake2b(settings.encode() + np.ascontiguousarray(values).tobytes()).digest()
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._compute(values, feature)
        return self._known[key]

    def _compute(self, values: FloatArray, feature: str) -> Histograms:
        edges = zone_edges(values.shape[2], self._zones, feature)
        found: dict[str, list[FloatArray]] = {name: [] for name in self._descriptors}
        for image in grey_images(values):
            histograms = {
                name: DESCRIPTORS["lbp" if name == LBP_HF else name](image, edges)
                for name in found
                if name != LBP_HF or "lbp" not in found
            }
            for name, rows in found.items():
                scales = histograms[name if name in histograms else "lbp"]
                if name == LBP_HF:
                    scales = [lbp_fourier(own, points) for own, points in zip(scales, (8, 16), strict=True)]
                rows.append(np.concatenate(scales, axis=1).astype(np.float32))
        return {name: np.stack(rows) for name, rows in found.items()}
