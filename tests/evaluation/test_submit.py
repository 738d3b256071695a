"""``mgrbench leaderboard submit`` and ``verify``: contributing a result, and training a fold of it again."""

from __future__ import annotations

import json
import shutil

import pytest

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
