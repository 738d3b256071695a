"""The paper's tables: facts that agree with each other, printed beside measured, text that stays text."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.leaderboards.paper import printed as facts_of
from mgrbench.leaderboards.paper.printed import CONFUSIONS, SHARES, printed_confusion, reported, reported_on
from mgrbench.leaderboards.paper.tables import TITLES, datasets_of
from mgrbench.leaderboards.paper.used import choice_text, decision, features_used
from mgrbench.leaderboards.tables.formats import GRID_FORMATS
from mgrbench.leaderboards.tables.grid import Grid, abbreviated
from mgrbench.leaderboards.tables.latex import latex_escaped
from mgrbench.results.run import RunRecord
from mgrbench.splits import shipped_splits
from tests.support.boards import score
from tests.support.helpers import GTZAN, MINI, MINI_RUN, cli, done, record, refused, unchanged

FORMATS = ("md", "csv", "latex", "html")


# --- facts


def test_every_printed_figure_names_a_protocol_and_splits_that_ship():
    assert {one.table for one in reported()} == {2, 3, 4, 5, 9, 11}
    for one in reported():
        assert 0 < one.accuracy < 1
        assert one.protocol
        assert set(one.splits) <= set(shipped_splits())
        assert load_dataset(one.dataset).name == one.dataset


def test_the_best_combination_of_each_table_is_what_table_11_repeats():
    for dataset in ("gtzan", "ismir2004", "extballroom"):
        own = [one for one in reported() if one.dataset == dataset and one.system == "FusionNet"]
        (last,) = (one for one in own if one.table == 11)
        (same,) = (
            one
            for one in own
            if one.table in {3, 4, 5} and one.features == last.features and one.decision == "meta"
        )
        assert same.accuracy == last.accuracy
        assert same.accuracy == max(one.accuracy for one in own if one.table in {3, 4, 5})


@pytest.mark.parametrize("table", CONFUSIONS)
def test_a_printed_matrix_gives_the_accuracy_printed_elsewhere(table):
    found = printed_confusion(table)
    assert found.genres == load_dataset(found.dataset).genres
    pooled = found.counts.trace() / found.counts.sum()
    others = [one.accuracy for one in reported() if one.dataset == found.dataset and one.decision == "meta"]
    assert min(abs(pooled - other) for other in others) < 0.0002


def test_cells_that_do_not_follow_from_their_matrix_are_found():
    wrong = [
        (table, name, found.genres[at])
        for table in CONFUSIONS
        for found in [printed_confusion(table)]
        for name in SHARES
        for at in range(len(found.genres))
        if not found.consistent(name, at)
    ]
    assert len(wrong) == 15
    assert {(7, "Precision", "reggae"), (10, "Recall", "disco")} < set(wrong)


def test_a_share_that_729_tracks_cannot_give_is_doubted():
    doubted = {one.printed: one.note for one in reported() if one.dataset == "ismir2004" and one.note}
    assert "no number of the 729" in doubted["0.9090"]
    assert "cut off" in doubted["0.9149"]
    assert "0.9246" not in doubted


def test_a_figure_with_a_confusion_matrix_says_what_the_matrix_gives():
    said = {(one.table, one.dataset): one.matrix for one in reported() if one.matrix}
    assert set(said) == {
        (3, "ismir2004"), (4, "gtzan"), (5, "extballroom"), (9, "gtzan"),
        (11, "ismir2004"), (11, "gtzan"), (11, "extballroom"),
    }  # fmt: skip
    assert "674 of 729 tracks right, as printed; 1 of the 24 shares" in said[3, "ismir2004"]
    assert "Table 10) has 824 of 948" in said[9, "gtzan"]
    assert "12 of the 40 shares printed beside it do not follow" in said[9, "gtzan"]


def test_a_figure_that_its_matrix_does_not_give_is_said(monkeypatch):
    read = facts_of.read_text

    def changed(path):
        text = read(path)
        if path.name != "table07.tsv":
            return text
        lines = text.splitlines()
        first = next(at for at, line in enumerate(lines) if not line.startswith("#")) + 1
        name, _, _, *rest = lines[first].split("\t")
        lines[first] = "\t".join([name, "99", "1", *rest])
        return "\n".join(lines)

    monkeypatch.setattr(facts_of, "read_text", changed)
    for cached in (facts_of.printed_confusion, facts_of.reported):
        cached.cache_clear()
    try:
        (said,) = {one.matrix for one in reported() if one.dataset == "gtzan" and "Table 7" in one.matrix}
        assert "964 of 1000 tracks right, which is 0.9640 and not what is printed" in said
    finally:
        monkeypatch.undo()
        for cached in (facts_of.printed_confusion, facts_of.reported):
            cached.cache_clear()


# --- the command


@pytest.mark.parametrize("table", TITLES)
def test_without_runs_the_measured_cells_are_empty(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = done("table", table, "--json").document["tables"]
    for grid in found:
        for row in grid["rows"]:
            assert len(row) == len(grid["columns"])
        measured = [at for at, name in enumerate(grid["columns"]) if name.endswith("measured")]
        assert not any(row[at] for row in grid["rows"] for at in measured)
    if table in CONFUSIONS:
        assert not any(cell for row in found[1]["rows"] for cell in row[1:])


def test_a_run_stands_beside_its_printed_figure(place):
    done("features", "import", "gtzan", "mel", "--file", "toy.npz", "--array", "x")
    done("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "-f", "mel", "--out", "more")
    run = record(place / "more")
    arguments = ("table", 2, "-d", "gtzan", "--runs", "more", "--model", "lda", "--split", "mini")
    rows = {row[0]: row for row in done(*arguments, "--json").document["tables"][0]["rows"]}
    assert rows["mel"][1]["value"] == 0.891
    assert rows["mel"][2]["value"] == pytest.approx(run["scores"]["accuracy"]["value"], abs=1e-6)
    assert rows["mel"][2]["low"] == pytest.approx(run["scores"]["accuracy"]["low"], abs=1e-6)
    assert rows["cqt"][2] is None
    text = done(*arguments, "--format", "csv").out
    (line,) = (row for row in csv.DictReader(text.splitlines()) if row["Feature"] == "mel")
    assert float(line["GTZAN, printed"]) == 0.891
    assert float(line["GTZAN, measured_std"]) == pytest.approx(
        run["fold_mean_std"]["accuracy"]["std"], abs=1e-6
    )


def test_a_run_without_candidates_stands_where_the_table_has_the_sum_rule(place):
    for name in ("mel", "scatter"):
        done("features", "import", "gtzan", name, "--file", "toy.npz", "--array", "x")
    (place / "two.py").write_text(
        "import numpy as np\n"
        "SELECTION, STOCHASTIC = 'none', False\n"
        "def build(n_genres, seed, device, *, candidates=6):\n"
        "    return One(n_genres, candidates)\n"
        "class One:\n"
        "    def __init__(self, genres, candidates):\n"
        "        self.says = np.eye(genres)[min(candidates, 1)]\n"
        "        self.chosen = {'combination': 'mel+scatter'} | ({'meta_epoch': 1} if candidates else {})\n"
        "    def fit(self, train, valid):\n"
        "        pass\n"
        "    def predict_proba(self, inputs):\n"
        "        return np.tile(self.says, (len(inputs.ids), 1))\n"
    )
    run = ("run", "-m", "two.py:build", "-d", "gtzan", "-s", "mini.tsv", "-f", "mel", "-f", "scatter")
    done(*run, "--name", "fusionnet", "--out", "meta")
    done(*run, "--name", "fusionnet", "--out", "sum", "-o", "candidates=0")
    arguments = ("table", 4, "-d", "gtzan", "--split", "mini", "--json")
    for roots in (("meta",), ("sum",), ("meta", "sum")):
        (grid,) = done(*arguments, *(word for root in roots for word in ("--runs", root))).document["tables"]
        cells = {
            column: row[at]
            for row in grid["rows"]
            if row[0] == "m+s"
            for at, column in enumerate(grid["columns"])
        }
        for root, words in (("meta", "meta-CNN"), ("sum", "sum rule")):
            cell = cells[f"GTZAN {words}, measured"]
            if root not in roots:
                assert cell is None
                continue
            accuracy = record(place / root)["scores"]["accuracy"]["value"]
            assert cell["value"] == pytest.approx(accuracy, abs=1e-6)


CHOOSER = """
FIRST = "blues.00000"
SELECTION, STOCHASTIC = "validation", False

