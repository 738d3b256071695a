"""An error keeps its kind and its three parts on the way back from a worker process."""

from __future__ import annotations

from multiprocessing import Pipe

import pytest

from mgrbench.core.errors import BenchError, MissingExtraError


@pytest.mark.parametrize("kind", [BenchError, MissingExtraError])
def test_an_error_survives_the_way_between_processes(kind):
    ours, theirs = Pipe()
    theirs.send(kind("is damaged", "write it again", "a/file.csv"))
    error = ours.recv()
    assert type(error) is kind
    assert (error.problem, error.hint, error.where) == ("is damaged", "write it again", "a/file.csv")
    assert str(error) == "a/file.csv: is damaged; write it again"
