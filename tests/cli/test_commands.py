"""The command line as a contract: every command, help, JSON, exit status, what goes where."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import typer.main

from mgrbench import __version__
from mgrbench.cli.app import app
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.features.importing import import_features
from tests.support.helpers import (
    GTZAN,
    MEANS,
    MINI_RUN,
    REPOSITORY,
    cli,
    copied,
    done,
    finish,
    prepare,
    refused,
    start,
    write_npz,
    write_plugin,
    write_wav,
)

COMMANDS = (
    (),
    ("check",),
    ("compare",),
    ("data",),
    ("data", "download"),
    ("data", "info"),
    ("data", "verify"),
    ("demo",),
    ("doctor",),
    ("explain",),
    ("features",),
    ("features", "download"),
    ("features", "extract"),
    ("features", "import"),
    ("features", "info"),
    ("features", "plot"),
    ("ladder",),
    ("leaderboard",),
    ("leaderboard", "build"),
    ("leaderboard", "check"),
    ("leaderboard", "show"),
    ("leaderboard", "submit"),
    ("leaderboard", "verify"),
    ("list",),
    ("plot",),
    ("profile",),
    ("run",),
    ("score",),
    ("split",),
    ("split", "audit"),
    ("split", "make"),
    ("split", "show"),
    ("sweep",),
    ("table",),
    ("transfer",),
)


def tree(command, path=()):
    """All commands and groups below one."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from tree(inner, (*path, name))


