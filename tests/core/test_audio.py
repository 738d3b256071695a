"""Decoding, resampling and cutting: good files of every format, every kind of bad one, and properties."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mgrbench.core.audio import Clip, decode, load_clip, resample, segments
from mgrbench.core.types import BenchError, Dataset, Track

RATE = 22_050


def noisy_tone(seconds=2.0, hertz=440.0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal(len(time))
    return 0.3 * np.sin(2 * np.pi * hertz * time) + 0.01 * noise


def clip_of(samples, seconds=0.5, count=2):
    return Clip("x", np.asarray(samples, np.float32), RATE, seconds, count)


# --- decode ---


@pytest.mark.parametrize("ending", ["wav", "au", "flac", "ogg", "mp3"])
def test_every_format_decodes_to_what_was_written(tmp_path, ending):
    written = noisy_tone()
    soundfile.write(tmp_path / f"a.{ending}", written, RATE)
    samples, rate = decode(tmp_path / f"a.{ending}")
    assert rate == RATE
    assert samples.dtype == np.float32
    assert samples.shape == written.shape
    assert np.corrcoef(samples, written)[0, 1] > 0.999
    if ending not in {"ogg", "mp3"}:
        np.testing.assert_allclose(samples, written, atol=1 / 32_768)


def test_the_ending_does_not_matter(tmp_path):
    soundfile.write(tmp_path / "a.flac", noisy_tone(), RATE)
    (tmp_path / "a.flac").rename(tmp_path / "a.wav")
    assert len(decode(tmp_path / "a.wav")[0]) == 2 * RATE


@pytest.mark.parametrize("channels", [2, 5])
def test_channels_are_averaged(tmp_path, channels):
    written = np.random.default_rng(0).uniform(-0.5, 0.5, (1000, channels)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", written, RATE, subtype="FLOAT")
    np.testing.assert_allclose(decode(tmp_path / "a.wav")[0], written.mean(axis=1), atol=1e-7)


def test_longer_than_one_block(tmp_path, monkeypatch):
    monkeypatch.setattr("mgrbench.core.audio.BLOCK", 1000)
    written = noisy_tone().astype(np.float32)
    soundfile.write(tmp_path / "a.wav", written, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(decode(tmp_path / "a.wav")[0], written)


@pytest.mark.parametrize("announced", [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000])
def test_a_wav_from_a_pipe_is_not_taken_for_cut(tmp_path, announced):
    soundfile.write(tmp_path / "a.wav", noisy_tone(), RATE)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", announced)
    (tmp_path / "a.wav").write_bytes(data)
    assert len(decode(tmp_path / "a.wav")[0]) == 2 * RATE


def test_an_mp3_without_length_header_decodes(tmp_path):
    written = noisy_tone(4.0, rate=44_100)
    soundfile.write(tmp_path / "a.mp3", written, 44_100, bitrate_mode="CONSTANT", compression_level=0.5)
    data = (tmp_path / "a.mp3").read_bytes()
    second_frame = data.index(data[:2], 4)
    (tmp_path / "a.mp3").write_bytes(data[second_frame:])
    assert abs(len(decode(tmp_path / "a.mp3")[0]) - len(written)) < 3 * 1152


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("ending", ["wav", "au", "flac", "ogg", "mp3"])
def test_a_cut_file_is_refused(tmp_path, ending, share):
    soundfile.write(tmp_path / f"a.{ending}", noisy_tone(4.0), RATE)
    data = (tmp_path / f"a.{ending}").read_bytes()
    path = tmp_path / f"cut.{ending}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BenchError, match=r"cut short|header is damaged") as caught:
        decode(path)
    assert caught.value.where == str(path)
    assert "\n" not in str(caught.value)


BAD_BYTES = {
    "empty": (b"", "empty"),
    "text": (b"Not Found: the file you asked for is not here.\n" * 9, "not audio"),
    "page": (b"<!doctype html><html><body>403</body></html>" * 99, "not audio"),
    "stub": (b"RIFF", "not audio"),
    "zeros": (bytes(50_000), "not audio"),
}


@pytest.mark.parametrize("ending", ["wav", "mp3"])
@pytest.mark.parametrize("kind", BAD_BYTES)
def test_what_is_no_audio_is_refused(tmp_path, kind, ending):
    data, words = BAD_BYTES[kind]
    path = tmp_path / f"a.{ending}"
    path.write_bytes(data)
    with pytest.raises(BenchError, match=words) as caught:
        decode(path)
    assert caught.value.where == str(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(BenchError, match="no such file"):
        decode(tmp_path / "a.wav")
    with pytest.raises(BenchError, match="folder"):
        decode(tmp_path)


@pytest.mark.parametrize("ending", ["wav", "au"])
def test_zero_length_audio_is_refused(tmp_path, ending):
    soundfile.write(tmp_path / f"a.{ending}", np.zeros(0), RATE)
    with pytest.raises(BenchError, match="no samples"):
        decode(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
def test_nan_and_infinite_samples_are_refused(tmp_path, value, channels):
    written = np.zeros((1000, channels), np.float32)
    written[700, :] = value
    soundfile.write(tmp_path / "a.wav", written, RATE, subtype="FLOAT")
    with pytest.raises(BenchError, match="1 of 1000 samples are NaN or infinite, the first is number 700"):
        decode(tmp_path / "a.wav")


def test_infinities_that_cancel_are_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([[np.inf, -np.inf]] * 9), RATE, subtype="FLOAT")
    with pytest.raises(BenchError, match="9 of 9"):
        decode(tmp_path / "a.wav")


def test_real_clips_decode_alike_from_au_and_flac(shared_data):
    files = sorted((shared_data / "gtzan_audio_30s").glob("*.au"))
    assert len(files) == 10
    for file in files:
        whole, rate = decode(file)
        part, _ = decode(shared_data / "gtzan_audio_17s" / f"{file.stem}.flac")
        assert rate == RATE
        assert 29.9 < len(whole) / rate < 30.7
        np.testing.assert_array_equal(whole[: len(part)], part)


# --- resample ---


def test_equal_rates_change_nothing():
    samples = noisy_tone().astype(np.float32)
    assert resample(samples, RATE, RATE) is samples


@pytest.mark.parametrize(("start", "end"), [(44_100, 22_050), (22_050, 12_000), (16_000, 22_050)])
def test_length_follows_the_rate(start, end):
    samples = resample(noisy_tone(2.0, rate=start).astype(np.float32), start, end)
    assert samples.dtype == np.float32
    assert abs(len(samples) - 2 * end) <= 1


@pytest.mark.parametrize(
    ("hertz", "passes"), [(1000.0, True), (4500.0, True), (8000.0, False), (10_000.0, False)]
)
def test_only_tones_below_the_new_limit_pass(hertz, passes):
    tone = np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE).astype(np.float32)
    middle = resample(tone, RATE, 12_000)[2000:-2000]
    power = float(np.mean(middle.astype(np.float64) ** 2))
    assert power == pytest.approx(0.5, rel=0.01) if passes else power < 1e-9


@pytest.mark.parametrize("end", [11_025, 12_000, 44_100])
def test_one_sample_survives(end):
    samples = resample(np.array([0.5], np.float32), RATE, end)
    assert len(samples) >= 1
    assert np.isfinite(samples).all()


# --- segments ---


def wanted(n, length, count):
    """Positions in the clip that the segments are to hold, by the rule's words."""
    need = count * length
    positions = list(range(n))
    if n < need:
        positions = positions + positions[n - (need - n) :] if need - n <= n else [i % n for i in range(need)]
    pieces = [positions[i : i + length] for i in range(0, len(positions) - length + 1, length)]
    surplus = len(pieces) - count
    return pieces[surplus // 2 : surplus // 2 + count]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 4, 10])
def test_segments_follow_the_rule(length, count):
    for n in range(1, 8 * length * count):
        cut = segments(np.arange(n, dtype=np.float32), length, count)
        assert cut.dtype == np.float32
        np.testing.assert_array_equal(cut, wanted(n, length, count))


def test_the_middle_of_a_long_clip_is_kept():
    cut = segments(np.arange(100, dtype=np.float32), 10, 2)
    np.testing.assert_array_equal(cut.ravel(), np.arange(40, 60))


def test_a_clip_of_the_usual_length_is_cut_as_in_the_released_code():
    samples = np.random.default_rng(0).standard_normal(661_794).astype(np.float32)
    np.testing.assert_array_equal(segments(samples, 220_500, 3).ravel(), samples[:661_500])


def test_a_short_clip_repeats_its_end_and_a_shorter_one_is_tiled():
    np.testing.assert_array_equal(
        segments(np.arange(7, dtype=np.float32), 5, 2), [[0, 1, 2, 3, 4], [5, 6, 4, 5, 6]]
    )
    np.testing.assert_array_equal(
        segments(np.arange(3, dtype=np.float32), 5, 2), [[0, 1, 2, 0, 1], [2, 0, 1, 2, 0]]
    )
    np.testing.assert_array_equal(segments(np.array([0.5], np.float32), 5, 2), np.full((2, 5), 0.5))


# --- Clip ---


def test_everything_is_computed_once():
    clip, calls = clip_of(noisy_tone()), []
    for _ in range(3):
        assert clip.memo("answer", lambda: calls.append(1) or 42) == 42
    assert len(calls) == 1
    assert clip.at(12_000) is clip.at(12_000)
    assert clip.segments() is clip.segments()


def test_a_memo_may_hold_none():
    clip, calls = clip_of(noisy_tone()), []
    for _ in range(2):
        assert clip.memo("nothing", lambda: calls.append(1)) is None
    assert len(calls) == 1


def test_clips_cut_and_resample_as_the_functions_do():
    clip = clip_of(noisy_tone())
    np.testing.assert_array_equal(clip.segments(), segments(clip.samples, RATE // 2, 2))
    for other in (clip.at, clip.resampled):
        np.testing.assert_array_equal(other(12_000), resample(clip.samples, RATE, 12_000))
        np.testing.assert_array_equal(other(RATE), clip.samples)


def test_what_features_share_cannot_be_spoilt():
    clip = clip_of(noisy_tone())
    for array in (clip.samples, clip.segments(), clip.at(12_000), clip.at(RATE)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_checksum_is_of_the_samples():
    samples = noisy_tone().astype("<f4")
    assert clip_of(samples).checksum == hashlib.sha256(samples.tobytes()).hexdigest()
    samples[5] += 1e-3
    assert clip_of(samples).checksum != clip_of(noisy_tone()).checksum


def dataset_at(rate):
    return Dataset(
        name="tiny",
        about="",
        genres=("a",),
        sample_rate=rate,
        segment_seconds=0.5,
        segments_per_track=3,
        licence="",
        homepage="",
        citation="",
        load=lambda root: [],
        identify=lambda name: None,
    )


def test_load_clip_brings_a_track_to_the_rate_of_its_dataset(tmp_path):
    soundfile.write(tmp_path / "a.wav", noisy_tone(rate=44_100), 44_100)
    track = Track("a.1", "a", path="a.wav")
    clip = load_clip(dataset_at(RATE), Path(tmp_path), track)
    assert (clip.id, clip.sample_rate, clip.segment_seconds, clip.segments_per_track) == ("a.1", RATE, 0.5, 3)
    assert abs(len(clip.samples) - 2 * RATE) <= 1
    assert clip.segments().shape == (3, RATE // 2)
    with pytest.raises(BenchError, match=r"no audio file of track a\.1"):
        load_clip(dataset_at(RATE), tmp_path, replace(track, path=None))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("wanted", [12_000, RATE, 32_000, 44_100, 48_000])
def test_a_clip_at_another_rate_comes_from_the_samples_of_the_file(tmp_path, wanted, channels):
    """A tone of 13 kHz, which no clip at 22 050 Hz can hold, beside one of 1 kHz."""
    written = noisy_tone(hertz=13_000.0, rate=44_100) + noisy_tone(hertz=1000.0, rate=44_100)
    soundfile.write(tmp_path / "a.wav", np.column_stack([written] * channels), 44_100, subtype="FLOAT")
    clip = load_clip(dataset_at(RATE), tmp_path, Track("a.1", "a", path="a.wav"))
    file, rate = decode(tmp_path / "a.wav")
    np.testing.assert_array_equal(clip.samples, resample(file, rate, RATE))
    np.testing.assert_array_equal(clip.at(wanted), resample(file, rate, wanted))
    np.testing.assert_array_equal(clip.resampled(wanted), resample(clip.samples, RATE, wanted))
    power = np.abs(np.fft.rfft(clip.at(wanted))) ** 2
    hertz = np.fft.rfftfreq(len(clip.at(wanted)), 1 / wanted)
    treble = power[(hertz > 12_500) & (hertz < 13_500)].sum() / power.sum()
    assert treble == pytest.approx(0.5, abs=0.01) if wanted >= 32_000 else treble < 1e-4
    assert not clip.at(wanted).flags.writeable
    assert clip.at(wanted) is clip.at(wanted)


def test_a_file_that_went_away_is_named_when_a_feature_asks_for_another_rate(tmp_path):
    soundfile.write(tmp_path / "a.wav", noisy_tone(rate=44_100), 44_100)
    clip = load_clip(dataset_at(RATE), tmp_path, Track("a.1", "a", path="a.wav"))
    (tmp_path / "a.wav").unlink()
    np.testing.assert_array_equal(clip.at(RATE), clip.samples)
    with pytest.raises(BenchError, match=r"a\.wav: no such file"):
        clip.at(44_100)
