"""Stored runs that are damaged or tampered with: refused in one line, and found by a check."""

from __future__ import annotations

import csv
import json

import pytest

from mgrbench.splits import load_split
from tests.support.bad_input import damage, refused_with, table
from tests.support.helpers import GTZAN, MINI, MINI_RUN, done, only_run, predictions, write_split


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
