"""Bad input of every kind: exit status 2 and one line that names what is at fault and what to do.

Nothing that was there before is changed, and nothing half-made is left beside it.
"""

from __future__ import annotations

import csv
import io
import json
import pickle
import shutil
import struct

import numpy as np
import pytest
import soundfile

from mgrbench.splits import load_split
from tests.support.helpers import (
    GENRE,
    GTZAN,
    IDS,
    MEANS,
    MINI,
    MINI_RUN,
    cli,
    copied,
    done,
    only_run,
    predictions,
    refusal,
    refused,
    store_vectors,
    unchanged,
    vectors,
    write_npz,
    write_plugin,
    write_split,
    write_wav,
)


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    monkeypatch.setenv("MGRBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    return copied(prepared, tmp_path, monkeypatch)


def refused_with(needles, *arguments, where):
    """Refused in a line with all of these in it, and every file below ``where`` as it was."""
    with unchanged(where):
        line = refused(*arguments)
    assert all(needle in line for needle in needles), line
    return line


# --- names


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        (("run", "-m", "svm_rfb", *MINI_RUN), ["no model is called 'svm_rfb'", "did you mean svm_rbf?"]),
        (("run", "-m", "x.y:Z", *MINI_RUN), ["x", "no module is called"]),
        (("run", "-m", "sklearn.svm:SCV", *MINI_RUN), ["'SCV'", "did you mean SV"]),
        (("run", "-m", "json:dumps", *MINI_RUN), ["dumps"]),
        (("run", "-m", "math:pi", *MINI_RUN), ["pi", "float"]),
        (
            ("run", "-m", "lda", "-d", "gtzn", "-s", "artist3"),
            ["no dataset", "'gtzn'", "did you mean gtzan?"],
        ),
        (
            ("run", "-m", "lda", "-d", "gtzan", "-s", "artst3"),
            ["'gtzan/artst3'", "did you mean gtzan/artist3?"],
        ),
        (("run", "-m", "lda", "-d", "gtzan", "-s", "synth/artist3"), ["synth/artist3", "gtzan"]),
        (("run", "-m", "lda", "-d", "gtzan", "-s", "no.tsv"), ["no.tsv", "no such file"]),
        (("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "-f", "tyo"), ["'tyo'", "toy"]),
        (("run", "-m", "lda", *MINI_RUN, "--device", "gpu"), ["'gpu'", "cuda"]),
        (("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv"), ["features", "--feature"]),
        (("score", "x.csv", "-d", "gtzn", "-s", "artist3", "--name", "x"), ["'gtzn'", "did you mean gtzan?"]),
        (("score", "x.csv", "-d", "gtzan", "-s", "artst3", "--name", "x"), ["did you mean gtzan/artist3?"]),
        (("score", "x.csv", "-d", "gtzan", "-s", "artist3", "--name", "x"), ["x.csv", "no such file"]),
        (("data", "info", "gtzn"), ["'gtzn'", "did you mean gtzan?"]),
        (("data", "verify", "gtzn"), ["'gtzn'", "did you mean gtzan?"]),
        (("split", "show", "gtzan/artst3"), ["'gtzan/artst3'", "did you mean gtzan/artist3?"]),
        (("split", "show", "gtzan/artist3", "--fold", "4"), ["no fold 4", "1 to 3"]),
        (("split", "audit", "gtzan/artst3"), ["'gtzan/artst3'", "did you mean gtzan/artist3?"]),
        (("split", "audit"), ["nothing to audit", "--train"]),
        (
            ("split", "audit", "--train", "mini.tsv", "--test", "no.txt", "-d", "gtzan"),
            ["no.txt", "no such file"],
        ),
        (("split", "make", "gtzan", "--rule", "artits", "--name", "x"), ["'artits'", "artist"]),
        (("split", "make", "gtzan", "--rule", "artist", "--name", "x", "--folds", "1"), ["1 fold"]),
        (("split", "make", "gtzan", "--rule", "artist", "--name", "../x"), ["'../x'"]),
        (("split", "make", "gtzn", "--rule", "artist", "--name", "x"), ["'gtzn'", "did you mean gtzan?"]),
        (
            ("features", "extract", "gtzan", "-f", "melstat", "--root", "."),
            ["'melstat'", "did you mean melstats?"],
        ),
        (("features", "extract", "gtzn", "-f", "melstats"), ["'gtzn'", "did you mean gtzan?"]),
        (("features", "extract", "gtzan", "-f", "means.py", "--root", "."), ["means.py", "SPEC"]),
        (("features", "info", "gtzn"), ["'gtzn'", "did you mean gtzan?"]),
        (("features", "import", "gtzn", "x", "--file", "toy.npz", "--array", "x"), ["did you mean gtzan?"]),
        (("leaderboard", "show", "gtzan/mni"), ["'gtzan/mni'", "gtzan/mini"]),
        (("run", "-m", "lda", *MINI_RUN, "--out", "mini.tsv"), ["mini.tsv", "a file stands where a folder"]),
        (("leaderboard", "build", "--out", "mini.tsv"), ["mini.tsv", "a file stands where a folder"]),
        (("leaderboard", "build", "--format", "md,xml"), ["'xml'", "md, csv, json"]),
        (("leaderboard", "build", "--metric", "macro"), ["'macro'"]),
        (("leaderboard", "build", "--metric", "means.py"), ["means.py", "metric"]),
        (("leaderboard", "build", "--runs", "none"), ["none", "no such folder"]),
        (("leaderboard", "build", "--runs", "cache"), ["cache", "no finished run"]),
        (("leaderboard", "check", "--out", "cache"), ["no such file"]),
        (("check", "svm_rfb"), ["'svm_rfb'", "did you mean svm_rbf?"]),
        (("check", "svm_rbf", "--shape", "16y8"), ["'16y8'", "216x128"]),
        (("list", "model"), ["'model'", "models"]),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else "",
)
def test_unknown_names(place, arguments, needles):
    refused_with(needles, *arguments, where=place)


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


# --- predictions from a file


def table(rows, delimiter=",", end="\n"):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    return stream.getvalue()


def plain():
    """A sound file of predictions as rows: every test track of the small split, its genre at 0.91."""
    head = ["track_id", "predicted", *(f"p_{genre}" for genre in GTZAN.genres)]
    proba = {
        genre: ["0.91" if other == genre else "0.01" for other in GTZAN.genres] for genre in GTZAN.genres
    }
    return [head, *([track, GENRE[track], *proba[GENRE[track]]] for track in MINI)]


def with_cell(row, column, value):
    rows = plain()
    rows[row][column] = value
    return rows


def with_columns(*columns):
    """``columns``: (name, value of each row)."""
    return [
        [*row, *(name if at == 0 else value for name, value in columns)] for at, row in enumerate(plain())
    ]


LABELS = [row[:2] for row in plain()]
BAD_PREDICTIONS = {
    "missing track": (plain()[:-1], ["lacks 1 of 60 test tracks", MINI[-1], "--allow-missing"]),
    "missing fold": (plain()[:3], ["lacks 58 of 60 test tracks"]),
    "double track": ([*plain(), plain()[1]], [":62", MINI[0], "predicted twice"]),
    "double by another name": (
        [*plain(), ["genres/Blues/blues_00000.AU", *plain()[1][1:]]],
        [":62", MINI[0], "predicted twice"],
    ),
    "unknown track": (with_cell(3, 0, "blues.0040"), [":4", "'blues.0040'", "file names work too"]),
    "track outside the split": ([*plain(), ["blues.00001", *plain()[1][1:]]], [":62", "'blues.00001'"]),
    "unknown genre": (with_cell(5, 1, "Polka"), [":6", "'Polka'", "blues, classical"]),
    "empty genre": (with_cell(5, 1, ""), [":6", "''", "blues, classical"]),
    "sum of 1.09": (with_cell(1, 3, "0.10"), [":2", "1.09"]),
    "percent": ([[c.replace("0.", "") if i else c for i, c in enumerate(r)] for r in plain()], [":2", "91"]),
    "negative": (with_cell(7, 3, "-0.01"), [":8", "-0.01"]),
    "NaN": (with_cell(7, 3, "nan"), [":8", "nan"]),
    "infinity": (with_cell(7, 3, "inf"), [":8", "inf"]),
    "no number": (with_cell(7, 3, "low"), [":8", "'low'"]),
    "empty probability": (with_cell(7, 3, ""), [":8", "''"]),
    "predicts the unlikely": (with_cell(1, 1, "rock"), [":2", "rock", "blues is likelier"]),
    "lacks a genre": ([row[:-1] for row in plain()], [":1", "p_rock"]),
    "one genre too many": (with_columns(("p_polka", "0")), [":1", "p_polka"]),
    "double column": (with_columns(("predicted", "blues")), [":1", "twice"]),
    "another fold": (with_columns(("fold", "3")), [":2", "fold '3'", "fold 1"]),
    "another genre": (with_columns(("genre", "jazz")), [":2", "'jazz'", "blues"]),
    "no header": (plain()[1:], [":1", "track_id", "predicted"]),
    "other columns": ([["id", "label"], *LABELS[1:]], [":1", "id, label", "track_id"]),
    "header only": (plain()[:1], ["no predictions"]),
    "short line": ([*plain()[:-1], plain()[-1][:-2]], [":61", "10 values for 12 columns"]),
}


@pytest.mark.parametrize(("rows", "needles"), BAD_PREDICTIONS.values(), ids=BAD_PREDICTIONS)
def test_bad_predictions(place, rows, needles):
    (place / "bad.csv").write_text(table(rows))
    arguments = ("score", "bad.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "theirs")
    refused_with(["bad.csv", *needles], *arguments, where=place)


@pytest.mark.parametrize(
    ("data", "needles"),
    [
        (b"", ["no predictions"]),
        (table(plain()).encode("utf-16"), ["not UTF-8"]),
        (b"track_id,predicted\nbl\xfces,\xe4\n", ["not UTF-8"]),
        (table(plain()).replace("0.91", '"0.91', 1).encode(), []),
        (b"track_id,predicted\n" + b"x" * 200_000 + b",blues\n", []),
        (table(plain()).replace("0.01", "0\x001", 1).encode(), []),
        (table(plain(), ";").replace(".", ",").replace(",00", ".00").encode(), [":2", "0,91", "write 0.5"]),
        (struct.pack("<64d", *range(64)), []),
        (table(LABELS).replace(",", " ").encode(), [":1"]),
    ],
    ids=["empty", "UTF-16", "Latin-1", "open quote", "long", "NUL", "decimal commas", "binary", "spaces"],
)
def test_predictions_that_are_no_table(place, data, needles):
    (place / "bad.csv").write_bytes(data)
    arguments = ("score", "bad.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "theirs")
    refused_with(["bad.csv", *needles], *arguments, where=place)


GOOD_PREDICTIONS = {
    "byte order mark": "\ufeff" + table(plain()),
    "semicolons": table(plain(), ";"),
    "byte order mark and semicolons": "\ufeff" + table(plain(), ";"),
    "tabs": table(plain(), "\t"),
    "Windows line ends": table(plain(), end="\r\n"),
    "spaces": table(plain()).replace(",", " , "),
    "blank lines": table(plain()).replace("\n", "\n\n"),
    "other order": table([plain()[0], *reversed(plain()[1:])]),
    "file names": table([plain()[0], *([f"x/{row[0]}.wav", *row[1:]] for row in plain()[1:])]),
    "spelling": table(plain()).replace(",hiphop", ",Hip-Hop").replace("p_hiphop", "p_Hip Hop"),
    "no labels": table([[row[0], *row[2:]] for row in plain()]),
    "quoted": "\n".join(",".join(f'"{cell}"' for cell in row) for row in plain()),
    "folds and genres": table(
        [
            [*row, *(("fold", "genre") if at == 0 else (str((at - 1) % 3 + 1), GENRE[row[0]]))]
            for at, row in enumerate(plain())
        ]
    ),
}


@pytest.mark.parametrize("text", GOOD_PREDICTIONS.values(), ids=GOOD_PREDICTIONS)
def test_predictions_in_other_spellings_say_the_same(place, text):
    score = ("score", "theirs.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "theirs", "--out")
    (place / "theirs.csv").write_text(table(plain()))
    done(*score, "plain")
    (place / "theirs.csv").write_bytes(text.encode())
    done(*score, "other")
    assert predictions(place / "other") == predictions(place / "plain")


def test_a_whole_fold_may_be_missing_if_allowed(place):
    (place / "theirs.csv").write_text(table([plain()[0], *plain()[3::3]]))
    score = ("score", "theirs.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "theirs", "--allow-missing")
    run = done(*score, "--json").document
    assert [(fold["fold"], fold["n_test"]) for fold in run["folds"]] == [(3, 20)]
    assert "MGR104" in [warning["code"] for warning in run["warnings"]]
    done("leaderboard", "build")
    done("leaderboard", "check")


def test_a_track_tested_twice_needs_its_fold(place):
    ids = MINI[:20]
    lines = (place / "mini.tsv").read_text().splitlines()[:3]
    for fold in ("1", "2"):
        lines += [f"{i}\t{GENRE[i]}\t{fold}\t{'test' if at % 2 else 'train'}\t" for at, i in enumerate(ids)]
    (place / "twice.tsv").write_text("\n".join(lines).replace("gtzan/mini", "gtzan/twice") + "\n")
    score = ("score", "theirs.csv", "-d", "gtzan", "-s", "twice.tsv", "--name", "theirs")
    rows = [[track, GENRE[track]] for track in ids[1::2]]
    (place / "theirs.csv").write_text(table([["track_id", "predicted"], *rows]))
    refused_with([":2", ids[1], "folds [1, 2]", "column fold"], *score, where=place)
    both = [[*row, fold] for row in rows for fold in ("1", "2")]
    (place / "theirs.csv").write_text(table([["track_id", "predicted", "fold"], *both]))
    assert done(*score, "--json").document["folds"][1]["n_test"] == 10
    done("run", "-m", "majority", "-d", "gtzan", "-s", "twice.tsv", "-f", "toy")


def test_labels_alone_are_scored_without_log_loss(place):
    (place / "theirs.csv").write_text(table(LABELS))
    run = done("score", "theirs.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "theirs", "--json").document
    assert run["scores"]["accuracy"]["value"] == 1
    assert "log_loss" not in run["scores"]
    done("leaderboard", "build")
    done("leaderboard", "check")


# --- plugins


def means_with(old, new):
    assert old in MEANS
    return MEANS.replace(old, new)


ANSWER = "return near / near.sum(axis=1, keepdims=True)"
BAD_PLUGINS = {
    "raises on import": (
        "raise OSError('no licence key')",
        ["being imported", "OSError: no licence key", ":1)"],
    ),
    "lacks a module": ("import nothing_of_this_name", ["nothing_of_this_name"]),
    "syntax": ("def build(:", ["SyntaxError"]),
    "not UTF-8": (b"x = '\xff\xfe'\n", ["bad.py", "SyntaxError"]),
    "ends the process": ("import sys; sys.exit(0)", ["SystemExit"]),
    "no build": ("x = 1", ["build(n_genres, seed, device"]),
    "build is a number": ("build = 1", ["build"]),
    "build takes nothing": ("def build():\n    return 1", ["being built", "TypeError"]),
    "builds nothing": ("def build(n_genres, seed, device): pass", ["NoneType", "without fit"]),
    "raises in build": (
        means_with("return Means(n_genres)", "raise KeyError('x')"),
        ["being built", "KeyError"],
    ),
    "raises in fit": (
        means_with("self.means =", "1 / 0\n        self.means ="),
        ["fitting fold 1", "ZeroDivision"],
    ),
    "raises in predict": (means_with(ANSWER, "return near[99999]"), ["predicting fold 1", "IndexError"]),
    "labels": (means_with(ANSWER, "return near.argmax(axis=1)"), ["fold 1", "(20,)", "labels"]),
    "names of genres": (means_with(ANSWER, "return ['blues'] * len(near)"), ["fold 1", "(20,)"]),
    "one row too few": (means_with(ANSWER, "return near[:-1]"), ["fold 1", "(19, 10), not (20, 10)"]),
    "one column too few": (means_with(ANSWER, "return near[:, :-1]"), ["(20, 9), not (20, 10)"]),
    "transposed": (means_with(ANSWER, "return near.T"), ["(10, 20), not (20, 10)"]),
    "rows of unequal length": (means_with(ANSWER, "return [[1], [1, 2]]"), ["fold 1"]),
    "nothing": (means_with(ANSWER, "return None"), ["fold 1", "()"]),
    "text": (means_with(ANSWER, "return near.astype(str)"), ["fold 1", "<U"]),
    "complex": (means_with(ANSWER, "return near * 1j"), ["fold 1", "complex"]),
    "NaN": (means_with(ANSWER, "return near * np.nan"), ["fold 1", "NaN", "20 of 20 rows"]),
    "infinity": (means_with(ANSWER, "return np.full_like(near, np.inf)"), ["fold 1", "infinity"]),
    "negative": (means_with(ANSWER, "return -near"), ["fold 1", "values from -"]),
    "scores": (means_with(ANSWER, "return near + 2"), ["fold 1", "values from 2"]),
    "does not sum to 1": (
        means_with(ANSWER, "return near / 1e9"),
        ["fold 1", "20 of 20 rows don't sum to 1"],
    ),
    "selection": ('SELECTION = "tset"\n' + MEANS.replace('SELECTION = "none"', ""), ["'tset'", "validation"]),
    "features": ('FEATURES = "toy"\n' + MEANS, ["FEATURES", "'toy'"]),
    "what it chose": (
        means_with("self.n_genres = n_genres", "self.n_genres = n_genres; self.chosen = 3"),
        ["chosen"],
    ),
    "its history": (
        means_with("self.n_genres = n_genres", "self.n_genres = n_genres; self.history = {'loss': [1]}"),
        ["history", "list of dictionaries"],
    ),
    "objects in its history": (
        means_with("self.n_genres = n_genres", "self.n_genres = n_genres; self.history = [{'x': object()}]"),
        ["history"],
    ),
}


@pytest.mark.parametrize(("source", "needles"), BAD_PLUGINS.values(), ids=BAD_PLUGINS)
def test_bad_plugins(place, source, needles):
    if isinstance(source, bytes):
        (place / "bad.py").write_bytes(source)
    else:
        write_plugin(place / "bad.py", source)
    refused_with(["bad", *needles], "run", "-m", "bad.py", *MINI_RUN, where=place)


def test_bad_plugins_in_several_processes(place):
    write_plugin(place / "bad.py", BAD_PLUGINS["labels"][0])
    refused_with(["bad, fold", "labels"], "run", "-m", "bad.py", *MINI_RUN, "--jobs", "2", where=place)


def test_a_worker_that_is_killed(place):
    write_plugin(
        place / "bad.py",
        means_with("self.means =", "import os; os.kill(os.getpid(), 9)\n        self.means ="),
    )
    line = refused("run", "-m", "bad.py", *MINI_RUN, "--jobs", "2")
    assert "worker process was killed" in line


def test_a_plugin_may_not_take_a_models_name(place):
    write_plugin(place / "lda.py", MEANS)
    refused_with(
        ["'./lda.py'", "the name of the model 'lda'"], "run", "-m", "./lda.py", *MINI_RUN, where=place
    )


def test_the_traceback_is_there_on_request(place, monkeypatch):
    monkeypatch.setenv("MGRBENCH_DEBUG", "1")
    write_plugin(place / "bad.py", "raise OSError('no licence key')")
    result = cli("run", "-m", "bad.py", *MINI_RUN)
    assert result.code == 2
    assert "Traceback" in result.err


def test_numbers_of_numpy_are_kept_as_what_a_model_says(place):
    said = (
        "self.chosen = {'k': np.int64(3)}; self.history = [{'epoch': np.int32(1), 'loss': np.float32(0.5)}]"
    )
    write_plugin(
        place / "good.py", means_with("self.n_genres = n_genres", f"self.n_genres = n_genres; {said}")
    )
    run = done("run", "-m", "good.py", *MINI_RUN, "--json").document
    assert run["selection"]["chosen"] == [{"k": 3}] * 3


# --- split files


def lines_with(place, change):
    (place / "bad.tsv").write_text(change((place / "mini.tsv").read_text()))


BAD_SPLITS = {
    "unknown genre": (lambda text: text.replace("\tdisco\t", "\tpolka\t"), ["gtzan/mini", "'polka'"]),
    "wrong genre": (
        lambda text: text.replace("blues.00000\tblues", "blues.00000\trock"),
        ["gtzan/mini", "blues.00000", "rock", "blues"],
    ),
    "another dataset's": (lambda text: text.replace("gtzan/mini", "synth/mini"), ["synth/mini", "gtzan"]),
    "name of a shipped split": (
        lambda text: text.replace("gtzan/mini", "gtzan/artist3"),
        ["gtzan/artist3", "another name"],
    ),
    "name that leads elsewhere": (lambda text: text.replace("gtzan/mini", "gtzan/.."), ["gtzan/.."]),
    "no name": (lambda text: text.replace("# name:", "# title:"), ["# name"]),
    "commas": (lambda text: text.replace("\t", ","), ["bad.tsv", "tabs"]),
    "part": (lambda text: text.replace("\ttest\t", "\ttset\t", 1), ["bad.tsv", "'tset'"]),
    "fold": (lambda text: text.replace("\t3\t", "\t4\t"), ["bad.tsv", "fold"]),
    "twice": (lambda text: text + text.splitlines()[-1] + "\n", ["bad.tsv", "twice"]),
    "empty": (lambda text: "", ["bad.tsv"]),
}


@pytest.mark.parametrize(("change", "needles"), BAD_SPLITS.values(), ids=BAD_SPLITS)
def test_bad_split_files(place, change, needles):
    lines_with(place, change)
    for command in (("run", "-m", "lda", "-f", "toy"), ("score", "means.py", "--name", "x")):
        refused_with(needles, *command, "-d", "gtzan", "-s", "bad.tsv", where=place)


# --- what is stored


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


def damage(path, how):
    whole = path.read_bytes()
    damaged = {"cut": whole[: len(whole) // 2], "empty": b"", "words": b"words\n", "bytes": bytes(range(256))}
    path.write_bytes(damaged[how])


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


@pytest.mark.parametrize("how", ["cut", "empty", "words", "bytes"])
@pytest.mark.parametrize("name", ["run.json", "predictions.csv", "split.tsv"])
def test_damaged_files_of_a_run(place, name, how):
    damage(only_run(place / "runs") / name, how)
    for command in ("build", "check"):
        refused_with([name], "leaderboard", command, where=place)
    if name != "split.tsv":
        refused_with([name], "run", "-m", "./means.py", *MINI_RUN, where=place)
        done("run", "-m", "./means.py", *MINI_RUN, "--fresh")
        done("leaderboard", "build")


def edited(place, *path, value):
    """Change one value of the record; ``path`` leads to it."""
    file = only_run(place / "runs") / "run.json"
    document = json.loads(file.read_text())
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    assert inner[path[-1]] != value
    inner[path[-1]] = value
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("scores", "accuracy", "value"), 0.999),
        (("scores", "accuracy", "low"), 0.9),
        (("scores", "accuracy", "low"), None),
        (("scores", "mcc", "high"), float("nan")),
        (("scores", "log_loss"), {"value": 0.0, "low": None, "high": None}),
        (("scores", "better"), {"value": 1.0, "low": None, "high": None}),
        (("fold_mean_std", "accuracy", "std"), 0.0),
        (("folds", 1, "scores", "accuracy"), 1.0),
        (("folds", 1, "fold"), 7),
        (("per_class", 0, "recall"), 1.0),
        (("confusion", 0, 0), 6),
        (("folds", 1, "n_test"), 19),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_tampered_records(place, path, value):
    if path == ("scores", "better"):
        file = only_run(place / "runs") / "run.json"
        document = json.loads(file.read_text())
        document["scores"]["better"] = value
        file.write_text(json.dumps(document))
    else:
        edited(place, *path, value=value)
    for command in ("build", "check", "show"):
        arguments = ("gtzan/mini",) if command == "show" else ()
        line = refused_with(["run.json"], "leaderboard", command, *arguments, where=place)
        assert "is not what the predictions give" in line
    refused_with(["is not what the predictions give"], "run", "-m", "./means.py", *MINI_RUN, where=place)


def test_a_warning_cannot_be_left_out(place):
    """Predicting the easy tracks only gives a fine score, and a warning that can't be taken away again."""
    rows = list(csv.reader(predictions(place / "runs").splitlines()))
    (place / "easy.csv").write_text(table([row for at, row in enumerate(rows) if not at or row[2] == row[3]]))
    score = ("score", "easy.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "easy", "--allow-missing")
    run = done(*score, "--json").document
    assert run["scores"]["accuracy"]["value"] == 1
    file = place / run.pop("folder") / "run.json"
    kept = [warning for warning in run["warnings"] if warning["code"] != "MGR104"]
    assert len(kept) == len(run["warnings"]) - 1
    done("leaderboard", "build")
    file.write_text(json.dumps(run | {"warnings": kept}))
    refused_with([str(file.relative_to(place)), "MGR104"], "leaderboard", "build", where=place)


@pytest.mark.parametrize(
    ("path", "value", "needle"),
    [
        (("schema_version",), 99, "schema version 99"),
        (("scores", "accuracy", "value"), "high", "scores.accuracy.value"),
        (("selection", "rule"), "luck", "selection.rule"),
        (("split_sha256",), "0" * 64, "another version of gtzan/mini"),
    ],
)
def test_records_that_are_none(place, path, value, needle):
    edited(place, *path, value=value)
    refused_with([needle], "leaderboard", "build", where=place)


def test_unknown_fields_and_codes_in_a_record(place):
    file = only_run(place / "runs") / "run.json"
    whole = json.loads(file.read_text())
    file.write_text(json.dumps(whole | {"rank": 1}))
    refused_with(["run.json", "rank"], "leaderboard", "build", where=place)
    file.write_text(json.dumps(whole | {"warnings": [{"code": "MGR1<script>", "detail": "x"}]}))
    refused_with(["run.json", "warnings.0.code"], "leaderboard", "build", where=place)


def swapped(rows):
    """Another genre predicted for one track, its probabilities swapped accordingly."""
    changed = [list(row) for row in rows]
    row = changed[1]
    best = max(range(4, 14), key=lambda column: float(row[column]))
    other = 4 if best != 4 else 5
    row[best], row[other] = row[other], row[best]
    row[3] = GTZAN.genres[other - 4]
    return changed


TAMPERED = {
    "another answer": (swapped, "is not what the predictions give"),
    "a track less": (lambda rows: rows[:-1], "is not what the predictions give"),
    "a track twice": (lambda rows: [*rows, rows[-1]], "predicted twice"),
    "a track of another fold": (
        lambda rows: [rows[0], [rows[1][0], "2", *rows[1][2:]], *rows[2:]],
        "of fold 2",
    ),
    "a track unknown": (lambda rows: [rows[0], ["blues.00100", *rows[1][1:]], *rows[2:]], "blues.00100"),
    "the truth": (lambda rows: [rows[0], [*rows[1][:2], "rock", *rows[1][3:]], *rows[2:]], "rock"),
    "an unknown genre": (lambda rows: [rows[0], [*rows[1][:3], "polka", *rows[1][4:]], *rows[2:]], "'polka'"),
    "probabilities": (lambda rows: [rows[0], [*rows[1][:4], "0.9", *rows[1][5:]], *rows[2:]], "sum"),
    "no probabilities": (lambda rows: [row[:4] for row in rows], "is not what the predictions give"),
    "columns": (lambda rows: [row[::-1] for row in rows], "columns"),
    "nothing": (lambda rows: rows[:1], "predictions.csv"),
}


@pytest.mark.parametrize(("change", "needle"), TAMPERED.values(), ids=TAMPERED)
def test_tampered_predictions(place, change, needle):
    file = only_run(place / "runs") / "predictions.csv"
    file.write_text(table(change(list(csv.reader(file.read_text().splitlines())))))
    for arguments in (("leaderboard", "check"), ("run", "-m", "./means.py", *MINI_RUN)):
        refused_with([str(only_run(place / "runs").relative_to(place)), needle], *arguments, where=place)


def test_a_split_that_changed_after_the_run(place):
    write_split(place / "mini.tsv", ids=(*MINI[1:], MINI[0]))
    done("run", "-m", "majority", *MINI_RUN)
    line = refused_with(["another version of gtzan/mini"], "leaderboard", "build", where=place)
    assert "run it again" in line


def test_a_split_beside_a_run_cannot_stand_in_for_a_shipped_one(place):
    """Whoever sends in a run can't bring an easier split of a shipped split's name."""
    split = load_split("gtzan/kereliuk")
    easy = (
        split.text.replace("\ttest\t", "\tTEST\t")
        .replace("\ttrain\t", "\ttest\t")
        .replace("\tTEST\t", "\ttrain\t")
    )
    assert easy != split.text
    done("run", "-m", "lda", "-d", "gtzan", "-s", "kereliuk", "-f", "toy", "--out", "sent")
    (only_run(place / "sent") / "split.tsv").write_text(easy)
    board = done("leaderboard", "show", "gtzan/kereliuk", "--runs", "sent", "--json").document
    assert board["split_sha256"] == split.sha256


# --- anything


def mutated(data, rng):
    """Some bytes removed, repeated, flipped or replaced."""
    data = bytearray(data)
    at = int(rng.integers(len(data)))
    end = at + int(rng.choice([1, 2, 5, 50]))
    change = int(rng.integers(4))
    if change == 0:
        del data[at:end]
    elif change == 1:
        data[at:at] = data[at:end]
    elif change == 2:
        data[at] ^= 1 << int(rng.integers(8))
    else:
        data[at:end] = rng.choice(
            [b"", b"\n", b",", b"\t", b"\x00", b"\xff", b"nan", b"-1", b"1e999", b'"', b"[", b"9" * 25]
        )
    return bytes(data)


RUN_MAJORITY = ("run", "-m", "majority", *MINI_RUN, "--out", "new")
READERS = {
    "runs/run.json": ("leaderboard", "build", "--out", "new"),
    "runs/predictions.csv": ("leaderboard", "build", "--out", "new"),
    "runs/split.tsv": ("leaderboard", "build", "--out", "new"),
    "mini.tsv": RUN_MAJORITY,
    "toy.npz": ("features", "import", "gtzan", "new", "--file", "toy.npz", "--array", "x", "--replace"),
    "theirs.csv": ("score", "theirs.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "x", "--out", "new"),
    "cache/gtzan/toy/manifest.json": RUN_MAJORITY,
    "cache/gtzan/toy/rows.tsv": RUN_MAJORITY,
    "cache/gtzan/toy/values.npy": RUN_MAJORITY,
}


@pytest.mark.parametrize(("name", "command"), READERS.items(), ids=READERS)
def test_no_damage_gives_a_traceback(place, name, command):
    (place / "theirs.csv").write_text(table(plain()))
    folder, _, rest = name.partition("/")
    file = only_run(place / "runs") / rest if folder == "runs" else place / name
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(8):
        file.write_bytes(mutated(whole, rng))
        result = cli(*command)
        if result.code:
            refusal(result)
        shutil.rmtree(place / "new", ignore_errors=True)
