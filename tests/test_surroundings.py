"""The tests themselves: what starts them makes no difference."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests import TERMINAL
from tests.conftest import REPOSITORY
from tests.support.helpers import done, interruptible


def python(code: str, **environment: str) -> str:
    """What a process prints that can import the tests."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("surroundings", [{"COLUMNS": "200"}, {"FORCE_COLOR": "1"}, {"TERMINAL_WIDTH": "50"}])
def test_every_test_finds_the_same_terminal(surroundings):
    code = "from tests.support.helpers import done; print(done('run', '--help').out, end='')"
    assert python(code, **surroundings) == done("run", "--help").out


def test_the_terminal_has_the_size_that_is_said():
    assert TERMINAL.items() <= os.environ.items()


@pytest.fixture
def sigint_ignored():
    """As under ``nohup``."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_child_obeys_sigint_where_the_tests_ignore_it(sigint_ignored):
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert python(code).strip() == "False"
    with interruptible():
        assert python(code).strip() == "True"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
