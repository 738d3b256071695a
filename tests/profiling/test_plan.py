"""From a request to the models that are measured: which, on which features, and what is refused."""

from __future__ import annotations

import pytest

from mgrbench.core.types import BenchError
from mgrbench.profiling.plan import ProfileRequest, plan_tasks
from mgrbench.profiling.report.accuracies import Accuracies
from mgrbench.profiling.task import Configuration
from mgrbench.profiling.timing import QUICK

NO_BOARD = Accuracies("", {})


def request(*models, **fields):
    facts = {
        "models": models, "every": False, "ranked": False, "split": "gtzan/artist3", "features": (),
        "options": {}, "shapes": {}, "reference": "majority", "dataset": "gtzan", "genres": 0, "batch": 4,
        "device": "cpu", "threads": 1, "budget": QUICK, "seed": 0, "precision": "float32", "compiled": False,
    }  # fmt: skip
    return ProfileRequest(**{**facts, **fields})


def asked(found):
    return [(task.name, task.features) for task in found]


def test_the_reference_comes_first_and_no_model_twice():
    assert asked(plan_tasks(request("lda", "majority", "lda"), NO_BOARD)) == [
        ("majority", ("timbre",)),
        ("lda", ("timbre",)),
    ]


def test_features_replace_those_of_one_model_and_not_those_of_several():
    alone = plan_tasks(request("samplecnn2018", features=("mel",)), NO_BOARD)
    assert asked(alone)[1] == ("samplecnn2018", ("mel",))
    several = plan_tasks(request("samplecnn2018", "lda", features=("mel",)), NO_BOARD)
    assert asked(several)[1:] == [("samplecnn2018", ("samplecnn",)), ("lda", ("mel",))]


def test_a_ranked_model_is_measured_as_its_best_row_is():
    board = Accuracies("gtzan/artist3", {}, (Configuration("knn", {}, ("choi",)),))
    (_, task) = plan_tasks(request("knn", ranked=True), board)
    assert (task.name, task.options, task.features) == ("knn", {}, ("choi",))
    with pytest.raises(BenchError, match="gtzan/artist3 has no row of lda"):
        plan_tasks(request("knn", "lda", ranked=True), board)


def test_genres_are_those_of_the_dataset_unless_their_number_is_given():
    assert {task.genres for task in plan_tasks(request("lda"), NO_BOARD)} == {10}
    assert {task.genres for task in plan_tasks(request("lda", genres=4), NO_BOARD)} == {4}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"shapes": {"mel": (3, 4)}}, "no model gets a feature 'mel'"),
        ({"device": "gpu"}, "no device is called 'gpu'"),
        ({"precision": "half"}, "no precision is called 'half'"),
        ({"options": {"kk": 3}}, "kk"),
        ({"ranked": True, "features": ("mel",)}, "takes features and options from the board"),
    ],
)
def test_what_cannot_be_measured_is_refused(fields, said):
    with pytest.raises(BenchError, match=said):
        plan_tasks(request("knn", **fields), NO_BOARD)
