"""A run of a neural model that is killed in the middle of a fold goes on from its last epoch."""

from __future__ import annotations

import csv
import json

import pytest

from mgrbench.core.types import BenchError
from mgrbench.evaluation.evaluate import execute, make_plan
from mgrbench.evaluation.request import Progress, Request, Settings
from tests.support.helpers import only_run, predictions, record, store_vectors, write_split
from tests.support.neural import SMALL_FUSION


def test_a_killed_run_ends_as_an_uninterrupted_one(tmp_path):
    store_vectors(tmp_path, "toy")
    store_vectors(tmp_path, "other", seed=1)
    split = write_split(tmp_path / "mini.tsv", folds=2)
    epochs = []

    def after_epoch(row):
        epochs.append(row["network"])
        if len(epochs) == stop:
            raise KeyboardInterrupt

    def run(out):
        request = Request("fusionnet", "gtzan", split, ["toy", "other"], SMALL_FUSION)
        execute(make_plan(request, Settings(device="cpu")), out, Progress(on_epoch=after_epoch))

    stop = None
    run(tmp_path / "whole")
    total, epochs[:] = len(epochs), []
    stop = total // 2 + 2
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed")
    assert list((tmp_path / "killed").rglob("*.checkpoint/*.pt"))
    (spent,) = (tmp_path / "killed").rglob("*.checkpoint/seconds.json")
    assert 0 < json.loads(spent.read_text()) < 1000
    stop = None
    for damaged in ("-1", "NaN", "[]", "no"):
        spent.write_text(damaged)
        with pytest.raises(BenchError, match=r"seconds\.json: holds no seconds of a training; remove 0\d"):
            run(tmp_path / "killed")
    spent.write_text("1000")
    run(tmp_path / "killed")
    assert 1000 < record(tmp_path / "killed")["cost"]["fit_seconds"] < 2000
    assert len(epochs) == total
    assert predictions(tmp_path / "killed") == predictions(tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob("*.pt"))
    with (only_run(tmp_path / "killed") / "history.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["fold"] for row in rows} == {"1", "2"}
    assert {row["network"] for row in rows} == {
        "toy", "other", "toy.inner1", "toy.inner2", "other.inner1", "other.inner2", "meta-toy+other",
    }  # fmt: skip
    assert len(rows) == total
    assert record(tmp_path / "killed")["cost"]["parameters"] > 100_000
