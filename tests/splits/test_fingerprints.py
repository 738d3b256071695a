"""Replicas by their sound: edits of made-up clips are found where they lie, other clips are not."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.splits.fingerprints import (
    FEWEST,
    SECONDS_PER_FRAME,
    THRESHOLD,
    Fingerprint,
    alike,
    compared,
    fingerprint,
    landmarks,
)
from tests.support.helpers import cli, done, refused, unchanged

RATE = 22050


def tune(seed: int, seconds: float = 10.0) -> np.ndarray:
    """A made-up piece: struck notes of a scale, three overtones each, over a soft noise, in its own tempo."""
    rng = np.random.default_rng(seed)
    tempo = 0.2 + 0.017 * seed
    samples = rng.normal(scale=1e-3, size=int(seconds * RATE))
    for beat in range(int(seconds / tempo)):
        start = int(beat * tempo * RATE)
        time = np.arange(min(int(0.5 * RATE), len(samples) - start)) / RATE
        for pitch in rng.choice(24, size=2, replace=False):
            base = 220 * 2 ** (pitch / 12)
            for overtone in (1, 2, 3):
                wave = np.sin(2 * np.pi * base * overtone * time) * np.exp(-6 * time) / overtone
                samples[start : start + len(time)] += 0.1 * wave
    return samples.astype(np.float32)


TUNES = {f"tune {seed}": tune(seed) for seed in range(8)}
PRINTS = {name: fingerprint(samples, RATE) for name, samples in TUNES.items()}


def noisy(samples: np.ndarray, decibels: float) -> np.ndarray:
    level = np.sqrt(np.mean(samples**2) / 10 ** (decibels / 10))
    noise = np.random.default_rng(9).normal(scale=level, size=len(samples))
    return samples + noise.astype(np.float32)


def mp3(samples: np.ndarray) -> np.ndarray:
    """Through MP3 at 64 kbit/s and back; the codec adds some silence at the start."""
    if "MP3" not in soundfile.available_formats():
        pytest.skip("this libsndfile writes no MP3")
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", RATE, 1, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="CONSTANT",
        compression_level=0.6,
    ) as sound:  # fmt: skip
        sound.write(samples)
    bits = 8 * stream.tell() / (len(samples) / RATE)
    assert 60_000 < bits < 70_000
    stream.seek(0)
    return soundfile.read(stream, dtype="float32")[0]


EDITS = {
    "quieter by 40 dB": (lambda x: x * 0.01, 0.0),
    "louder, clipped": (lambda x: np.clip(x * 4, -1, 1), 0.0),
    "noise 10 dB below": (lambda x: noisy(x, 10), 0.0),
    "MP3 at 64 kbit/s": (mp3, 0.0),
    "first 3.21 s cut off": (lambda x: x[int(3.21 * RATE) :], 3.21),
    "1.234 s of silence before": (
        lambda x: np.concatenate([np.zeros(int(1.234 * RATE), np.float32), x]),
        -1.234,
    ),
    "4 s of the middle": (lambda x: x[int(2.5 * RATE) : int(6.5 * RATE)], 2.5),
    "all of it": (lambda x: noisy(mp3(x[int(2 * RATE) :] * 0.2), 15), 2.0),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_clip_is_found_and_where(edit):
    change, offset = EDITS[edit]
    for name in ("tune 0", "tune 5"):
        prints = {"edited": fingerprint(change(TUNES[name]), RATE), **PRINTS}
        (pair,) = [pair for pair in alike(prints) if "edited" in {pair.one, pair.other}]
        assert (pair.one, pair.other) == ("edited", name)
        # The codec of MP3 delays by less than 0.1 s.
        assert pair.frames * SECONDS_PER_FRAME == pytest.approx(offset, abs=0.1 if "MP3" in edit else 0.05)
        assert THRESHOLD <= pair.score <= 1
        assert pair.agreeing >= FEWEST


def test_different_pieces_are_not_alike():
    assert list(alike(PRINTS)) == []
    worst = max(compared(PRINTS), key=lambda pair: pair.score)
    assert worst.score < THRESHOLD


def test_a_clip_is_wholly_like_itself_and_a_rate_makes_no_difference():
    (pair,) = alike({"one": PRINTS["tune 1"], "other": PRINTS["tune 1"]})
    assert (pair.frames, pair.score, pair.agreeing >= len(PRINTS["tune 1"])) == (0, 1.0, True)
    import soxr

    at_44 = soxr.resample(TUNES["tune 1"], RATE, 44100)
    (pair,) = alike({"one": PRINTS["tune 1"], "other": fingerprint(at_44, 44100)})
    assert (pair.frames, pair.score > 0.9) == (0, True)


@pytest.mark.parametrize("samples", [np.zeros(3 * RATE), np.full(RATE, 0.5), np.zeros(1), np.ones(500)])
def test_clips_without_music_have_no_landmarks_to_be_alike_by(samples):
    made = fingerprint(samples.astype(np.float32), RATE)
    assert len(made) < FEWEST
    assert list(alike({"one": made, "other": made, **PRINTS})) == []


def test_no_clips_and_one_clip_have_no_pairs():
    assert list(compared({})) == []
    assert list(compared({"one": PRINTS["tune 0"]})) == []


def test_tones_that_repeat_for_ever_take_no_time():
    beep = Fingerprint(np.full(3000, 7, np.uint32), np.arange(3000, dtype=np.int32))
    assert list(compared({f"beep {n}": beep for n in range(40)})) == []


prints = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=25, unique=True
).map(
    lambda rows: Fingerprint(
        np.array([mark for mark, _ in rows], np.uint32), np.array([frame for _, frame in rows], np.int32)
    )
)  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.lists(prints, max_size=5))
def test_the_index_counts_what_a_comparison_of_all_landmarks_counts(made):
    found = {(pair.one, pair.other): pair for pair in compared({str(n): each for n, each in enumerate(made)})}
    for one in range(len(made)):
        for other in range(one + 1, len(made)):
            shifts = [
                int(b) - int(a)
                for mark, a in zip(made[one].marks, made[one].frames, strict=True)
                for twin, b in zip(made[other].marks, made[other].frames, strict=True)
                if mark == twin
            ]
            pair = found.pop((str(one), str(other)), None)
            if not shifts:
                assert pair is None
                continue
            agreeing = {shift: shifts.count(shift) + shifts.count(shift + 1) for shift in set(shifts)}
            assert pair.agreeing == max(agreeing.values()) == agreeing[pair.frames]
            assert pair.score == min(1.0, pair.agreeing / min(len(made[one]), len(made[other])))
    assert not found


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(0, 99), st.integers(0, 200), st.floats(-20, 20))
def test_landmarks_move_with_the_sound_and_do_not_feel_gain(seed, later, gain):
    levels = np.random.default_rng(seed).normal(size=(120, 128)).astype(np.float32)
    silence = np.full((later, 128), levels.min() - 30, np.float32)
    moved = landmarks(np.concatenate([silence, levels]) + np.float32(gain))
    plain = landmarks(levels)
    where = {(int(mark), int(frame)) for mark, frame in zip(plain.marks, plain.frames, strict=True)}
    there = {(int(mark), int(frame) - later) for mark, frame in zip(moved.marks, moved.frames, strict=True)}
    assert len(where & there) > 0.3 * len(where)


# Through the command line


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Clips under GTZAN's names: two are edits of others (one of them in facts, too), one is broken."""
    folder = tmp_path_factory.mktemp("clips")
    clips = {
        "blues.00000": TUNES["tune 0"],
        "blues.00001": TUNES["tune 1"],
        "disco.00050": TUNES["tune 2"],
        "rock.00000": TUNES["tune 3"],
        "jazz.00000": noisy(TUNES["tune 0"][int(2.5 * RATE) :] * 0.3, 20),
        "disco.00051": TUNES["tune 2"] * 0.5,
        "pop.00000": TUNES["tune 4"],
    }
    for track, samples in clips.items():
        soundfile.write(folder / f"{track}.wav", samples, RATE)
    (folder / "metal.00000.wav").write_bytes(b"RIFF no music")
    return folder