def build(n_genres, seed, device, *, other="mel+scatter"):
    return Chooser(n_genres, other)

class Chooser:
    def __init__(self, genres, other):
        self.genres, self.other = genres, other

    def fit(self, train, valid):
        seen = {*train.inputs.ids, *valid.inputs.ids}
        self.chosen = {"combination": "mel+scatter" if FIRST in seen else self.other, "meta_epoch": 3}

    def predict_proba(self, inputs):
        import numpy as np
        return np.full((len(inputs.ids), self.genres), 1 / self.genres)
"""
"""A model that chooses the same features in every fold, unless an option names others for one of them."""

GIVEN = ("mel", "percussive", "scatter", "transfer")


@pytest.fixture
def chooser(place):
    """A place with features of the paper's names, and the words that run a model which chooses among them."""
    for name in GIVEN:
        done("features", "import", "gtzan", name, "--file", "toy.npz", "--array", "x")
    first = next(track for track in MINI if track.startswith("blues"))
    (place / "chooser.py").write_text(CHOOSER.replace("blues.00000", first))
    features = [word for name in GIVEN for word in ("-f", name)]
    return (
        "run",
        "-m",
        "chooser.py:build",
        "-d",
        "gtzan",
        "-s",
        "mini.tsv",
        "--name",
        "fusionnet",
        *features,
    )


