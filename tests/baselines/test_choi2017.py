"""The system of Choi et al. 2017: its layers, its grid, and the number that it printed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

from baselines import choi2017
from mgrbench.core.types import BenchError, Examples, Inputs
from tests.support.models import built
from tests.support.systems import accuracy_on_synth

FIXED = {"C": 32, "kernel": "rbf", "gamma": "auto", "scale": "off"}


def rows(count, values, seed=0):
    rng = np.random.default_rng(seed)
    genre = np.arange(count) % 4
    means = np.random.default_rng(9).normal(size=(4, values))
    return means[genre] + rng.normal(size=(count, values)), genre


def test_layers_are_blocks_of_32_columns():
    table = np.arange(320.0).reshape(2, 160)
    np.testing.assert_array_equal(choi2017.chosen_layers(table, "2"), table[:, 32:64])
    both = np.concatenate([table[:, :32], table[:, 128:]], axis=1)
    np.testing.assert_array_equal(choi2017.chosen_layers(table, "15"), both)
    assert choi2017.chosen_layers(table[:, :7], "12345").shape == (2, 7)
    with pytest.raises(BenchError, match="have 7 values and layers is 13"):
        choi2017.chosen_layers(table[:, :7], "13")


def test_the_grid_is_the_published_one(monkeypatch):
    monkeypatch.setattr(choi2017, "EstimatorModel", lambda _machine, _genres, grid, **_: grid)

    def grid_of(**options):
        return choi2017.build(4, 0, "cpu", choi2017.Options(**options))

    grid, fixed = grid_of(), FIXED | {"scale": False}
    assert len(grid) == 4 * (1 + 7) * 2
    assert {setting["C"] for setting in grid} == {0.1, 2, 8, 32}
    assert sum(setting["kernel"] == "linear" for setting in grid) == 8
    assert len(grid_of(layers="search", **fixed)) == 31
    assert grid_of(layers="31", **fixed)[0]["layers"] == "13"


@pytest.mark.parametrize("options", [{"layers": 16}, {"layers": "11"}, {"scale": "yes"}, {"ties": "last"}])
def test_an_option_that_there_is_not_is_refused(options):
    with pytest.raises(BenchError, match=next(iter(options))):
        built("choi2017", 4, **options)


@pytest.mark.parametrize("genres", [2, 3, 4])
def test_the_first_of_most_votes_is_scikit_learns_prediction(genres):
    table, genre = rows(200, 5)
    table, genre = table[genre < genres], genre[genre < genres]
    other = rows(300, 5, seed=1)[0]
    votes = choi2017.VotesAlone(decision_function_shape="ovo").fit(table, genre).decision_function(other)
    np.testing.assert_array_equal(votes.argmax(axis=1), SVC().fit(table, genre).predict(other))
    assert set(votes.sum(axis=1)) == {genres * (genres - 1) / 2}


def test_learns_synth():
    assert accuracy_on_synth("choi2017", "timbre", "beat", **FIXED | {"scale": "on"}) > 0.4


def test_the_printed_number_under_the_printed_protocol(shared_data):
    with np.load(shared_data / "gtzan_choi.npz", allow_pickle=False) as archive:
        ids, values = archive["ids"], archive["convnet"][:, None].astype(np.float32)
    names, genre = np.unique([track.split(".")[0] for track in ids], return_inverse=True)
    fold = np.array([int(track.split(".")[1]) // 10 for track in ids])
    right = 0
    for number in range(10):
        test, train = (np.flatnonzero(chosen) for chosen in (fold == number, fold != number))
        whole = Examples(Inputs(tuple(ids.tolist()), {"choi": values}), genre.astype(np.int64))
        model = built("choi2017", len(names), ties="first", **FIXED)
        model.fit(whole.take(train), None)
        right += np.sum(model.predict_proba(whole.take(test).inputs).argmax(axis=1) == genre[test])
    assert right / len(ids) == choi2017.REFERENCE.printed[0].accuracy
