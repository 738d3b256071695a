"""`mgrbench profile` end to end, on a small network as the reference and a small feature store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.registry import available
from mgrbench.core.types import BenchError
from mgrbench.profiling.examples import data_of
from mgrbench.profiling.journal import Unfinished
from mgrbench.profiling.measure import machine
from mgrbench.profiling.plan import read_shapes
from mgrbench.profiling.record import read_sessions
from mgrbench.profiling.report.accuracies import read_accuracies
from mgrbench.profiling.session import in_a_child, without_folders
from mgrbench.profiling.timing import Budget
from tests.support.helpers import (
    cli,
    done,
    finish,
    refused,
    start,
    store_vectors,
    unchanged,
    wait_for,
    with_option,
    write_plugin,
)
from tests.support.profiles import QUICKLY, WAITING, row_of, task_of

# Measured


def test_the_reference_is_measured_in_the_same_run(profiled):
    document = profiled[1].document
    rows = {row["model"]: row for row in document["rows"]}
    assert list(rows) == ["tiny", "means", "Broken"]
    assert document["reference"] == "tiny"
    assert set(document["ratios"]["tiny"].values()) <= {1.0}
    means = document["ratios"]["means"]
    assert means["clips"] == pytest.approx(rows["means"]["clips"]["p50"] / rows["tiny"]["clips"]["p50"])
    assert means["step"] is means["flops"] is None


def test_a_network_is_counted_and_timed(profiled):
    row = next(row for row in profiled[1].document["rows"] if row["model"] == "tiny")
    assert row["counts"]["parameters"] == 12 * 16 + 16 + 16 * 10 + 10
    assert row["counts"]["flops"] == 2 * (12 * 16 + 16 * 10)
    assert row["epochs"] == 1  # of the three that are its default
    for name in ("step", "forward", "clip", "clips"):
        assert 0 < row[name]["p50"] <= row[name]["p95"]
        assert row[name]["repeats"] >= 3
    assert row["values"] == "stored"
    assert row["shapes"] == {"toy": [12]}


def test_a_classical_model_has_what_can_be_measured(profiled):
    row = next(row for row in profiled[1].document["rows"] if row["model"] == "means")
    assert row["counts"] is row["step"] is row["forward"] is row["peak_gpu_bytes"] is None
    assert row["joules_per_clip"] is None  # no card, no figure: never 0
    assert row["train_tracks"] == 600
    assert row["fit_seconds"] > 0
    assert row["held_bytes"] == 10 * 12 * 4  # the means, float32
    assert row["extraction"] is None
    (note,) = row["notes"]
    assert note == "no time of extraction: no feature is called 'toy', so it was not computed here"
    if Path("/proc/self/status").is_file():
        assert row["peak_rss_bytes"] >= row["libraries_rss_bytes"] > 10e6


def test_a_model_that_fails_is_a_line(profiled):
    row = profiled[1].document["rows"][-1]
    assert "out of luck" in row["error"]
    assert row["clips"] is None
    assert "Broken" not in profiled[1].document["ratios"]
    page = (profiled[0] / "tables/cost.md").read_text()
    assert "| Broken | failed: " in page
    assert "Broken" not in (profiled[0] / "README.md").read_text()


def test_the_record_says_where(profiled):
    machine = profiled[1].document["machine"]
    assert machine["device"] == "cpu"
    assert machine["threads"] == 1
    assert machine["packages"]["numpy"] == np.__version__
    assert machine["gpu"] is machine["driver"] is None


def test_what_a_plugin_prints_is_no_result(profiled):
    assert profiled[1].out.lstrip().startswith("{")
    assert "a plugin may print" not in profiled[1].out


# Interrupted


def alive(process):
    """Whether a process runs; one that has ended may still wait for whoever adopted it to ask how."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.is_file() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.skipif(os.name == "nt", reason="its signals are others")
