"""Leaderboards: what is ranked and how, and that every number can be derived again."""

from __future__ import annotations

import csv
import json
import re
import shutil

import pytest

import mgrbench
from tests.support.boards import board, markdown_table, score
from tests.support.helpers import GTZAN, MINI_RUN, done, only_run, refused, snapshot, unchanged

# --- ranks


def test_rows_are_ranked_by_accuracy_and_ties_share_a_rank(place):
    for name, right in (("a", 30), ("b", 50), ("c", 40), ("d", 40), ("e", 60)):
        score(place, name, right)
    ranked = [(row["rank"], row["model"]) for row in board()["ranked"]]
    assert ranked == [(1, "e"), (2, "b"), (3, "c"), (3, "d"), (5, "a"), (5, "means")]
    done("leaderboard", "build")
    page = markdown_table((place / "leaderboards" / "gtzan" / "mini.md").read_text())
    shown = ["1", "2", "3=", "3=", "5=", "5="]
    assert [(row[0], row[1]) for row in page[2:]] == [
        (rank, model) for rank, (_, model) in zip(shown, ranked, strict=True)
    ]
    rows = list(csv.DictReader((place / "leaderboards" / "gtzan" / "mini.csv").read_text().splitlines()))
    assert [(int(row["rank"]), row["model"]) for row in rows] == ranked


def test_what_leaks_in_the_split_stands_on_every_row_that_leaves_its_page(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "random10", "-f", "toy")
    done("run", "-m", "majority", "-d", "gtzan", "-s", "artist3", "-f", "toy")
    done("leaderboard", "build")
    for split, codes in (("random10", ["MGR001", "MGR002", "MGR003"]), ("artist3", [])):
        stem = place / "leaderboards" / "gtzan" / split
        (row,) = csv.DictReader(stem.with_suffix(".csv").read_text().splitlines())
        assert row["warnings"].split() == codes
        document = json.loads(stem.with_suffix(".json").read_text())
        assert document["ranked"][0]["codes"] == document["audit"]["codes"] == codes
        page = stem.with_suffix(".md").read_text()
        assert [code for code in ("MGR001", "MGR002", "MGR003") if f"**{code}**" in page] == codes
        assert "- made-by: mgrbench split make gtzan" in page


def test_rows_that_differ_in_their_seed_have_names_that_do(place):
    done("run", "-m", "random_forest", "-o", "n_estimators=5", *MINI_RUN, "--seed", "0", "--seed", "2")
    done("leaderboard", "build")
    names = {row[1] for row in markdown_table((place / "leaderboards" / "gtzan" / "mini.md").read_text())}
    assert {"random_forest (n_estimators=5)", "random_forest (n_estimators=5, seed=2)"} <= names
    assert "seed=2" in done("leaderboard", "show", "gtzan/mini").out


def test_a_board_on_the_screen_shows_the_first_folders_rows_whatever_their_rank(place, monkeypatch):
    for name, right in (("first", 60), ("second", 50), ("third", 40)):
        score(place, name, right, "--out", "others")
    monkeypatch.setenv("COLUMNS", "80")
    done("run", "-m", "majority", *MINI_RUN, "--out", "own")
    done("run", "-m", "random_forest", *MINI_RUN, "-o", "n_estimators=1", "--seed", "7", "--out", "own")
    both = done("leaderboard", "show", "gtzan/mini", "--runs", "own", "--runs", "others", "--top", "1").out
    lines = [line.rstrip() for line in both.splitlines()]
    assert max(map(len, lines)) <= 80
    rows = [line.split()[1:3] for line in lines if re.match(r" ?\d=? ", line)]
    assert rows[0] == ["first", "–"]
    assert sorted(rows[1:]) == [["majority", "toy"], ["random_forest", "(a)"]]
    assert "(a)  n_estimators=1, seed=7" in lines
    assert any(line.strip() == "…" for line in lines)
    assert "… and 2 more (--top 0 shows all)" in lines
    alone = done("leaderboard", "show", "gtzan/mini", "--runs", "others", "--top", "1").out
    assert "… and 2 more" in alone
    assert "second" not in alone


