"""Boards with metrics, splits and datasets that the user brings."""

from __future__ import annotations

import shutil

import pytest

from tests.support.boards import board, markdown_table, score
from tests.support.helpers import (
    MINI_RUN,
    done,
    only_run,
    refused,
    unchanged,
    write_plugin,
    write_split,
    write_wav,
)

# --- metrics of others

SURE = '''
"""Metrics that come from a file."""

import numpy as np

from mgrbench import Metric


def errors(outcome):
    """Share of the tracks whose genre was not predicted."""
    return float((outcome.genre != outcome.predicted).mean())


def _sure(outcome):
    return float(outcome.proba.max(axis=1).mean())


SURE = Metric("sure", "Mean probability of what is predicted.", _sure, needs_proba=True)


def text(outcome):
    return "high"


def nothing(outcome):
    return float("nan")


def broken(outcome):
    raise RuntimeError("no luck")


def accuracy(outcome):
    return 1.0


number = 3
'''


def test_a_metric_of_ones_own_is_a_column(place):
    write_plugin(place / "mine.py", SURE)
    score(place, "labels", 50)
    score(place, "sure", 40, proba=True)
    own = ("--metric", "./mine.py:errors", "--metric", "./mine.py:SURE")
    rows = {row["model"]: row["scores"] for row in board(*own)["ranked"]}
    assert rows["labels"]["errors"]["value"] == pytest.approx(1 / 6)
    assert rows["sure"]["errors"]["value"] == pytest.approx(1 / 3)
    assert rows["sure"]["sure"]["value"] == pytest.approx(0.91)
    assert "sure" not in rows["labels"]

    done("leaderboard", "build", *own)
    done("leaderboard", "check", *own)
    assert "is not what the runs give" in refused("leaderboard", "check")
    table = markdown_table((place / "leaderboards" / "gtzan" / "mini.md").read_text())
    cells = {row[1]: dict(zip(table[0], row, strict=True)) for row in table[2:]}
    assert cells["labels"]["sure"] == "–"
    assert cells["sure"]["sure"] == ".910"
    assert cells["sure"]["errors"] == ".333"
    columns = (place / "leaderboards" / "gtzan" / "mini.csv").read_text().splitlines()[0].split(",")
    assert {"errors", "sure"} <= set(columns)


def test_a_metric_of_ones_own_over_many_runs(place):
    write_plugin(place / "mine.py", SURE)
    original = only_run(place / "runs")
    for number in range(42):
        shutil.copytree(original, original.parent / f"{original.name}-{number}")
    done("leaderboard", "build", "--metric", "mine.py:errors", "--jobs", "2")


@pytest.mark.parametrize(
    ("metric", "needles"),
    [
        ("text", ["text", "ValueError"]),
        ("nothing", ["nothing", "nan"]),
        ("broken", ["broken", "no luck"]),
        ("accuracy", ["accuracy", "built-in"]),
        ("number", ["number", "not a metric"]),
        ("eror", ["eror", "did you mean errors?"]),
    ],
)
def test_metrics_that_are_none(place, metric, needles):
    write_plugin(place / "mine.py", SURE)
    with unchanged(place / "leaderboards", place / "runs"):
        line = refused("leaderboard", "build", "--metric", f"mine.py:{metric}")
    assert all(needle in line for needle in needles), line


# --- splits and datasets of others


def test_a_users_own_split_needs_no_file_but_the_run(place):
    shown = board()
    (place / "mini.tsv").unlink()
    assert board() == shown
    done("leaderboard", "check")
    shutil.move(place / "runs", place / "elsewhere")
    assert board("--runs", "elsewhere") == shown


def test_two_splits_of_one_name_are_not_ranked_together(place):
    write_split(place / "mini.tsv", folds=2)
    done("run", "-m", "majority", *MINI_RUN)
    line = refused("leaderboard", "build")
    assert "another version of gtzan/mini" in line


def test_a_split_of_another_name_beside_a_run_is_refused(place):
    file = only_run(place / "runs") / "split.tsv"
    file.write_text(file.read_text().replace("gtzan/mini", "gtzan/maxi"))
    for arguments in (("build",), ("show", "gtzan/mini")):
        assert "gtzan/maxi" in refused("leaderboard", *arguments)


OWN = """
from pathlib import Path

from mgrbench import Dataset, Track


def load(root=None):
    return [
        Track(f"t{i:02d}", ("odd", "even")[i % 2], artist=f"a{i // 3}", path=root and f"t{i:02d}.wav")
        for i in range(24)
    ]


def identify(name):
    stem = Path(name).stem
    return stem if stem in {track.id for track in load()} else None


DATASET = Dataset(
    name="own", about="Two genres.", genres=("odd", "even"), sample_rate=22050, segment_seconds=0.5,
    segments_per_track=2, licence="CC0", homepage="", citation="", load=load, identify=identify,
)
"""


def test_a_dataset_in_a_file_goes_all_the_way(place):
    """From audio to a checked board with a dataset that is one file, in two processes."""
    write_plugin(place / "own.py", OWN)
    for number in range(24):
        write_wav(place / "audio" / f"t{number:02d}.wav", 1.0 + number % 2, seed=number)
    done("features", "extract", "own.py", "-f", "melstats", "--root", "audio", "--jobs", "2")
    done("split", "make", "own.py", "--rule", "artist", "--name", "a2", "--folds", "2", "--out", "a2.tsv")
    done("split", "audit", "a2.tsv", "-d", "own.py", "--strict")
    done("run", "-m", "lda", "-d", "own.py", "-s", "a2.tsv", "-f", "melstats", "--out", "mine", "--jobs", "2")
    build = ("leaderboard", "build", "--runs", "mine", "--out", "boards", "-d", "own.py")
    assert done(*build, "--json").document["splits"] == {"own/a2": 1}
    done("leaderboard", "check", "--runs", "mine", "--out", "boards", "-d", "own.py")
    line = refused("leaderboard", "build", "--runs", "mine", "--out", "boards")
    assert "'own'" in line
    assert "--dataset" in line