def test_a_killed_profile_leaves_no_process_and_goes_on_from_what_is_measured(folder):
    write_plugin(folder / "waiting.py", WAITING)
    arguments = ("-m", "./waiting.py", "-f", "toy", *with_option(QUICKLY, "--reference", "./means.py"))
    process = start("profile", *arguments, "--out", "new")
    wait_for(lambda: Path("pid").exists() and Path("pid").read_text() != "", process)
    process.terminate()
    assert finish(process).code == -signal.SIGTERM
    limit = time.monotonic() + 30
    while alive(int(Path("pid").read_text())):
        assert time.monotonic() < limit, "what measures goes on alone"
        time.sleep(0.02)

    kept = [json.loads(line) for line in Path("new/cost.unfinished.jsonl").read_text().split("\n") if line]
    assert [line["row"]["model"] for line in kept] == ["means"]
    assert not Path("new/cost.json").exists()
    with Path("new/cost.unfinished.jsonl").open("a") as stream:
        stream.write('{"task": "of a line that was')  # being written
    Path("go").touch()
    again = done("profile", *arguments, "--out", "new")
    assert "not again: means" in again.err
    rows = {row.model: row for row in read_sessions(Path("new"))[0].rows}
    assert rows["means"].model_dump(mode="json") == kept[0]["row"]
    assert rows["waiting"].clips
    assert not Path("new/cost.unfinished.jsonl").exists()


def test_a_row_is_taken_again_for_the_same_task_only(folder, monkeypatch):
    task = task_of(model=f"{folder}/means.py", name="means", store=folder / "cache")
    here, row = machine(task, None), row_of("means", 1.0)
    unfinished = Unfinished(folder / "new")
    assert unfinished.find(task) is None
    unfinished.keep(task, row, here)
    assert unfinished.find(task) == (row, here)
    for other in (
        replace(task, batch=5), replace(task, options={"a": 1}), replace(task, threads=3),
        replace(task, budget=Budget()), replace(task, model=f"{folder}/tiny.py"),
    ):  # fmt: skip
        assert unfinished.find(other) is None
    monkeypatch.setattr("mgrbench.profiling.measure.cpu_name", lambda: "another")
    assert unfinished.find(task) is None
    monkeypatch.undo()
    path = Path(task.model)
    path.write_text(path.read_text() + "# edited")
    assert unfinished.find(task) is None
    unfinished.clear()
    assert not unfinished.path.exists()


def test_rows_of_the_machine_are_not_lost_to_a_profile_of_one_model(folder):
    with unchanged(folder / "tables"):
        line = refused("profile", "-m", "./means.py", "-f", "toy", *QUICKLY, "--out", "tables")
        assert "cost.json: holds 1 rows of this machine that would be lost, such as Broken on toy" in line
        everything = ("-m", "./means.py", "-m", "./broken.py:Broken", *QUICKLY, "--out", "tables")
        assert "means on toy" in refused("profile", *everything, "-f", "toy2")  # same names, other features


def test_a_model_named_beside_all_keeps_its_own_features_and_options(folder, monkeypatch):
    asked = []

    def seen(tasks, *rest, **words):
        asked.extend((task.name, task.features, task.options) for task in tasks)
        raise BenchError("seen", "now go on")

    monkeypatch.setattr("mgrbench.profiling.session.run_session", seen)
    words = ("-m", "samplecnn2018", "-f", "wave", "-o", "pretrained=off")
    refused("profile", "--all", *words, "--out", "new")
    assert asked[0] == ("fusionnet", ("mel",), {})
    assert [found for found in asked if found[0] == "samplecnn2018"] == [
        ("samplecnn2018", ("wave",), {"pretrained": "off"})
    ]
    assert ("svm_rbf", ("timbre",), {}) in asked
    assert ("lda", ("timbre",), {}) in asked
    assert len(asked) == len({name for name, *_ in asked}) == len(available("models"))