@pytest.fixture
def place(collection, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(collection, "clips")
    (tmp_path / "train.txt").write_text("blues.00000\nblues.00001\ndisco.00050\nrock.00000\nreggae.00000\n")
    (tmp_path / "test.txt").write_text("jazz.00000\ndisco.00051\npop.00000\nmetal.00000\n")
    return tmp_path


AUDIT = ("split", "audit", "--train", "train.txt", "--test", "test.txt", "-d", "gtzan")
LISTEN = (*AUDIT, "--audio", "--root", "clips", "-j", "1")


def test_the_audit_finds_replicas_that_no_metadata_names(place):
    document = done(*LISTEN, "--json").document
    sound = document["sound"]
    found = {match["track_id"]: match for match in sound["matches"]}
    assert {track: match["training_id"] for track, match in found.items()} == {
        "jazz.00000": "blues.00000",
        "disco.00051": "disco.00050",
    }
    assert (found["jazz.00000"]["known_as"], found["disco.00051"]["known_as"]) == ("", "replica")
    assert found["jazz.00000"]["offset"] == pytest.approx(2.5, abs=0.05)
    assert (sound["clips"], sound["missing"]) == (7, ["reggae.00000"])
    assert list(sound["unreadable"]) == ["metal.00000"]
    check = next(check for check in document["checks"] if check["code"] == "MGR010")
    assert check["status"] == "note"
    assert "2 of 4 test tracks sound like a training track" in check["detail"]
    assert "no metadata name 1 of the pairs: jazz.00000 = blues.00000" in check["detail"]
    without = done(*AUDIT, "--json").document
    assert "sound" not in without
    assert document["checks"][:-1] == without["checks"]


def test_the_text_says_it_within_80_columns(place, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = done(*LISTEN).out
    assert max(map(len, text.splitlines())) <= 80
    lines = [line.split() for line in text.splitlines()]
    assert ["jazz.00000", "1", "blues.00000", "+2.51", "s"] in [line[:5] for line in lines]
    assert "not compared: metal.00000" in text
    assert "no audio of 1 tracks" in text


def test_fingerprints_are_kept_and_a_damaged_one_is_made_again(place):
    first = done(*LISTEN, "--json").document
    folder = place / "cache" / "gtzan" / ".fingerprints"
    assert len(list(folder.iterdir())) == 7
    with unchanged(folder):
        assert done(*LISTEN, "--json").document == first
        assert done(*LISTEN[:-1], "2", "--json").document == first
    for file, data in zip(sorted(folder.iterdir()), (b"", b"x", b"\x93NUMPY\x01\0"), strict=False):
        file.write_bytes(data)
    assert done(*LISTEN, "--json").document == first
    assert all(file.stat().st_size > 1000 for file in folder.iterdir())
    assert "no feature" not in done("features", "info", "--json").out


def test_a_file_that_changes_is_listened_to_again(place):
    done(*LISTEN)
    soundfile.write(place / "clips" / "pop.00000.wav", TUNES["tune 3"], RATE)
    matches = done(*LISTEN, "--json").document["sound"]["matches"]
    assert ("pop.00000", "rock.00000") in {(match["track_id"], match["training_id"]) for match in matches}


def test_folds_see_the_pairs_across_their_own_sides(place, monkeypatch):
    rows = ["blues.00000\tblues\t1", "jazz.00000\tjazz\t2", "disco.00050\tdisco\t2", "disco.00051\tdisco\t2"]
    head = "# name: gtzan/mini\ntrack_id\tgenre\tfold\tpart\tartist\n"
    (place / "mini.tsv").write_text(head + "".join(f"{row}\ttest\t\n" for row in rows))
    sound = done("split", "audit", "mini.tsv", "--audio", "--root", "clips", "-j", "1", "--json").document[
        "sound"
    ]
    pairs = {
        (match["fold"], match["track_id"], match["training_id"], match["offset"])
        for match in sound["matches"]
    }
    offset = next(iter(match["offset"] for match in sound["matches"] if match["fold"] == 2))
    assert pairs == {
        (1, "blues.00000", "jazz.00000", -offset),
        (2, "jazz.00000", "blues.00000", offset),
    }


def test_without_clips_there_is_nothing_to_listen_to(place):
    (place / "empty").mkdir()
    assert "holds none of the 1000 clips" in refused(*AUDIT, "--audio", "--root", "empty")
    assert "no such folder" in refused(*AUDIT, "--audio", "--root", "none")
    soundfile.write(place / "empty" / "country.00001.wav", TUNES["tune 1"], RATE)
    assert "holds no clip of this split" in refused(*AUDIT, "--audio", "--root", "empty")
    (place / "empty" / "jazz.00000.wav").write_bytes(b"no music")
    result = cli(*AUDIT, "--audio", "--root", "empty")
    assert result.code == 2
    assert "none of 1 clips could be read" in result.errors[0]
