"""`mgrbench profile` end to end, on a small network as the reference and a small feature store."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.registry import available
from mgrbench.core.types import BenchError, Score
from mgrbench.profiling.examples import data_of, noise_clip
from mgrbench.profiling.journal import Unfinished
from mgrbench.profiling.measure import machine
from mgrbench.profiling.plan import read_shapes
from mgrbench.profiling.record import CostRow, Machine, Session, Timing, merged, read_sessions, to_json
from mgrbench.profiling.report.accuracies import read_accuracies
from mgrbench.profiling.report.plot import CostPoint, draw, front
from mgrbench.profiling.report.units import megabytes, ratios, seconds, times
from mgrbench.profiling.session import in_a_child, without_folders
from mgrbench.profiling.task import Task
from mgrbench.profiling.timing import QUICK, Budget
from tests.support.helpers import (
    MEANS,
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

TINY = '''
"""A small network that offers itself."""

import numpy as np
import torch

FEATURES = ("toy",)


class Tiny:
    def __init__(self, n_genres, width):
        self.width, self.n_genres = width, n_genres

    def fit(self, train, valid):
        (array,) = train.inputs.arrays.values()
        print("a plugin may print")
        layers = torch.nn.Linear(array.shape[2], self.width), torch.nn.ReLU()
        self.network = torch.nn.Sequential(*layers, torch.nn.Linear(self.width, self.n_genres)).eval()
        self.size = array.shape[2]

    def predict_proba(self, inputs):
        (array,) = inputs.arrays.values()
        with torch.no_grad():
            return self.network(torch.tensor(array)).softmax(dim=2).mean(dim=1).double().numpy()

    def profile_target(self):
        return self.network, (torch.zeros(1, self.size),)


def build(n_genres, seed, device, *, width=16, epochs=3):
    return Tiny(n_genres, width)
'''
BROKEN = '''
"""Falls over while it is fitted."""


class Broken:
    FEATURES = ("toy",)

    def fit(self, train, valid):
        raise RuntimeError("out of luck")

    def predict_proba(self, inputs):
        return None
'''
DYING = '''
"""Takes its process with it."""

import os


class Dying:
    FEATURES = ("toy",)

    def fit(self, train, valid):
        os.kill(os.getpid(), 9)

    def predict_proba(self, inputs):
        return None
'''
WAIT = """
        import os
        import time
        from pathlib import Path

        Path("pid").write_text(str(os.getpid()))
        while not Path("go").exists():
            time.sleep(0.05)
"""
WAITING = MEANS.replace("def fit(self, train, valid):", f"def fit(self, train, valid):{WAIT}")
"""Waits in its fit until a file is there, and says which process it is in."""
QUICKLY = ("--quick", "--threads", "1", "--batch-size", "4", "--reference", "./tiny.py", "--device", "cpu")


def board_row(model, value, features=("toy",), codes=(), tracks=948, **options):
    accuracy = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return {
        "model": model, "features": features, "options": options, "test_tracks": tracks,
        "warnings": [{"code": code} for code in codes], "scores": {"accuracy": accuracy},
    }  # fmt: skip


BOARD = {
    "audit": {"test_tracks": 948},
    "ranked": [
        board_row("means", 0.9, codes=["MGR103"]),
        board_row("means", 0.8, tracks=900),
        board_row("tiny", 0.7, features=("toy2",), width=8),
        board_row("means", 0.6, codes=["MGR104"], tracks=947),
        board_row("means", 0.5),
        board_row("tiny", 0.4),
    ],
}


@pytest.fixture(scope="module")
def profiled(tmp_path_factory):
    """A folder with plugins, features and the profile of three models, one of which fails."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("profiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        store_vectors(folder)
        for name, source in (("tiny", TINY), ("means", MEANS), ("broken", BROKEN), ("dying", DYING)):
            write_plugin(folder / f"{name}.py", source)
        Path("tables/gtzan").mkdir(parents=True)
        Path("tables/gtzan/artist3.json").write_text(json.dumps(BOARD))
        Path("README.md").write_text("# Mine\n<!-- cost:begin -->\n<!-- cost:end -->\nafter\n")
        models = ["-m", "./means.py", "-m", "./broken.py:Broken"]
        result = done(
            "profile", *models, "-f", "toy", *QUICKLY, "--out", "tables", "--readme", "README.md", "--json"
        )
    return folder, result


