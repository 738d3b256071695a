"""What runs are called, the same in every table, figure and comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mgrbench.leaderboards.text import full_name
from mgrbench.results.names import model_name, on_features, run_name, run_names
from tests.leaderboards.test_ranks import row
from tests.results.test_records import predicted, run_of


@pytest.mark.parametrize(
    ("options", "features", "name"),
    [
        ({}, (), "m"),
        ({"C": 1, "kernel": "rbf"}, (), "m (C=1, kernel=rbf)"),
        ({}, ("choi", "mel"), "m on choi+mel"),
        ({"C": 1}, ("choi",), "m (C=1) on choi"),
    ],
)
def test_a_name_is_the_model_its_options_and_its_features(options, features, name):
    assert on_features(model_name("m", options), features) == name
    run = run_of(predicted(kept=0.2), options=options, features=dict.fromkeys(features, "x"))
    assert run_name(run) == name.replace("m", "guess", 1)
    shown = replace(row(np.ones(300, bool), name="m"), options=options, features=features)
    assert full_name(shown) == run_name(run).replace("guess", "m", 1)


def test_runs_of_one_name_get_their_seeds_and_then_their_times():
    runs = [run_of(predicted(kept=0.2), seed=seed) for seed in (0, 1, 1)]
    later = runs[2].model_copy(update={"finished_utc": "2030-01-01T00:00:00Z"})
    names = run_names([runs[0], runs[1], later])
    assert names[0] == "guess, seed 0"
    assert names[2] == "guess, seed 1, 2030-01-01T00:00:00Z"
    assert len(set(names)) == 3