def test_one_fold_has_no_spread(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    done("leaderboard", "build", "--format", "md,html,latex")
    out = place / "leaderboards"
    for file in (out / "gtzan/kereliuk.md", out / "gtzan/kereliuk.tex", out / "site/gtzan/kereliuk.html"):
        assert "± .000" not in file.read_text()
    assert " ± ." in (out / "gtzan" / "mini.md").read_text()


def test_optimistic_rows_stand_apart_whatever_they_score(place):
    score(place, "honest", 30, "--selection", "validation")
    score(place, "flattered", 60, "--selection", "test")
    score(place, "silent", 20)
    document = board()
    assert [row["model"] for row in document["optimistic"]] == ["flattered"]
    assert [row["model"] for row in document["ranked"]] == ["honest", "means", "silent"]
    build = done("leaderboard", "build")
    assert "rows selected on test, hence not ranked: 1" in build.err
    page = (place / "leaderboards" / "gtzan" / "mini.md").read_text()
    above, below = page.split("## Optimistic")
    assert "flattered" not in above
    assert "flattered" in below
    assert "MGR101" in below
    index = (place / "leaderboards" / "README.md").read_text()
    assert "honest" in index
    assert "flattered" not in index
    shown = done("leaderboard", "show", "gtzan/mini").out
    assert shown.index("honest") < shown.index("optimistic") < shown.index("flattered")


def test_a_board_of_optimistic_rows_only(place):
    shutil.rmtree(place / "runs")
    score(place, "flattered", 60, "--selection", "test")
    done("leaderboard", "build")
    done("leaderboard", "check")
    assert board()["ranked"] == []


@pytest.mark.parametrize("top", [0, 1, 2, 20])
def test_show_cuts_after_so_many_rows(place, top):
    score(place, "a", 50)
    score(place, "b", 40)
    shown = done("leaderboard", "show", "gtzan/mini", "--top", top).out
    assert sum(name in shown.split() for name in ("a", "b", "means")) == (top if 0 < top < 3 else 3)
    assert ("more (--top 0 shows all)" in shown) == (0 < top < 3)


def test_two_runs_of_one_model_are_two_rows(place):
    done("run", "-m", "./means.py", *MINI_RUN, "--seed", "1")
    rows = board()["ranked"]
    assert [(row["model"], row["seed"], row["rank"]) for row in rows] == [("means", 0, 1), ("means", 1, 1)]


def test_rows_that_are_not_told_apart_share_a_rank_and_say_so(place):
    for name, right in (("best", 58), ("near", 55), ("far", 35), ("nearby", 33)):
        score(place, name, right)
    document = board()
    ranks = {row["model"]: (row["rank"], row["tied"]) for row in document["ranked"]}
    assert ranks["best"] == ranks["near"] == (1, True)
    assert ranks["far"] == ranks["nearby"] == (3, True)
    codes = {row["model"]: [w["code"] for w in row["warnings"]] for row in document["ranked"]}
    assert {model for model in ("best", "near", "far", "nearby") if "MGR107" in codes[model]} == {
        "near",
        "nearby",
    }
    done("leaderboard", "build")
    page = (place / "leaderboards" / "gtzan" / "mini.md").read_text()
    table = markdown_table(page)
    assert [row[0] for row in table[2:6]] == ["1=", "1=", "3=", "3="]
    assert not any("MGR107" in row[-1] for row in table), "the rank's sign says it"
    assert "MGR107" in page
    index = markdown_table((place / "leaderboards" / "README.md").read_text())
    assert index[2][4] == "best +1"
    rows = list(csv.DictReader((place / "leaderboards" / "gtzan" / "mini.csv").read_text().splitlines()))
    assert [row["tied"] for row in rows[:4]] == ["yes"] * 4
    assert "MGR107" in rows[1]["warnings"]
    shown = done("leaderboard", "show", "gtzan/mini").out
    assert sum(line.split()[0] == "1=" for line in shown.splitlines() if line.strip()) == 2


def test_rows_that_lack_many_tracks_get_no_rank(place):
    score(place, "whole", 40)
    text = (place / "scored.csv").read_text().splitlines()
    for name, kept in (("most", 58), ("few", 3)):
        (place / "part.csv").write_text("\n".join(text[: kept + 1]) + "\n")
        done("score", "part.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", name, "--allow-missing")
    rows = {row["model"]: row for row in board()["ranked"]}
    assert rows["few"]["scores"]["accuracy"]["value"] == 1.0
    assert (rows["few"]["rank"], rows["few"]["tied"]) == (None, False)
    assert rows["most"]["rank"] == rows["whole"]["rank"] == 1
    done("leaderboard", "build")
    table = markdown_table((place / "leaderboards" / "gtzan" / "mini.md").read_text())
    assert {row[1]: row[0] for row in table[2:]}["few"] == "–"
    index = markdown_table((place / "leaderboards" / "README.md").read_text())
    assert index[2][4].startswith("whole"), "rows on fewer tracks do not speak for the split"


def test_a_page_opens_with_audit_resolution_and_what_the_labels_allow(place):
    score(place, "one", 50)
    score(place, "two", 40)
    done("leaderboard", "build")
    page = (place / "leaderboards" / "gtzan" / "mini.md").read_text()
    parts = ("A small split", "**Audit.**", "**Resolution.**", "**Labels.**", "**Ranks.**", "| Rank |")
    places = [page.index(part) for part in parts]
    assert places == sorted(places)
    assert "95.7%" in page
    assert "89.4%" in page
    assert "MGR001" in page[: page.index("**Resolution.**")], "the codes of what leaks stand beside it"
    document = board()
    found = document["resolution"]
    assert found["tracks"] == 60
    assert found["independent"] == pytest.approx(1.96 * (0.8 * 0.2 / 60) ** 0.5)
    assert f"±{100 * found['independent']:.1f} points" in page
    assert f"from {100 * found['between_rows']:.1f} points" in page
    assert document["cautions"] == list(GTZAN.cautions)


def test_a_single_row_says_nothing_of_differences(place):
    assert board()["resolution"]["between_rows"] is None
    done("leaderboard", "show", "gtzan/mini")


def test_other_library_versions_are_said_on_the_row(place):
    for model in ("lda", "majority"):
        done("run", "-m", model, *MINI_RUN)
    file = next((place / "runs").glob("gtzan/mini/lda/*/run.json"))
    document = json.loads(file.read_text())
    document["environment"]["packages"]["numpy"] = "0.0.1+x"
    file.write_text(json.dumps(document))
    said = {
        row["model"]: [w["detail"] for w in row["warnings"] if w["code"] == "MGR108"]
        for row in board()["ranked"]
    }
    (detail,) = said.pop("lda")
    assert detail.startswith("numpy 0.0.1 (")
    assert said == {"means": [], "majority": []}


def test_a_board_is_a_pandas_table(place):
    pd = pytest.importorskip("pandas")
    done("run", "-m", "majority", *MINI_RUN)
    score(place, "labels", 50)
    score(place, "flattered", 60, "--selection", "test")
    table = mgrbench.leaderboard("gtzan", "mini")
    assert table["rank"].dtype == "Int64"
    assert [*table["model"]] == ["labels", "means", "majority", "flattered"]
    assert [*table["rank"].isna()] == [False, False, False, True]
    rows = {row["model"]: row for part in ("ranked", "optimistic") for row in board()[part]}
    for row in table.to_dict("records"):
        same = rows[row["model"]]
        assert row["features"].split() == same["features"]
        assert row["options"] == same["options"]
        assert row["codes"].split() == same["codes"]
        for metric, score_ in same["scores"].items():
            assert row[metric] == score_["value"]
            assert (row[f"{metric}_low"], row[f"{metric}_high"]) == (score_["low"], score_["high"])
    assert pd.isna(table.set_index("model").loc["labels", "log_loss"])
    assert mgrbench.leaderboard(split="gtzan/mini", runs=["runs", "runs"]).equals(table)
    with pytest.raises(mgrbench.BenchError, match="no run of 'gtzan/artist3'"):
        mgrbench.leaderboard()


# --- build and check


def test_check_accepts_what_build_wrote_and_nothing_else(place):
    done("leaderboard", "check")
    before = snapshot(place / "leaderboards")
    done("leaderboard", "build")
    assert snapshot(place / "leaderboards") == before, "the same runs give the same bytes"
    for path in sorted((place / "leaderboards").rglob("*.*")):
        whole = path.read_text()
        for changed in (whole.replace("means", "beans", 1), whole + "\n", whole[:-20]):
            path.write_text(changed)
            line = refused("leaderboard", "check")
            assert path.name in line
            assert "mgrbench leaderboard build" in line
        path.unlink()
        assert "no such file" in refused("leaderboard", "check")
        path.write_text(whole)
    done("leaderboard", "check")
    done("run", "-m", "majority", *MINI_RUN)
    assert "is not what the runs give" in refused("leaderboard", "check")


def test_a_number_of_a_row_is_that_of_its_predictions(place):
    run = score(place, "ours", 45, proba=True)
    (row,) = (row for row in board()["ranked"] if row["model"] == "ours")
    assert row["scores"]["accuracy"] == run["scores"]["accuracy"]
    assert row["scores"]["accuracy"]["value"] == 0.75
    done("leaderboard", "build")
    (line,) = (
        line
        for line in csv.DictReader((place / "leaderboards" / "gtzan" / "mini.csv").read_text().splitlines())
        if line["model"] == "ours"
    )
    for metric, recorded in run["scores"].items():
        for end, column in (("value", ""), ("low", "_low"), ("high", "_high")):
            expected = "" if recorded[end] is None else f"{recorded[end]:.6f}"
            assert line[f"{metric}{column}"] == expected
    assert float(line["accuracy_fold_mean"]) == pytest.approx(run["fold_mean_std"]["accuracy"]["mean"])


def test_a_single_fold_has_no_spread_anywhere(place):
    words = ("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy", "--out", "one")
    assert "±" not in done(*words).out
    file = only_run(place / "one") / "run.json"
    written = json.loads(file.read_text())
    assert {spread["std"] for spread in written["fold_mean_std"].values()} == {None}
    done("leaderboard", "build", "--runs", "one", "--out", "boards", "--format", "md,csv,json,html,latex")
    page = place / "boards" / "gtzan" / "kereliuk.md"
    head, _, row, *_ = markdown_table(page.read_text())
    assert row[head.index("Folds")] == "–"
    (line,) = csv.DictReader(page.with_suffix(".csv").read_text().splitlines())
    assert line["accuracy_fold_std"] == ""
    assert float(line["accuracy_fold_mean"]) == pytest.approx(
        written["scores"]["accuracy"]["value"], abs=1e-6
    )
    (ranked,) = json.loads(page.with_suffix(".json").read_text())["ranked"]
    assert ranked["accuracy_folds"]["std"] is None
    assert r"$\pm$" not in page.with_suffix(".tex").read_text().partition(r"\par\smallskip")[0]
    assert mgrbench.leaderboard("gtzan", "kereliuk", runs="one")["accuracy_fold_std"].isna().all()
    # A record from before that has 0 in its place is the same run.
    for spread in written["fold_mean_std"].values():
        spread["std"] = 0.0
    file.write_text(json.dumps(written))
    done("leaderboard", "check", "--runs", "one", "--out", "boards", "--format", "md,csv,json,html,latex")
    written["fold_mean_std"]["accuracy"]["std"] = 0.1
    file.write_text(json.dumps(written))
    line = refused("leaderboard", "check", "--runs", "one", "--out", "boards")
    assert "fold_mean_std.accuracy.std is not what the predictions give" in line


def test_only_the_wanted_formats_are_written(place):
    done("leaderboard", "build", "--out", "boards", "--format", "json,csv")
    assert sorted(path.name for path in (place / "boards").rglob("*.*")) == ["mini.csv", "mini.json"]
    json.loads((place / "boards" / "gtzan" / "mini.json").read_text())


def test_several_folders_of_runs_are_read_together(place):
    done("run", "-m", "lda", *MINI_RUN, "--out", "more")
    assert [row["model"] for row in board("--runs", "runs", "--runs", "more")["ranked"]].count("lda") == 1
    assert len(board("--runs", "runs", "--runs", "runs")["ranked"]) == 1, "one folder named twice counts once"


def test_a_page_for_every_split(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    built = done("leaderboard", "build", "--json").document
    assert built["splits"] == {"gtzan/kereliuk": 1, "gtzan/mini": 1}
    index = (place / "leaderboards" / "README.md").read_text()
    assert "| [gtzan/kereliuk](gtzan/kereliuk.md) | 290 | 9.7% | 1 | majority | toy |" in index


def test_unfinished_runs_and_other_files_are_no_rows(place):
    folder = place / "runs" / "gtzan" / "mini" / "torn" / "toy-seed0-00000000"
    (folder / "folds").mkdir(parents=True)
    (folder / "folds" / "01.json").write_text("{}")
    (place / "runs" / "notes.txt").write_text("x")
    done("leaderboard", "check")


def test_many_runs_in_several_processes_give_the_same_board(place):
    original = only_run(place / "runs")
    for number in range(45):
        shutil.copytree(original, original.parent / f"{original.name}-{number}")
    one = done("leaderboard", "show", "gtzan/mini", "--json").document
    assert len(one["ranked"]) == 46
    done("leaderboard", "build", "--jobs", "2", "--out", "two")
    done("leaderboard", "build", "--jobs", "1", "--out", "one")
    assert [*snapshot(place / "one").values()] == [*snapshot(place / "two").values()]


def test_the_overview_stands_in_a_readme(place):
    readme = place / "README.md"
    readme.write_text("# x\n\n<!-- leaderboard:begin -->\nstale\n<!-- leaderboard:end -->\n\nrest\n")
    done("leaderboard", "build", "--readme", "README.md")
    text = readme.read_text()
    assert text.startswith("# x\n")
    assert text.endswith("\nrest\n")
    assert "(leaderboards/gtzan/mini.md)" in text
    assert "stale" not in text
    done("leaderboard", "check", "--readme", "README.md")
    done("leaderboard", "build", "--readme", "README.md")
    assert readme.read_text() == text
    readme.write_text(text.replace("means", "beans"))
    assert "README.md" in refused("leaderboard", "check", "--readme", "README.md")
    readme.write_text("no marks\n")
    with unchanged(place):
        assert "leaderboard:begin" in refused("leaderboard", "build", "--readme", "README.md")
    assert "no such file" in refused("leaderboard", "build", "--readme", "NONE.md")


def test_a_board_never_says_none_of_what_the_dataset_does_not_know(place):
    """GTZAN's artists, replicas and recordings are known; of Ballroom's tracks no artist is."""
    from mgrbench.leaderboards.text import audit_sentence

    class Seen:
        def __init__(self, split):
            self.audit = mgrbench.audit_split(split)

    known = audit_sentence(Seen("gtzan/foleiss3"))
    assert known.startswith(
        "948 test tracks in 3 folds; of these 190 (20.0%) have their artist in training, 2 an"
    )
    assert "Not known" not in known
    ballroom = audit_sentence(Seen("ballroom/mclnn10"))
    assert "of these 8 have an exact replica in training, 24 the same recording" in ballroom
    assert ballroom.endswith("Not known, so not checked: artists.")
    homburg = audit_sentence(Seen("homburg/artist10"))
    assert "exact replica in training" not in homburg
    assert homburg.endswith("Not known, so not checked: exact replicas, recordings and versions.")
