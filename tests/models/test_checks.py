"""The contract check passes every simple baseline and names each fault of a broken model once."""

from __future__ import annotations

import numpy as np
import pytest

from mgrbench.models.checks import GENRES, check_model
from tests.support.models import builder, source_of

CLASSICAL = (
    "majority",
    "knn",
    "gmm",
    "lda",
    "logreg",
    "svm_linear",
    "svm_rbf",
    "random_forest",
    "gradient_boosting",
    "choi2017",
    "lee2009",
    "tzanetakis2002",
    "foleiss2020",
    "lim2012",
)
QUICK = {
    "choi2017": {"kernel": "rbf", "gamma": "auto"},
    "foleiss2020": {"C": 10.0},
    "random_forest": {"n_estimators": 20},
    "gradient_boosting": {"max_iter": 20},
}


def broken(checks):
    return {check.name: check.detail for check in checks if check.broken}


class NearestMean:
    """A sound model that the broken ones derive from: softmax of the distances to the genres' means."""

    def __init__(self, n_genres, seed, device):
        self.n_genres = n_genres
        self.seed = seed
        self.means = None

    def fit(self, train, valid):
        values = self.values(train.inputs)
        self.means = np.stack([values[train.genre == genre].mean(axis=0) for genre in range(self.n_genres)])

    def predict_proba(self, inputs):
        scores = self.scores(self.values(inputs))
        exponential = np.exp(scores - scores.max(axis=1, keepdims=True))
        return exponential / exponential.sum(axis=1, keepdims=True)

    def values(self, inputs):
        return np.concatenate(
            [array.mean(axis=1).reshape(len(inputs), -1) for array in inputs.arrays.values()], axis=1
        )

    def scores(self, values):
        return -((values[:, None] - self.means) ** 2).mean(axis=2)


class Labels(NearestMean):
    def predict_proba(self, inputs):
        return super().predict_proba(inputs).argmax(axis=1)


class LabelNames(NearestMean):
    def predict_proba(self, inputs):
        return np.array(["blues", "jazz", "pop", "rock"])[super().predict_proba(inputs).argmax(axis=1)]


class NotANumber(NearestMean):
    def predict_proba(self, inputs):
        proba = super().predict_proba(inputs)
        proba[0] = np.nan
        return proba


class PerSegment(NearestMean):
    def predict_proba(self, inputs):
        return np.repeat(super().predict_proba(inputs), 2, axis=0)


class Logits(NearestMean):
    def predict_proba(self, inputs):
        return self.scores(self.values(inputs))


class Independent(NearestMean):
    def predict_proba(self, inputs):
        return 1 / (1 + np.exp(-self.scores(self.values(inputs))))


class WritesWhenFitting(NearestMean):
    def fit(self, train, valid):
        for array in train.inputs.arrays.values():
            array -= array.mean()
        super().fit(train, valid)


class WritesWhenPredicting(NearestMean):
    def values(self, inputs):
        if self.means is not None:
            for array in inputs.arrays.values():
                array *= 1.0
        return super().values(inputs)


class WritesBehindNumpysBack(NearestMean):
    """As ``torch.from_numpy`` does, which shares the memory of a read-only array."""

    def fit(self, train, valid):
        for array in train.inputs.arrays.values():
            array.setflags(write=True)
            array += 1.0
            array.setflags(write=False)
        super().fit(train, valid)


class NormalisesTheBatch(NearestMean):
    def scores(self, values):
        return super().scores((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-3))


class DropsTheLastBatch(NearestMean):
    batch = 8

    def predict_proba(self, inputs):
        whole = len(inputs) // self.batch * self.batch
        return super().predict_proba(inputs)[:whole]


class GuessesTheLastBatch(DropsTheLastBatch):
    def predict_proba(self, inputs):
        proba = np.full((len(inputs), self.n_genres), 1 / self.n_genres)
        known = super().predict_proba(inputs)
        proba[: len(known)] = known
        return proba


class DependsOnThePlace(NearestMean):
    def scores(self, values):
        late = np.maximum(np.arange(len(values)) - 8, 0)[:, None]
        return super().scores(values) * (1 + 0.01 * late)


class ForgetsItsSeed(NearestMean):
    def fit(self, train, valid):
        super().fit(train, valid)
        self.means = self.means + 0.1 * np.random.default_rng().normal(size=self.means.shape)


class DropoutLeftOn(NearestMean):
    def scores(self, values):
        return super().scores(values * (np.random.default_rng().random(values.shape) > 0.5))


class KnowsTwoSegments(NearestMean):
    def values(self, inputs):
        return np.concatenate([array[:, [0, 1]].mean(axis=1) for array in inputs.arrays.values()], axis=1)


class FailsWhenFitting(NearestMean):
    def fit(self, train, valid):
        raise KeyError("mfcc")


class FailsWhenPredicting(NearestMean):
    def predict_proba(self, inputs):
        raise RuntimeError("first line\nlast line")


