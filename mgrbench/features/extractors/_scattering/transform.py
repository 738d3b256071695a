"""The 1-D scattering transform of kymatio, several times faster on a CPU.

Scattering (Andén & Mallat, "Deep Scattering Spectrum", IEEE Trans. Signal Processing 62(16), 2014) is a
cascade of band-pass filters, moduli and one low-pass filter φ:

    S0 = x ⋆ φ        S1 = |x ⋆ ψ1| ⋆ φ        S2 = ||x ⋆ ψ1| ⋆ ψ2| ⋆ φ

kymatio multiplies whole spectra with whole filters, folds the product to the subsampled length and comes
back through complex FFTs. The same values cost far less when

* a product is taken only over the bins where the filter is not zero, and written straight to where they
  lie in the subsampled spectrum: the filters are narrower than that spectrum, so nothing has to be added;
* φ is applied as a matrix product, only at the instants that are kept, instead of by two more FFTs;
* moduli, being real, get a real FFT;
* signals go in fours, twos or alone, never in threes, and in single precision, so that SciPy's FFT fills
  its vector registers.

The filters are kymatio's own, the subsampling is kymatio's, and so are the values, to within the rounding
of single precision. kymatio 0.3 filters a signal that was subsampled by 2^k with the filter divided by 2^k,
so its S1 is 2^-j1 and its S2 2^-(j1 + j2) of what the formulas say. `Scattering.gains` holds these factors.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from mgrbench import BenchError, FloatArray
from mgrbench.features.extractors._scattering.filters import Filter, Spectrum, averages, band_pass

_CHUNK = 1 << 20  # complex numbers worked on at a time: 8 MiB, which caches hold


class Scattering:
    """Scattering of order 2 of signals of one length.

    Args:
        samples: length of a signal.
        octaves: J: φ averages over about 2 ** octaves samples, which is also the hop.
        per_octave: Q: number of first-order filters an octave; those of second order have one.

    Attributes:
        hop: samples between frames.
        frames: 1 + samples // hop.
        length: samples of a signal with what is added at its ends.
        first_order: the filters of order 1.
        second_order: the filters of order 2.
        order1: number of paths of order 1.
        gains: float32, shape (paths,): the factor that kymatio's subsampling puts on each path, 1 at order 0.
        batches: numbers of signals that are computed together, the largest first.

    Raises:
        BenchError: if the signals are too short for these filters.
    """

    # SciPy's FFT takes four rows at once; these sizes fill fours with few filters.
    batches: ClassVar[tuple[int, ...]] = (4, 2, 1)

    def __init__(self, samples: int, octaves: int, per_octave: int) -> None:
        from kymatio.scattering1d.filter_bank import compute_params_filterbank
        from kymatio.scattering1d.frontend.base_frontend import ScatteringBase1D

        self.hop = 2**octaves
        if samples < self.hop:
            raise _too_short(samples)
        plan = ScatteringBase1D(octaves, samples, per_octave)
        plan.build()
        self.frames = 1 + samples // self.hop
        self.length: int = plan._N_padded
        self._pad: tuple[int, int] = (plan.pad_left, plan.pad_right)
        width = plan.sigma0 / self.hop
        self._averages = averages(self.length, width, octaves)
        reach = len(self._averages[0]) // 2
        self._blocks = slice(plan.ind_start[octaves] - reach, plan.ind_start[octaves] + self.frames + reach)
        if self._blocks.start < 0 or self._blocks.stop > self.length // self.hop:
            raise _too_short(samples)

        first, second = (
            list(zip(*compute_params_filterbank(width, q, plan.alpha, plan.r_psi), strict=True))
            for q in plan.Q
        )
        self.first_order = [band_pass(self.length, *parameters) for parameters in first]
        # Filters of octave 0 never follow another one.
        self.second_order = [
            band_pass(self.length, *parameters) for parameters in second if parameters[2] > 0
        ]
        self.order1 = len(self.first_order)
        exponents = [0, *(one.octave for one in self.first_order)]
        exponents += [one.octave + two.octave for one in self.first_order for two in self._after(one.octave)]
        self.gains: FloatArray = np.exp2(-np.asarray(exponents, dtype=np.float32))

    def __call__(self, signals: FloatArray) -> FloatArray:
        """The scattering coefficients of some signals.

        All frames but the last are those kymatio gives, 1 + order1 + order2 paths in its order. kymatio
        computes the last one, too, but cuts it off since its centre may lie past the signal's end, by less
        than a hop, in the padding by reflection.

        Args:
            signals: float32, shape (signals, samples).

        Returns:
            Float32, shape (signals, frames, paths).
        """
        parts: list[FloatArray] = []
        done = 0
        while done < len(signals):
            size = next(size for size in self.batches if size <= len(signals) - done)
            parts.append(self._batch(signals[done : done + size]))
            done += size
        return np.concatenate(parts)

    def _batch(self, signals: FloatArray) -> FloatArray:
        from scipy.fft import rfft

        padded = np.pad(signals, ((0, 0), self._pad), mode="reflect")
        first = min(band.first for band in self.first_order)
        spectrum = _unfold(rfft(padded), self.length, first, max(band.stop for band in self.first_order))
        work = np.empty(max(_CHUNK, padded.size), np.complex64)
        orders: tuple[list[FloatArray], list[FloatArray]] = ([], [])
        for bands in self._chunks(len(signals)):
            octave = bands[0].octave
            envelopes = _envelopes(spectrum, first, bands, self.length >> octave, work)
            orders[0].append(self._average(envelopes, octave))
            if following := self._after(octave):
                low = min(band.first for band in following)
                inner = _unfold(rfft(envelopes), envelopes.shape[-1], low, max(b.stop for b in following))
                paths = [self._second(inner, low, band, work) for band in following]
                orders[1].append(np.stack(paths, axis=2).reshape(len(signals), -1, self.frames))
        everything = [self._average(padded, 0)[:, None], *orders[0], *orders[1]]
        return np.ascontiguousarray(np.concatenate(everything, axis=1).swapaxes(1, 2))

    def _second(self, spectrum: Spectrum, first: int, band: Filter, work: Spectrum) -> FloatArray:
        """One second-order filter after several first-order ones: (signals, bands, frames)."""
        rows = spectrum.reshape(-1, spectrum.shape[-1])
        envelopes = _envelopes(rows, first, [band], self.length >> band.octave, work)
        return self._average(envelopes, band.octave).reshape(*spectrum.shape[:-1], self.frames)

    def _after(self, octave: int) -> list[Filter]:
        """The second-order filters that follow a first-order one of this octave."""
        return [band for band in self.second_order if band.octave > octave]

    def _chunks(self, signals: int) -> Iterator[list[Filter]]:
        """The first-order filters in pieces of one octave that keep within the working memory."""
        for octave, group in itertools.groupby(self.first_order, key=lambda band: band.octave):
            bands = list(group)
            size = max(1, _CHUNK // (signals * (self.length >> octave)))
            yield from (bands[i : i + size] for i in range(0, len(bands), size))

    def _average(self, values: FloatArray, octave: int) -> FloatArray:
        """φ at the frames' instants: (..., length >> octave) to (..., frames).

        With d counting hops and r samples within one, the sum over lags hop·d + r is a matrix product over r
        for all d at once, then a sum over d of its rows, each shifted by d.
        """
        kernel = self._averages[octave]
        blocks = values.reshape(*values.shape[:-1], -1, self.hop >> octave)[..., self._blocks, :]
        products = kernel @ blocks.swapaxes(-1, -2)
        total = products[..., 0, : self.frames].copy()
        for shift in range(1, len(kernel)):
            total += products[..., shift, shift : shift + self.frames]
        return total


def _too_short(samples: int) -> BenchError:
    return BenchError(f"segments of {samples} samples are too short for scattering", "use longer segments")


def _unfold(half: Spectrum, length: int, first: int, stop: int) -> Spectrum:
    """Bins first to stop of the spectrum of real signals, from its bins 0 to length / 2."""
    nyquist = length // 2
    parts = [half[..., max(first, 0) : min(stop, nyquist + 1)]]
    if first < 0:
        parts.insert(0, half[..., -first:0:-1].conj())
    if stop > nyquist + 1:
        parts.append(half[..., nyquist - 1 : length - stop : -1].conj())
    return np.concatenate(parts, axis=-1)


def _envelopes(
    spectrum: Spectrum, first: int, bands: list[Filter], length: int, work: Spectrum
) -> FloatArray:
    """Moduli of the filtered and subsampled signals.

    Args:
        spectrum: shape (signals, bins).
        first: its first bin.
        bands: filters of one octave.
        length: number of samples after subsampling.
        work: working memory; its content is lost.

    Returns:
        Float32, shape (signals, len(bands), length).
    """
    from scipy.fft import ifft

    shape = (len(spectrum), len(bands), length)
    product = work[: math.prod(shape)].reshape(shape)
    for index, band in enumerate(bands):
        row = product[:, index]
        source = spectrum[:, band.first - first : band.stop - first]
        start = band.first % length
        end = start + len(band.taps)
        split = min(end, length) - start
        np.multiply(source[:, :split], band.taps[:split], out=row[:, start : start + split])
        np.multiply(source[:, split:], band.taps[split:], out=row[:, : end - start - split])
        row[:, end - start - split : start] = 0
        row[:, end:] = 0
    return np.abs(ifft(product, overwrite_x=True))
