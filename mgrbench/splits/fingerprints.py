"""Audio fingerprints: pairs of peaks of a clip's spectrogram, and which clips share a passage.

After A. Wang, "An industrial-strength audio search algorithm", ISMIR 2003, on a mel spectrogram. Peaks that
stand out of their neighbourhood are joined in pairs; a pair's two bands and the time between them are a
landmark. Replicas have many landmarks in common, and all at one distance in time, whatever the gain, noise
that covers some of the peaks, a lossy codec, or where either clip was cut. A recording that is played faster
or transposed is another one here, and so is another performance of a piece.

`tests/benchmarks/test_bench_fingerprints.py` measures how many edited clips are found, and how many are taken
for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.audio import resample
from mgrbench.core.types import FloatArray

VERSION = 1
"""Raised whenever the same clip gives other landmarks."""

RATE, N_FFT, HOP = 11025, 1024, 256
N_MELS, LOWEST, HIGHEST = 128, 100.0, 5000.0
SECONDS_PER_FRAME = HOP / RATE

THRESHOLD, FEWEST = 0.03, 30
"""Two clips match when they agree in this share of the landmarks of the one that has fewer, and in
at least so many of them."""

_FLOOR = 1e-12
_DEPTH = 60.0 * np.log(10) / 10
"""Peaks lie at most 60 dB below the clip's highest."""
_APART = 7
"""A peak is the highest value within so many frames and bands of it."""
_SURROUNDINGS = 31
"""Frames and bands over whose mean a peak's height is taken; the highest peaks are kept."""
_PER_SECOND = 30
_PARTNERS = 6
"""The next so many peaks in its zone that a peak makes landmarks with."""
_EARLIEST, _LATEST, _STEP = 2, 63, 63
"""The zone: frames ahead, and bands up or down."""
_NEAREST = 60
"""Peaks that are looked through for partners."""
_CROWD = 200
"""A landmark that occurs more than twice a clip and this often says nothing, and would cost much time."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The landmarks of a clip.

    Attributes:
        marks: uint32 (landmarks,): first band, step to the second and frames between, in one number.
        frames: int32 (landmarks,): when the first peak is.
    """

    marks: NDArray[np.uint32]
    frames: NDArray[np.int32]

    def __len__(self) -> int:
        """Number of landmarks."""
        return len(self.marks)


@dataclass(frozen=True, slots=True)
class ClipPair:
    """Two clips that share a passage.

    Attributes:
        one: name of the first clip.
        other: name of the second clip.
        frames: what sounds at a frame of the first sounds so many frames later in the second.
        agreeing: landmarks that agree at that distance (give or take a frame).
        score: their share of the landmarks of the clip that has fewer; up to 1.
    """

    one: str
    other: str
    frames: int
    agreeing: int
    score: float


def fingerprint(samples: FloatArray, rate: int) -> Fingerprint:
    """The fingerprint of a clip.

    Args:
        samples: float32 mono, shape (frames,).
        rate: Hz.

    Returns:
        About 130 landmarks a second of music; none of silence, or of less than a tenth of a second.
    """
    from scipy.signal import stft

    signal = resample(samples, rate, RATE)
    if len(signal) < N_FFT:
        return landmarks(np.zeros((0, N_MELS), np.float32))
    _, _, spectra = stft(signal, RATE, nperseg=N_FFT, noverlap=N_FFT - HOP, boundary=None, padded=False)
    power = _filters() @ (np.square(spectra.real) + np.square(spectra.imag))
    return landmarks(np.log(np.maximum(power.T, _FLOOR), dtype=np.float32))


def landmarks(levels: FloatArray, per_second: float = 1 / SECONDS_PER_FRAME) -> Fingerprint:
    """The landmarks of a spectrogram.

    Args:
        levels: natural logarithm of power, shape (frames, bands), at most 128 bands.
        per_second: frames a second.
    """
    frames, bands = _peaks(levels, round(_PER_SECOND * len(levels) / per_second))
    found: list[NDArray[np.int64]] = []
    for ahead in range(1, min(_NEAREST, len(frames))):
        wait, step = frames[ahead:] - frames[:-ahead], bands[ahead:] - bands[:-ahead]
        first = np.flatnonzero((wait >= _EARLIEST) & (wait <= _LATEST) & (np.abs(step) <= _STEP))
        mark = (bands[first] << 13) | (step[first] + _STEP << 6) | wait[first]
        found.append(np.stack([first, np.full(len(first), ahead), mark]))
    first, ahead, mark = np.concatenate(found, axis=1) if found else np.empty((3, 0), np.int64)
    order = np.lexsort((ahead, first))
    first, mark = first[order], mark[order]
    # Position of each among those with the same first peak: all but the next few are dropped.
    kept = np.arange(len(first)) - np.searchsorted(first, first) < _PARTNERS
    return Fingerprint(mark[kept].astype(np.uint32), frames[first[kept]].astype(np.int32))


