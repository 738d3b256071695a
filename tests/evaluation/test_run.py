"""One evaluation, from the side of the model and of the record: who gets what, and the same result again."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

import mgrbench
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.evaluation.fold import run_fold
from mgrbench.evaluation.plan import make_plan
from mgrbench.evaluation.request import Request, Settings
from mgrbench.features.store import FeatureStore
from mgrbench.splits import load_split, shipped_splits
from tests.support.helpers import (
    ARTISTS,
    GENRE,
    GTZAN,
    IDS,
    MEANS,
    MINI,
    MINI_RUN,
    cli,
    copied,
    done,
    only_run,
    predictions,
    prepare,
    record,
    refused,
    store_vectors,
    write_plugin,
    write_split,
)

TRACKS = {track.id: track for track in GTZAN.tracks()}
NOISY = '''
"""Probabilities drawn from the seed, from the global generators and from the training labels."""

import random

import numpy as np

SELECTION = "none"


class Noisy:
    def __init__(self, n_genres, seed):
        self.rng = np.random.default_rng(seed)
        self.n_genres = n_genres

    def fit(self, train, valid):
        self.shares = np.bincount(train.genre, minlength=self.n_genres) + np.random.rand(self.n_genres)

    def predict_proba(self, inputs):
        noise = self.rng.random((len(inputs), self.n_genres)) + random.random()
        return self.shares * noise / (self.shares * noise).sum(axis=1, keepdims=True)
'''


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("prepared"))
    write_plugin(folder / "noisy.py", NOISY)
    return folder


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


class Spy:
    """Keeps what it is given, and predicts the first genre."""

    SELECTION = "validation"

    def __init__(self, n_genres, seed, device):
        self.n_genres = n_genres
        self.seen = []
        LOG.append(self)

    def fit(self, train, valid):
        self.train, self.valid = train, valid

    def predict_proba(self, inputs):
        self.seen.append(inputs)
        return np.eye(self.n_genres)[np.zeros(len(inputs), int)]


class Frugal(Spy):
    SELECTION = "none"


LOG: list[Spy] = []


@pytest.fixture
def log():
    LOG.clear()
    return LOG


def plan(model, split, features=("toy",), allow_missing=False, **options):
    request = Request(model, "gtzan", split, features, options)
    return make_plan(request, Settings(device="cpu", allow_missing=allow_missing))


def same(one, other):
    """Whether two runs say the same of every track, to the bit."""
    ours, theirs = one.predictions, other.predictions
    return (
        ours.ids == theirs.ids
        and ours.outcome.proba.tobytes() == theirs.outcome.proba.tobytes()
        and one.scores == other.scores
    )


# --- the same each time


@pytest.mark.parametrize("model", ["noisy.py:Noisy", "sklearn.tree:ExtraTreeClassifier"])
def test_same_seed_same_predictions_to_the_bit(place, model):
    def run(seed):
        return mgrbench.evaluate(model, "gtzan", "mini.tsv", ["toy"], seed=seed)

    assert same(run(3), run(3))
    assert not same(run(3), run(4))


@pytest.mark.parametrize("model", ["./noisy.py:Noisy", "lda"])
def test_processes_change_nothing_to_the_bit(place, model):
    arguments = ("run", "-m", model, *MINI_RUN)
    done(*arguments, "--out", "one")
    done(*arguments, "--out", "two", "--jobs", "2")
    assert predictions(place / "one") == predictions(place / "two")
    one, two = record(place / "one"), record(place / "two")
    same_fields = set(one) - {"cost", "code", "started_utc", "finished_utc"}
    assert {key: one[key] for key in same_fields} == {key: two[key] for key in same_fields}


def test_a_plugin_file_is_found_by_processes_started_elsewhere(place, monkeypatch):
    mgrbench.evaluate("./means.py", "gtzan", "mini.tsv", ["toy"], jobs=2)
    (place / "below").mkdir()
    (place / "means.py").rename(place / "below" / "other.py")
    monkeypatch.chdir(place / "below")
    mgrbench.evaluate("./other.py", "gtzan", place / "mini.tsv", ["toy"], jobs=2)


def test_the_order_of_training_folds_leaves_nothing_behind(place):
    tasks = plan("noisy.py:Noisy", "mini.tsv").tasks()
    alone = run_fold(tasks[2]).proba
    run_fold(tasks[0])
    assert run_fold(tasks[2]).proba.tobytes() == alone.tobytes()


def test_the_same_command_again_reuses_the_run(place):
    again = done("run", "-m", "./means.py", *MINI_RUN)
    assert "stored already" in again.err
    before = record(place / "runs")
    fresh = done("run", "-m", "./means.py", *MINI_RUN, "--fresh")
    assert "stored already" not in fresh.err
    assert record(place / "runs")["scores"] == before["scores"]


@pytest.mark.parametrize(
    "change",
    [("--seed", "1"), ("-f", "toy2"), ("-o", "sharpness=2"), ("-s", "other.tsv"), ("source",)],
    ids=" ".join,
)
def test_another_command_is_another_run(place, change):
    write_plugin(place / "means.py", MEANS.replace("seed, device)", "seed, device, sharpness=1)"))
    done("run", "-m", "means.py", *MINI_RUN, "--out", "here")
    if change == ("source",):
        (place / "means.py").write_text((place / "means.py").read_text() + "\n# changed\n")
        change = ()
    store_vectors(place, "toy2", seed=1)
    write_split(place / "other.tsv", ids=MINI[:-1])
    done("run", "-m", "means.py", *MINI_RUN, *change, "--out", "here")
    assert len(list((place / "here").glob("*/*/*/*/run.json"))) == 2


def test_one_command_runs_every_split_model_and_seed(place):
    write_split(place / "other.tsv", "gtzan/other", ids=MINI[:-1])
    arguments = ("run", "-m", "noisy.py:Noisy", "-m", "lda", *MINI_RUN, "-s", "other.tsv", "--out", "here")
    result = done(*arguments, "--seed", "4", "--seed", "3", "--seed", "4", "--json")
    assert "lda: its result does not depend on the seed, so it has seed 4 only" in result.err
    ran = [(run["split"], run["model"], run["seed"]) for run in result.document]
    assert ran == [
        (split, model, seed)
        for split in ("gtzan/mini", "gtzan/other")
        for model, seed in (("Noisy", 4), ("Noisy", 3), ("lda", 4))
    ]
    assert len(list((place / "here").glob("gtzan/*/*/*/run.json"))) == len(ran)
    text = done(*arguments, "--seed", "4", "--seed", "3").out
    values = [run["scores"]["accuracy"]["value"] for run in result.document]
    for split, two in (("gtzan/mini", values[:2]), ("gtzan/other", values[3:5])):
        part = text[text.index(f"{split}: ") :]
        assert f"Noisy, 2 seeds: mean {np.mean(two):.3f}".replace("0.", ".") in part
    assert "lda, 2 seeds" not in text


@pytest.mark.parametrize(
    ("feature", "way"),
    [
        ("choi", "`mgrbench features download gtzan choi`"),
        ("mel", "`mgrbench features extract gtzan --feature mel`"),
        ("toi", "did you mean toy?"),
        ("mine", "`mgrbench features import gtzan mine --file FILE --array KEY`"),
    ],
)
def test_a_feature_that_is_not_there_says_how_to_get_it(place, feature, way):
    line = refused("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "-f", feature)
    assert f"the feature '{feature}' of gtzan is not in the store; {way}" in line
    assert line.endswith("stored of gtzan: toy")


@pytest.mark.parametrize(
    "change", [("-m", "mean.py"), ("-s", "mini2.tsv"), ("-m", "random_forest", "-o", "depth=3")], ids=" ".join
)
def test_what_is_misspelt_shows_before_anything_is_run(place, change):
    write_plugin(place / "noisy.py", NOISY.replace("n_genres, seed)", "n_genres, seed, depth=1)"))
    refused("run", "-m", "noisy.py:Noisy", *MINI_RUN, *change, "--out", "here")
    assert not (place / "here").exists()


# --- who gets what


def test_a_model_gets_its_training_part_only(place, log):
    split = load_split("artist3", "gtzan")
    mgrbench.evaluate(Spy, "gtzan", "artist3", ["toy"])
    stored = FeatureStore().open("gtzan", "toy")
    assert len(log) == len(split.folds) == 3
    for spy, fold in zip(log, split.folds, strict=True):
        (asked,) = spy.seen
        assert asked.ids == fold.test
        assert {*spy.train.inputs.ids, *spy.valid.inputs.ids} == set(fold.train)
        for part in (spy.train, spy.valid):
            assert [GTZAN.genres[position] for position in part.genre] == [GENRE[i] for i in part.inputs.ids]
            assert part.artist == tuple(split.artist[i] for i in part.inputs.ids)
            assert np.array_equal(part.inputs.arrays["toy"], stored.rows(part.inputs.ids))
        assert np.array_equal(asked.arrays["toy"], stored.rows(fold.test))
        assert {field.name for field in fields(asked)} == {"ids", "arrays"}


def test_test_labels_change_no_prediction(place):
    task = plan("svm_rbf", "mini.tsv").tasks()[0]
    tested = set(task.fold.test)
    lied = {i: (genre + 1) % 10 if i in tested else genre for i, genre in task.genre.items()}
    assert lied != task.genre
    assert run_fold(replace(task, genre=lied)).proba.tobytes() == run_fold(task).proba.tobytes()
    lied = {i: (genre + 1) % 10 for i, genre in task.genre.items()}
    assert run_fold(replace(task, genre=lied)).proba.tobytes() != run_fold(task).proba.tobytes()


@pytest.mark.parametrize("name", shipped_splits("gtzan"))
def test_validation_parts_share_nothing_with_training(place, name):
    split = load_split(name)
    for chosen, fold in zip(plan(Spy, name).folds, split.folds, strict=True):
        assert chosen.test == fold.test
        assert sorted((*chosen.train, *chosen.valid)) == sorted((*fold.train, *fold.valid))
        if fold.valid:
            assert chosen == fold
            continue
        train, valid = ([TRACKS[i] for i in part] for part in (chosen.train, chosen.valid))
        assert 0.08 < len(valid) / len(fold.train) < 0.18
        assert {track.genre for track in train} == {track.genre for track in valid} == set(GTZAN.genres)
        for kind in ("replica", "recording"):
            sides = [{getattr(track, kind) for track in part} - {None} for part in (train, valid)]
            assert not sides[0] & sides[1]
        sides = [set().union(*(track.artists for track in part)) for part in (train, valid)]
        assert not sides[0] & sides[1]


@pytest.mark.parametrize("name", ["gtzan/artist3", "gtzan/kereliuk"])
def test_a_model_that_selects_nothing_gets_every_training_track(place, log, name):
    mgrbench.evaluate(Frugal, "gtzan", name, ["toy"])
    for spy, fold in zip(log, load_split(name).folds, strict=True):
        assert spy.valid is None
        assert spy.train.inputs.ids == (*fold.train, *fold.valid)


def test_selection_on_test_is_allowed_marked_and_not_ranked(place, log):
    arguments = ("run", "-m", "knn", *MINI_RUN)
    honest = done(*arguments, "--json").document
    flattered = done(*arguments, "-o", "selection=test", "--json").document
    assert honest["selection"]["rule"] == "validation"
    assert "MGR101" not in [warning["code"] for warning in honest["warnings"]]
    assert flattered["selection"]["rule"] == "test"
    assert "MGR101" in [warning["code"] for warning in flattered["warnings"]]
    assert honest["folder"] != flattered["folder"]
    board = done("leaderboard", "show", "gtzan/mini", "--json").document
    (row,) = board["optimistic"]
    assert row["rank"] is None
    assert flattered["folder"].endswith(row["run"])
    assert flattered["folder"] not in [f"runs/{ranked['run']}" for ranked in board["ranked"]]

    mgrbench.evaluate(Spy, "gtzan", "mini.tsv", ["toy"], {"selection": "test"})
    assert all(spy.valid.inputs.ids == spy.seen[0].ids for spy in log)


def test_selection_of_a_model_that_selects_nothing(place):
    assert "lda selects nothing" in refused("run", "-m", "lda", *MINI_RUN, "-o", "selection=test")
    assert "selection='tset'" in refused("run", "-m", "knn", *MINI_RUN, "-o", "selection=tset")


def test_missing_tracks_are_refused_or_said(place, log):
    kept = tuple(i for i in IDS if i not in {MINI[0], MINI[7]})
    store_vectors(place, "gaps", kept)
    line = refused("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "-f", "gaps")
    assert "gaps lacks 2 of 60 tracks" in line
    assert "--allow-missing" in line
    arguments = ("-d", "gtzan", "-s", "mini.tsv", "-f", "gaps", "-f", "toy", "--allow-missing", "--json")
    run = done("run", "-m", "lda", *arguments).document
    assert {"code": "MGR104", "detail": "58 of the split's 60 test tracks"} in run["warnings"]
    assert sum(fold["n_test"] for fold in run["folds"]) == 58
    board = done("leaderboard", "show", "gtzan/mini", "--json").document
    rows = {row["model"]: row for row in board["ranked"]}
    assert "MGR104" in [warning["code"] for warning in rows["lda"]["warnings"]]
    assert rows["lda"]["test_tracks"] == 58
    assert "MGR104" not in [warning["code"] for warning in rows["means"]["warnings"]]

    mgrbench.evaluate(Spy, "gtzan", "mini.tsv", ["gaps"], allow_missing=True)
    for spy in log:
        asked = {*spy.train.inputs.ids, *spy.valid.inputs.ids, *spy.seen[0].ids}
        assert asked == set(MINI) - {MINI[0], MINI[7]}


def test_several_features_come_under_their_names(place, log):
    store_vectors(place, "toy2", seed=1)
    mgrbench.evaluate(Spy, "gtzan", "mini.tsv", ["toy2", "toy", "toy2"])
    assert list(log[0].train.inputs.arrays) == ["toy2", "toy"]
    assert list(record(place / "runs")["features"]) == ["toy"]


def test_features_that_a_plugin_names_are_taken(place):
    write_plugin(place / "fond.py", 'FEATURES = ("toy",)\n' + MEANS)
    run = done("run", "-m", "fond.py", "-d", "gtzan", "-s", "mini.tsv", "--json").document
    assert list(run["features"]) == ["toy"]


# --- what a model can be


def test_kinds_of_models_agree(place):
    write_plugin(place / "kinds.py", MEANS + "\n\ndef make(n_genres):\n    return Means(n_genres)\n")
    runs = [
        mgrbench.evaluate(model, "gtzan", "mini.tsv", ["toy"])
        for model in ("./means.py", "./means.py:Means", "./kinds.py:make", str(place / "kinds.py"))
    ]
    assert all(same(run, runs[0]) for run in runs)
    assert [run.model for run in runs] == ["means", "Means", "make", "kinds"]


def test_a_plugin_in_a_package_is_found(place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    (place / "strangers").mkdir()
    write_plugin(place / "strangers" / "near.py", MEANS)
    (place / "strangers" / "__init__.py").touch()
    for name in ("strangers.near", "strangers.near:Means", "strangers.near:build"):
        assert done("run", "-m", name, *MINI_RUN, "--json").document["scores"] == record_scores(place)


def record_scores(place):
    return json.loads(next((place / "runs").glob("*/mini/means/*/run.json")).read_text())["scores"]


def test_scikit_learn_classifiers_are_models(place):
    from sklearn.neighbors import KNeighborsClassifier

    arguments = ("-m", "sklearn.neighbors:KNeighborsClassifier", "-o", "n_neighbors=3")
    run = done("run", *arguments, *MINI_RUN, "--json").document
    assert run["model"] == "KNeighborsClassifier"
    assert run["options"] == {"n_neighbors": 3}
    twin = mgrbench.evaluate(KNeighborsClassifier, "gtzan", "mini.tsv", ["toy"], {"n_neighbors": 3})
    assert twin.scores["accuracy"].value == run["scores"]["accuracy"]["value"]


HIDING = """
import numpy as np
from sklearn.ensemble import RandomForestClassifier

