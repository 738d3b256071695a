"""Sweeps from the command line: every point an ordinary run, honest figures, nothing computed twice."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from dataclasses import asdict

import numpy as np
import pytest

from mgrbench.cli.sweep import EPILOG, parse_grid
from mgrbench.evaluation.request import Request
from mgrbench.experiments.sweep.grid import Axis, plan_sweep
from mgrbench.experiments.sweep.plot import draw, positions, sweep_pictures
from mgrbench.experiments.sweep.sweep import run_sweep
from mgrbench.metrics.bootstrap import Bootstrap
from mgrbench.metrics.clusters import clusters_of
from mgrbench.models.source import model_source
from mgrbench.results.folder import read_record
from mgrbench.results.history import validation_accuracy
from tests.support.helpers import (
    ARTISTS,
    GENRE,
    MINI_RUN,
    cli,
    copied,
    done,
    prepare,
    refused,
    unchanged,
    write_plugin,
)

MODEL = '''
"""Distances to the genres' means with noise drawn from the seed; writes down what it does."""

from pathlib import Path

import numpy as np

from mgrbench.core.types import BenchError

HERE = Path(__file__).parent


class Noisy:
    def __init__(self, n_genres, seed, noise, name, told):
        self.n_genres, self.noise, self.name, self.told = n_genres, noise, name, told
        self.rng = np.random.default_rng(seed)
        self.history, self.chosen, self.on_epoch = [], {}, None

    def fit(self, train, valid):
        with (HERE / "log").open("a") as log:
            log.write(f"{self.noise} {self.name}\\n")
        if (HERE / "broken").exists() and self.name == "b":
            raise BenchError("the loss is nan", "lower the noise")
        rows = train.inputs.arrays["toy"].mean(axis=1)
        self.means = np.stack([rows[train.genre == g].mean(axis=0) for g in range(self.n_genres)])
        if self.told == "nothing":
            return
        right = float((self.predict_proba(valid.inputs).argmax(axis=1) == valid.genre).mean())
        if self.told == "chosen":
            self.chosen = {"valid_accuracy": right}
            return
        for epoch, accuracy in enumerate((right, right / 2), start=1):
            row = {"network": "net", "epoch": epoch, "train_loss": 1.2034, "train_accuracy": 0.5}
            self.history.append(row | {"valid_accuracy": accuracy, "seconds": 0.5})
            if self.on_epoch:
                self.on_epoch({**self.history[-1], "epochs": 2})

    def predict_proba(self, inputs):
        rows = inputs.arrays["toy"].mean(axis=1)
        distance = ((rows[:, None] - self.means) ** 2).mean(axis=2)
        odds = np.exp(-distance + self.noise * self.rng.normal(size=distance.shape))
        return odds / odds.sum(axis=1, keepdims=True)


def build(n_genres, seed, device, *, noise=0.0, name="a", told="history", size=1):
    if noise < 0:
        raise BenchError(f"noise is {noise}", "give a number from 0")
    return Noisy(n_genres, seed, noise, name, told)
