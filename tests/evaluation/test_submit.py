"""``mgrbench leaderboard submit`` and ``verify``: contributing a result, and training a fold of it again."""

from __future__ import annotations

import json
import shutil

import pytest

from mgrbench.splits import load_split
from tests.support.helpers import (
    cli,
    copied,
    done,
    only_run,
    predictions,
    prepare,
    refused,
    snapshot,
    store_vectors,
    unchanged,
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("prepared"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        done("run", "-m", "lda", "-d", "gtzan", "-s", "kereliuk", "-f", "toy", "--out", "good")
    return folder


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


def change(folder, **fields):
    """Change fields of the only record below a folder."""
    file = only_run(folder) / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def test_a_submitted_run_is_the_run_and_builds_a_board(place):
    (one,) = done("leaderboard", "submit", "lda", "--runs", "good", "--json").document["submitted"]
    assert [*snapshot(place / "leaderboards" / "runs").values()] == [*snapshot(place / "good").values()]
    assert len(one["files"]) == 2
    done("leaderboard", "build", "--runs", "leaderboards/runs", "--out", "new")
    done("leaderboard", "check", "--runs", "leaderboards/runs", "--out", "new")
    with unchanged(place):
        done("leaderboard", "submit", "lda", "--runs", "leaderboards/runs")


def test_training_tracks_may_lack_by_one_clip_and_no_more(place):
    fold = load_split("gtzan/kereliuk").folds[0]
    arguments = ("-d", "gtzan", "-s", "kereliuk", "--allow-missing")
    for name, lacking in (("one", 1), ("many", 300)):
        store_vectors(place, name, (*fold.train[lacking:], *fold.valid, *fold.test))
        done("run", "-m", "lda", *arguments, "-f", name, "--name", name, "--out", "some")
    (taken,) = done("leaderboard", "submit", "one", "--runs", "some", "--json").document["submitted"]
    assert any(remark.startswith("MGR109: ") for remark in taken["remarks"])
    with unchanged(place):
        line = refused("leaderboard", "submit", "many", "--runs", "some")
    assert "was trained on 340 of the 640 training and validation tracks of fold 1" in line


def test_what_is_not_to_be_believed_is_not_taken(place):
    def line(*more):
        with unchanged(place):
            return refused("leaderboard", "submit", "lda", *more, "--runs", "good", "--runs", "runs")

    assert "does not come with mgrbench" in line("means")
    change(place / "good", environment={"python": "3", "packages": {}, "platform": "x", "cpu": "y"})
    assert "library versions" in line()
    change(place / "good", confusion=[[1]])
    assert "is not what the predictions give" in line()


def test_a_run_on_fewer_tracks_is_not_taken(place):
    file = only_run(place / "good") / "predictions.csv"
    (place / "part.csv").write_text("\n".join(file.read_text().splitlines()[:-3]) + "\n")
    done("score", "part.csv", "-d", "gtzan", "-s", "kereliuk", "--name", "part", "--allow-missing")
    assert "287 of the split's 290" in refused("leaderboard", "submit", "part")


def test_a_fold_trained_again_agrees(place):
    found = done("leaderboard", "verify", "means", "--fold", 2, "--model", "./means.py", "--json").document
    assert (found["fold"], found["same"], found["agrees"]) == (2, 1.0, True)
    run = json.loads((only_run(place / "runs") / "run.json").read_text())
    assert found["recorded"] == pytest.approx(run["folds"][1]["scores"]["accuracy"])
    drawn = [done("leaderboard", "verify", "means", "-m", "./means.py", "--json").document for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_predictions_that_the_model_does_not_give_are_found_out(place):
    rows = [line.split(",") for line in predictions(place / "runs").splitlines()[1:]]
    truth = "\n".join(["track_id,predicted", *(f"{row[0]},{row[2]}" for row in rows)])
    (place / "truth.csv").write_text(truth + "\n")
    done("score", "truth.csv", "-d", "gtzan", "-s", "mini.tsv", "--name", "boast")
    assert "scored from predictions" in refused("leaderboard", "verify", "boast", "--fold", 1)
    boast = next((place / "runs").glob("gtzan/mini/boast/*/run.json"))
    record = json.loads(boast.read_text())
    honest = json.loads(next((place / "runs").glob("gtzan/mini/means/*/run.json")).read_text())
    record["warnings"] = [w for w in record["warnings"] if w["code"] != "MGR105"]
    boast.write_text(json.dumps(record | {"features": honest["features"]}))
    result = cli("leaderboard", "verify", "boast", "--fold", 1, "--model", "./means.py")
    assert result.code == 1
    assert "DOES NOT AGREE" in result.out


def test_what_cannot_be_trained_again_is_said(place):
    assert "there is no fold 9" in refused("leaderboard", "verify", "means", "--fold", 9)
    assert "--tolerance is 7" in refused("leaderboard", "verify", "means", "--tolerance", 7)
    shutil.rmtree(place / "cache")
    store_vectors(place, seed=5)
    line = refused("leaderboard", "verify", "means", "--fold", 1, "--model", "./means.py")
    assert "not the one of the run" in line


# A record is data: what it names is never imported

NOT_SHIPPED = "does not come with mgrbench"
EVIL = "from pathlib import Path\nPath('ran').touch()\n"


@pytest.mark.parametrize(
    "model", ["os:system", "evil:Model", "evil", "./evil.py", "./evil.py:Model", "os.path"]
)
@pytest.mark.parametrize("command", [("leaderboard", "verify"), ("plot", "embedding", "--of", "features")])
def test_a_record_never_chooses_the_model_that_is_imported(place, monkeypatch, model, command):
    monkeypatch.syspath_prepend(place)
    (place / "evil.py").write_text(EVIL)
    run = only_run(place / "good")
    change(place / "good", model=model, options={"command": "touch ran"} if model == "os:system" else {})
    line = refused(*command, run)
    assert not (place / "ran").exists()
    assert NOT_SHIPPED in line or "no features to give" in line


def test_a_record_without_features_to_give_is_drawn_without_its_model(place):
    change(place / "good", model="os:system", options={"command": "touch ran"})
    done("plot", "embedding", only_run(place / "good"), "--out", "e")
    assert not (place / "ran").exists()


def test_the_model_of_a_record_can_be_named_by_who_trusts_it(place):
    change(place / "good", model="mine")
    assert NOT_SHIPPED in refused("leaderboard", "verify", only_run(place / "good"))
    done("leaderboard", "verify", only_run(place / "good"), "--model", "lda")


@pytest.mark.parametrize("dataset", ["evil", "evil.py", "./evil.py", "evil:DATASET", "os.path"])
def test_a_record_never_chooses_the_dataset_that_is_imported(place, monkeypatch, dataset):
    monkeypatch.syspath_prepend(place)
    (place / "evil.py").write_text(EVIL)
    change(place / "good", dataset=dataset)
    for command in (("leaderboard", "verify"), ("leaderboard", "submit"), ("plot", "confusion")):
        refused(*command, only_run(place / "good"))
    assert not (place / "ran").exists()


@pytest.mark.parametrize("dataset", ["evil.py", "evil.sub", "os.path"])
def test_a_split_file_never_chooses_the_dataset_that_is_imported(place, monkeypatch, dataset):
    monkeypatch.syspath_prepend(place)
    (place / "evil.py").write_text(EVIL)
    text = (place / "mini.tsv").read_text().replace("# name: gtzan/mini", f"# name: {dataset}/mini")
    (place / "theirs.tsv").write_text(text)
    assert "which is the place of code" in refused("split", "audit", "theirs.tsv")
    assert not (place / "ran").exists()