def alike(prints: Mapping[str, Fingerprint]) -> Iterator[ClipPair]:
    """The pairs of clips that match, the first named earlier in ``prints`` than the second."""
    for pair in compared(prints):
        if pair.score >= THRESHOLD and pair.agreeing >= FEWEST:
            yield pair


def compared(prints: Mapping[str, Fingerprint]) -> Iterator[ClipPair]:
    """All pairs of clips that have a landmark in common, each at the distance at which most agree."""
    names, every = list(prints), list(prints.values())
    index = _Index(every)
    for one, mine in enumerate(every):
        others, frames, counts = index.agreeing(mine, after=one)
        for other, shift, count in zip(others.tolist(), frames.tolist(), counts.tolist(), strict=True):
            fewer = min(len(mine), len(every[other]))
            yield ClipPair(names[one], names[other], shift, count, min(count / fewer, 1.0))


class _Index:
    """Landmark -> the clips that it occurs in, and when; 12 bytes a landmark."""

    def __init__(self, prints: Sequence[Fingerprint]) -> None:
        marks = np.concatenate([each.marks for each in prints] or [np.empty(0, np.uint32)])
        frames = np.concatenate([each.frames for each in prints] or [np.empty(0, np.int32)])
        clips = np.repeat(np.arange(len(prints), dtype=np.int32), [len(each) for each in prints])
        order = np.argsort(marks, kind="stable")
        self.marks, self.frames, self.clips = marks[order], frames[order], clips[order]
        self.crowd = 2 * len(prints) + _CROWD
        # A key holds a clip's number times this plus a distance in time.
        self.span = 2 * (int(frames.max(initial=0)) + 2)

    def agreeing(
        self, mine: Fingerprint, after: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Clips behind position ``after``, the distance to each at which most agree, and how many do."""
        low, high = (np.searchsorted(self.marks, mine.marks, side) for side in ("left", "right"))
        times = np.where(high - low > self.crowd, 0, high - low)
        place = np.arange(times.sum()) + np.repeat(low - np.cumsum(times) + times, times)
        behind = self.clips[place] > after
        place, start = place[behind], np.repeat(mine.frames, times)[behind]
        shift = self.frames[place].astype(np.int64) - start + self.span // 2
        keys, counts = np.unique(self.clips[place] * np.int64(self.span) + shift, return_counts=True)
        near = np.zeros_like(counts)
        # A cut between two frames spreads the agreement over two distances.
        near[:-1] = np.where(np.diff(keys) == 1, counts[1:], 0)
        both = counts + near
        clip = keys // self.span
        order = np.lexsort((keys, -both, clip))
        best = order[np.flatnonzero(np.diff(clip[order], prepend=-1))]
        return clip[best], keys[best] % self.span - self.span // 2, both[best]


def _peaks(levels: FloatArray, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frames and bands of the highest peaks, in order of time."""
    from scipy.ndimage import maximum_filter, uniform_filter

    if not len(levels):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    highest = maximum_filter(levels, 2 * _APART + 1, mode="constant", cval=-np.inf)
    peak = (levels == highest) & (levels > levels.max() - _DEPTH)
    # Of a plateau (clipped or steady sound) its first frame and lowest band alone, lest it pass for music.
    peak[1:] &= levels[1:] > levels[:-1]
    peak[:, 1:] &= levels[:, 1:] > levels[:, :-1]
    frames, bands = np.nonzero(peak)
    height = (levels - uniform_filter(levels, _SURROUNDINGS))[frames, bands]
    # Where nothing stands out of anything, as in silence, there are no peaks.
    kept = np.sort(np.argsort(-height, kind="stable")[:most])
    kept = kept[height[kept] > 0]
    return frames[kept], bands[kept]


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    """The mel filters, shape (128, 513)."""
    from librosa.filters import mel

    filters = mel(sr=RATE, n_fft=N_FFT, n_mels=N_MELS, fmin=LOWEST, fmax=HIGHEST)
    return np.asarray(filters, dtype=np.float32)