@pytest.fixture
def folder(profiled, tmp_path, monkeypatch):
    shutil.copytree(profiled[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MGRBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


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


# Tables


def test_the_tables_are_checked_and_written_again(folder):
    arguments = ("profile", "--all", "--out", "tables", "--readme", "README.md")
    assert "checked" in done(*arguments, "--check").out
    page = Path("tables/cost.md")
    text = page.read_text()
    page.write_text(text.replace("What the models cost", "What they cost"))
    assert "cost.md:1: is not what the stored measurements give" in refused(*arguments, "--check")
    done(*arguments, "--stored")
    assert page.read_text() == text
    readme = Path("README.md").read_text()
    assert readme.startswith("# Mine\n<!-- cost:begin -->\n")
    assert readme.endswith("<!-- cost:end -->\nafter\n")
    assert "| means | toy |" in readme
    assert "no figures to be quoted" in readme  # it was --quick
    Path("README.md").write_text("# Mine\n")
    assert "has no place for the costs" in refused(*arguments, "--check")


def test_accuracies_come_from_rows_that_can_be_believed(folder):
    found = read_accuracies(Path("tables"), "gtzan/artist3")
    session = read_sessions(Path("tables"))[0]
    values = [score.value if (score := found.of(row)) else None for row in session.rows]
    assert values == [0.4, 0.6, None]
    assert ".600 [.500, .700]" in Path("tables/cost.md").read_text()
    best = {row.model: (row.features, row.options) for row in found.best}
    assert best == {"tiny": (("toy2",), {"width": 8}), "means": (("toy",), {})}
    assert read_accuracies(Path("tables"), "gtzan/none").rows == {}
    Path("tables/gtzan/artist3.json").write_text('{"ranked": 3}')
    with pytest.raises(BenchError, match="is not a board"):
        read_accuracies(Path("tables"), "gtzan/artist3")


def test_every_figure_is_in_the_csv(folder):
    rows = list(csv.DictReader(Path("tables/cost.csv").read_text().splitlines()))
    assert [row["model"] for row in rows][-1] == "Broken"
    tiny = next(row for row in rows if row["model"] == "tiny")
    stored = next(row for row in read_sessions(Path("tables"))[0].rows if row.model == "tiny")
    assert float(tiny["step_p50"]) == pytest.approx(stored.step.p50, rel=1e-5)
    assert tiny["flops"] == str(stored.counts.flops)
    assert tiny["clips_ratio"] == "1"
    assert tiny["joules_per_clip"] == ""


def test_pictures_are_the_same_each_time(folder):
    pytest.importorskip("matplotlib")
    before = {name: Path(f"tables/{name}").read_bytes() for name in ("cost.png", "cost.svg")}
    assert before["cost.png"].startswith(b"\x89PNG")
    done("profile", "--stored", "--out", "tables")
    assert {name: Path(f"tables/{name}").read_bytes() for name in before} == before


def test_one_point_is_no_picture_and_an_old_picture_goes(folder):
    pytest.importorskip("matplotlib")
    board = BOARD | {"ranked": BOARD["ranked"][-1:]}
    Path("tables/gtzan/artist3.json").write_text(json.dumps(board))
    Path("tables/cost-2.svg").write_text("<svg/>")
    Path("tables/cost-of-mine.svg").write_text("<svg/>")
    done("profile", "--stored", "--out", "tables")
    assert sorted(path.name for path in Path("tables").glob("cost*.*g")) == ["cost-of-mine.svg"]
    assert "](cost" not in Path("tables/cost.md").read_text()


@pytest.mark.parametrize("ends", [(2.1, 2.4), (3.0, 8.0), (0.7, 60.0), (0.01, 300.0)])
def test_times_are_named_however_near_they_are(ends):
    pytest.importorskip("matplotlib")
    score = Score(value=0.5, low=0.4, high=0.6)
    figure = draw([CostPoint(f"at {ms}", ms, (ms, ms), score) for ms in ends], "gtzan/artist3")
    figure.canvas.draw()
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    named = [label.get_text() for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert len([text for text in named if text]) > 1


def test_a_damaged_record_is_refused(folder):
    for text, said in (
        ("{", "is no JSON"),
        ('{"schema_version": 9}', "is no table of costs of this version"),
    ):
        Path("tables/cost.json").write_text(text)
        assert said in refused("profile", "--check", "--out", "tables")
    Path("tables/cost.json").write_text('{"schema_version": 1, "sessions": [{}]}')
    assert "is no valid table of costs" in refused("profile", "--check", "--out", "tables")


def test_the_terminal_table_fits(folder):
    from rich.console import Console

    from mgrbench.cli.profile_screen import draw_profile

    screen = Console(width=80, record=True, file=io.StringIO())
    draw_profile(screen, read_sessions(Path("tables"))[0], [])
    text = screen.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "Broken: failed: " in text
    assert "0.00000" in text  # operations of the small network, in thousands of millions


# Machines, and names that are hostile


def timing(p50):
    return Timing(first=p50, p50=p50, p95=p50, iqr=0.0, low=p50, high=p50, repeats=9, capped=False)


def row_of(model, p50=None, **fields):
    facts = {"features": ("toy",), "shapes": {"toy": (12,)}, "segments": 1, "values": "stored", "genres": 3}
    facts |= {"train_tracks": 9, "epochs": None, "batch": 4, "clips": timing(p50) if p50 else None}
    return CostRow(model=model, **{**facts, **fields})


def session_of(*rows, **machine):
    facts = {"device": "cpu", "threads": 1, "precision": "float32", "compiled": False, "cpu": "a"}
    facts |= {"platform": "Linux", "python": "3", "packages": {}}
    return Session(
        machine=Machine(**{**facts, **machine}),
        code={"version": "0", "commit": None, "dirty": None},
        dataset="gtzan",
        clip_seconds=30.0,
        reference="one",
        quick=False,
        rows=rows,
        started_utc="2000-01-01T00:00:00Z",
    )


def task_of(**fields):
    facts = {"model": "x", "name": "x", "features": ("toy",), "dataset": "gtzan", "genres": 10, "batch": 4}
    facts |= {"device": "cpu", "threads": 1, "budget": QUICK, "store": Path("none")}
    return Task(**{**facts, **fields})


def test_machines_have_sections_of_their_own_and_replace_themselves(tmp_path):
    first = session_of(row_of("one", 4.0), row_of("two", 1.0))
    other = session_of(row_of("one", 0.4), row_of("two", 0.2), cpu="b")
    both = merged(merged([], first), other)
    assert len(both) == 2
    again = session_of(row_of("one", 8.0))
    assert merged(both, again) == [again, other]
    for field, value in (("threads", 2), ("device", "cuda"), ("precision", "bf16"), ("compiled", True)):
        assert len(merged([first], session_of(row_of("one", 1.0), **{field: value}))) == 2
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.report.tables import markdown

    page = markdown(both, Accuracies("", {}))
    place = [page.index(f"## {name}, 1 thread") for name in "ab"]
    sections = page[place[0] : place[1]], page[place[1] :]
    for section, ratio in zip(sections, ("0.25 ×", "0.5 ×"), strict=True):
        lines = [line for line in section.splitlines() if line.startswith(("| one ", "| two "))]
        assert lines[0].startswith("| two ")  # the faster first
        assert ratio in lines[0]
    assert read_sessions(tmp_path) == []


def test_a_name_stays_a_name(tmp_path):
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.report.tables import markdown, to_csv

    session = session_of(row_of("one", 1.0), row_of("=cmd|' /C <b>*x*", 2.0))
    assert "=cmd\\|' /C \\<b\\>\\*x\\*" in markdown([session], Accuracies("", {}))
    assert "'=cmd" in to_csv([session], Accuracies("", {}))
    Path(tmp_path / "cost.json").write_text(to_json([session]))
    assert read_sessions(tmp_path) == [session]


def test_ratios_to_nothing_are_null():
    assert set(ratios(row_of("two", 1.0), None).values()) == {None}
    assert session_of(row_of("one", error="failed")).reference_row() is None


def test_points_say_features_and_options_only_where_they_tell_rows_apart():
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.report.plot import points

    rows = [
        row_of("one", 1.0, options={"a": 1}),
        row_of("two", 2.0),
        row_of("two", 3.0, options={"b": 2}),
        row_of("two", 4.0, features=("other",)),
    ]
    scores = {(row.model, row.features, json.dumps(row.options)): Score(value=0.5) for row in rows}
    drawn = points(session_of(*rows), Accuracies("toy/toy", scores))
    assert [point.name for point in drawn] == ["one", "two, toy", "two (b=2), toy", "two, other"]


def test_the_pareto_front_by_hand():
    def point(name, time, accuracy):
        return CostPoint(name, time, (time, time), Score(value=accuracy))

    points = [
        point("slow", 9.0, 0.9), point("fast", 1.0, 0.5), point("beaten", 5.0, 0.6), point("good", 4.0, 0.7),
        point("twin", 4.0, 0.6), point("late", 6.0, 0.7),
    ]  # fmt: skip
    assert [one.name for one in front(points)] == ["fast", "good", "slow"]
    for one in points:
        beaten = any(
            (other.time <= one.time and other.accuracy.value > one.accuracy.value)
            or (other.time < one.time and other.accuracy.value >= one.accuracy.value)
            for other in points
        )
        assert (one in front(points)) is not beaten


def test_words():
    assert [seconds(value) for value in (None, 2.5, 0.0123, 4.5e-6, 0.99999, 1234.0)] == [
        "–", "2.5 s", "12.3 ms", "4.5 µs", "1,000 ms", "1,234 s",
    ]  # fmt: skip
    assert [megabytes(value) for value in (None, 1_234_000_000, 480)] == ["–", "1,234 MB", "0.00048 MB"]
    assert [times(value) for value in (None, 0.25, 12345.0)] == ["–", "0.25 ×", "12,345 ×"]


# Data


def test_stored_values_are_dealt_by_genre(folder):
    found = data_of(task_of(store=folder / "cache"))
    assert (found.kind, found.segments, found.shapes) == ("stored", 1, {"toy": (12,)})
    part = found.examples(20)
    assert sorted(part.genre.tolist()) == sorted([*range(10), *range(10)])
    later = found.examples(20, 20)
    assert not np.array_equal(part.inputs.arrays["toy"], later.inputs.arrays["toy"])
    assert found.examples(1500).inputs.arrays["toy"].shape == (1500, 1, 12)


def test_made_up_values_have_the_shape_that_is_asked_for():
    found = data_of(task_of(features=("mel",), shapes={"mel": (7, 5)}, genres=3))
    part = found.examples(6)
    assert found.kind == "made up"
    assert part.inputs.arrays["mel"].shape == (6, 3, 7, 5)
    assert part.inputs.arrays["mel"].dtype == np.float32
    assert part.genre.tolist() == [0, 1, 2, 0, 1, 2]
    assert np.array_equal(part.inputs.arrays["mel"], found.examples(6).inputs.arrays["mel"])


def test_a_computed_feature_tells_its_shape_by_computing_it():
    assert data_of(task_of(features=("mel",))).shapes == {"mel": (216, 128)}


def test_the_noise_clip_is_as_long_as_the_datasets():
    clip = noise_clip(load_dataset("gtzan"))
    assert clip.samples.shape == (661_500,)
    assert 0.5 < np.abs(clip.samples).max() <= 1.0


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
