"""A run that is interrupted, killed or started twice: nothing is lost, nothing is computed twice.

The plugins here write a line to a log for each thing they compute, and wait while a file called ``hold`` is
there once the log has as many lines as it says: so a test can stop a run at a known place.
"""

from __future__ import annotations

import json
import os
import shutil
import signal

import pytest

import mgrbench.evaluation.evaluate
from tests.support.helpers import (
    MEANS,
    MINI_RUN,
    copied,
    done,
    finish,
    only_run,
    predictions,
    prepare,
    record,
    refusal,
    refused,
    start,
    unchanged,
    wait_for,
    write_plugin,
    write_wav,
)

HOLD = """
import time
from pathlib import Path

HERE = Path(__file__).parent


def step(what):
    with (HERE / "log").open("a") as log:
        log.write(f"{what}\\n")
    hold = HERE / "hold"
    while hold.exists() and len((HERE / "log").read_text().splitlines()) >= int(hold.read_text()):
        time.sleep(0.01)
"""
SLOW = HOLD + MEANS.replace(
    "def fit(self, train, valid):", "def fit(self, train, valid):\n        step(train.inputs.ids[0])"
)
FEATURE = (
    HOLD
    + """
import numpy as np

from mgrbench import FeatureSpec

SPEC = FeatureSpec("loud", "Loudness of each segment.", (1,), {}, ())


def extract(clips):
    for clip in clips:
        step(clip.id)
    return np.stack([clip.segments().std(axis=1, keepdims=True) for clip in clips])
"""
)
RUN = ("run", "-m", "slow.py", *MINI_RUN, "--out", "out")
FOLDS = 3
VARYING = {"cost", "code", "started_utc", "finished_utc"}
CLIPS = 12
EXTRACT = ("features", "extract", "gtzan", "-f", "loud.py", "--root", "clips", "--jobs", "1")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("prepared"))
    write_plugin(folder / "slow.py", SLOW)
    write_plugin(folder / "loud.py", FEATURE)
    for number in range(CLIPS):
        write_wav(folder / "clips" / f"blues.000{number:02d}.wav", 0.2, seed=number)
    return folder


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


def log(place):
    file = place / "log"
    return file.read_text().splitlines() if file.exists() else []


def held(place, arguments, lines):
    """A process that runs a command and waits where its log has so many lines."""
    (place / "hold").write_text(str(lines))
    process = start(*arguments, cwd=place)
    wait_for(lambda: len(log(place)) >= lines, process)
    return process


def check_as_if_uninterrupted(place, runs):
    """A run is the one that a single command gives, but for its times and for commits made meanwhile."""
    (place / "hold").unlink(missing_ok=True)
    done("run", "-m", "slow.py", *MINI_RUN, "--out", "whole")
    ours, whole = (
        {key: said for key, said in record(out).items() if key not in VARYING}
        for out in (runs, place / "whole")
    )
    assert ours == whole
    assert predictions(runs) == predictions(place / "whole")
    assert names(only_run(runs)) == names(only_run(place / "whole"))


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_run_goes_on_where_it_was(place, how):
    process = held(place, RUN, 2)
    os.killpg(process.pid, how)
    (place / "hold").unlink()
    stopped = finish(process)
    assert stopped.code != 0
    assert "Traceback" not in stopped.err
    if how == signal.SIGINT:
        assert stopped.code == 1
        assert stopped.err.splitlines()[-1].startswith("interrupted; the same command goes on")
    assert not list((place / "out").rglob("run.json"))

    first, second = log(place)
    done(*RUN)
    assert log(place)[:3] == [first, second, second], "fold 1 was kept, fold 2 computed again"
    assert len(log(place)) == FOLDS + 1
    check_as_if_uninterrupted(place, place / "out")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_in_several_processes_goes_on_too(place, how):
    process = held(place, (*RUN, "--jobs", "2"), 3)
    wait_for(lambda: any((place / "out").rglob("folds/*.json")), process)
    os.killpg(process.pid, how)
    (place / "hold").unlink()
    stopped = finish(process)
    assert stopped.code != 0
    assert "Traceback" not in stopped.err
    kept = len(list((place / "out").rglob("folds/*.json")))
    before = len(log(place))
    done(*RUN)
    assert len(log(place)) - before == FOLDS - kept
    check_as_if_uninterrupted(place, place / "out")


@pytest.mark.parametrize("at", ["predictions.csv", "run.json", "split.tsv"])
def test_a_run_that_dies_while_it_is_written_goes_on(place, monkeypatch, at):
    """The last moments of a run, one after the other: nothing is finished before all of it is there."""
    from mgrbench.core import files

    def dying(path, data):
        if path.name == at:
            raise KeyboardInterrupt
        files.write_atomically(path, data)

    for module in (mgrbench.evaluation.evaluate, mgrbench.results.folder):
        monkeypatch.setattr(module, "write_atomically", dying)
    with pytest.raises(KeyboardInterrupt):
        mgrbench.evaluate("slow.py", "gtzan", "mini.tsv", ["toy"], out="out")
    monkeypatch.undo()
    monkeypatch.chdir(place)
    monkeypatch.setenv("MGRBENCH_CACHE", str(place / "cache"))
    assert not list((place / "out").rglob("run.json"))
    before = len(log(place))
    done(*RUN)
    assert len(log(place)) == before == FOLDS
    check_as_if_uninterrupted(place, place / "out")