'''
NOISY_ON_TOY = Request("./noisy.py", "gtzan", "mini.tsv", ["toy"])
SWEEP = ("sweep", "-m", "./noisy.py", *MINI_RUN)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("prepared"))
    write_plugin(folder / "noisy.py", MODEL)
    return folder


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


def swept(*words, plot=False):
    """The document of a sweep that must succeed."""
    return done(*SWEEP, *words, "--json", *(() if plot else ("--no-plot",))).document


def right_answers(folder):
    """1.0 for each right prediction of a stored run, by track."""
    with (folder / "predictions.csv").open() as stream:
        return {row["track_id"]: float(row["genre"] == row["predicted"]) for row in csv.DictReader(stream)}


def fits(place):
    return (place / "log").read_text().splitlines()


# Figures


def test_every_point_is_an_ordinary_run_with_its_own_figures(place):
    document = swept("-g", "noise=0,0.3,2", "-g", "name=a,b")
    assert [point["options"] for point in document["points"]] == [
        {"noise": noise, "name": name} for noise in (0, 0.3, 2) for name in ("a", "b")
    ]
    for point in document["points"]:
        (folder,) = point["runs"]
        run = read_record(place / "runs" / folder)
        assert run.options == point["options"]
        for name in ("accuracy", "macro_f1"):
            assert point["scores"][name] == pytest.approx(asdict(run.scores[name]), abs=1e-12)
    same = done("run", "-m", "./noisy.py", *MINI_RUN, "-o", "noise=0.3", "-o", "name=b", "--json")
    assert "stored already" in same.err
    assert same.document["folder"].endswith(document["points"][3]["runs"][0])


def test_means_over_seeds_and_paired_differences_by_plain_sums(place):
    document = swept("-g", "noise=0.01,9", "--seed", "0", "--seed", "5")
    right = []
    for point in document["points"]:
        by_track = [right_answers(place / "runs" / folder) for folder in point["runs"]]
        tracks = list(by_track[0])
        right.append(np.array([[one[track] for track in tracks] for one in by_track]))
    artist = {track: ";".join(sorted(ARTISTS[track])) for track in tracks}
    genres = sorted(set(GENRE.values()))
    genre = np.array([genres.index(GENRE[track]) for track in tracks])
    bootstrap = Bootstrap(clusters_of(tracks, artist), genre, len(genres))
    times = bootstrap.weights[bootstrap.clusters].astype(float)

    def expected(values):
        low, high = np.quantile(values @ times / times.sum(axis=0), [0.025, 0.975])
        return {"value": values.mean(), "low": low, "high": high}

    for point, answers in zip(document["points"], right, strict=True):
        assert point["scores"]["accuracy"] == pytest.approx(expected(answers.mean(axis=0)), abs=1e-9)
        assert point["seed_std"] == pytest.approx(np.std(answers.mean(axis=1), ddof=1))
    assert document["points"][0]["difference_to_first"] is None
    difference = document["points"][1]["difference_to_first"]
    assert difference == pytest.approx(expected(right[1].mean(axis=0) - right[0].mean(axis=0)), abs=1e-9)
    assert difference["value"] < 0
    assert "MGR102" not in document["points"][0]["warnings"], "with two seeds nothing says that there is one"


@pytest.mark.parametrize("told", ["history", "chosen"])
def test_validation_accuracy_is_that_of_the_kept_epochs_over_all_folds(place, told):
    (point,) = swept("-g", f"told={told}")["points"]
    folder = place / "runs" / point["runs"][0]
    run = read_record(folder)
    if told == "history":
        with (folder / "history.csv").open() as stream:
            best = [float(row["valid_accuracy"]) for row in csv.DictReader(stream) if row["epoch"] == "1"]
    else:
        best = [chosen["valid_accuracy"] for chosen in run.selection.chosen]
    sizes = [fold.n_valid for fold in run.folds]
    assert point["valid_accuracy"] == pytest.approx(np.average(best, weights=sizes))


def test_no_validation_accuracy_where_none_is_told_or_the_test_part_was_chosen_on(place):
    points = swept("-g", "told=nothing,history", "-g", "selection=validation,test")["points"]
    assert [point["valid_accuracy"] is None for point in points] == [True, True, False, True]
    assert [point["selection"] for point in points] == ["validation", "test"] * 2
    assert ["MGR101" in point["warnings"] for point in points] == [False, True] * 2


def test_fusion_is_validated_by_the_combination_that_it_chose(place):
    (place / "history.csv").write_text(
        "fold,network,epoch,valid_accuracy\n"
        "1,mel,1,0.9\n1,meta-a+b,1,0.5\n1,meta-a+b,2,0.6\n1,a.inner1,1,\n2,meta-a+b,1,0.4\n"
    )
    (point,) = swept("-g", "told=nothing")["points"]
    run = read_record(place / "runs" / point["runs"][0])
    folds = tuple(
        fold.model_copy(update={"n_valid": n}) for fold, n in zip(run.folds, (10, 30), strict=False)
    )
    chosen = run.selection.model_copy(update={"chosen": ({"combination": "a+b"},) * 2})
    run = run.model_copy(update={"folds": folds, "selection": chosen})
    assert validation_accuracy(run, place) == pytest.approx((0.6 * 10 + 0.4 * 30) / 40)
    chosen = run.selection.model_copy(update={"chosen": ()})
    assert validation_accuracy(run.model_copy(update={"selection": chosen}), place) is None


# Stored and resumed


def test_nothing_is_computed_twice_and_a_wider_grid_computes_the_rest(place):
    first = swept("-g", "noise=0,1")
    assert len(fits(place)) == 2 * 3
    again = done(*SWEEP, "-g", "noise=0,1", "--no-plot", "--json")
    assert again.document == first
    assert "2 of 2 runs were stored already" in again.err
    wider = swept("-g", "noise=0,1,2")
    assert len(fits(place)) == 3 * 3
    assert wider["points"][:2] == first["points"]
    assert wider["files"] != first["files"]


def test_processes_change_nothing(place):
    words = ("-g", "noise=0.3,1")
    one, two = swept(*words), swept(*words, "--out", "two", "--jobs", "2")
    for left, right in zip(one["points"], two["points"], strict=True):
        assert left | {"fit_seconds": 0} == right | {"fit_seconds": 0}


def test_a_point_that_fails_is_named_and_the_finished_ones_stay(place):
    (place / "broken").touch()
    line = refused(*SWEEP, "-g", "name=a,b,c", "--no-plot")
    assert "noisy name=b" in line
    assert "the loss is nan" in line
    assert "lower the noise" in line
    assert not (place / "sweeps").exists()
    (place / "broken").unlink()
    document = swept("-g", "name=a,b,c")
    assert len(document["points"]) == 3
    assert fits(place).count("0.0 a") == 3


# Files and tables


def test_files_say_the_same_as_the_document(place):
    document = swept("-g", "noise=1", "-g", "name=a,=1+1,-x", plot=True)
    files = {file.rpartition(".")[2]: place / file for file in document.pop("files")}
    assert set(files) == {"json", "csv", "png", "svg"}
    assert json.loads(files["json"].read_text()) == document
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text())))
    assert [(row["noise"], row["name"]) for row in rows] == [("1", "a"), ("1", "'=1+1"), ("1", "'-x")]
    for row, point in zip(rows, document["points"], strict=True):
        assert float(row["accuracy_low"]) == pytest.approx(point["scores"]["accuracy"]["low"], abs=1e-6)
        assert float(row["valid_accuracy"]) == pytest.approx(point["valid_accuracy"], abs=1e-6)
    assert rows[0]["difference"] == ""
    assert float(rows[2]["difference"]) == pytest.approx(
        document["points"][2]["difference_to_first"]["value"], abs=1e-6
    )


def test_the_table_fits_a_terminal_and_says_that_nothing_is_chosen(place, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    words = ("-g", "noise=1", "-g", "name=a,\x1b[31m", "--seed", "0", "--seed", "1", "--no-plot")
    result = done(*SWEEP, *words)
    lines = result.out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("sweeps/")) <= 80
    assert "selection on test" in " ".join(result.out.split())
    assert "\x1b" not in result.out + result.err
    heading = next(line for line in lines if line.startswith("noise"))
    assert all(word in heading for word in ("accuracy", "95 %", "macro-F1", "seeds ±", "valid."))
    assert sum(line.startswith("1 ") for line in lines) == 2
    quiet = done(*SWEEP, "-g", "told=nothing", "--no-plot").out
    assert "This model records no validation accuracy." in " ".join(quiet.split())


# Plots


@pytest.mark.parametrize(
    ("values", "scale", "places"),
    [
        ((0, 0.001, 0.01), "log", [-4, -3, -2]),
        ((0.1, 10, 1), "log", [-1, 1, 0]),
        ((5, 10, 15, 20), "linear", [5, 10, 15, 20]),
        ((0, 1, 2, 3), "linear", [0, 1, 2, 3]),
        ((-10, 1, 1000), "linear", [-10, 1, 1000]),
        ((1, 1000), "linear", [1, 1000]),
        ((0,), "linear", [0]),
        (("elu", "relu"), "words", [0, 1]),
        ((True, False), "words", [0, 1]),
        ((1, "two", 3), "words", [0, 1, 2]),
        ((1, 2, 10**400), "words", [0, 1, 2]),
    ],
)
def test_axes_are_scaled_as_the_values_ask_for(values, scale, places):
    found, kind = positions(values)
    assert kind == scale
    np.testing.assert_allclose(found, places)


@pytest.mark.parametrize(
    "grid",
    [
        ("noise=0,0.001,0.01,0.1",),
        ("name=$one$,two",),
        ("noise=0,0.2", "name=a,b"),
        ("size=1", "name=a,b,c,d,e,f"),
        ("noise=1", "name=a,b", "told=nothing,history"),
        ("noise=1",),
    ],
)
def test_every_grid_has_a_plot_and_the_same_one_again(place, grid):
    pytest.importorskip("matplotlib")
    sweep = run_sweep(plan_sweep(NOISY_ON_TOY, parse_grid(grid)), place / "runs")
    files = sweep_pictures(sweep)
    assert files["png"][:8] == b"\x89PNG\r\n\x1a\n"
    assert b"<svg" in files["svg"]
    assert sweep_pictures(sweep) == files


def test_a_plot_shows_what_the_document_says(place):
    pytest.importorskip("matplotlib")
    grid = plan_sweep(NOISY_ON_TOY, [Axis("noise", (1, 0.1, 10))])
    sweep = run_sweep(grid, place / "runs")
    (axes,) = draw(sweep).axes
    test, valid = axes.lines
    order = [1, 0, 2]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "0.1", "10"]
    assert list(test.get_xdata()) == pytest.approx([-1, 0, 1])
    assert list(test.get_ydata()) == [sweep.points[i].scores["accuracy"].value for i in order]
    assert sorted(valid.get_ydata()) == sorted(point.valid_accuracy for point in sweep.points)
    ends = [segment[:, 1].tolist() for segment in axes.collections[0].get_segments()]
    assert ends == [
        [sweep.points[i].scores["accuracy"].low, sweep.points[i].scores["accuracy"].high] for i in order
    ]


def test_without_matplotlib_it_says_so_before_anything_is_computed(place, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with unchanged(place):
        assert "pip install 'mgrbench[plots]'" in refused(*SWEEP, "-g", "noise=0,1")
    swept("-g", "noise=0,1")


# Bad grids


@pytest.mark.parametrize(
    ("words", "needles"),
    [
        (("-g", "noise"), ["'noise'", "name=value,value"]),
        (("-g", "noise="), ["'noise='", "name=value,value"]),
        (("-g", "=1,2"), ["'=1,2'", "name=value,value"]),
        (("-g", "noise=1,,2"), ["'noise=1,,2'", "value"]),
        (("-g", "noize=0,1"), ["no option 'noize'", "did you mean noise?"]),
        (("-g", "../x=0,1"), ["'../x'"]),
        (("-g", "noise=0,1,0.0"), ["noise has the value 0 twice"]),
        (("-g", "name=a,b,a"), ["name has the value a twice"]),
        (("-g", "noise=0,1", "-g", "noise=2"), ["noise twice", "all values at once"]),
        (("-g", "noise=0,1", "-o", "noise=1"), ["noise is in the grid", "option"]),
        (("-g", "noise=0,1", "-o", "name=a", "-o", "name=b"), ["name is given twice"]),
        (("-g", "noise=0,1", "-o", "nmae=a"), ["no option 'nmae'", "did you mean name?"]),
        (("-g", "noise=0,1,-1"), ["noise is -1", "from 0"]),
        (("-g", "noise=0,1", "--seed", "1", "--seed", "1"), ["a seed is given twice"]),
        (("-g", "noise=0,1", "-g", "selection=valid"), ["selection='valid'"]),
        (("-g", "noise=0,1", "-f", "toi"), ["toi", "toy"]),
        ((), ["--grid", "`mgrbench sweep --help`"]),
    ],
)
def test_a_grid_that_is_none_is_refused_before_anything_is_computed(place, words, needles):
    with unchanged(place):
        line = refused(*SWEEP, *words)
    assert all(needle in line for needle in needles), line


def test_true_is_not_one_and_lists_are_one_value():
    assert parse_grid(["x=1,true", "y=[1,2],[3]", 'z={"a":[1,2]},b,1e999']) == [
        Axis("x", (1, True)),
        Axis("y", ([1, 2], [3])),
        Axis("z", ({"a": [1, 2]}, "b", "1e999")),
    ]


def test_the_sweeps_of_the_paper_can_be_run():
    pytest.importorskip("torch")
    source = model_source("fusionnet")
    lines = [line for line in EPILOG.splitlines() if "--grid" in line]
    assert [line.split(",")[0] for line in lines] == [
        "Table 1",
        "Figure 4",
        "Figure 5",
        "Figure 6",
        "Figure 7",
    ]
    for line in lines:
        axes = parse_grid(re.findall(r"--grid (\S+)", line))
        assert len(axes) == (2 if "Figure 7" in line else 1)
        for axis in axes:
            assert len(set(axis.values)) == len(axis.values) > 1
            for value in axis.values:
                source.build(10, 0, "cpu", {axis.name: value})


# Epochs


def test_epochs_are_told_plainly_and_sparsely(place, monkeypatch):
    def lines(*words):
        run = done("run", "-m", "./noisy.py", *MINI_RUN, "--fresh", *words)
        return [line for line in run.err.splitlines() if "epochs:" in line]

    (line,) = lines()
    figures = r"loss 1\.203, accuracy \.500, valid \S+, at most 0 min left, epochs: 1/2"
    assert re.fullmatch(rf"noisy on gtzan/mini, fold 1, net, {figures}", line), line
    monkeypatch.setattr("mgrbench.cli.training_progress.QUIET_SECONDS", 0)
    assert [re.search(r"fold (\d).*epochs: (.*)", line).groups() for line in lines()] == [
        (fold, epoch) for fold in "123" for epoch in ("1/2", "2/2")
    ]
    assert lines("--jobs", "2") == []


def test_epochs_on_a_terminal_stay_within_it(place, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    shown = done("run", "-m", "./noisy.py", *MINI_RUN, "--fresh", "--name", "[red]" + "n" * 90).err
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").splitlines()
    assert any(
        re.match(r"fold 3, net +2/2 \S+ loss 1\.203, accuracy \.500, valid \.", line) for line in plain
    )
    assert any(re.match(r"\[red\]n+…", line) for line in plain)
    assert max(map(len, plain)) <= 80


def test_networks_tell_of_their_epochs(place, monkeypatch):
    pytest.importorskip("torch")
    from tests.support.neural import SMALL_FUSION

    monkeypatch.setattr("mgrbench.cli.training_progress.QUIET_SECONDS", 0)
    options = [word for name, value in SMALL_FUSION.items() for word in ("-o", f"{name}={value}")]
    run = cli("run", "-m", "fusionnet", *MINI_RUN, *options, "--device", "cpu")
    told = re.findall(r"fusionnet on gtzan/mini, fold (\d), toy, loss \S+, .*, epochs: (\S+)", run.err)
    assert told == [(fold, epoch) for fold in "123" for epoch in ("1/2", "2/2")]


def test_a_method_called_on_epoch_is_left_alone(place):
    body = (place / "noisy.py").read_text().replace(", self.on_epoch = [], {}, None", " = [], {}")
    body = body.replace(
        "    def fit(", "    def on_epoch(self, row):\n        self.name = row['epochs']\n\n    def fit("
    )
    write_plugin(place / "other.py", body)
    assert "epochs:" not in done("run", "-m", "./other.py", *MINI_RUN).err
