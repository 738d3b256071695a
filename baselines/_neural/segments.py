"""Segments as a network takes them: batches, standardised inputs, and seeds that stand for one thing each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mgrbench import BenchError, Examples, FloatArray

_TRACKS_AT_A_TIME = 64


@dataclass(frozen=True, slots=True)
class Segments:
    """One feature of some labelled tracks; every segment of a track is an example of the track's genre.

    The values stay where they are, in main memory or in the store's file; a batch at a time is copied.

    Attributes:
        values: float32, shape (tracks, segments, ...).
        genre: int64, shape (tracks,).
    """

    values: FloatArray
    genre: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of segments."""
        return int(self.values.shape[0] * self.values.shape[1])

    def batches(self, size: int, device: str) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of segments and their genres, in an order drawn from torch's global generator.

        A last batch of one would leave batch normalisation without a variance, so it joins the one before.
        No segment is left out.
        """
        order = torch.randperm(self.count).numpy()
        bounds = list(range(0, self.count, size))
        if len(bounds) > 1 and self.count - bounds[-1] == 1:
            bounds.pop()
        for start, end in zip(bounds, [*bounds[1:], self.count], strict=True):
            track, segment = np.divmod(order[start:end], self.values.shape[1])
            yield _sent(self.values[track, segment], device), _sent(self.genre[track], device)


def segments_of(examples: Examples, feature: str) -> Segments:
    """One feature of labelled tracks."""
    return Segments(examples.inputs.arrays[feature], examples.genre)


def in_batches(values: FloatArray, size: int, device: str) -> Iterator[Tensor]:
    """The segments of an array of shape (tracks, segments, ...) in their order, batch by batch."""
    flat = values.reshape(-1, *values.shape[2:])
    for start in range(0, len(flat), size):
        yield _sent(np.array(flat[start : start + size]), device)


class Standardise(nn.Module):
    """Bring inputs to mean 0 and variance 1 by statistics of the training segments.

    The statistics are kept for each place of the last axis (or axes): for each frequency band of a
    spectrogram, for each value of a vector. A band that never changes is only centred.

    Shape:
        (..., values) -> (..., values)
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    @classmethod
    def fitted(cls, values: FloatArray, axes: int = 1) -> Standardise:
        """Statistics of an array for each place of its last axes, in float64 and piece by piece.

        Args:
            values: shape (tracks, segments, ...).
            axes: how many of the last axes keep statistics of their own.
        """
        kept = values.shape[-axes:]
        rows = values.size // int(np.prod(kept))

        def average(centre: NDArray[np.float64] | float, power: int) -> NDArray[np.float64]:
            total = np.zeros(kept)
            for start in range(0, len(values), _TRACKS_AT_A_TIME):
                piece = np.asarray(values[start : start + _TRACKS_AT_A_TIME], dtype=np.float64) - centre
                total += (piece**power).reshape(-1, *kept).sum(axis=0)
            return total / rows

        mean = average(0.0, 1)
        deviation = np.sqrt(average(mean, 2))
        deviation[deviation <= 1e-7 * np.maximum(np.abs(mean), 1.0)] = 1.0
        return cls(torch.tensor(mean, dtype=torch.float32), torch.tensor(deviation, dtype=torch.float32))

    def forward(self, values: Tensor) -> Tensor:
        """Standardised values."""
        result: Tensor = (values - self.mean) / self.deviation
        return result


@contextmanager
def seeded(device: str, *parts: object) -> Iterator[None]:
    """Draw from a generator that these parts seed, and leave torch's global one as it was.

    A purpose and an epoch have a seed of their own, so what is drawn does not depend on what was drawn
    before. A resumed training draws what the interrupted one would have drawn.
    """
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    with torch.random.fork_rng(devices=[torch.device(device)] if device.startswith("cuda") else []):
        torch.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        yield


def check_trainable(segments: Segments, what: str) -> None:
    """Refuse what no network can learn from.

    Raises:
        BenchError: if there are fewer than two segments, or values that are not finite.
    """
    if segments.count < 2:
        raise BenchError(f"{what} has {segments.count} training segments", "give two or more")
    for start in range(0, len(segments.values), _TRACKS_AT_A_TIME):
        if not np.isfinite(segments.values[start : start + _TRACKS_AT_A_TIME]).all():
            raise BenchError(f"{what} has a value that is not finite", "correct the feature")


def _sent(array: NDArray[Any], device: str) -> Tensor:
    return torch.from_numpy(array).to(device, non_blocking=True)