def test_an_interrupted_fresh_run_leaves_the_stored_one_whole(place):
    done(*RUN)
    kept = only_run(place / "out")
    before = {name: (kept / name).read_bytes() for name in ("run.json", "predictions.csv")}
    process = held(place, (*RUN, "--fresh"), FOLDS + 2)
    os.killpg(process.pid, signal.SIGKILL)
    (place / "hold").unlink()
    finish(process)
    assert {name: (kept / name).read_bytes() for name in before} == before
    done("leaderboard", "build", "--runs", "out", "--out", "boards")


def test_a_damaged_fold_is_named_and_can_be_removed(place):
    process = held(place, RUN, 2)
    os.killpg(process.pid, signal.SIGKILL)
    (place / "hold").unlink()
    finish(process)
    (fold,) = (place / "out").rglob("folds/*.json")
    whole = fold.read_text()
    for damage in ("", whole[: len(whole) // 2], "[]", whole.replace("[[", "[[[", 1), '{"number": 1}'):
        fold.write_text(damage)
        line = refused(*RUN)
        assert "01.json" in line
        assert "remove it" in line
    document = json.loads(whole)
    document["proba"] = document["proba"][:-1]
    fold.write_text(json.dumps(document))
    assert "01.json" in refused(*RUN)
    fold.unlink()
    done(*RUN)
    check_as_if_uninterrupted(place, place / "out")


def test_two_processes_cannot_write_one_run(place):
    process = held(place, RUN, 1)
    with unchanged(place / "out"):
        line = refused(*RUN)
    assert "another process is writing the run" in line
    assert "wait until it has finished" in line
    other = ("run", "-m", "slow.py", *MINI_RUN, "--out", "elsewhere")
    (place / "hold").unlink()
    done(*other)
    assert finish(process).code == 0
    assert "stored already" in done(*RUN).err
    check_as_if_uninterrupted(place, place / "out")


def test_two_processes_cannot_write_one_feature(place):
    process = held(place, EXTRACT, 3)
    line = refused(*EXTRACT)
    assert "another process is writing loud of gtzan" in line
    importing = ("features", "import", "gtzan", "loud", "--file", "toy.npz", "--array", "x", "--replace")
    assert "another process is writing loud of gtzan" in refused(*importing)
    (place / "hold").unlink()
    assert finish(process).code == 0
    assert done(*EXTRACT, "--json").document["computed"] == {"loud": 0}
    assert len(log(place)) == CLIPS


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_extraction_goes_on_where_it_was(place, how):
    process = held(place, EXTRACT, CLIPS - 1)
    os.killpg(process.pid, how)
    (place / "hold").unlink()
    stopped = finish(process)
    assert stopped.code != 0
    assert "Traceback" not in stopped.err
    again = done(*EXTRACT, "--json").document
    assert again["stored"] == {"loud": CLIPS}
    assert 0 < again["computed"]["loud"] < CLIPS
    assert done("features", "info", "gtzan", "--verify", "--json").document["features"][0]["corrupt"] == []

    resumed = {file.name: file.read_bytes() for file in (place / "cache" / "gtzan" / "loud").iterdir()}
    shutil.rmtree(place / "cache" / "gtzan" / "loud")
    done(*EXTRACT)
    assert (place / "cache" / "gtzan" / "loud" / "values.npy").read_bytes() == resumed["values.npy"]


def test_an_extraction_stopped_before_its_first_clip_leaves_no_feature(place):
    process = held(place, EXTRACT, 1)
    os.killpg(process.pid, signal.SIGKILL)
    (place / "hold").unlink()
    finish(process)
    features = [entry["feature"] for entry in done("features", "info", "--json").document["features"]]
    assert features == ["toy"]
    assert "is not in the store" in refused("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "-f", "loud")
    done(*EXTRACT)


def test_a_half_written_line_of_a_killed_extraction_does_not_count(place):
    done(*EXTRACT)
    rows = place / "cache" / "gtzan" / "loud" / "rows.tsv"
    rows.write_bytes(rows.read_bytes()[:-5])
    again = done(*EXTRACT, "--json").document
    assert (again["computed"], again["stored"]) == ({"loud": 1}, {"loud": CLIPS})
    assert done("features", "info", "gtzan", "--verify").code == 0


def test_a_refusal_while_a_run_goes_on_says_where(place):
    process = held(place, RUN, 1)
    other = start(*RUN, cwd=place)
    line = refusal(finish(other))
    assert "out/gtzan/mini/slow" in line
    (place / "hold").unlink()
    assert finish(process).code == 0
