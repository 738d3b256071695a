"""Audio, files of features and stores that are damaged or not what they should be: refused in one line."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
import soundfile

from tests.support.bad_input import damage, refused_with
from tests.support.helpers import (
    IDS,
    MINI_RUN,
    cli,
    done,
    refusal,
    refused,
    store_vectors,
    unchanged,
    vectors,
    write_npz,
    write_wav,
)

# --- data roots and audio


@pytest.mark.parametrize(
    "command", [("data", "verify", "gtzan"), ("features", "extract", "gtzan", "-f", "melstats")]
)
def test_data_roots_without_clips(place, command):
    refused_with(["data", "no such folder", "--root", "MGRBENCH_DATA"], *command, where=place)
    refused_with(["absent", "no such folder"], *command, "--root", "absent", where=place)
    refused_with(["mini.tsv", "is a file, not a folder"], *command, "--root", "mini.tsv", where=place)
    (place / "empty").mkdir()
    refused_with(["empty", "none of the 1000 clips"], *command, "--root", "empty", where=place)
    write_wav(place / "other" / "song.wav")
    refused_with(["other", "none of the 1000 clips", "song.wav"], *command, "--root", "other", where=place)


def test_three_of_a_thousand_clips(place):
    for number in range(3):
        write_wav(place / "three" / f"blues.0000{number}.wav", 30, rate=4000, seed=number)
    report = done("data", "verify", "gtzan", "--root", "three", "--json").document
    assert (report["found"], len(report["missing"]), report["ok"]) == (3, 997, False)
    found = done("features", "extract", "gtzan", "-f", "melstats", "--root", "three", "--jobs", "1")
    assert "3 clips computed, 3 stored" in found.out
    assert "no audio of 997 tracks" in found.out
    run = ("run", "-m", "lda", "-d", "gtzan", "-s", "artist3", "-f", "melstats")
    refused_with(["melstats lacks 945 of 948 tracks", "--allow-missing"], *run, where=place)
    line = refused_with(["gtzan/artist3"], *run, "--allow-missing", where=place)
    assert "nothing is left of fold" in line


def wav_bytes(samples, subtype="PCM_16", kind="WAV"):
    stream = io.BytesIO()
    soundfile.write(stream, samples, 22050, subtype=subtype, format=kind)
    return stream.getvalue()


NOISE = np.random.default_rng(0).normal(scale=0.1, size=22050)
WITH_NAN = np.where(np.arange(22050) == 100, np.nan, NOISE)
BAD_AUDIO = {
    "truncated wav": (wav_bytes(NOISE)[:9999], "wav", "cut short"),
    "truncated flac": (wav_bytes(NOISE, kind="FLAC")[:9999], "flac", "cut short"),
    "truncated au": (wav_bytes(NOISE, kind="AU")[:9999], "au", "cut short"),
    "header only": (wav_bytes(NOISE)[:30], "wav", ""),
    "empty": (b"", "wav", "empty (0 bytes)"),
    "zero-length": (wav_bytes(NOISE[:0]), "wav", "no samples"),
    "text": (b"This is not audio, whatever its name says.\n" * 20, "wav", "not audio"),
    "NaN": (wav_bytes(WITH_NAN, "FLOAT"), "wav", "NaN or infinite"),
    "infinity": (wav_bytes(np.where(WITH_NAN == WITH_NAN, NOISE, np.inf), "FLOAT"), "wav", "NaN or infinite"),
}


@pytest.mark.parametrize(("data", "suffix", "needle"), BAD_AUDIO.values(), ids=BAD_AUDIO)
def test_bad_audio(place, data, suffix, needle):
    folder = place / "clips"
    folder.mkdir()
    (folder / f"blues.00000.{suffix}").write_bytes(data)
    extract = ("features", "extract", "gtzan", "-f", "melstats", "--root", "clips")
    line = refusal(cli(*extract))
    assert f"blues.00000.{suffix}" in line
    assert needle in line
    assert done("features", "info", "--json").document["features"][0]["feature"] == "toy"

    report = done("data", "verify", "gtzan", "--root", "clips", "--json").document
    assert [found["id"] for found in report["unreadable"]] == ["blues.00000"]
    assert needle in report["unreadable"][0]["detail"]

    write_wav(folder / "blues.00001.wav")
    found = done(*extract, "--json").document
    assert found["stored"] == {"melstats": 1}
    assert [problem["track_id"] for problem in found["problems"]] == ["blues.00000"]
    write_wav(folder / "blues.00000.wav")
    if suffix == "wav":
        assert done(*extract, "--json").document["computed"] == {"melstats": 1}


# --- features from a file


def raw_npz(path, **arrays):
    np.savez(path, **arrays)


def truncated(path):
    write_npz(path)
    path.write_bytes(path.read_bytes()[:-900])


def flipped(path):
    write_npz(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


X = vectors()
WITH_HOLE = X.copy()
WITH_HOLE[[3, 7], 2] = np.nan
HUGE = X.astype(np.float64)
HUGE[5, 0] = 1e300
OBJECTS = np.array([{"code": "runs"}] * 1000, dtype=object)
BAD_NPZ = {
    "pickled values": (lambda path: raw_npz(path, ids=IDS, x=OBJECTS), ["pickle", "dtype=object"]),
    "pickled ids": (lambda path: raw_npz(path, ids=np.array(IDS, object), x=X), ["pickle"]),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps(X)), ["pickle"]),
    "wrong ids": (
        lambda path: write_npz(path, [*IDS[:-1], "rock.00100"], x=X),
        ["1 ids are no track", "'rock.00100'", "'blues.00000'"],
    ),
    "double ids": (lambda path: write_npz(path, [*IDS[:-1], IDS[0]], x=X), ["1 ids", "twice", "blues.00000"]),
    "double by another name": (
        lambda path: write_npz(path, [*IDS[:-1], "blues/Blues_00000.wav"], x=X),
        ["twice", "blues.00000"],
    ),
    "number ids": (lambda path: raw_npz(path, ids=np.arange(1000), x=X), ["int64", "string"]),
    "table of ids": (lambda path: raw_npz(path, ids=np.array(IDS)[:, None], x=X), ["(1000, 1)"]),
    "NaN": (lambda path: write_npz(path, x=WITH_HOLE), ["2 tracks", "NaN", IDS[3]]),
    "too large for float32": (lambda path: write_npz(path, x=HUGE), ["1 tracks", IDS[5]]),
    "wrong length": (lambda path: write_npz(path, x=X[:-1]), ["999 rows for 1000 ids"]),
    "a single number": (lambda path: write_npz(path, x=np.float32(1)), ["a single number"]),
    "complex": (lambda path: write_npz(path, x=X * 1j), ["complex"]),
    "text": (lambda path: write_npz(path, x=X.astype(str)), ["<U"]),
    "no values": (lambda path: write_npz(path, x=X[:, :0]), ["(1000, 0)"]),
    "no tracks": (lambda path: write_npz(path, [], x=X[:0]), ["type float64"]),
    "another key": (lambda path: write_npz(path, y=X), ["no array 'x'", "ids, y"]),
    "no ids": (lambda path: raw_npz(path, x=X), ["no array 'ids'"]),
    "npy": (lambda path: np.save(path.open("wb"), X), ["one array without ids"]),
    "cut off": (truncated, ["no readable .npz"]),
    "flipped bits": (flipped, ["no readable .npz"]),
    "empty": (lambda path: path.touch(), ["no readable .npz"]),
    "words": (lambda path: path.write_text("id,value\n"), [".npz"]),
    "folder": (lambda path: path.mkdir(), ["is a folder"]),
    "missing": (lambda path: None, ["no such file"]),
}


@pytest.mark.parametrize(("make", "needles"), BAD_NPZ.values(), ids=BAD_NPZ)
def test_bad_npz(place, make, needles):
    make(place / "bad.npz")
    arguments = ("features", "import", "gtzan", "toy", "--file", "bad.npz", "--array", "x", "--replace")
    refused_with(["bad.npz", *needles], *arguments, where=place)


def test_pickles_are_not_run(place):
    class Trap:
        def __reduce__(self):
            return (open, (str(place / "sprung"), "w"))

    raw_npz(place / "bad.npz", ids=np.array(IDS), x=np.array([Trap()] * 1000, dtype=object))
    refused("features", "import", "gtzan", "toy", "--file", "bad.npz", "--array", "x")
    assert not (place / "sprung").exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "../toy", ".toy", "a b", "toy\n", "<b>"])
def test_names_that_no_feature_can_have(place, name):
    arguments = ("features", "import", "gtzan", name, "--file", "toy.npz", "--array", "x")
    refused_with([repr(name)], *arguments, where=place)


def test_stored_values_are_replaced_on_request_only(place):
    write_npz(place / "new.npz", x=vectors(seed=5))
    arguments = ("features", "import", "gtzan", "toy", "--file", "new.npz", "--array", "x")
    refused_with(["other values of toy of gtzan", "--replace"], *arguments, where=place)
    done(*arguments, "--replace")
    done(*arguments)


def test_imported_values_are_not_overwritten_by_an_extraction(place):
    write_wav(place / "clips" / "blues.00000.wav")
    store_vectors(place, "melstats", IDS[:500])
    arguments = ("features", "extract", "gtzan", "-f", "melstats", "--root", "clips")
    refused_with(["melstats of gtzan", "--replace"], *arguments, where=place)


# --- the store


def test_corrupt_row_in_the_store(place):
    values = place / "cache" / "gtzan" / "toy" / "values.npy"
    data = bytearray(values.read_bytes())
    data[-48 * 1000 + 5] ^= 1  # in the first row, blues.00000
    values.write_bytes(data)
    needles = ["blues.00000", "corrupt", "--replace"]
    refused_with([*needles, "toy"], "run", "-m", "lda", *MINI_RUN, where=place)
    with unchanged(place):
        info = cli("features", "info", "--verify", "--json")
    assert info.code == 2
    assert "blues.00000" in info.errors[0]
    done("features", "import", "gtzan", "toy", "--file", "toy.npz", "--array", "x", "--replace")
    done("run", "-m", "lda", *MINI_RUN)


@pytest.mark.parametrize("how", ["cut", "empty", "words", "bytes"])
@pytest.mark.parametrize("name", ["values.npy", "manifest.json"])
def test_damaged_files_of_the_store(place, name, how):
    damage(place / "cache" / "gtzan" / "toy" / name, how)
    for command in (("run", "-m", "lda", *MINI_RUN), ("features", "info")):
        refused_with([name], *command, where=place)


@pytest.mark.parametrize("name", ["values.npy", "manifest.json", "rows.tsv"])
def test_missing_files_of_the_store(place, name):
    (place / "cache" / "gtzan" / "toy" / name).unlink()
    refused_with(["toy"], "run", "-m", "lda", *MINI_RUN, where=place)