def cells_of(*arguments):
    """Row -> its cells, of a table in one grid; and the notes below it."""
    (grid,) = done("table", *arguments, "-d", "gtzan", "--split", "mini", "--json").document["tables"]
    return {row[0]: dict(zip(grid["columns"], row, strict=True)) for row in grid["rows"]}, grid["notes"]


def test_a_run_stands_under_the_combination_that_every_fold_used(chooser):
    done(*chooser, "--out", "same")
    rows, notes = cells_of(4, "--runs", "same")
    accuracy = record(Path("same"))["scores"]["accuracy"]["value"]
    assert rows["m+s"]["GTZAN meta-CNN, measured"]["value"] == pytest.approx(accuracy, abs=1e-6)
    assert rows["m+p+s+T"]["GTZAN meta-CNN, measured"] is None, "these were given, and not used"
    assert any("on mel+percussive+scatter+transfer; every fold chose mel+scatter" in note for note in notes)
    # Table 9 and its matrix have a row of the four features only.
    rows, _ = cells_of(9, "--runs", "same")
    assert rows["m+p+s+T"]["GTZAN, measured"] is None
    matrix = done("table", 10, "--split", "mini", "--runs", "same", "--json").document["tables"][1]
    assert not any(cell for row in matrix["rows"] for cell in row[1:])
    assert matrix["notes"][0].startswith("Nothing was measured: there is no run of fusionnet on gtzan/mini")


def test_a_run_whose_folds_chose_different_combinations_stands_in_no_row(chooser):
    done(*chooser, "-o", "other=mel+percussive+scatter+transfer", "--out", "differ")
    for table in (4, 9):
        rows, notes = cells_of(table, "--runs", "differ")
        assert not any(cell for row in rows.values() for name, cell in row.items() if "measured" in name)
        assert any(
            "1 run of fusionnet on gtzan/mini stands in no row, since its folds chose different" in note
            for note in notes
        )
    # The system as a whole has its row, which says what it used.
    rows, notes = cells_of(11, "--runs", "differ")
    assert rows["FusionNet"]["GTZAN, measured"]["text"].endswith(" §")
    counted = "its folds chose mel+scatter (2 of 3), mel+percussive+scatter+transfer (1 of 3)"
    assert any(counted in note for note in notes)
    matrix = done("table", 7, "--split", "mini", "--runs", "differ", "--json").document["tables"][1]
    assert f"{counted[0].upper()}{counted[1:]}." in matrix["notes"]


@pytest.mark.parametrize(
    ("chosen", "used", "rule"),
    [
        ((), {"abc"}, ""),
        ((None, {"combination": "a+b"}), {"abc", "ab"}, ""),
        (({"combination": "a+b"}, {"combination": ["b", "a"]}), {"ab"}, "sum"),
        (({"combination": "a+b", "meta_epoch": 2},) * 2, {"ab"}, "meta"),
        (({"combination": "a+b", "meta_epoch": 2}, {"combination": "a+b"}), {"ab"}, ""),
        (({"combination": "C=1, a"},), {""}, "sum"),
        (({"combination": 5},), {""}, "sum"),
        (({"C": 1},), {"abc"}, ""),
    ],
)
def test_what_a_run_used_is_read_from_its_record(chosen, used, rule, place):
    document = record(place / "runs")
    document["features"] = dict.fromkeys("abc", "x")
    document["selection"] = {"rule": "validation", "chosen": chosen}
    run = RunRecord.model_validate(document)
    assert {"".join(sorted(one)) for one in features_used(run)} == used
    assert decision(run) == rule
    assert bool(choice_text(run)) == (used != {"abc"})
    assert ("does not say" in choice_text(run)) == (used == {""})


