"""From a file to samples: decode, mix down, resample, cut into segments.

One `Clip` holds the decoded audio of one track and everything several features derive from it, each
derived thing computed at most once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import soundfile
import soxr

from mgrbench.core.files import reading, sha256_of_bytes
from mgrbench.core.mpeg import MpegFrames, find_frames, with_header
from mgrbench.core.types import BenchError, Dataset, FloatArray, Track

T = TypeVar("T")

BLOCK = 1 << 20
_AGAIN = "get the file again, or leave the track out"
# libsndfile quietly shortens a cut WAV, AU or AIFF file to what is left of it; only its log tells.
_SHORTENED = re.compile(r"^\s*(?:data|Data Size|SSND)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
# Programs that write to a pipe cannot know the length and announce about 2 or 4 GiB instead.
_UNKNOWN_LENGTH = 0x7FFF_0000
_OGG_CUT = re.compile("Ogg: (Last page lacks an end-of-stream bit|Junk after the last page)")
# The length of an MP3 file without a header that says it is counted in MPEG frames of up to 1152 samples. The
# first of them may not give all of its samples.
_MP3_SLACK = 1152


def decode(path: Path) -> tuple[FloatArray, int]:
    """Samples of a WAV, AU, FLAC, Ogg or MP3 file, its channels averaged.

    Args:
        path: the audio file.

    Returns:
        Float32 samples of shape (frames,), full scale ±1, at least one of them, and the rate in Hz.

    Raises:
        BenchError: if the file is missing, empty, not audio, cut short, without samples, or holds NaN or
            infinite samples.
    """
    with reading(path), path.open("rb") as stream:
        head = stream.read(12)
    if not head:
        raise BenchError("is empty (0 bytes)", _AGAIN, path)
    try:
        with _opened(path) as sound:
            blocks = _read_blocks(sound, path)
            rate = int(sound.samplerate)
            _refuse_cut(sound, sum(map(len, blocks)), path)
    except soundfile.LibsndfileError as error:
        problem = f"is not audio, or its header is damaged (it begins with {head!r})"
        raise BenchError(problem, f"WAV, AU, FLAC, Ogg and MP3 are read; {_AGAIN}", path) from error
    samples = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
    if not len(samples):
        raise BenchError("holds no samples (zero-length audio)", _AGAIN, path)
    bad = np.flatnonzero(~np.isfinite(samples))
    if len(bad):
        problem = f"{len(bad)} of {len(samples)} samples are NaN or infinite, the first is number {bad[0]}"
        raise BenchError(problem, _AGAIN, path)
    return samples, rate


def _opened(path: Path) -> soundfile.SoundFile:
    """The file, opened so that it is read whole: of an MP3 file libsndfile reads what is announced."""
    sound = soundfile.SoundFile(path)
    if sound.format != "MP3":
        return sound
    with reading(path):
        data = path.read_bytes()
    found = find_frames(data)
    if found is None or _announces_all(found, sound.frames):
        return sound
    sound.close()
    return soundfile.SoundFile(io.BytesIO(with_header(data, found)))


def _announces_all(found: MpegFrames, samples: int) -> bool:
    """Whether the length that libsndfile took from an MP3 file's header, or estimated, may be believed."""
    if found.announced is None:
        return abs(samples - found.count * found.samples) <= _MP3_SLACK
    # Fewer frames than announced are those of a file that is cut short, which is refused later.
    return found.announced >= found.count - 1


def _read_blocks(sound: soundfile.SoundFile, path: Path) -> list[FloatArray]:
    """All samples in mono blocks; the announced length is not believed, so a false one costs no memory."""
    blocks: list[FloatArray] = []
    try:
        while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
            with np.errstate(invalid="ignore"):  # +inf and -inf in one frame give NaN, reported later
                blocks.append(block[:, 0].copy() if block.shape[1] == 1 else block.mean(axis=1))
    except soundfile.LibsndfileError as error:
        seconds = sum(map(len, blocks)) / sound.samplerate
        problem = f"cannot be decoded beyond {seconds:.2f} of {sound.frames / sound.samplerate:.2f} s"
        raise BenchError(f"{problem}: the file is cut short or damaged", _AGAIN, path) from error
    return blocks


def _refuse_cut(sound: soundfile.SoundFile, decoded: int, path: Path) -> None:
    """Raise if fewer samples came out than the file announces."""
    slack = _MP3_SLACK if sound.format == "MP3" else 0
    if decoded < sound.frames - slack:
        problem = f"is cut short: {decoded} of {sound.frames} announced samples decode"
        raise BenchError(problem, _AGAIN, path)
    log = sound.extra_info
    shortened = _SHORTENED.search(log)
    if shortened and int(shortened[2]) < int(shortened[1]) < _UNKNOWN_LENGTH:
        problem = f"is cut short: {shortened[2]} of {shortened[1]} announced bytes are there"
        raise BenchError(problem, _AGAIN, path)
    if _OGG_CUT.search(log):
        raise BenchError("is cut short: its last Ogg page is missing or incomplete", _AGAIN, path)


