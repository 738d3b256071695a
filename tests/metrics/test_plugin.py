"""A metric by its name: a function or a Metric, described, and not in the place of a built-in one."""

from __future__ import annotations

import pytest

from mgrbench.core.types import BenchError
from mgrbench.metrics.classification import METRICS, Outcome
from mgrbench.metrics.plugin import load_metric, load_metrics
from tests.support.helpers import write_plugin

SOURCE = '''
"""Metrics that come from a file."""

from mgrbench import Metric


def errors(outcome):
    """Share of the tracks whose genre was not predicted.

    More is worse.
    """
    return float((outcome.genre != outcome.predicted).mean())


ERRORS = Metric("wrong", "The same.", errors, higher_is_better=False)
mcc = errors
number = 3
'''


@pytest.fixture
def mine(tmp_path):
    return write_plugin(tmp_path / "mine.py", SOURCE)


def test_a_function_is_described_by_the_first_line_of_its_docstring(mine):
    metric = load_metric(f"{mine}:errors")
    assert (metric.name, metric.about) == ("errors", "Share of the tracks whose genre was not predicted.")
    assert metric.function(Outcome([0, 1, 1, 0], [0, 1, 0, 0], None, 2)) == 0.25


def test_metrics_of_a_file_stand_behind_the_built_in_ones(mine):
    metrics = load_metrics([f"{mine}:errors", f"{mine}:ERRORS"])
    assert list(metrics) == [*METRICS, "errors", "wrong"]
    assert not metrics["wrong"].higher_is_better


def test_what_is_no_metric_or_takes_a_built_in_name_is_refused(mine):
    with pytest.raises(BenchError, match="is not a metric"):
        load_metrics([f"{mine}:number"])
    with pytest.raises(BenchError, match="has the name of a built-in metric"):
        load_metrics([f"{mine}:mcc"])
