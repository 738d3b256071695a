"""How much of its split's training part a run had: the fold that lacks most, from old records too."""

from __future__ import annotations

import json

import pytest

from mgrbench.core.types import BenchError
from mgrbench.results.folder import read_record
from mgrbench.results.load import load_run
from mgrbench.results.run import FoldRecord, RunRecord, Selection, Warn
from mgrbench.results.trained import Trained, least_trained, training_warnings
from mgrbench.splits import load_split
from tests.support.helpers import copied, done, only_run, prepare, store_vectors

ONE = load_split("gtzan/kereliuk")  # 640 training and validation tracks, 443 of them training
THREE = load_split("gtzan/artist3")  # 632 in each fold


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


def run_of(*sizes: tuple[int, int], rule="validation", codes=()):
    """A record with these numbers of training and validation tracks a fold."""
    folds = tuple(
        FoldRecord(fold=number, n_train=train, n_valid=valid, n_test=1, scores={})
        for number, (train, valid) in enumerate(sizes, start=1)
    )
    warnings = tuple(Warn(code=code, detail="") for code in codes)
    return RunRecord.model_construct(folds=folds, selection=Selection(rule=rule), warnings=warnings)


@pytest.mark.parametrize(
    ("split", "run", "found"),
    [
        (ONE, run_of((443, 197)), Trained(1, 640, 640)),
        (ONE, run_of((640, 0), rule="none"), Trained(1, 640, 640)),
        (ONE, run_of((640, 290), rule="test"), Trained(1, 640, 640)),  # its validation part is the test part
        (ONE, run_of((350, 290), rule="test"), Trained(1, 350, 640)),
        (ONE, run_of((400, 197)), Trained(1, 597, 640)),
        (ONE, run_of((443, 100)), Trained(1, 543, 640)),
        (THREE, run_of((632, 0), (625, 0), (631, 0)), Trained(2, 625, 632)),
    ],
)
def test_the_fold_that_lacks_most_counts(split, run, found):
    assert least_trained(run, split) == found
    assert found.share == found.tracks / found.split_tracks


def test_training_that_nobody_observed_is_not_judged():
    assert least_trained(run_of((10, 0), codes=["MGR105"]), ONE) is None
    assert training_warnings(run_of((10, 0), codes=["MGR105"]), ONE) == []


def test_the_warning_counts_the_tracks():
    assert training_warnings(run_of((443, 197)), ONE) == []
    (one,) = training_warnings(run_of((43, 0), rule="none"), ONE)
    assert (one.code, one.detail) == ("MGR109", "43 of the split's 640 training and validation tracks")
    (one,) = training_warnings(run_of((632, 0), (625, 0), (631, 0)), THREE)
    assert one.detail == "in fold 2, 625 of the split's 632 training and validation tracks"


def few_trained(place, lacking: int, name: str):
    """A run whose features lack some training tracks of the fault-filtered split."""
    fold = ONE.folds[0]
    store_vectors(place, name, (*fold.train[lacking:], *fold.valid, *fold.test))
    arguments = ("-d", "gtzan", "-s", "kereliuk", "-f", name, "--allow-missing", "--name", name)
    return done("run", "-m", "lda", *arguments, "--out", "some", "--json").document


def codes(document):
    return [warning["code"] for warning in document["warnings"]]


def test_a_row_that_lacks_over_a_hundredth_of_its_training_has_a_note_and_no_rank(place):
    runs = {str(lacking): few_trained(place, lacking, str(lacking)) for lacking in (0, 6, 7, 400)}
    assert {name: "MGR109" in codes(run) for name, run in runs.items()} == {
        "0": False, "6": True, "7": True, "400": True,
    }  # fmt: skip
    assert all("MGR104" not in codes(run) for run in runs.values())
    (fold,) = runs["7"]["folds"]
    assert (fold["n_train"] + fold["n_valid"], fold["n_split"]) == (633, 640)
    rows = done("leaderboard", "show", "gtzan/kereliuk", "--runs", "some", "--json").document["ranked"]
    assert {row["model"]: row["rank"] is None for row in rows} == {
        "0": False, "6": False, "7": True, "400": True,
    }  # fmt: skip
    details = {
        row["model"]: [one["detail"] for one in row["warnings"] if one["code"] == "MGR109"] for row in rows
    }
    assert details["400"] == ["240 of the split's 640 training and validation tracks"]

    both = done("compare", "0", "400", "--runs", "some", "--split", "gtzan/kereliuk", "--json").document
    assert ["MGR109" in codes(run) for run in both["runs"]] == [False, True]


def test_an_older_record_does_not_say_it_and_its_row_does(place):
    few_trained(place, 100, "few")
    file = only_run(place / "some") / "run.json"
    document = json.loads(file.read_text())
    document["warnings"] = [one for one in document["warnings"] if one["code"] != "MGR109"]
    for fold in document["folds"]:
        del fold["n_split"]
    file.write_text(json.dumps(document))
    assert read_record(file.parent).folds[0].n_split is None
    (row,) = done("leaderboard", "show", "gtzan/kereliuk", "--runs", "some", "--json").document["ranked"]
    assert row["rank"] is None
    assert "MGR109" in codes(row)
    assert "MGR109" in [warning.code for warning in load_run(file.parent).run.warnings]


def test_a_record_that_miscounts_the_split_is_refused(place):
    few_trained(place, 100, "few")
    file = only_run(place / "some") / "run.json"
    file.write_text(file.read_text().replace('"n_split": 640', '"n_split": 540'))
    with pytest.raises(BenchError, match=r"folds\.1\.n_split is not what the split has"):
        load_run(file.parent)
