"""How long a call takes: a first call apart, a warm-up, then repeats until the median is known well enough.

On a CPU a call is timed by ``perf_counter``. On a GPU kernels run after the call has returned, so it is timed
by events on the card, with the card idle before the first event and after the second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol

import numpy as np

from mgrbench.profiling.record import Timing

Call = Callable[[], object]


class Clock(Protocol):
    """Times one call."""

    def __call__(self, call: Call) -> float:
        """Seconds that the call took."""
        ...


def wall_clock(call: Call) -> float:
    """Seconds by the wall clock."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class GpuClock:
    """Times a call on a GPU: seconds between two events on the card, with nothing else running on it.

    Args:
        cuda: ``torch.cuda``.
        device: the card.
    """

    def __init__(self, cuda: ModuleType, device: str) -> None:
        self._cuda = cuda
        self._device = device

    def __call__(self, call: Call) -> float:
        """Time one call."""
        begin, end = (self._cuda.Event(enable_timing=True) for _ in range(2))
        self._cuda.synchronize(self._device)
        begin.record()
        call()
        end.record()
        self._cuda.synchronize(self._device)
        return float(begin.elapsed_time(end)) / 1e3  # from milliseconds


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop measuring.

    Attributes:
        seconds: time after which measuring ends, once `least` repeats are made.
        width: width of the median's interval at which measuring ends, as a share of the median.
        least: fewest repeats; a 95 % interval of a median needs six.
        warm_up: calls after the first that don't count.
        most: most repeats.
    """

    seconds: float = 5.0
    width: float = 0.05
    least: int = 6
    warm_up: int = 1
    most: int = 10_000


QUICK = Budget(seconds=0.3, least=3)
"""To see that everything works; three repeats give no interval."""


def timed(call: Call, budget: Budget, clock: Clock = wall_clock) -> Timing:
    """Time a call until its median is known, or until the budget is spent.

    Args:
        call: what to time.
        budget: when to stop, by the time of the clock.
        clock: times one call.
    """
    first = clock(call)
    for _ in range(budget.warm_up):
        clock(call)
    seconds: list[float] = []
    narrow = False
    while not narrow and len(seconds) < budget.most:
        if len(seconds) >= budget.least and sum(seconds) > budget.seconds:
            break
        seconds.append(clock(call))
        if len(seconds) >= budget.least and _worth_a_look(len(seconds)):
            narrow = _narrow(seconds, budget.width)
    low, high = median_interval(seconds)
    quarter, half, three, most = np.percentile(seconds, [25, 50, 75, 95])
    return Timing(
        first=first,
        p50=float(half),
        p95=float(most),
        iqr=float(three - quarter),
        low=low,
        high=high,
        repeats=len(seconds),
        capped=not narrow,
    )


def median_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float | None, float | None]:
    """Confidence interval of the median, for values of any distribution.

    Between the k-th smallest and the k-th largest of n values the median lies with the probability
    1 − 2 · P(Binomial(n, ½) < k); k is the largest that keeps it at the confidence.

    Returns:
        Both ends, or None for both where there are too few values (five or fewer at 95 %).
    """
    count = len(values)
    below, rank = 0.0, 0
    while rank < count / 2:
        more = below + math.exp(_log_choose(count, rank) - count * math.log(2))
        if 2 * more > 1 - confidence:
            break
        below, rank = more, rank + 1
    if not rank:
        return None, None
    ordered = sorted(values)
    return float(ordered[rank - 1]), float(ordered[count - rank])


def _narrow(seconds: Sequence[float], width: float) -> bool:
    """Whether the median's interval is narrower than this share of the median."""
    low, high = median_interval(seconds)
    return low is not None and high is not None and high - low < width * float(np.median(seconds))


def _log_choose(count: int, some: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(some + 1) - math.lgamma(count - some + 1)


def _worth_a_look(count: int) -> bool:
    """Rarely where there are many repeats: a look after each would stop at a lucky one."""
    return count < 20 or count % 10 == 0 if count < 200 else count % 100 == 0
