"""How fast the command line answers, beside starting Python and importing numpy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmarks.ratios import best_seconds, compared


def start(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("words", "limit"), [(("--help",), 0.5), (("list", "models"), 1.0)], ids=["help", "list-models"]
)
def test_answers_at_once(benchmark, words: tuple[str, ...], limit: float) -> None:
    benchmark.pedantic(start, args=("-m", "mgrbench", *words), rounds=3, warmup_rounds=1)
    ours, numpy = best_seconds(
        5, lambda: start("-m", "mgrbench", *words), lambda: start("-c", "import numpy")
    )
    compared(benchmark, f"`mgrbench {' '.join(words)}`", ours, numpy, other_way="python -c 'import numpy'")
    assert ours < limit