def resample(samples: FloatArray, from_rate: int, to_rate: int) -> FloatArray:
    """Samples at another rate (soxr, quality HQ); the same array where the rates are equal.

    Args:
        samples: float32, shape (frames,), at least one.
        from_rate: their rate in Hz.
        to_rate: the wanted rate in Hz.

    Returns:
        Float32 samples, about ``len(samples) * to_rate / from_rate`` of them and at least one.
    """
    if from_rate == to_rate:
        return samples
    resampled = cast("FloatArray", soxr.resample(samples, from_rate, to_rate, quality="HQ"))
    return resampled if len(resampled) else samples[:1].copy()


def segments(samples: FloatArray, length: int, count: int) -> FloatArray:
    """The middle of a clip as non-overlapping segments.

    A clip shorter than ``count * length`` is first filled up to that length: by its own last samples
    where they suffice, else (shorter than half) by tiling it from its start. Then it is cut from its
    start into pieces of ``length`` samples, an incomplete last piece is dropped, and of the pieces the
    ``count`` middle ones are kept (one piece more is dropped at the end than at the start where the
    number of surplus pieces is odd).

    With 220 500-sample segments and three of them this is FusionNet's released cutting (Ng et al. 2020,
    released code), but for clips shorter than 661 500 samples: theirs are filled up to 661 795, so the
    repeated end starts up to 295 samples earlier.

    Args:
        samples: float32, shape (frames,), at least one.
        length: samples a segment.
        count: number of segments.

    Returns:
        Float32, shape (count, length).
    """
    need = count * length
    if len(samples) < need:
        missing = need - len(samples)
        if missing <= len(samples):
            samples = np.concatenate([samples, samples[len(samples) - missing :]])
        else:
            samples = np.tile(samples, -(-need // len(samples)))[:need]
    pieces = len(samples) // length
    start = (pieces - count) // 2 * length
    return np.ascontiguousarray(samples[start : start + need], dtype=np.float32).reshape(count, length)


class Clip:
    """Decoded audio of one track, with everything derived from it computed at most once.

    All arrays it gives out are read-only, since features share them.

    Args:
        id: track id.
        samples: float32 mono, shape (frames,), at least one.
        sample_rate: Hz.
        segment_seconds: length of a segment.
        segments_per_track: number of segments.
        source: gives the samples of the audio file and their rate in Hz, where the rate is another one.

    Attributes:
        id: track id.
        samples: float32 mono, shape (frames,).
        sample_rate: Hz.
        segment_seconds: length of a segment.
        segments_per_track: number of segments.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - the field is called so on Track, too
        samples: FloatArray,
        sample_rate: int,
        segment_seconds: float,
        segments_per_track: int,
        source: Callable[[], tuple[FloatArray, int]] | None = None,
    ) -> None:
        self.id = id
        self.samples = _read_only(np.ascontiguousarray(samples, dtype=np.float32))
        self.sample_rate = sample_rate
        self.segment_seconds = segment_seconds
        self.segments_per_track = segments_per_track
        self._source = source
        self._memo: dict[Hashable, object] = {}

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, computed the first time that ``key`` is asked for.

        Args:
            key: names the thing and everything its value depends on, for example ``("stft", 512, 1024)``.
            make: computes it.
        """
        if key not in self._memo:
            self._memo[key] = make()
        return cast("T", self._memo[key])

    def at(self, rate: int) -> FloatArray:
        """The whole clip at ``rate`` Hz, shape (frames,), resampled from the audio file's own samples.

        So a feature gets the treble of the file, whatever the dataset's rate is. The file is decoded again,
        which takes less memory than to keep its samples for features that need none of them.

        Raises:
            BenchError: if the file can no longer be decoded, see `decode`.
        """
        return self.memo(("source", rate), lambda: self._from_source(rate))

    def resampled(self, rate: int) -> FloatArray:
        """``samples`` at ``rate`` Hz, shape (frames,): without what lies above half the dataset's rate."""
        return self.memo(
            ("samples", rate), lambda: _read_only(resample(self.samples, self.sample_rate, rate))
        )

    def _from_source(self, rate: int) -> FloatArray:
        if self._source is None or rate == self.sample_rate:
            return self.resampled(rate)
        return _read_only(resample(*self._source(), rate))

    def segments(self) -> FloatArray:
        """The clip's segments, shape (segments_per_track, samples); see the function `segments`."""
        length = round(self.segment_seconds * self.sample_rate)
        return self.memo(
            "segments", lambda: _read_only(segments(self.samples, length, self.segments_per_track))
        )

    @property
    def checksum(self) -> str:
        """SHA-256 of the samples as little-endian float32."""
        return self.memo("checksum", lambda: sha256_of_bytes(self.samples.astype("<f4").tobytes()))


def load_clip(dataset: Dataset, root: Path, track: Track) -> Clip:
    """Decode a track's audio and bring it to the dataset's sample rate.

    Args:
        dataset: says the sample rate and how clips are cut.
        root: the folder that ``track.path`` is relative to.
        track: the track, as ``dataset.tracks(root)`` gives it.

    Raises:
        BenchError: if the track has no audio file or the file cannot be used, see `decode`.
    """
    if track.path is None:
        raise BenchError(f"no audio file of track {track.id} is known", "add it to the data root", root)
    path = root / track.path
    samples, rate = decode(path)
    return Clip(
        track.id,
        resample(samples, rate, dataset.sample_rate),
        dataset.sample_rate,
        dataset.segment_seconds,
        dataset.segments_per_track,
        source=partial(decode, path) if rate != dataset.sample_rate else None,
    )


def _read_only(array: FloatArray) -> FloatArray:
    """A view of the array that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
