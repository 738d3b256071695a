"""Two ways to do one thing, timed by turns in one run, and what became of it put down for the table."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def best_seconds(rounds: int, *ways: Callable[[], object]) -> list[float]:
    """The shortest time of each way over some rounds, taken by turns so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, seconds in zip(ways, times, strict=True):
            start = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - start)
    return [min(seconds) for seconds in times]


def compared(
    benchmark: Any,
    what: str,
    ours: float,
    other: float | None = None,
    *,
    other_way: str = "",
    cores: int = 1,
    unit: str = "s",
) -> float:
    """Put a row into the table that `make bench` writes, and print it.

    Args:
        benchmark: the fixture of pytest-benchmark.
        what: what was done.
        ours: seconds, or another unit, that it took us.
        other: what the other way took, where there is one.
        other_way: the other way in a few words.
        cores: how many ours used.
        unit: ``"s"``, or what else was measured.

    Returns:
        How many times ours goes into the other; 0 without another.
    """
    ratio = other / ours if other else 0.0
    row = {"what": what, "ours": ours, "other": other, "other_way": other_way, "ratio": ratio}
    benchmark.extra_info.setdefault("compared", []).append(row | {"cores": cores, "unit": unit})
    beside = f", {other_way} {other:.4g} {unit}: {ratio:.2f} times" if other else ""
    print(f"{what}: {ours:.4g} {unit}{beside}")
    return ratio
