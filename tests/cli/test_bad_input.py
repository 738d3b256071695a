"""Bad input of every kind: exit status 2 and one line that names what is at fault and what to do.

Nothing that was there before is changed, and nothing half-made is left beside it.
"""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.support.bad_input import plain, refused_with, table
from tests.support.helpers import MEANS, MINI_RUN, cli, done, only_run, refusal, refused, write_plugin

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