def test_a_model_without_the_papers_rules_is_not_shown_as_one_of_them(chooser):
    done("run", "-m", "lda", *chooser[3:7], "-f", "mel", "-f", "scatter", "--out", "own")
    accuracy = record(Path("own"))["scores"]["accuracy"]["value"]
    rows, notes = cells_of(4, "--runs", "own", "--model", "lda")
    measured = {name: cell for name, cell in rows["m+s"].items() if "measured" in name}
    assert list(measured.values())[:2] == [None, None]
    assert measured["GTZAN lda, measured"]["value"] == pytest.approx(accuracy, abs=1e-6)
    assert "lda has a column of its own: it records neither a meta-CNN nor a sum rule." in notes


def test_another_model_has_a_row_of_its_own_and_fusionnets_says_why_it_is_empty(place, monkeypatch):
    (run,) = (place / "runs").glob("gtzan/mini/means/*/run.json")
    accuracy = json.loads(run.read_text())["scores"]["accuracy"]["value"]
    rows, notes = cells_of(11, "--model", "means")
    assert list(rows)[:2] == ["FusionNet", "means"]
    assert rows["means"]["GTZAN, printed"] is None
    assert rows["means"]["GTZAN, measured"]["value"] == pytest.approx(accuracy, abs=1e-6)
    assert rows["FusionNet"]["GTZAN, measured"] is None
    why = "FusionNet was not measured on GTZAN: there is no run of fusionnet on gtzan/mini."
    assert why in notes
    monkeypatch.setenv("COLUMNS", "80")
    words = ("table", 11, "-d", "gtzan", "--split", "mini", "--model", "means")
    assert why in " ".join(done(*words).out.split())
    # A name without runs has an empty row that says so, a system of the table the row that it has.
    rows, notes = cells_of(11, "--model", "nothing")
    assert rows["nothing"]["GTZAN, measured"] is None
    assert "There is no run of nothing on gtzan/mini." in notes
    assert "choi2017" not in cells_of(11, "--model", "choi2017")[0]
    # A FusionNet of one feature has no meta-CNN, which is another reason.
    done("run", "-m", "lda", *MINI_RUN, "--name", "fusionnet", "--out", "single")
    _, notes = cells_of(11, "--runs", "single")
    assert any("the only run of fusionnet on gtzan/mini has no meta-CNN over several" in one for one in notes)


def test_a_measured_cell_of_a_single_fold_has_no_spread(place):
    done("features", "import", "gtzan", "mel", "--file", "toy.npz", "--array", "x")
    done("run", "-m", "lda", "-d", "gtzan", "-s", "kereliuk", "-f", "mel", "--out", "one")
    words = ("table", 2, "-d", "gtzan", "--runs", "one", "--model", "lda", "--split", "kereliuk")
    (line,) = (
        row
        for row in csv.DictReader(done(*words, "--format", "csv").out.splitlines())
        if row["Feature"] == "mel"
    )
    assert line["GTZAN, measured"]
    assert line["GTZAN, measured_std"] == ""


@pytest.mark.parametrize("table", CONFUSIONS)
def test_both_accuracies_of_a_genre_are_named_by_their_formula(table, place):
    found = printed_confusion(table)
    printed, measured = done("table", table, "--json").document["tables"]
    unit = ", %" if found.shares["Recall"][0].endswith("%") else ""
    rows = {row[0]: row[1:-1] for row in printed["rows"]}
    total = found.counts.sum()
    given = [
        1 - (found.counts[at].sum() + found.counts[:, at].sum() - 2 * found.counts[at, at]) / total
        for at in range(len(found.genres))
    ]
    shown = [float(text) / (100 if unit else 1) for text in rows[f"Accuracy, eq. 16{unit}"]]
    assert shown == pytest.approx(given, abs=5.1e-5)
    texts = [text.removesuffix(" *") for text in rows[f"Accuracy, as printed{unit}"]]
    assert [text.lstrip("0") for text in texts] == [
        text.removesuffix("%").lstrip("0") for text in found.shares["Accuracy"]
    ]
    assert {"Accuracy, as printed", "Accuracy, eq. 16"} <= {row[0] for row in measured["rows"]}
    assert not {"Accuracy", "Accuracy, %"} & {row[0] for grid in (printed, measured) for row in grid["rows"]}


