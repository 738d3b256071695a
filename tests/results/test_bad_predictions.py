"""Files of predictions that are refused in one line, and spellings that say the same."""

from __future__ import annotations

import struct

import pytest

from tests.support.bad_input import plain, refused_with, table
from tests.support.helpers import GENRE, MINI, done, predictions


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
