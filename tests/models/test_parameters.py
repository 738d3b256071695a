"""Classifier classes of other packages: what they hide behind ``**kwargs``, and what a seed changes.

xgboost and lightgbm are not needed: the classes here take their parameters as those do.
"""

from __future__ import annotations

import random
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mgrbench.core.types import BenchError
from mgrbench.models.parameters import estimator_options, seeded
from mgrbench.models.source import model_source


class Booster(ClassifierMixin, BaseEstimator):
    """The base class, which names everything; it draws by its seed only if it takes a share of the rows."""

    made: ClassVar[list] = []

    def __init__(self, n_estimators=None, subsample=None, random_state=None, n_jobs=None, **kwargs):
        self.n_estimators, self.subsample = n_estimators, subsample
        self.random_state, self.n_jobs, self.kwargs = random_state, n_jobs, kwargs

    def get_params(self, deep=True):
        return {name: value for name, value in vars(self).items() if name not in ("kwargs", "classes_")}

    def fit(self, rows, genre):
        self.made.append(self.get_params())
        self.classes_ = np.unique(genre)
        return self

    def predict_proba(self, rows):
        drawn = np.random.default_rng(self.random_state if self.subsample else 0)
        proba = 1 + drawn.random((len(rows), len(self.classes_)))
        return proba / proba.sum(axis=1, keepdims=True)


class Hiding(Booster):
    """As XGBClassifier: one parameter by name, the others to the base class."""

    def __init__(self, *, objective="soft", **kwargs):
        super().__init__(**kwargs)
        self.objective = objective


class Greedy(Booster):
    """As LGBMClassifier: all cores unless told otherwise, and anything else goes to its library."""

    def __init__(self, n_estimators=100, random_state=None, n_jobs=None, **kwargs):
        super().__init__(n_estimators, None, random_state, n_jobs, **kwargs)


class Tuned(RandomForestClassifier):
    """A user's own settings; `get_params` shows none of its parameters."""

    def __init__(self, **kwargs):
        super().__init__(n_estimators=5, random_state=0, n_jobs=2, **kwargs)


class Parts(ClassifierMixin, BaseEstimator):
    """Made of parts, one of which draws."""

    def __init__(self, inner=None):
        self.inner = inner or make_pipeline(StandardScaler(), RandomForestClassifier(5))

    def fit(self, rows, genre):
        self.inner.fit(rows, genre)
        self.classes_ = self.inner.classes_
        return self

    def predict_proba(self, rows):
        return self.inner.predict_proba(rows)


class Old(ClassifierMixin, BaseEstimator):
    """Another word for the seed."""

    def __init__(self, seed=None):
        self.seed = seed

    def fit(self, rows, genre):
        return self

    def predict_proba(self, rows):
        return np.ones((len(rows), 1))


@pytest.mark.parametrize("classifier", [Hiding, Greedy])
def test_a_hidden_seed_is_passed_on_and_one_core_is_used(classifier):
    made = seeded(classifier, {"n_estimators": 3}, seed=7)
    assert (made.n_estimators, made.random_state, made.n_jobs) == (3, 7, 1)
    assert seeded(classifier, {"n_jobs": 4}, seed=7).n_jobs == 4


def test_what_scikit_learn_names_itself_is_set_as_well():
    made = seeded(RandomForestClassifier, {}, seed=7)
    assert (made.random_state, made.n_jobs) == (7, 1)
    assert seeded(GaussianNB, {}, seed=7).get_params() == GaussianNB().get_params()
    assert seeded(Old, {}, seed=7).seed == 7


def test_a_class_that_fixes_its_own_seed_gets_the_one_of_the_run_and_keeps_the_cores_it_asks_for():
    made = seeded(Tuned, {"max_depth": 2}, seed=7)
    assert (made.random_state, made.n_jobs, made.max_depth) == (7, 2, 2)


def test_the_parts_of_a_classifier_get_the_seed():
    made = seeded(Parts, {}, seed=7)
    assert made.inner[-1].random_state == 7


@pytest.mark.parametrize("classifier", [Hiding, Greedy, Tuned])
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("n_estimatrs", "did you mean n_estimators?"),
        ("random_state", "give the seed with --seed"),
        ("seed", "give the seed with --seed"),
        ("zzz", "its options are:"),
    ],
)
def test_an_unknown_option_is_refused_though_the_class_would_take_it(classifier, option, said):
    with pytest.raises(BenchError, match=f"has no option '{option}'") as error:
        model_source(classifier).build(3, 0, "cpu", {option: 10})
    assert said in str(error.value)


def test_the_options_are_those_of_the_class_and_its_bases_without_the_seed():
    assert [one.name for one in estimator_options(Hiding)] == [
        "objective",
        "n_estimators",
        "subsample",
        "n_jobs",
    ]
    assert "random_state" not in model_source(SVC).defaults()
    assert model_source(SVC).defaults()["C"] == 1.0


@pytest.mark.parametrize(
    ("classifier", "options", "depends"),
    [
        (Hiding, {}, False),
        (Hiding, {"subsample": 0.5}, True),
        (Parts, {}, True),
        (Tuned, {}, True),
        (RandomForestClassifier, {"n_estimators": 5}, True),
        (SVC, {}, False),  # it has a random_state, and does not use it
        (LogisticRegression, {}, False),
        (LogisticRegression, {"solver": "saga"}, True),
        (DummyClassifier, {}, False),
        (DummyClassifier, {"strategy": "stratified"}, True),
        (BaggingClassifier, {"n_estimators": 3}, True),
        (KNeighborsClassifier, {}, False),
        (KNeighborsClassifier, {"n_neighbors": 999}, True),  # too few tracks to try it
    ],
)
def test_whether_the_result_depends_on_the_seed_is_tried(classifier, options, depends):
    assert model_source(classifier).depends_on_seed(options) == depends


def test_stopping_early_which_begins_with_many_tracks_is_tried_with_few():
    source = model_source(HistGradientBoostingClassifier)
    assert source.depends_on_seed({"max_iter": 5})
    assert not source.depends_on_seed({"max_iter": 5, "early_stopping": False})


def test_a_trial_leaves_the_global_generators_as_they_were():
    before = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    model_source(SVC).depends_on_seed({})
    assert (random.getstate(), repr(np.random.get_state())) == before  # noqa: NPY002


def test_a_plugin_says_itself_whether_it_depends_on_the_seed():
    assert not model_source("lda").depends_on_seed({})
    assert model_source("random_forest").depends_on_seed({})
