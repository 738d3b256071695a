"""What an evaluation is asked for reaches the plan, the folds and the run, and is checked before any fold."""

from __future__ import annotations

import pytest

from mgrbench.core.types import BenchError
from mgrbench.evaluation.evaluate import execute
from mgrbench.evaluation.plan import make_plan
from mgrbench.evaluation.request import Progress, Request, Settings
from tests.support.helpers import IDS, MEANS, MINI, copied, prepare, store_vectors, write_plugin

SEEDED = MEANS.replace("def build(", "STOCHASTIC = True\n\n\ndef build(")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


def request(**changes):
    usual = {"model": "./means.py", "dataset": "gtzan", "split": "mini.tsv", "features": ["toy"]}
    return Request(**usual | changes)


def test_a_request_reaches_the_record_whole(place):
    options = {"n_neighbors": 2}
    asked = request(model="sklearn.neighbors:KNeighborsClassifier", options=options, seed=7, name="near")
    plan = make_plan(asked, Settings(device="cpu"))
    run = execute(plan, None).run
    assert (run.model, run.options, run.seed, list(run.features)) == ("near", options, 7, ["toy"])
    assert (run.dataset, run.split, run.cost.device) == ("gtzan", plan.split.name, "cpu")


def test_settings_that_change_no_value_change_no_id(place):
    usual = make_plan(request(), Settings(device="cpu"))
    other = make_plan(request(), Settings(device="cpu", jobs=2, fresh=True, allow_missing=True))
    assert usual.run_id() == other.run_id()
    assert usual.run_id() != make_plan(request(seed=1), Settings(device="cpu")).run_id()


def test_a_fresh_plan_computes_again_what_a_usual_one_reads(place):
    told = []
    progress = Progress(lambda done, total: told.append((done, total)))
    first = execute(make_plan(request(), Settings()), place / "out", progress)
    folds = len(told)
    assert told[-1] == (folds, folds)
    again = execute(make_plan(request(), Settings()), place / "out", progress)
    assert (first.reused, again.reused, len(told)) == (False, True, folds)
    fresh = execute(make_plan(request(), Settings(fresh=True)), place / "out", progress)
    assert (fresh.reused, fresh.folder, len(told)) == (False, first.folder, 2 * folds)


def test_a_store_of_ones_own_is_where_features_come_from(place, monkeypatch):
    mine = place / "mine"
    monkeypatch.setenv("MGRBENCH_CACHE", str(mine))
    store_vectors(place, "elsewhere", seed=1)
    (store,) = (path.parent.parent for path in mine.rglob("elsewhere") if path.is_dir())
    monkeypatch.setenv("MGRBENCH_CACHE", str(place / "nothing"))
    with pytest.raises(BenchError, match="elsewhere"):
        make_plan(request(features=["elsewhere"]), Settings())
    plan = make_plan(request(features=["elsewhere"]), Settings(store=store))
    assert execute(plan, None).run.features


@pytest.mark.parametrize(
    ("changes", "settings", "problem"),
    [
        ({"name": "a/b"}, {}, "a row can't be called 'a/b'"),
        ({"name": ""}, {}, "a row can't be called ''"),
        ({}, {"jobs": 0}, "jobs is 0"),
        ({}, {"device": "gpu"}, "no device is called 'gpu'"),
    ],
)
def test_what_cannot_be_carried_out_is_known_when_it_is_planned(place, changes, settings, problem):
    with pytest.raises(BenchError, match=problem):
        make_plan(request(**changes), Settings(**settings))


def test_an_option_that_the_model_refuses_is_known_before_any_fold(place):
    plan = make_plan(request(options={"depth": 3}), Settings())
    with pytest.raises(BenchError, match="depth"):
        plan.check_options()


def test_seeds_are_taken_where_they_make_a_difference(place):
    write_plugin(place / "seeded.py", SEEDED)
    stochastic = make_plan(request(model="./seeded.py"), Settings())
    assert [plan.seed for plan in stochastic.under_seeds((4, 2))] == [4, 2]
    steady = make_plan(request(model="lda"), Settings())
    assert [plan.seed for plan in steady.under_seeds((4, 2))] == [4]


def test_tracks_may_be_missing_only_where_that_is_allowed(place):
    store_vectors(place, "most", ids=[track for track in IDS if track != MINI[0]])
    with pytest.raises(BenchError, match="most lacks 1 of 60 tracks"):
        make_plan(request(features=["most"]), Settings())
    plan = make_plan(request(features=["most"]), Settings(allow_missing=True))
    assert len(plan.missing) == 1
    assert "MGR104" in [warning.code for warning in execute(plan, None).run.warnings]
