"""How much sound an MP3 file holds, by its MPEG frames, whatever its headers say of it.

An MP3 file is a row of frames without a table of contents. Encoders may put a frame without sound first that
says how many follow (``Xing``, or ``Info`` at a constant bit rate). Where it lacks, libsndfile estimates the
length from the first frame's bit rate and the size of the file, and decodes no further. At a variable bit
rate, or with a large tag behind the sound, the estimate is far off. The frames are counted here, and a file
that says too little gets a right header.

The layout of frames: ISO/IEC 11172-3 and 13818-3. That of the Xing frame is a convention of encoders.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_BITRATES = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
)
"""kbit/s of layer III."""

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ID3 = 10  # bytes of the header of an ID3v2 tag
# Sync, version, layer and sample rate are those of the first frame in all frames of a file.
_SAME = 0xFFFE_0C00


@dataclass(frozen=True, slots=True)
class MpegFrames:
    """The frames of a layer III file.

    Attributes:
        start: byte at which the first frame begins.
        sound: byte at which the first frame with sound begins.
        count: frames with sound.
        samples: samples a frame.
        announced: frames with sound by the Xing or Info frame; None without one, or if it doesn't say.
    """

    start: int
    sound: int
    count: int
    samples: int
    announced: int | None


def find_frames(data: bytes) -> MpegFrames | None:
    """Count the frames of a file; None if it is no MPEG layer III, or of a free bit rate.

    Tags before, behind and between the frames, and whatever else is no frame, are passed over.
    """
    start = _first(data, _after_tags(data))
    if start is None:
        return None
    head = _head(data, start)
    count = sum(1 for _ in _frames(data, start, head & _SAME))
    mark = start + _mark(head)
    announced, sound = None, start
    if data[mark : mark + 4] in (b"Xing", b"Info"):
        sound, count = start + _length(head), count - 1
        flags, frames = struct.unpack(">II", data[mark + 4 : mark + 12])
        announced = frames if flags & 1 else None
    return MpegFrames(start, sound, count, 1152 if _version(head) == 3 else 576, announced)


def with_header(data: bytes, found: MpegFrames) -> bytes:
    """The file from its first frame with sound on, after a Xing frame that announces all there are."""
    head = _head(data, found.sound) | 0x0001_0000  # without a checksum
    # The largest bit rate of a frame, so that there is room in it.
    head = (head & ~0x0000_F200) | 0x0000_E000
    frame = bytearray(_length(head))
    mark = _mark(head)
    frame[:4] = struct.pack(">I", head)
    frame[mark : mark + 12] = b"Xing" + struct.pack(">II", 1, found.count)
    return bytes(frame) + data[found.sound :]


def _after_tags(data: bytes) -> int:
    """Where the ID3v2 tags at the start end; there may be several."""
    place = 0
    while data[place : place + 3] == b"ID3" and len(data) >= place + _ID3:
        size = data[place + 6 : place + _ID3]
        footer = _ID3 if data[place + 5] & 0x10 else 0
        place += (
            _ID3
            + footer
            + sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True))
        )
    return place


def _first(data: bytes, start: int) -> int | None:
    """The first frame that another one like it follows."""
    place = data.find(b"\xff", start)
    while place >= 0:
        length = _length(head := _head(data, place))
        after = _head(data, place + length)
        if length and _length(after) and (after ^ head) & _SAME == 0:
            return place
        place = data.find(b"\xff", place + 1)
    return None


def _frames(data: bytes, start: int, same: int) -> Iterator[int]:
    """Where the frames begin. One after a gap counts only if another one or the end follows it."""
    place, gap = start, False
    while 0 <= place < len(data):
        head = _head(data, place)
        length = _length(head) if head & _SAME == same else 0
        end = place + length
        if length and end <= len(data) and (not gap or _head(data, end) & _SAME == same):
            yield place
            place, gap = end, False
        else:
            place, gap = data.find(b"\xff", place + 1), True


def _head(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "big") if place + 4 <= len(data) else 0


def _version(head: int) -> int:
    """3 for MPEG 1, 2 for MPEG 2, 0 for MPEG 2.5."""
    return head >> 19 & 3


def _length(head: int) -> int:
    """Bytes of the frame that begins so; 0 if none of layer III and a stated bit rate does."""
    version, bitrate, rate = _version(head), head >> 12 & 15, head >> 10 & 3
    if head >> 21 != 0x7FF or version == 1 or head >> 17 & 3 != 1 or bitrate in (0, 15) or rate == 3:
        return 0
    first = version == 3
    return (144 if first else 72) * _BITRATES[first][bitrate] * 1000 // _RATES[version][rate] + (
        head >> 9 & 1
    )


def _mark(head: int) -> int:
    """Where in a frame the word Xing or Info stands: behind its header and side information."""
    mono = head >> 6 & 3 == 3
    side = (17 if mono else 32) if _version(head) == 3 else (9 if mono else 17)
    return 4 + side