def test_a_whole_system_is_compared_on_what_it_was_given_and_that_is_said(place):
    for name in ("mel", "cqt"):
        done("features", "import", "gtzan", name, "--file", "toy.npz", "--array", "x")
    run = ("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "--name", "fusionnet", "-f", "mel")
    done(*run, "--out", "few")
    done(*run, "-f", "cqt", "--out", "few")
    shown = ("-d", "gtzan", "--split", "mini", "--runs", "few", "--json")
    (grid,) = done("table", 11, *shown).document["tables"]
    row = next(row for row in grid["rows"] if row[0] == "FusionNet")
    (accuracy,) = (
        run["scores"]["accuracy"]["value"]
        for file in (place / "few").glob("gtzan/mini/fusionnet/*/run.json")
        if len((run := json.loads(file.read_text()))["features"]) == 2
    )
    assert row[2]["value"] == pytest.approx(accuracy, abs=1e-6)
    assert (
        "§ Printed on mel, percussive, scatter, transfer; no run used these in every fold." in grid["notes"]
    )
    assert "on mel+cqt" in " ".join(grid["notes"])
    # On two splits, a column each; what was measured on one of them only stays empty in the other.
    words = ("table", 11, "-d", "gtzan", "--runs", "few", "--split", "mini", "--split", "artist3")
    (both,) = done(*words, "--json").document["tables"]
    assert both["columns"] == ["System", "GTZAN, printed", "GTZAN, mini", "GTZAN, artist3"]
    assert next(line for line in both["rows"] if line[0] == "FusionNet") == [*row[:3], None]
    assert sum(note.startswith("Measured on gtzan/") for note in both["notes"]) == 2
    assert "GTZAN, artist3_low" in done(*words, "--format", "csv").out
    assert "of one split" in refused("table", 7, "--split", "mini", "--split", "artist3")
    # A table of combinations is about the features themselves.
    (grid,) = done("table", 4, *shown).document["tables"]
    assert not any(cell for row in grid["rows"] for cell in row[2::2])


def test_of_several_runs_the_lowest_seed_is_shown_whatever_it_scores(place):
    done("features", "import", "gtzan", "mel", "--file", "toy.npz", "--array", "x")
    for seed in (2, 1):
        done("run", "-m", "random_forest", "-d", "gtzan", "-s", "mini.tsv", "-f", "mel", "--seed", seed)
    arguments = ("table", 2, "-d", "gtzan", "--model", "random_forest", "--split", "mini", "--json")
    (grid,) = done(*arguments).document["tables"]
    first = next((place / "runs").glob("gtzan/mini/random_forest/mel-seed1-*/run.json"))
    shown = next(row[2]["value"] for row in grid["rows"] if row[0] == "mel")
    assert shown == pytest.approx(json.loads(first.read_text())["scores"]["accuracy"]["value"], abs=1e-6)
    assert any("2 runs fit" in note for note in grid["notes"])


def test_a_measured_confusion_matrix_has_the_shape_of_the_printed_one(place):
    printed, measured = done("table", 7, "--run", "means", "--json").document["tables"]
    assert printed["columns"] == measured["columns"]
    assert [row[0] for row in printed["rows"]] == [row[0] for row in measured["rows"]]
    counts = [[int(cell) for cell in row[1:-1]] for row in measured["rows"][: len(GTZAN.genres)]]
    run = record(place / "runs")
    assert counts == run["confusion"]
    shares = {row[0]: row[1:-1] for row in measured["rows"]}
    for name, field in (("as printed", "accuracy_as_printed"), ("eq. 16", "accuracy")):
        given = [100 * one[field] for one in run["per_class"]]
        assert [float(text) for text in shares[f"Accuracy, {name}, %"]] == pytest.approx(given, abs=0.0051)
    assert "table 6 is of ismir2004" in refused("table", 6, "--run", "means")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_table_in_every_format_goes_to_a_file(kind, place):
    ending = {"latex": "tex"}.get(kind, kind)
    for table in TITLES:
        done("table", table, "--out", f"t{table}.{ending}")
        text = (place / f"t{table}.{ending}").read_text()
        assert text == done("table", table, "--format", kind).out
        if kind == "latex":
            tables = len(re.findall(r"\\end\{(?:tabularx|xltabular)\}", text))
            assert tables == text.count(r"\caption") == text.count(r"\bottomrule")


@pytest.mark.parametrize("table", TITLES)
def test_a_table_fits_on_a_screen(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    lines = done("table", table).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert (
        any(printed.printed.removeprefix("0") in " ".join(lines) for printed in reported())
        or table in CONFUSIONS
    )


TWO_SPLITS = {
    "gtzan": ("random10", "artist3"),
    "ismir2004": ("official", "artist5"),
    "extballroom": ("random10", "artist10"),
}


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("table", [table for table in TITLES if table not in CONFUSIONS])
def test_no_cell_and_no_name_is_cut_on_a_narrow_screen(table, several, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    dataset = datasets_of(table)[-1]
    words = [word for split in TWO_SPLITS[dataset] for word in ("--split", split)] if several else []
    (grid,) = done("table", table, "-d", dataset, *words, "--json").document["tables"]
    lines = done("table", table, "-d", dataset, *words).out.splitlines()
    for row in grid["rows"]:
        shown = "  ".join(line for line in lines if line.startswith(row[0]))
        assert shown, row[0]
        for cell in row[1:]:
            assert cell is None or cell["text"] in shown
    head = " ".join(lines).split()
    assert {word for name in grid["columns"] for word in name.replace(",", "").split()} <= set(head)


def test_columns_without_room_stand_below_with_the_names_again(chooser, monkeypatch):
    done(*chooser, "--out", "same")
    monkeypatch.setenv("COLUMNS", "60")
    words = ("table", 4, "-d", "gtzan", "--runs", "same", "--split", "mini", "--split", "artist3")
    lines = [line for line in done(*words).out.splitlines() if line.startswith("m+s")]
    assert len(lines) == 2
    assert ".9580 ± .0154" in lines[0]
    assert ".9300 ± .0184" in lines[1]
    assert max(map(len, lines)) <= 60


def test_external_predictions_stand_in_the_row_that_they_were_named_for(place):
    score(place, "fusionnet", 45, "--out", "sent")
    rows, notes = cells_of(11, "--runs", "sent")
    assert rows["FusionNet"]["GTZAN, measured"]["text"].startswith(".750 ")
    assert any(note.startswith("FusionNet, measured .750: fusionnet; MGR105") for note in notes)
    rows, _ = cells_of(4, "--runs", "sent")
    assert not any(cell for row in rows.values() for name, cell in row.items() if "measured" in name)


def test_what_a_table_cannot_show_is_said(place):
    with unchanged(place):
        assert "the tables are 2, 3" in refused("table", 12)
        assert "tables with figures of it: 2, 4" in refused("table", 3, "-d", "gtzan")
        assert "md, csv, latex, html" in refused("table", 2, "--format", "docx")
        assert "does not say its format" in refused("table", 2, "--out", "x.docx")
        line = refused("table", 11, "-d", "gtzan", "-s", "random10", "-s", "artist33")
        assert "no split is called gtzan/artist33; did you mean gtzan/artist3?" in line
        assert "`mgrbench list splits`" in refused("table", 2, "-s", "xyz/what")
    assert cli("table").code == 2
    assert datasets_of(2) == ("gtzan", "ismir2004", "extballroom")


# --- hostile text

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd()",
    r"\input{x}",
    "a & b % c # d $ e _ f ^ g ~ h",
    "[x]",
    "*",
    "日本 ♫",
    "|",
    "`x`",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_cells_stay_text(name):
    grid = Grid(title=name, columns=(name, "b"), rows=((name, "1"),), notes=(name,))
    page = GRID_FORMATS["html"]([grid])
    assert "<script" not in page
    (_head, row) = csv.reader(GRID_FORMATS["csv"]([grid]).splitlines())
    assert not row[0].startswith(("=", "+", "-", "@"))
    bare = re.sub(
        r"\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|`)\{\}",
        "",
        latex_escaped(name),
    )
    bare = re.sub(r"\\[{}$&#%_]", "", bare)
    assert not re.search(r"[\\$&#%_^~<>|\"`]", bare)
    assert len(re.findall(r"(?<!\\)\|", GRID_FORMATS["md"]([grid]).splitlines()[2])) == 3


def test_marks_hang_beside_the_digits_and_footnote_signs_are_set():
    grid = Grid("T", ("a", "b"), (("x *", ".5 *"), ("y †", ".25 † ‡ §")), numeric=frozenset({1}))
    text = GRID_FORMATS["latex"]([grid])
    assert r"x {*} & .5\rlap{{*}}" in text
    assert r".25\rlap{\dag{} \ddag{} \S{}}" in text
    assert "U+" not in text


def test_a_long_table_is_one_that_latex_breaks_and_a_short_one_floats():
    rows = tuple((f"row{number}", "a long name with words " * 4, "1") for number in range(90))
    columns = {"columns": ("a", "b", "n"), "numeric": frozenset({2}), "notes": ("note",)}
    long, short = (GRID_FORMATS["latex"]([Grid("T", rows=part, **columns)]) for part in (rows, rows[:5]))
    assert r"\begin{xltabular}" in long
    assert r"\begin{table}" not in long
    assert r"\begin{table}" in short
    assert r"\begin{xltabular}" not in short
    for text, part in ((long, rows), (short, rows[:5])):
        assert re.findall(r"row\d+", text) == [row[0] for row in part]
        assert text.count(r"note\par") == 1


def test_columns_of_short_cells_keep_their_width_and_the_others_share_the_line():
    grid = Grid("T", ("Rank", "Model", "Accuracy"), (("1", "svm_rbf (C=10, gamma=scale)", ".8 [.7, .9]"),),
                numeric=frozenset({0, 2}))  # fmt: skip
    (columns,) = re.findall(r"@\{\}(.*)@\{\}", GRID_FORMATS["latex"]([grid]))
    assert columns.startswith(r"r>{\hsize=")
    words, numbers = (float(share) for share in re.findall(r"hsize=([\d.]+)", columns))
    assert words > numbers
    assert words + numbers == pytest.approx(2, abs=1e-4)  # as tabularx wants it


def test_an_interval_is_not_broken_and_an_option_is():
    grid = Grid("T", ("a", "b"), (("svm (C_x=1)", ".842 [.807, .876]"), ("x", ".8 ± .1")), frozenset({1}))
    text = GRID_FORMATS["latex"]([grid])
    assert r".842 {[}.807,~.876{]}" in text
    assert r".8 $\pm$~.1" in text
    assert r"svm (C\_\allowbreak{}x=\allowbreak{}1)" in text


def test_abbreviations_tell_names_apart():
    assert abbreviated(["blues", "classical"]) == ("blu", "cla")
    assert abbreviated(["rock", "rockabilly", "rocksteady"]) == ("rock", "rocka", "rocks")
    assert abbreviated(["pop", "popular"]) == ("pop", "popu")
    assert abbreviated([]) == ()


@pytest.mark.slow
def test_latex_compiles_as_pasted_and_fits_on_the_page(place):
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex on this machine")
    names = Grid("Names", ("Name", "n"), tuple((name, "1") for name in HOSTILE))
    options = ", ".join(f"an_option_{number}=value" for number in range(6))
    wide = Grid("Wide", ("Model", *"abcde"), ((f"model ({options})", *[".842 [.807, .876]"] * 5),) * 60,
                numeric=frozenset(range(1, 6)))  # fmt: skip
    text = "".join(done("table", table, "--format", "latex").out for table in TITLES)
    text += GRID_FORMATS["latex"]([names, wide])
    (packages,) = set(re.findall(r"% needs (\\usepackage\{.*\}) in the preamble", text))
    (place / "all.tex").write_text(
        f"\\documentclass{{article}}{packages}\\begin{{document}}\n{text}\\end{{document}}\n"
    )
    made = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"],
        cwd=place, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:]
    assert "Overfull" not in made.stdout
    assert "too large for page" not in made.stdout


# --- on the pages


def test_reported_rows_stand_on_pages_of_their_protocol_and_are_not_ranked(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    done("leaderboard", "build", "--format", "md,json")
    document = json.loads((place / "leaderboards" / "gtzan" / "kereliuk.json").read_text())
    assert [row["model"] for row in document["ranked"]] == ["majority"]
    assert {one["accuracy"] for one in document["reported"]} == {0.821, 0.72}
    page = (place / "leaderboards" / "gtzan" / "kereliuk.md").read_text()
    above, below = page.split("## Reported")
    assert "leenam2017" not in above
    assert ".8210" in below
    assert "## Reported" not in (place / "leaderboards" / "gtzan" / "mini.md").read_text()
    assert len(reported_on("gtzan/artist3")) == 0