def test_models_are_profiled_as_their_best_rows_are(folder):
    store_vectors(folder, name="toy2")
    words = ("-m", "./tiny.py", "-m", "./means.py", "--ranked", *QUICKLY, "--split", "gtzan/artist3")
    shutil.copytree("tables/gtzan", "new/gtzan")
    done("profile", *words, "--out", "new")
    (session,) = read_sessions(Path("new"))
    rows = [(row.model, row.features, row.options) for row in session.rows]
    assert rows == [("tiny", ("toy",), {}), ("tiny", ("toy2",), {"width": 8}), ("means", ("toy",), {})]
    assert not any(row.error for row in session.rows)
    found = read_accuracies(Path("new"), "gtzan/artist3")
    assert [found.of(row).value for row in session.rows] == [0.4, 0.7, 0.6]
    words = ("--ranked", *QUICKLY, "--out", "new")
    assert "no row of ./broken.py:Broken that" in refused("profile", "-m", "./broken.py:Broken", *words)
    assert "takes features and options from the board" in refused(
        "profile", "-m", "./tiny.py", *words, "-f", "toy"
    )


# Refused


def test_one_model_that_fails_is_an_error(folder):
    line = refused(
        "profile", "-m", "./broken.py:Broken", *QUICKLY[:-4], "--reference", "./means.py", "-f", "toy"
    )
    assert "Broken could not be profiled" in line
    assert "out of luck" in line


def test_a_process_that_dies_is_an_error_of_its_model(folder):
    task = task_of(model=f"{folder}/dying.py:Dying", name="Dying", store=folder / "cache")
    with pytest.raises(BenchError, match=r"the process of Dying died \(-9\)"):
        in_a_child(task)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no model is named"),
        (("--all", "-o", "width=3", "--out", "new"), "--option is for a named model"),
        (("-m", "fusionet"), "did you mean fusionnet"),
        (("-m", "./tiny.py", "-o", "widht=3"), "did you mean width"),
        (("-m", "./tiny.py", "--device", "gpu"), "no device is called 'gpu'"),
        (("-m", "./tiny.py", "--precision", "half"), "no precision is called 'half'"),
        (("-m", "./tiny.py", "--shape", "toy=3x"), "'toy=3x' is not the shape"),
        (("-m", "./tiny.py", "--shape", "mell=3x4"), "no model gets a feature 'mell'"),
        (("-m", "./tiny.py", "-d", "gtsan"), "did you mean gtzan"),
        (("-m", "./tiny.py", "--readme", "README.md"), "--readme shows what is written"),
        (("--all", "--check", "--out", "nowhere"), "nothing is stored"),
        (("--stored", "--out", "nowhere"), "nothing is stored"),
    ],
)
def test_bad_input_is_refused_before_anything_is_measured(folder, monkeypatch, arguments, said):
    monkeypatch.setattr("mgrbench.profiling.session.in_a_child", lambda task: pytest.fail("it measured"))
    assert said in refused("profile", *arguments, "--reference", "./tiny.py")


def test_a_feature_of_unknown_shape_names_what_to_do(folder):
    task = task_of(features=("nothing",), store=folder / "cache")
    with pytest.raises(BenchError, match="import it into the feature store first"):
        data_of(task)


# Words


def test_shapes_are_read():
    assert read_shapes(["mel=647x128", "ssd=168"]) == {"mel": (647, 128), "ssd": (168,)}
    for text in ("mel", "mel=", "mel=3x", "mel=0x3", "mel=-1", "=3", "mel=3y4"):
        with pytest.raises(BenchError, match="is not the shape"):
            read_shapes([text])


def test_help_names_the_reference():
    assert "--reference" in cli("profile", "--help").out


def test_the_record_of_a_failure_names_files_without_their_folders():
    said = without_folders(
        "/home/someone/w/net.hdf5: no such file; or https://a.org/b/c, and 1/2 of it (/x/y.py:3)"
    )
    assert said == "net.hdf5: no such file; or https://a.org/b/c, and 1/2 of it (y.py:3)"
