"""MP3 files of several settings of an encoder, with and without what says their length: all is decoded."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from mgrbench.core.audio import decode
from mgrbench.core.mpeg import find_frames
from mgrbench.core.types import BenchError

MODES = ("CONSTANT", "AVERAGE", "VARIABLE")
SECONDS = 6
# Samples that a coder may add before and behind: its own delay, and what fills the last frame.
ADDED = 3 * 1152


def uneven(rate):
    """A chirp with a burst of noise now and then: the bit rate of the first frames tells nothing."""
    time = np.arange(SECONDS * rate) / rate
    noise = np.random.default_rng(0).standard_normal(len(time)) * (np.sin(2 * np.pi * time / 3) > 0.8)
    return 0.2 * np.sin(2 * np.pi * (200 + 50 * time) * time) + 0.1 * noise


def encoded(tmp_path, mode, rate=44_100, channels=1, samples=None):
    """An MP3 file as bytes, and the same without its first frame, which says the length."""
    path = tmp_path / "encoded.mp3"
    written = np.column_stack([uneven(rate) if samples is None else samples] * channels)
    soundfile.write(path, written, rate, bitrate_mode=mode, compression_level=0.5)
    data = path.read_bytes()
    return data, data[find_frames(data).sound :]


def decoded(tmp_path, data):
    (tmp_path / "a.mp3").write_bytes(data)
    return decode(tmp_path / "a.mp3")


def assert_whole(samples, written):
    """The written samples are there up to the last, shifted by no more than what a coder adds."""
    assert 0 <= len(samples) - len(written) <= ADDED
    end = written[-(len(written) // 8) :]
    tail = samples[len(written) - len(end) :]
    shift = int(np.argmax(np.correlate(tail, end)))
    assert np.corrcoef(tail[shift : shift + len(end)], end)[0, 1] > 0.95


def tag(size):
    """An ID3v2 tag whose content looks like the beginnings of frames."""
    length = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0\0" + length + (b"\xff\xfb\x90\x64" * size)[:size]


def noise(size):
    return np.random.default_rng(1).bytes(size)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [44_100, 48_000, 22_050, 8_000])
@pytest.mark.parametrize("mode", MODES)
def test_every_kind_is_decoded_whole_with_its_header_or_without(tmp_path, mode, rate, channels):
    for data in encoded(tmp_path, mode, rate, channels):
        samples, found = decoded(tmp_path, data)
        assert found == rate
        assert_whole(samples, uneven(rate))


AROUND = {
    "ID3v2 before": lambda data: tag(60_000) + data,
    "two ID3v2 before": lambda data: tag(300) + tag(2_000) + data,
    "ID3v1 behind": lambda data: data + b"TAG" + bytes(125),
    "APE and ID3v1 behind": lambda data: data + b"APETAGEX" + noise(60_000) + b"TAG" + bytes(125),
    "zeros behind": lambda data: data + bytes(60_000),
    "noise behind": lambda data: data + noise(60_000),
    "half a frame behind": lambda data: data + data[-1000:-800],
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_around_the_sound_does_no_harm(tmp_path, mode, around):
    for data in encoded(tmp_path, mode):
        assert_whole(decoded(tmp_path, AROUND[around](data))[0], uneven(44_100))


def test_a_file_whose_length_is_told_keeps_its_samples(tmp_path):
    data, _ = encoded(tmp_path, "VARIABLE")
    (tmp_path / "a.mp3").write_bytes(data)
    np.testing.assert_array_equal(
        decode(tmp_path / "a.mp3")[0], soundfile.read(tmp_path / "a.mp3", dtype="float32")[0]
    )
    assert len(decode(tmp_path / "a.mp3")[0]) == SECONDS * 44_100


def test_a_quiet_start_is_no_reason_to_take_a_whole_file_for_a_cut_one(tmp_path):
    written = np.concatenate([np.zeros(44_100), uneven(44_100)])
    _, bare = encoded(tmp_path, "VARIABLE", samples=written)
    (tmp_path / "a.mp3").write_bytes(bare)
    assert soundfile.info(tmp_path / "a.mp3").frames > len(written) + ADDED  # what libsndfile expects
    assert_whole(decode(tmp_path / "a.mp3")[0], written)


@pytest.mark.parametrize("between", [b"", tag(3_000), b"TAG" + bytes(125)])
def test_two_files_joined_are_decoded_both(tmp_path, between):
    """The header of the first says nothing of the second."""
    data, _ = encoded(tmp_path, "VARIABLE")
    samples, _ = decoded(tmp_path, data + between + data)
    assert abs(len(samples) - 2 * SECONDS * 44_100) < 2 * ADDED


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_announces_more_than_there_is_is_refused(tmp_path, mode):
    data, _ = encoded(tmp_path, mode)
    with pytest.raises(BenchError, match=r"is cut short: .* announced samples decode"):
        decoded(tmp_path, data[: len(data) * 2 // 3])


@pytest.mark.parametrize("mode", MODES)
def test_sound_behind_a_gap_that_is_not_decoded_is_missed(tmp_path, mode):
    for data in encoded(tmp_path, mode):
        middle = len(data) // 2
        with pytest.raises(BenchError, match="cut short"):
            decoded(tmp_path, data[:middle] + noise(20_000) + data[middle:])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xfb\x90\x64",
        b"\xff" * 5_000,
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
        bytes(5_000),
        noise(5_000),
    ],
)
def test_what_has_no_frames_is_said_to_have_none(data):
    assert find_frames(data) is None