class Forest(RandomForestClassifier):
    def __init__(self, *, criterion="gini", **kwargs):
        super().__init__(criterion=criterion, **kwargs)

    def get_params(self, deep=True):
        return {name: getattr(self, name) for name in ("criterion", "n_estimators", "random_state", "n_jobs")}
"""


def test_a_classifier_that_hides_its_seed_behind_keywords_gets_it(place):
    write_plugin(place / "hiding.py", HIDING)
    arguments = ("run", "-m", "./hiding.py:Forest", *MINI_RUN, "-o", "n_estimators=3")
    result = done(*arguments, "--seed", "1", "--seed", "2", "--json")
    assert "does not depend on the seed" not in result.err
    assert [run["seed"] for run in result.document] == [1, 2]
    assert all("MGR102" in [one["code"] for one in run["warnings"]] for run in result.document)
    again = done(*arguments, "--seed", "1", "--fresh", "--out", "again", "--json").document
    assert again["scores"] == result.document[0]["scores"]
    assert "did you mean n_estimators?" in refused(*arguments, "-o", "n_estimatrs=10")


def test_a_classifier_whose_result_is_the_same_under_any_seed_is_run_once(place):
    result = done("run", "-m", "sklearn.svm:SVC", *MINI_RUN, "--seed", "4", "--seed", "5", "--json")
    assert "SVC: its result does not depend on the seed, so it has seed 4 only" in result.err
    assert "MGR102" not in [one["code"] for one in result.document["warnings"]]


@pytest.mark.parametrize(
    ("model", "option", "needles"),
    [
        ("svm_rbf", "gama=1", ["svm_rbf", "'gama'", "gamma"]),
        ("lda", "C=1", ["lda", "'C'", "none"]),
        ("sklearn.svm:SVC", "gama=1", ["SVC", "'gama'", "gamma"]),
        ("sklearn.svm:SVC", "random_state=1", ["random_state", "--seed"]),
        ("svm_rbf", "seed=1", ["svm_rbf", "'seed'"]),
        ("svm_rbf", "C=-1", ["C is -1", "a number above 0"]),
        ("svm_rbf", "C=NaN", ["C is 'NaN'", "a number above 0"]),
    ],
)
def test_misspelt_and_wrong_options(place, model, option, needles):
    line = refused("run", "-m", model, *MINI_RUN, "-o", option)
    assert all(needle in line for needle in needles), line
    assert not list((place / "runs").rglob("*svm*"))
    assert not list((place / "runs").rglob("*SVC*"))


def test_run_takes_several_models(place):
    runs = done("run", "-m", "majority", "-m", "lda", *MINI_RUN, "--json").document
    assert [run["model"] for run in runs] == ["majority", "lda"]


def test_a_row_can_be_given_a_name(place):
    done("run", "-m", "lda", *MINI_RUN, "--name", "ours (v2)", "--out", "named")
    assert record(place / "named")["model"] == "ours (v2)"
    assert only_run(place / "named").parent.name == "ours (v2)"


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "two\nlines", "bell\x07", "red\x1b[31m", " "])
def test_names_that_no_row_can_have(place, name):
    for arguments in (("run", "-m", "lda"), ("score", "runs.csv")):
        line = refused(*arguments, "-d", "gtzan", "-s", "mini.tsv", "--name", name, "--out", "named")
        assert repr(name) in line
    assert not (place / "named").exists()


# --- the record


def test_the_record_says_what_was_done(place, log):
    run = mgrbench.evaluate(Spy, "gtzan", "artist3", ["toy"], out=place / "out", seed=5)
    kept = json.loads((only_run(place / "out") / "run.json").read_text())
    assert kept["seed"] == 5
    assert kept["dataset"] == "gtzan"
    assert kept["split"] == "gtzan/artist3"
    assert kept["split_sha256"] == load_split("gtzan/artist3").sha256
    assert kept["features"]["toy"] == FeatureStore().open("gtzan", "toy").manifest.fingerprint
    assert kept["source"] == "measured"
    assert [(fold["n_train"], fold["n_valid"], fold["n_test"]) for fold in kept["folds"]] == [
        (len(spy.train), len(spy.valid), len(spy.seen[0])) for spy in log
    ]
    assert kept["folds"][0]["scores"].keys() == kept["scores"].keys()
    right = run.predictions.outcome.genre == run.predictions.outcome.predicted
    assert kept["scores"]["accuracy"]["value"] == pytest.approx(right.mean(), abs=1e-12)
    confusion = np.array(kept["confusion"])
    assert confusion.sum() == len(right)
    assert np.trace(confusion) == right.sum()
    assert kept["cost"]["fit_seconds"] >= 0
    assert "MGR102" in [warning["code"] for warning in kept["warnings"]]


def test_predictions_are_one_row_a_test_track(place):
    rows = list(csv.DictReader(predictions(place / "runs").splitlines()))
    split = load_split("mini.tsv")
    assert [(row["track_id"], int(row["fold"])) for row in rows] == [
        (track, number) for number, fold in enumerate(split.folds, 1) for track in fold.test
    ]
    columns = [f"p_{genre}" for genre in GTZAN.genres]
    assert list(rows[0]) == ["track_id", "fold", "genre", "predicted", *columns]
    for row in rows:
        proba = [float(row[column]) for column in columns]
        assert sum(proba) == pytest.approx(1, abs=1e-4)
        assert row["predicted"] == GTZAN.genres[int(np.argmax(proba))]
        assert row["genre"] == GENRE[row["track_id"]]


def test_what_a_model_chose_and_its_history_are_kept(place):
    epochs = 'self.history = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]'
    source = MEANS.replace(
        "self.means =", f'self.chosen = {{"k": 3}}\n        {epochs}\n        self.means ='
    )
    write_plugin(place / "epochs.py", source)
    done("run", "-m", "epochs.py", *MINI_RUN, "--out", "out")
    assert record(place / "out")["selection"] == {"rule": "none", "chosen": [{"k": 3}] * 3}
    lines = (only_run(place / "out") / "history.csv").read_text().splitlines()
    assert lines[:3] == ["fold,epoch,loss", "1,1,0.5", "1,2,0.25"]
    assert len(lines) == 7


def test_nothing_but_the_run_is_left(place):
    assert sorted(file.name for file in only_run(place / "runs").iterdir()) == [
        "predictions.csv",
        "run.json",
        "split.tsv",
    ]


def test_worse_than_always_the_commonest_genre_is_said(place):
    wrong = MEANS.replace("return near /", "near = 1 / near\n        return near /")
    write_plugin(place / "wrong.py", wrong)
    run = done("run", "-m", "wrong.py", *MINI_RUN, "--json").document
    assert "MGR106" in [warning["code"] for warning in run["warnings"]]


def test_a_caveat_of_a_feature_stands_on_the_row(place):
    done(
        *("features", "import", "gtzan", "old", "--file", "toy.npz", "--array", "x"),
        *("--caveat", "computed in sorted batches"),
    )
    run = done("run", "-m", "lda", "-d", "gtzan", "-s", "mini.tsv", "-f", "old", "--json").document
    assert {"code": "MGR103", "detail": "old: computed in sorted batches"} in run["warnings"]


# --- from Python


def test_the_python_interface_writes_only_where_it_is_told(place):
    before = sorted(path for path in place.rglob("*") if "__pycache__" not in path.parts)
    run = mgrbench.evaluate("lda", "gtzan", "mini.tsv", ["toy"])
    assert sorted(path for path in place.rglob("*") if "__pycache__" not in path.parts) == before
    assert len(run.predictions) == 60
    assert isinstance(run, mgrbench.Run)
    kept = mgrbench.evaluate("lda", "gtzan", "mini.tsv", ["toy"], out="out")
    again = mgrbench.evaluate("lda", "gtzan", "mini.tsv", ["toy"], out=place / "out")
    assert same(kept, again)
    assert kept.started_utc == again.started_utc
    assert same(kept, run)


def test_the_python_interface_takes_objects(place):
    by_name = mgrbench.evaluate("means.py", "gtzan", "mini.tsv", ["toy"])
    by_object = mgrbench.evaluate(
        "means.py", load_dataset("gtzan"), mgrbench.load_split(place / "mini.tsv"), ["toy"]
    )
    assert same(by_name, by_object)


def test_scored_predictions_give_the_scores_of_the_run(place):
    run, folder = mgrbench.score_file(
        only_run(place / "runs") / "predictions.csv", "gtzan", "mini.tsv", name="copy", out=place / "scored"
    )
    assert json.loads((folder / "run.json").read_text())["scores"] == record_scores(place)
    assert [warning.code for warning in run.warnings if warning.code >= "MGR1"] == ["MGR105"]


def test_python_errors_are_bench_errors(place):
    with pytest.raises(mgrbench.BenchError, match="did you mean lda"):
        mgrbench.evaluate("ldaa", "gtzan", "mini.tsv", ["toy"])
    with pytest.raises(mgrbench.BenchError, match="jobs is 0"):
        mgrbench.evaluate("lda", "gtzan", "mini.tsv", ["toy"], jobs=0)


def test_other_artists_are_other_people():
    """What the tests above rest on: most tracks of GTZAN have a known artist."""
    assert sum(bool(artists) for artists in ARTISTS.values()) > 900


def test_broken_file_beside_the_models_spoils_only_itself(place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    (place / "crowd").mkdir()
    (place / "crowd" / "__init__.py").touch()
    write_plugin(place / "crowd" / "sound.py", MEANS)
    write_plugin(place / "crowd" / "torn.py", "def build(:\n")
    monkeypatch.setitem(sys.modules["mgrbench.core.registry"].PACKAGES, "models", "crowd")
    assert "torn" in done("list", "models").out
    done("run", "-m", "sound", *MINI_RUN)
    line = refused("run", "-m", "torn", *MINI_RUN)
    assert "torn failed while being imported: SyntaxError" in line


def test_a_plugin_that_ends_the_process_is_refused(place):
    write_plugin(place / "leaves.py", "import sys\nsys.exit(0)\n")
    assert "SystemExit" in refused("run", "-m", "leaves.py", *MINI_RUN)
    assert cli("check", "leaves.py").code == 2
