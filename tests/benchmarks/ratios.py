"""Two ways to do one thing, timed by turns in one run."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_seconds(rounds: int, *ways: Callable[[], object]) -> list[float]:
    """The shortest time of each way over some rounds, taken by turns so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, seconds in zip(ways, times, strict=True):
            start = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - start)
    return [min(seconds) for seconds in times]
