"""kymatio's scattering filters, cut to where they are not zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrbench import FloatArray

NEGLIGIBLE = 1e-8
"""Share of a filter's peak below which it is taken for zero."""

Spectrum = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Filter:
    """The non-zero part of a band-pass filter's frequency response.

    Attributes:
        octave: the output is subsampled by 2 ** octave.
        first: bin of the first tap; negative frequencies have negative bins.
        taps: the response divided by 2 ** octave, since the inverse FFT divides by the shorter length.
    """

    octave: int
    first: int
    taps: Spectrum

    @property
    def stop(self) -> int:
        """The bin behind the last tap."""
        return self.first + len(self.taps)


def band_pass(length: int, centre: float, width: float, octave: int) -> Filter:
    """A Morlet filter of kymatio, cut to where it is not negligible.

    Such a filter ends well below the rate that is left after its subsampling, so on a coarser grid in time,
    which has the same bins up to a lower end, it is the same function of the bin. Built on a grid twice as
    fine as the one it needs, it costs a fraction of what kymatio's own filter bank takes.

    Args:
        length: number of samples of the padded signal.
        centre: centre frequency in cycles a sample.
        width: standard deviation in cycles a sample.
        octave: how often its output may be halved.
    """
    from kymatio.scattering1d.filter_bank import morlet_1d

    coarse = 2 ** max(octave - 1, 0)
    size = length // coarse
    response = morlet_1d(size, centre * coarse, width * coarse)
    middle = round(centre * length)
    bins = np.arange(middle - size // 2, middle + size // 2)
    taps = response[bins % size]
    used = np.flatnonzero(np.abs(taps) > NEGLIGIBLE * np.abs(taps).max())
    kept = slice(used[0], used[-1] + 1)
    if kept.stop - kept.start > length >> octave:
        raise ValueError(f"the filter at {centre:.4f} is wider than its subsampled spectrum")
    return Filter(octave, int(bins[used[0]]), (taps[kept] / 2**octave).astype(np.complex64))


def averages(length: int, width: float, octaves: int) -> list[FloatArray]:
    """φ in time for each subsampling 2 ** k, k < octaves, as arrays (hops of lag, samples within a hop)."""
    from kymatio.scattering1d.filter_bank import gauss_1d
    from scipy.fft import irfft

    hop = 2**octaves
    kernel = irfft(gauss_1d(length, width)[: length // 2 + 1])
    deviation = 1 / (2 * math.pi * width)
    reach = math.ceil(deviation * math.sqrt(-2 * math.log(NEGLIGIBLE)) / hop)
    lags = hop * np.arange(-reach, reach + 1)[:, None] + np.arange(hop)
    table = kernel[-lags % length].astype(np.float32)
    return [np.ascontiguousarray(table[:, :: 2**k]) for k in range(octaves)]