class FailsWhenBuilt(NearestMean):
    def __init__(self, n_genres, seed, device):
        raise ImportError("no torch")


class NeedsTwoTracks(NearestMean):
    """As batch normalisation in training mode does."""

    def scores(self, values):
        if len(values) < 2:
            raise ValueError("Expected more than 1 value per channel")
        return super().scores(values)


FAULTS = [
    (FailsWhenBuilt, "builds", "ImportError: no torch"),
    (FailsWhenFitting, "fits", "KeyError: 'mfcc'"),
    (FailsWhenPredicting, "predicts", "last line"),
    (Labels, "probabilities, not labels", "int64 of shape (32,)"),
    (LabelNames, "probabilities, not labels", "<U5 of shape (32,)"),
    (PerSegment, "shape (tracks, genres)", "shape (64, 4), not (32, 4)"),
    (NotANumber, "finite", "4 of 128 values"),
    (Logits, "between 0 and 1", "values from -"),
    (Independent, "rows sum to 1", "one sums to"),
    (DropoutLeftOn, "predicts the same twice", "differ by up to"),
    (ForgetsItsSeed, "same seed, same predictions", "differ by up to"),
    (DependsOnThePlace, "order of tracks changes nothing", "differ by up to"),
    (
        DropsTheLastBatch,
        "batches of 1, 7, 33 tracks",
        "1 tracks: predict_proba gives float32 of shape (0, 4)",
    ),
    (NeedsTwoTracks, "batches of 1, 7, 33 tracks", "Expected more than 1 value"),
    (NormalisesTheBatch, "a track alone is predicted as in a batch", "differ by up to"),
    (GuessesTheLastBatch, "a track alone is predicted as in a batch", "differ by up to"),
    (KnowsTwoSegments, "one segment a track, and many", "1 segments a track: IndexError"),
    (WritesWhenFitting, "inputs not altered", "fit works on writable arrays only: ValueError"),
    (WritesWhenPredicting, "inputs not altered", "predict_proba works on writable arrays only"),
    (WritesBehindNumpysBack, "inputs not altered", "fit changes the array of 'feature'"),
]


@pytest.mark.parametrize(("model", "name", "detail"), FAULTS, ids=[model.__name__ for model, _, _ in FAULTS])
def test_a_broken_model_fails_the_check_for_its_fault_and_no_other(model, name, detail):
    found = broken(check_model(model))
    assert list(found) == [name]
    assert detail in found[name]
    assert "\n" not in found[name]


@pytest.mark.parametrize("selection", ["none", "validation"])
@pytest.mark.parametrize("shape", [(), (1,), (16,), (27, 12)])
def test_a_sound_model_passes_whatever_the_shape(selection, shape):
    checks = check_model(NearestMean, selection, shape=shape)
    assert len(checks) == 16
    assert broken(checks) == {}


def test_features_may_differ_in_shape():
    seen = {}

    class Looks(NearestMean):
        def fit(self, train, valid):
            seen.update({name: array.shape for name, array in train.inputs.arrays.items()})
            super().fit(train, valid)

    checks = check_model(Looks, "none", ("mel", "choi"), {"mel": (27, 12), "choi": (16,)})
    assert broken(checks) == {}
    assert seen == {"mel": (48, 2, 27, 12), "choi": (48, 2, 16)}


@pytest.mark.parametrize("selection", ["none", "validation"])
def test_only_a_model_that_selects_gets_a_validation_part(selection):
    parts = []

    class Looks(NearestMean):
        def fit(self, train, valid):
            parts.append((train, valid))
            super().fit(train, valid)

    check_model(Looks, selection)
    train, valid = parts[0]
    assert (valid is not None) == (selection == "validation")
    assert set(train.genre) == set(range(GENRES))
    if valid is not None:
        assert not set(train.artist) & set(valid.artist)
        assert not set(train.inputs.ids) & set(valid.inputs.ids)


def test_a_thing_without_the_two_methods_is_no_model():
    found = broken(check_model(lambda n_genres, seed, device: object()))
    assert found == {"builds": "build gives object, which lacks fit or predict_proba"}


def test_learning_nothing_is_a_note_and_breaks_nothing():
    class Guess(NearestMean):
        def predict_proba(self, inputs):
            return np.tile([0.4, 0.2, 0.2, 0.2], (len(inputs), 1))

    checks = check_model(Guess)
    assert broken(checks) == {}
    assert [(check.name, check.advice) for check in checks if not check.ok] == [("better than chance", True)]


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("shape", [(16,), (9, 4)])
def test_baselines_keep_the_contract(name, shape):
    checks = check_model(builder(name, **QUICK.get(name, {})), source_of(name).selection, shape=shape)
    assert broken(checks) == {}
    learnt = {check.name: check.ok for check in checks}["better than chance"]
    assert learnt == (name != "majority")


def test_majority_needs_no_features():
    checks = check_model(builder("majority"), "none", features=())
    assert all(check.ok for check in checks)
    assert "better than chance" not in {check.name for check in checks}
