"""The scattering transform of `transform` in PyTorch, on any of its devices.

Filters, subsampling and order of paths are the same. What differs is how the work is cut: a GPU wants few
and large operations, so the filters of an octave are applied together, each as one row of a table that says
for every bin of the subsampled spectrum which bin of the signal's it comes from and by what to multiply it.
The tables lie on the device from the start.

FFTs are in single precision, as on the CPU; the averages are summed in double precision, see
`mgrbench.features.extractors._device`.

**Tolerance.** Coefficients equal those of `Scattering` to within 1e-6 of full scale, on the scale of the
formulas (that is, after division by `Scattering.gains`).

**Memory.** By the sizes of its arrays 42 MiB of tables and at most 300 MiB of working memory for segments of
10 s, whatever their number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mgrbench import FloatArray
from mgrbench.features.extractors._device import computing
from mgrbench.features.extractors._scattering.filters import Filter
from mgrbench.features.extractors._scattering.transform import Scattering

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CHUNK = 1 << 22  # complex numbers worked on at a time: 32 MiB


@dataclass(frozen=True, slots=True)
class _Bank:
    """Filters of one octave as tables over the subsampled spectrum, each of shape (filters, bins).

    Attributes:
        octave: the output is subsampled by 2 ** octave.
        bins: int64, the bin of the unfolded spectrum that lands here; negative frequencies are negative.
        taps: float32, the filter at that bin, 0 where it is negligible.
    """

    octave: int
    bins: Tensor
    taps: Tensor

    def pieces(self, rows: int) -> Iterator[_Bank]:
        """The bank in pieces that keep within the working memory when applied to so many spectra."""
        size = max(1, CHUNK // (rows * self.bins.shape[1]))
        for start in range(0, len(self.bins), size):
            piece = slice(start, start + size)
            yield _Bank(self.octave, self.bins[piece], self.taps[piece])

    def envelopes(self, spectra: Tensor) -> Tensor:
        """Moduli of filtered and subsampled signals: spectra (..., bins) to (..., filters, samples)."""
        import torch

        product = spectra[..., self.bins % spectra.shape[-1]] * self.taps
        return torch.abs(torch.fft.ifft(product))


class TorchScattering(Scattering):
    """Scattering of order 2 of signals of one length, computed by PyTorch.

    Args:
        samples: length of a signal.
        octaves: J, see `Scattering`.
        per_octave: Q, see `Scattering`.
        device: where to compute.

    Raises:
        BenchError: if the signals are too short for these filters.
    """

    batches: ClassVar[tuple[int, ...]] = (4, 3, 2, 1)

    def __init__(self, samples: int, octaves: int, per_octave: int, device: torch.device) -> None:
        import torch

        super().__init__(samples, octaves, per_octave)
        self._device = device
        self._mirrored = torch.tensor(np.pad(np.arange(samples), self._pad, mode="reflect"), device=device)
        self._kernels = [torch.tensor(one, device=device).double() for one in self._averages]
        self._banks = self._banks_of(self.first_order)
        self._inner = self._banks_of(self.second_order)

    def __call__(self, signals: FloatArray) -> FloatArray:
        """The scattering coefficients of some signals, see `Scattering`.

        Raises:
            BenchError: if the device's memory does not suffice.
        """
        with computing():
            return super().__call__(signals)

    def _batch(self, signals: FloatArray) -> FloatArray:
        import torch

        padded = torch.tensor(signals, device=self._device)[:, self._mirrored]
        spectra = torch.fft.fft(padded)
        orders: tuple[list[Tensor], list[Tensor]] = ([], [])
        for bank in self._banks:
            for piece in bank.pieces(len(signals)):
                envelopes = piece.envelopes(spectra)
                orders[0].append(self._mean(envelopes, bank.octave))
                following = [inner for inner in self._inner if inner.octave > bank.octave]
                if following:
                    orders[1].append(self._paths(torch.fft.fft(envelopes), following))
        everything = [self._mean(padded[:, None], 0), *orders[0], *orders[1]]
        values: FloatArray = torch.cat(everything, dim=1).transpose(1, 2).float().cpu().numpy()
        return np.ascontiguousarray(values)

    def _paths(self, spectra: Tensor, following: list[_Bank]) -> Tensor:
        """All second-order filters after some first-order ones: (signals, paths, frames)."""
        import torch

        rows = spectra.shape[0] * spectra.shape[1]
        paths = [
            self._mean(piece.envelopes(spectra), bank.octave)
            for bank in following
            for piece in bank.pieces(rows)
        ]
        return torch.cat(paths, dim=2).flatten(1, 2)

    def _mean(self, values: Tensor, octave: int) -> Tensor:
        """φ at the frames' instants, as `Scattering` does it: (..., length >> octave) to (..., frames)."""
        kernel = self._kernels[octave]
        blocks = values.reshape(*values.shape[:-1], -1, self.hop >> octave)[..., self._blocks, :]
        products = kernel @ blocks.double().transpose(-1, -2)
        total: Tensor = products[..., 0, : self.frames].clone()
        for shift in range(1, len(kernel)):
            total += products[..., shift, shift : shift + self.frames]
        return total

    def _banks_of(self, filters: list[Filter]) -> list[_Bank]:
        groups = itertools.groupby(filters, key=lambda band: band.octave)
        return [self._bank(octave, list(group)) for octave, group in groups]

    def _bank(self, octave: int, filters: list[Filter]) -> _Bank:
        import torch

        length = self.length >> octave
        bins = np.empty((len(filters), length), np.int64)
        taps = np.zeros((len(filters), length), np.float32)
        for row, band in enumerate(filters):
            window = np.arange(band.first, band.first + length)
            bins[row, window % length] = window
            taps[row, window[: len(band.taps)] % length] = band.taps.real  # Morlet filters are real
        return _Bank(octave, torch.tensor(bins, device=self._device), torch.tensor(taps, device=self._device))
