"""The tracks that a model is measured on: stored, made up, computed."""

from __future__ import annotations

import numpy as np

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.profiling.examples import data_of, noise_clip
from tests.support.profiles import task_of


def test_stored_values_are_dealt_by_genre(folder):
    found = data_of(task_of(store=folder / "cache"))
    assert (found.kind, found.segments, found.shapes) == ("stored", 1, {"toy": (12,)})
    part = found.examples(20)
    assert sorted(part.genre.tolist()) == sorted([*range(10), *range(10)])
    later = found.examples(20, 20)
    assert not np.array_equal(part.inputs.arrays["toy"], later.inputs.arrays["toy"])
    assert found.examples(1500).inputs.arrays["toy"].shape == (1500, 1, 12)


def test_made_up_values_have_the_shape_that_is_asked_for():
    found = data_of(task_of(features=("mel",), shapes={"mel": (7, 5)}, genres=3))
    part = found.examples(6)
    assert found.kind == "made up"
    assert part.inputs.arrays["mel"].shape == (6, 3, 7, 5)
    assert part.inputs.arrays["mel"].dtype == np.float32
    assert part.genre.tolist() == [0, 1, 2, 0, 1, 2]
    assert np.array_equal(part.inputs.arrays["mel"], found.examples(6).inputs.arrays["mel"])


def test_a_computed_feature_tells_its_shape_by_computing_it():
    assert data_of(task_of(features=("mel",))).shapes == {"mel": (216, 128)}


def test_the_noise_clip_is_as_long_as_the_datasets():
    clip = noise_clip(load_dataset("gtzan"))
    assert clip.samples.shape == (661_500,)
    assert 0.5 < np.abs(clip.samples).max() <= 1.0
