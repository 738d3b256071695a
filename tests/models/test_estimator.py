"""`EstimatorModel` against plain scikit-learn and arithmetic by hand."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from threadpoolctl import threadpool_info

from mgrbench.core.types import BenchError, Examples, GenreModel, Inputs
from mgrbench.models.estimator import EstimatorModel, from_class, segment_rows


def examples(tracks=60, segments=1, values=6, genres=3, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    genre = np.arange(tracks) % genres
    means = np.random.default_rng(99).normal(size=(genres, 1, values)) * spread
    array = (means[genre] + rng.normal(size=(tracks, segments, values))) * 10 + 5
    ids = tuple(f"t{seed}.{i}" for i in range(tracks))
    return Examples(Inputs(ids, {"x": array.astype(np.float32)}), genre.astype(np.int64))


class Recorder:
    """A classifier that keeps what it was fitted on and predicts class 0 with a given probability."""

    fitted: list

    def __init__(self, first=0.5):
        self.first = first

    def fit(self, rows, genre):
        self.classes_ = np.unique(genre)
        self.fitted.append((rows, genre, {pool["num_threads"] for pool in threadpool_info()}))
        return self

    def predict_proba(self, rows):
        return np.column_stack([np.full(len(rows), self.first), np.full(len(rows), 1 - self.first)])


@pytest.fixture
def recorder():
    class Fresh(Recorder):
        fitted: ClassVar[list] = []

    return Fresh


def two_genres(zeros, ones):
    genre = np.array([0] * zeros + [1] * ones, dtype=np.int64)
    array = np.arange(len(genre) * 2, dtype=np.float32).reshape(-1, 1, 2)
    return Examples(Inputs(tuple(f"t{i}" for i in range(len(genre))), {"x": array}), genre)


def test_equals_a_scikit_learn_pipeline_where_a_track_is_one_segment():
    train, test = examples(seed=1), examples(seed=2)
    model = EstimatorModel(LogisticRegression, 3).fit(train, None)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    pipeline.fit(train.inputs.arrays["x"][:, 0].astype(float), train.genre)
    expected = pipeline.predict_proba(test.inputs.arrays["x"][:, 0].astype(float))
    np.testing.assert_allclose(model.predict_proba(test.inputs), expected, rtol=1e-9)
    assert isinstance(model, GenreModel)


def test_every_segment_is_an_example_and_a_track_is_the_mean_of_its_segments():
    train, test = examples(20, segments=3, seed=1), examples(7, segments=4, seed=2)
    model = EstimatorModel(GaussianNB, 3, scale=False).fit(train, None)
    flat = train.inputs.arrays["x"].reshape(60, 6).astype(float)
    plain = GaussianNB().fit(flat, np.repeat(train.genre, 3))
    by_hand = [plain.predict_proba(track.astype(float)).mean(axis=0) for track in test.inputs.arrays["x"]]
    np.testing.assert_allclose(model.predict_proba(test.inputs), by_hand, rtol=1e-9)


def test_scaling_makes_the_unit_of_a_feature_irrelevant():
    train, test = examples(seed=1), examples(seed=2)

    def in_other_unit(inputs):
        return Inputs(inputs.ids, {"x": inputs.arrays["x"] * np.float32(1024.0)})

    def predicted(change, scale):
        model = EstimatorModel(SVC, 3, scale=scale)
        model.fit(Examples(change(train.inputs), train.genre), None)
        return model.predict_proba(change(test.inputs))

    np.testing.assert_allclose(predicted(in_other_unit, True), predicted(lambda x: x, True), atol=1e-6)


def test_the_scaler_sees_the_training_part_only_until_the_setting_is_chosen(recorder):
    train, valid = two_genres(4, 4), two_genres(3, 2)
    EstimatorModel(recorder, 2, [{"first": 0.9}, {"first": 0.1}]).fit(train, valid)
    first, second, last = (rows for rows, _, _ in recorder.fitted)
    assert [len(rows) for rows in (first, second, last)] == [8, 8, 13]
    for rows in (first, second, last):
        np.testing.assert_allclose(rows.mean(axis=0), 0.0, atol=1e-12)
        np.testing.assert_allclose(rows.std(axis=0), 1.0)


@pytest.mark.parametrize(
    ("zeros", "ones", "settings", "expected"),
    [
        (3, 2, [0.1, 0.9], 0.9),  # more of the validation tracks are right
        (2, 3, [0.1, 0.9], 0.1),
        (3, 2, [0.9, 0.6], 0.6),  # both right on three: the smaller log loss
        (3, 2, [0.6, 0.9], 0.6),
        (3, 1, [1.0, 0.9], 0.9),  # a sure and wrong answer costs much, but not infinitely much
    ],
)
def test_the_setting_is_the_best_on_the_validation_part(recorder, zeros, ones, settings, expected):
    grid = [{"first": value} for value in settings]
    with np.errstate(all="raise"):
        model = EstimatorModel(recorder, 2, grid).fit(two_genres(9, 9), two_genres(zeros, ones))
    assert model.chosen == {"first": expected}


def test_of_equally_good_settings_the_first_is_chosen():
    def make(k, name):
        return KNeighborsClassifier(k)

    grid = [{"k": 3, "name": "first"}, {"k": 3, "name": "second"}]
    model = EstimatorModel(make, 3, grid).fit(examples(seed=1), examples(seed=2))
    assert model.chosen["name"] == "first"


def test_a_grid_needs_a_validation_part():
    with pytest.raises(BenchError, match="2 settings to choose from and no validation part"):
        EstimatorModel(KNeighborsClassifier, 3, [{"n_neighbors": 1}, {"n_neighbors": 3}]).fit(
            examples(), None
        )


def test_one_setting_is_fitted_once_on_both_parts(recorder):
    model = EstimatorModel(recorder, 2, [{"first": 0.7}]).fit(two_genres(4, 4), two_genres(1, 1))
    assert [len(rows) for rows, _, _ in recorder.fitted] == [10]
    assert model.chosen == {}
    np.testing.assert_allclose(model.predict_proba(two_genres(1, 1).inputs), [[0.7, 0.3]] * 2)


def test_scikit_learn_runs_on_one_thread(recorder):
    EstimatorModel(recorder, 2).fit(two_genres(4, 4), None)
    assert [threads for _, _, threads in recorder.fitted] == [{1}]


@pytest.mark.parametrize("make", [LinearSVC, SVC])
@pytest.mark.parametrize("genres", [2, 3])
def test_decision_values_become_probabilities_that_rank_alike(make, genres):
    train, test = examples(genres=genres, seed=1), examples(genres=genres, seed=2)
    model = EstimatorModel(make, genres, scale=False).fit(train, None)
    proba = model.predict_proba(test.inputs)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    plain = make().fit(train.inputs.arrays["x"][:, 0].astype(float), train.genre)
    decision = plain.decision_function(test.inputs.arrays["x"][:, 0].astype(float))
    best = (decision > 0).astype(int) if genres == 2 else decision.argmax(axis=1)
    np.testing.assert_array_equal(proba.argmax(axis=1), best)


@pytest.mark.parametrize("make", [GaussianNB, SVC])
def test_a_genre_absent_from_training_gets_probability_zero(make):
    train = examples(seed=1)
    shifted = Examples(train.inputs, np.array([1, 3, 4])[train.genre])
    proba = EstimatorModel(make, 6).fit(shifted, None).predict_proba(examples(seed=2).inputs)
    assert proba.shape == (60, 6)
    assert (proba[:, [0, 2, 5]] == 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)


@pytest.mark.parametrize("make", [LogisticRegression, SVC, KNeighborsClassifier])
def test_a_value_that_never_changes_does_no_harm(make):
    train = examples()
    train.inputs.arrays["x"][:, :, 2] = 7.0
    proba = EstimatorModel(make, 3).fit(train, None).predict_proba(examples(seed=2).inputs)
    assert np.isfinite(proba).all()


def test_features_are_joined_in_the_order_given_and_one_vector_a_clip_is_repeated():
    by_segment = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    image = np.arange(100, 112, dtype=np.float32).reshape(2, 1, 2, 3)
    rows = segment_rows(Inputs(("a", "b"), {"segments": by_segment, "clip": image}))
    assert rows.dtype == np.float64
    expected = [[*by_segment[t, s], *image[t, 0].ravel()] for t in range(2) for s in range(3)]
    np.testing.assert_array_equal(rows, expected)


def test_features_of_other_segmentations_cannot_be_joined():
    arrays = {"mel": np.zeros((2, 3, 4), np.float32), "choi": np.zeros((2, 2, 4), np.float32)}
    with pytest.raises(BenchError, match="'choi' has 2 segments a track and 'mel' has 3"):
        segment_rows(Inputs(("a", "b"), arrays))


def test_no_feature_is_an_error_that_says_how_to_name_one():
    with pytest.raises(BenchError, match="--feature"):
        EstimatorModel(SVC, 2).fit(Examples(Inputs(("a",), {}), np.zeros(1, np.int64)), None)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named(value):
    train = examples()
    train.inputs.arrays["x"][17, 0, 3] = value
    with pytest.raises(BenchError, match=r"feature 'x' of track t0\.17 "):
        EstimatorModel(SVC, 3).fit(train, None)


def test_inputs_are_left_as_they_are():
    train, test = examples(seed=1), examples(seed=2)
    before = [part.inputs.arrays["x"].copy() for part in (train, test)]
    EstimatorModel(SVC, 3).fit(train, None).predict_proba(test.inputs)
    for part, copy in zip((train, test), before, strict=True):
        np.testing.assert_array_equal(part.inputs.arrays["x"], copy)


def test_predicting_before_fitting_is_an_error():
    with pytest.raises(BenchError, match="before it was fitted"):
        EstimatorModel(SVC, 3).predict_proba(examples().inputs)


@pytest.mark.parametrize(
    ("make", "genres", "said"),
    [
        (lambda: SVC(C="much"), 3, "SVC cannot be trained: The 'C' parameter of SVC must be a float"),
        (SVC, 1, "SVC cannot be trained: The number of classes has to be greater than one"),
    ],
)
def test_what_scikit_learn_refuses_is_one_line(make, genres, said):
    with pytest.raises(BenchError) as error:
        EstimatorModel(make, 3).fit(examples(genres=genres), None)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_more_neighbours_than_segments_is_one_line():
    model = EstimatorModel(lambda: KNeighborsClassifier(99), 3).fit(examples(), None)
    with pytest.raises(BenchError, match=r"cannot predict: Expected n_neighbors <= n_samples_fit"):
        model.predict_proba(examples().inputs)


def test_any_classifier_class_is_a_model_with_its_seed_passed_on():
    train, test = examples(seed=1), examples(seed=2)

    def predicted(seed):
        model = from_class(RandomForestClassifier, 3, seed, {"n_estimators": 10}).fit(train, None)
        return model.predict_proba(test.inputs)

    assert np.array_equal(predicted(0), predicted(0))
    assert not np.array_equal(predicted(0), predicted(1))
    rows = StandardScaler().fit_transform(segment_rows(train.inputs))
    plain = RandomForestClassifier(10, random_state=1).fit(rows, train.genre)
    scaled = StandardScaler().fit(segment_rows(train.inputs)).transform(segment_rows(test.inputs))
    np.testing.assert_allclose(predicted(1), plain.predict_proba(scaled), rtol=1e-12)


@pytest.mark.parametrize("classifier", [GaussianNB, KNeighborsClassifier, DummyClassifier, LinearSVC])
def test_classes_with_and_without_a_seed_work(classifier):
    proba = from_class(classifier, 3, seed=7).fit(examples(seed=1), None).predict_proba(examples().inputs)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("classifier", "options", "said"),
    [
        (RandomForestClassifier, {"n_estimator": 3}, "did you mean n_estimators?"),
        (GaussianNB, {"zzzz": 3}, "has no option 'zzzz'; its options are: priors=null, var_smoothing=1e-09"),
        (RandomForestClassifier, {"random_state": 3}, "give the seed with --seed"),
        (OneVsRestClassifier, {}, "needs estimator"),
        (Ridge, {}, "sklearn.linear_model._ridge:Ridge is no scikit-learn classifier"),
        (StandardScaler, {}, "is no scikit-learn classifier"),
        (dict, {}, "is no scikit-learn classifier"),
        (VotingClassifier, {}, "needs estimators"),
    ],
)
def test_what_cannot_be_wrapped_is_told(classifier, options, said):
    with pytest.raises(BenchError) as error:
        from_class(classifier, 3, 0, options)
    assert said in str(error.value)