def test_these_are_all_commands():
    assert set(COMMANDS) == set(tree(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help(path):
    result = done(*path, "--help")
    assert "Usage: " + " ".join(["mgrbench", *path]) in " ".join(result.out.split())
    assert result.err == ""


@pytest.mark.parametrize("path", [(), ("data",), ("features",), ("leaderboard",), ("split",)], ids=" ".join)
def test_a_group_alone_shows_its_help_and_fails(path):
    result = cli(*path)
    assert result.code == 2
    assert "Usage:" in result.out + result.err


LOADED = """
import sys
from mgrbench.cli import dispatch
heavy = {"torch", "sklearn", "numpy", "scipy", "librosa", "pandas", "joblib"}
for command in COMMANDS:
    assert dispatch([*command, "--help"]) == 0
print("after help:", *sorted(heavy & set(sys.modules)), file=sys.stderr)
for kind in ("models", "datasets", "features", "metrics", "splits"):
    assert dispatch(["list", kind]) == dispatch(["list", kind, "--json"]) == 0
print("after list:", *sorted({"torch", "sklearn", "librosa", "pandas"} & set(sys.modules)), file=sys.stderr)
"""


def test_help_and_list_import_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", f"COMMANDS = {COMMANDS!r}\n{LOADED}"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines() == ["after help:", "after list:"]


def test_version():
    assert done("--version").out == f"mgrbench {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        (("rnu",), ["rnu", "run", "`mgrbench --help`"]),
        (("split", "audti"), ["audti", "audit", "`mgrbench split --help`"]),
        (("run", "--modle", "lda"), ["--modle", "--model", "`mgrbench run --help`"]),
        (("run", "-m", "lda", "-s", "artist3"), ["--dataset", "`mgrbench run --help`"]),
        (("list", "modles"), ["modles", "models", "`mgrbench list --help`"]),
        (("data", "verify"), ["dataset", "`mgrbench data verify --help`"]),
        (("run", "-m", "lda", "-d", "gtzan", "-s", "artist3", "--seed", "x"), ["--seed", "`mgrbench run"]),
        (("run", "-m", "lda", "-d", "gtzan", "-s", "artist3", "--jobs", "0"), ["jobs", "0"]),
        (("features", "extract", "gtzan", "-f", "melstats", "--jobs", "0"), ["jobs", "0"]),
        (("leaderboard", "build", "--jobs", "0"), ["jobs", "0"]),
        (("sweep", "-m", "svm_rbf", "-d", "gtzan", "-s", "artist3"), ["--grid", "`mgrbench sweep --help`"]),
        (("sweep", "-m", "knn", "-d", "gtzan", "-s", "artist9", "-f", "x", "-g", "k=1"), ["gtzan/artist5"]),
        (("sweep", "-d", "gtzan", "-s", "artist3", "-s", "artist5"), ["--split is given 2 times"]),
        (("leaderboard", "build", "--format", "md", "--format", "csv"), ["--format is given 2 times"]),
        (("run", "-m", "lda", "-m", "knn", "-d", "gtzan", "-s", "artist3", "--name", "x"), ["of 2 models"]),
        (("ladder", "-m", "lad", "-d", "gtzan", "-f", "x"), ["lad", "lda"]),
        (("ladder", "-m", "lda", "-d", "gtzna", "-f", "x"), ["gtzna", "gtzan"]),
        (("ladder", "-m", "lda", "-d", "gtzan", "-f", "x", "--folds", "1"), ["1 fold"]),
        (("transfer", "-m", "lda", "--train-on", "gtzan"), ["--test-on", "`mgrbench transfer --help`"]),
        (("transfer", "-m", "lda", "--train-on", "gtzan", "--test-on", "hombrug", "-f", "x"), ["homburg"]),
        (("compare", "nothing", "nowhere", "-s", "gtzan/artist3"), ["nothing"]),
        (("explain", "MGR999"), ["MGR999"]),
        (("plot", "confusoin", "x"), ["confusoin", "confusion"]),
        (("table", "12"), ["12"]),
        (("profile", "-m", "lad"), ["lad", "lda"]),
        (("profile", "-m", "lda", "--device", "gpu"), ["gpu", "cuda"]),
        (("data", "download", "gtzna"), ["gtzna", "gtzan"]),
        (("score", "x.csv", "-d", "gtzan", "-s", "artist3", "--name", "x", "--selection", "tset"), ["tset"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_misuse_is_one_line_with_the_command_that_helps(arguments, needles):
    line = refused(*arguments)
    assert all(needle in line for needle in needles), line


def test_refusal_with_json_is_one_document_too():
    result = cli("run", "-m", "lad", "-d", "gtzan", "-s", "artist3", "--json")
    assert result.code == 2
    assert list(result.document) == ["error"]
    assert result.errors == [f"error: {result.document['error']}"]
    assert "lda" in result.document["error"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("models", "svm_rbf"),
        ("datasets", "gtzan"),
        ("features", "melstats"),
        ("metrics", "macro_f1"),
        ("splits", "gtzan/artist3"),
    ],
)
def test_list(kind, name):
    assert name in done("list", kind).out
    entries = {entry["name"]: entry for entry in done("list", kind, "--json").document[kind]}
    assert entries[name]["about"]
    assert entries[name]["origin"] == "built in"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("prepared"))
    for number in range(3):
        write_wav(folder / "clips" / f"blues.0000{number}.wav", 3, seed=number)
    (folder / "train.txt").write_text("blues.00000.wav\njazz.00001.wav\n")
    (folder / "test.txt").write_text("blues.00001.wav\nrock.00001.wav\n")
    scored = ["track_id,predicted", *(f"{track.id},{track.genre}" for track in GTZAN.tracks())]
    (folder / "scored.csv").write_text("\n".join(scored))
    write_npz(folder / "more.npz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        homburg = load_dataset("homburg")
        ids = [track.id for track in homburg.tracks()]
        values = np.random.default_rng(0).normal(size=(len(ids), 12)).astype(np.float32)
        import_features(homburg, "toy", write_npz(folder / "homburg.npz", ids, x=values), "x")
        done("run", "-m", "majority", *MINI_RUN, "--out", "others")
    return folder


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    """A folder with features in the store, three clips, a split, track lists, a finished run and a board."""
    return copied(prepared, tmp_path, monkeypatch)


QUICKLY = ("--quick", "--threads", "1", "--batch-size", "2", "--device", "cpu", "--reference", "means.py")
WORK = {
    "list": ("list", "models"),
    "data info": ("data", "info", "gtzan"),
    "data verify": ("data", "verify", "gtzan", "--root", "clips"),
    "split show": ("split", "show", "gtzan/artist3"),
    "split show fold": ("split", "show", "mini.tsv", "--fold", "1"),
    "split audit": ("split", "audit", "gtzan/artist3"),
    "split audit tracks": ("split", "audit", "mini.tsv", "--tracks"),
    "split audit lists": ("split", "audit", "--train", "train.txt", "--test", "test.txt", "-d", "gtzan"),
    "split make": ("split", "make", "gtzan", "--rule", "random", "--name", "r4", "--folds", "4"),
    "features extract": ("features", "extract", "gtzan", "-f", "melstats", "--root", "clips"),
    "features import": ("features", "import", "gtzan", "new", "--file", "more.npz", "--array", "x"),
    "features info": ("features", "info"),
    "features info dataset": ("features", "info", "gtzan", "--verify"),
    "run": ("run", "-m", "majority", *MINI_RUN),
    "run two": ("run", "-m", "majority", "-m", "means.py", *MINI_RUN),
    "score": ("score", "scored.csv", "-d", "gtzan", "-s", "random10", "--name", "mine"),
    "leaderboard build": ("leaderboard", "build"),
    "leaderboard check": ("leaderboard", "check"),
    "leaderboard show": ("leaderboard", "show", "gtzan/mini"),
    "check": ("check", "means.py"),
    "doctor": ("doctor",),
    "sweep": ("sweep", "-m", "svm_rbf", *MINI_RUN, "-g", "C=1,2"),
    "ladder": ("ladder", "-m", "means.py", "-d", "gtzan", "-f", "toy", "--seeds", "1", "--folds", "3"),
    "transfer": ("transfer", "-m", "means.py", "--train-on", "gtzan", "--test-on", "homburg", "-f", "toy"),
    "compare": ("compare", "means", "majority", "-s", "gtzan/mini", "--runs", "runs", "--runs", "others"),
    "explain": ("explain",),
    "explain code": ("explain", "MGR103"),
    "table": ("table", "2"),
    "plot": ("plot", "confusion", "means", "-s", "gtzan/mini"),
    "profile": ("profile", "-m", "means.py", "-f", "toy", *QUICKLY),
}


@pytest.mark.parametrize("arguments", WORK.values(), ids=WORK)
def test_every_command_works_and_gives_one_json_document(place, arguments):
    as_json = done(*arguments, "--json")
    assert isinstance(as_json.document, dict | list)
    assert as_json.document
    as_text = done(*arguments)
    assert as_text.out.strip()
    for result in (as_json, as_text):
        assert result.errors == []
        assert "Traceback" not in result.err


def test_text_and_json_say_the_same(place):
    arguments = ("run", "-m", "./means.py", *MINI_RUN)
    document = done(*arguments, "--json").document
    accuracy = f"{document['scores']['accuracy']['value']:.3f}".lstrip("0")
    assert accuracy in done(*arguments).out
    assert accuracy in done("leaderboard", "show", "gtzan/mini").out
    (row,) = done("leaderboard", "show", "gtzan/mini", "--json").document["ranked"]
    assert row["scores"]["accuracy"] == document["scores"]["accuracy"]
    assert document["folder"].endswith(row["run"])


def test_what_a_plugin_prints_does_not_spoil_the_document(place):
    talkative = MEANS.replace(
        "def fit(self, train, valid):", "def fit(self, train, valid):\n        print('x')"
    )
    write_plugin(place / "talkative.py", "print('imported')\n" + talkative)
    result = done("run", "-m", "talkative.py", *MINI_RUN, "--json")
    assert result.document["model"] == "talkative"
    assert {"imported", "x"} <= set(result.err.splitlines())
    assert done("check", "talkative.py", "--json").document["ok"]


def test_strict_audit_of_a_leak_exits_with_3(place):
    assert cli("split", "audit", "gtzan/random10", "--json").code == 0
    leaky = cli("split", "audit", "gtzan/random10", "--strict", "--json")
    assert leaky.code == 3
    assert leaky.document["artist_in_train"] > 0
    assert leaky.errors == []
    assert cli("split", "audit", "gtzan/artist3", "--strict").code == 0


@pytest.mark.parametrize("option", ["--train", "--valid"])
def test_audit_takes_a_split_or_lists(place, option):
    assert "one or the other" in refused("split", "audit", "gtzan/artist3", option, "train.txt")


def test_audit_of_lists_finds_the_shared_artist(place):
    (place / "names.txt").write_text("genres/blues/blues.00002.au\n")
    arguments = ("split", "audit", "--train", "train.txt", "--test", "names.txt", "-d", "gtzan")
    found = done(*arguments, "--tracks", "--json").document
    assert (found["test_tracks"], found["artist_in_train"]) == (1, 1)
    assert found["leaks"][0]["same_artist"] == ["blues.00000"]


def test_options_are_read_as_json_and_kept_in_the_record(place):
    rows = done("run", "-m", "svm_rbf", "-o", "C=2.5", "-o", "gamma=scale", *MINI_RUN, "--json").document
    assert rows["options"] == {"C": 2.5, "gamma": "scale"}


@pytest.mark.parametrize(
    ("texts", "needle"),
    [(["C"], "'C'"), (["=1"], "'=1'"), (["C=1", "C=2"], "C is given twice")],
    ids=["no value", "no name", "twice"],
)
def test_misspelt_options(place, texts, needle):
    options = [argument for text in texts for argument in ("-o", text)]
    line = refused("run", "-m", "svm_rbf", *MINI_RUN, *options)
    assert needle in line


def test_check_of_a_broken_model_exits_with_2(place):
    labels = MEANS.replace("return near / near.sum(axis=1, keepdims=True)", "return near.argmax(axis=1)")
    write_plugin(place / "labels.py", labels)
    result = cli("check", "labels.py", "--json")
    assert result.code == 2
    assert not result.document["ok"]


def test_the_module_runs_as_a_program(tmp_path):
    result = finish(start("list", "datasets", "--json", cwd=tmp_path))
    assert result.code == 0
    assert "gtzan" in [entry["name"] for entry in json.loads(result.out)["datasets"]]


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path):
    process = start("split", "show", "gtzan/artist3", "--fold", "1", cwd=tmp_path)
    assert process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in {0, 1}
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
