"""Texture descriptors of grey images: maps of codes, and histograms of them.

A map gives every pixel the code of its surroundings; whoever needs the texture of a part of the image counts
the codes there. Pixels near the border are coded too, against a continuation of the image by its edge.

Local binary patterns (LBP; Ojala, Pietikäinen & Mäenpää 2002) are scikit-image's. The others are written from
their publications: the Fourier histogram of LBP (LBP-HF; Ahonen, Matas, He & Pietikäinen 2009), robust LBP
(RLBP; Chen, Kellokumpu, Zhao & Pietikäinen 2013), the rotation-invariant co-occurrence of adjacent LBP
(RIC-LBP; Nosaka, Suryanto & Fukui 2012) and local phase quantisation (LPQ; Ojansivu & Heikkilä 2008).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from skimage.feature import local_binary_pattern

Image = NDArray[np.uint8]
Codes = NDArray[np.intp]
_Array = NDArray[np.float64]

_FLAT = 1e-6
"""Filter responses up to this, in grey levels, are those of a flat surface and count as none."""


def lbp_codes(image: Image, points: int, radius: int) -> Codes:
    """Uniform local binary patterns, ``points · (points - 1) + 3`` codes.

    Args:
        image: grey levels, shape (rows, columns).
        points: neighbours on the circle.
        radius: of the circle, in pixels.

    Returns:
        Of each pixel 0 where all neighbours are darker; then, for 1 to ``points - 1`` neighbours in a row
        that are not, ``points`` codes by where they begin; then all of them; then any other pattern.
    """
    wide = np.pad(image, radius, mode="edge")
    codes = local_binary_pattern(wide, points, radius, method="nri_uniform")  # type: ignore[no-untyped-call]
    return np.asarray(codes[radius:-radius, radius:-radius], dtype=np.intp)


def lbp_size(points: int) -> int:
    """Number of codes of `lbp_codes`."""
    return points * (points - 1) + 3


def lbp_fourier(histogram: _Array, points: int) -> _Array:
    """LBP-HF: magnitudes of the Fourier transform over where the pattern begins.

    Turning the image by a step of the circle turns each row of patterns, and leaves these as they are.

    Args:
        histogram: of `lbp_codes`, shape (..., codes).
        points: neighbours on the circle.

    Returns:
        Shape (..., (points - 1) · (points // 2 + 1) + 3); the three codes that know no turning come last.
    """
    rows = histogram[..., 1:-2].reshape(*histogram.shape[:-1], points - 1, points)
    magnitudes = np.abs(np.fft.rfft(rows, axis=-1))
    fixed = histogram[..., [0, -2, -1]]
    return np.concatenate([magnitudes.reshape(*histogram.shape[:-1], -1), fixed], axis=-1)


def rlbp_codes(image: Image, points: int, radius: int) -> Codes:
    """Robust LBP: uniform patterns after neighbours that stand alone have been put right.

    Args:
        image: grey levels, shape (rows, columns).
        points: neighbours on the circle.
        radius: of the circle, in pixels.

    Returns:
        Codes as those of `lbp_codes`, of the patterns that `without_single_bits` leaves.
    """
    wide = np.pad(image, radius, mode="edge")
    patterns = local_binary_pattern(wide, points, radius)  # type: ignore[no-untyped-call]
    return np.asarray(_repaired(points)[patterns[radius:-radius, radius:-radius].astype(np.intp)])


def without_single_bits(pattern: int, points: int) -> int:
    """A circular pattern with 010 turned into 000 and 101 into 111, as noise in one neighbour makes them.

    All are turned at once, by the bits as they were: of 0101 the two in the middle change places.
    """
    before = (pattern << 1 | pattern >> (points - 1)) & (1 << points) - 1
    after = pattern >> 1 | (pattern & 1) << (points - 1)
    return pattern ^ ((pattern ^ before) & (pattern ^ after))


@lru_cache(maxsize=4)
def _repaired(points: int) -> Codes:
    """The code of every pattern, shape (2 ** points,)."""
    return np.array([_uniform_code(without_single_bits(own, points), points) for own in range(2**points)])


def _uniform_code(pattern: int, points: int) -> int:
    """The code that `lbp_codes` describes."""
    bits = [pattern >> place & 1 for place in range(points)]
    begins = [place for place in range(points) if bits[place] and not bits[place - 1]]
    if len(begins) > 1:
        return lbp_size(points) - 1
    if not begins:
        return lbp_size(points) - 2 if pattern else 0
    return 1 + (sum(bits) - 1) * points + begins[0]


RIC_SIZE = 136
"""Pairs of four-neighbour patterns that differ when either may be looked at upside down."""


def ric_lbp_codes(image: Image, radius: int, distance: int) -> list[Codes]:
    """Pairs of adjacent local binary patterns, seen along the line that joins them: 136 codes.

    Args:
        image: grey levels, shape (rows, columns).
        radius: from a pixel to its four neighbours, which lie on the line and across it.
        distance: from one pattern of a pair to the other.

    Returns:
        A map for each of four directions, a half turn apart into eight: across, down and the two diagonals.
        Both steps of a diagonal are as long as those along the axes, in rows and in columns.
    """
    grey = np.pad(image.astype(np.int16), radius + distance, mode="edge")
    rows, columns = image.shape
    margin = radius + distance

    def shifted(down: int, across: int) -> NDArray[np.int16]:
        return grey[margin + down :, margin + across :][:rows, :columns]

    def pattern(at: tuple[int, int], along: tuple[int, int]) -> Codes:
        """Bits of the neighbours ahead, to one side, behind and to the other side."""
        ahead = [along, (along[1], -along[0]), (-along[0], -along[1]), (-along[1], along[0])]
        centre = shifted(*at)
        bits = [shifted(at[0] + radius * y, at[1] + radius * x) >= centre for y, x in ahead]
        return np.asarray(sum(bit.astype(np.intp) << place for place, bit in enumerate(bits)))

    maps = []
    for along in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here, there = (0, 0), (distance * along[0], distance * along[1])
        maps.append(_same_upside_down()[pattern(here, along), pattern(there, along)])
    return maps


@lru_cache(maxsize=1)
def _same_upside_down() -> Codes:
    """Code of a pair of patterns: (16, 16), the same for a pair and for what it is after a half turn."""
    codes = np.full((16, 16), -1, dtype=np.intp)
    for first in range(16):
        for second in range(16):
            if codes[first, second] < 0:
                turned = [(pattern >> 2 | pattern << 2) & 15 for pattern in (second, first)]
                codes[first, second] = codes[turned[0], turned[1]] = codes.max() + 1
    return codes


LPQ_SIZE = 256


def lpq_codes(image: Image, radius: int) -> Codes:
    """Local phase quantisation: signs of four whitened Fourier coefficients of the surroundings, 256 codes.

    Args:
        image: grey levels, shape (rows, columns).
        radius: the surroundings are a square of 2 · radius + 1 pixels.
    """
    from scipy.ndimage import convolve1d

    flat, wave = _kernels(radius)
    grey = image.astype(np.float64)

    def along(values: _Array, kernel: _Array, axis: int) -> _Array:
        return np.asarray(convolve1d(values, kernel, axis=axis, mode="nearest"))

    plain = along(grey, flat, 1)
    cosine, sine = along(grey, wave.real, 1), along(grey, wave.imag, 1)
    # Real and imaginary parts of the coefficients at (0, 1), (1, 0), (1, 1) and (1, -1) periods.
    right = along(cosine, flat, 0), along(sine, flat, 0)
    down = along(plain, wave.real, 0), along(plain, wave.imag, 0)
    cc, cs = along(cosine, wave.real, 0), along(cosine, wave.imag, 0)
    sc, ss = along(sine, wave.real, 0), along(sine, wave.imag, 0)
    parts = np.stack([right[0], down[0], cc - ss, cc + ss, right[1], down[1], cs + sc, cs - sc], axis=-1)
    signs = parts @ lpq_whitening(radius) > _FLAT
    return np.asarray((signs << np.arange(8)).sum(axis=-1), dtype=np.intp)


@lru_cache(maxsize=8)
def lpq_whitening(radius: int, correlation: float = 0.9) -> _Array:
    """The matrix that decorrelates the eight parts where neighbours at distance d correlate by 0.9 ** d.

    Returns:
        Shape (parts, whitened parts).
    """
    from scipy.spatial.distance import cdist

    places = np.stack(np.meshgrid(*2 * [np.arange(-radius, radius + 1)], indexing="ij"), axis=-1)
    flat, wave = _kernels(radius)
    filters = [np.outer(flat, wave), np.outer(wave, flat), np.outer(wave, wave), np.outer(wave, wave.conj())]
    rows = np.stack([own.real.ravel() for own in filters] + [own.imag.ravel() for own in filters])
    points = places.reshape(-1, 2)
    covariance = rows @ correlation ** cdist(points, points) @ rows.T
    # Weights near 1 make the eigenvalues differ, which the symmetry of the square leaves equal in pairs.
    weights = np.array([1.000007, 1.000006, 1.000005, 1.000004, 1.000003, 1.000002, 1.000001, 1.0])
    _, _, axes = np.linalg.svd(weights[:, None] * covariance * weights)
    # Singular vectors come with either sign, by the library; here the largest value of each is positive.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return np.asarray((axes * np.sign(largest)).T)


@lru_cache(maxsize=8)
def _kernels(radius: int) -> tuple[_Array, NDArray[np.complex128]]:
    """A constant, and one period of a wave, over 2 · radius + 1 pixels."""
    size = 2 * radius + 1
    return np.ones(size), np.exp(-2j * np.pi * np.arange(-radius, radius + 1) / size)
