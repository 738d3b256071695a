"""Timing, memory and energy: properties of the statistics, and instruments on stand-ins of a GPU."""

from __future__ import annotations

import ctypes
import itertools
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

from mgrbench.profiling import nvml
from mgrbench.profiling.memory import held_bytes, peak_rss_bytes, rss_bytes
from mgrbench.profiling.timing import Budget, GpuClock, median_interval, timed
from tests.support.helpers import REPOSITORY


def clock_of(values):
    """A clock that calls, and tells these times in turn."""
    turn = itertools.cycle(values)

    def clock(call):
        call()
        return next(turn)

    return clock


# The interval of a median


@pytest.mark.parametrize("count", [6, 7, 10, 25, 100, 999])
def test_the_interval_is_the_narrowest_of_order_statistics_that_covers(count):
    low, high = median_interval(list(range(1, count + 1)))
    rank = int(low)
    assert high == count + 1 - rank
    assert 2 * binom.cdf(rank - 1, count, 0.5) <= 0.05 < 2 * binom.cdf(rank, count, 0.5)


@pytest.mark.parametrize("count", range(6))
def test_few_values_have_no_interval(count):
    assert median_interval([1.0] * count) == (None, None)


def test_the_interval_covers_the_median_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(1000):
        low, high = median_interval(rng.exponential(size=15))
        hits += low <= math.log(2) <= high
    assert 0.95 <= hits / 1000 <= 0.99  # 0.9648 by the binomial distribution


# Repeats


def test_steady_times_end_early_and_first_and_warm_up_calls_do_not_count():
    calls = []
    found = timed(
        lambda: calls.append(1), Budget(seconds=100, warm_up=2), clock_of([9.0, 5.0, 5.0] + [1.0] * 50)
    )
    assert found.first == 9.0
    assert (found.p50, found.p95, found.iqr) == (1.0, 1.0, 0.0)
    assert (found.low, found.high, found.repeats, found.capped) == (1.0, 1.0, 6, False)
    assert len(calls) == 1 + 2 + 6


def test_repeats_go_on_until_the_interval_is_narrow():
    rng = np.random.default_rng(1)
    found = timed(lambda: None, Budget(seconds=1e9), clock_of(1 + 0.2 * rng.random(5000)))
    assert not found.capped
    assert found.high - found.low < 0.05 * found.p50
    assert found.repeats > 6


def test_a_spent_budget_is_told():
    found = timed(lambda: None, Budget(seconds=10), clock_of([1.0, 3.0]))
    assert found.capped
    assert found.repeats == 6  # 12 s, and never fewer than an interval needs
    quick = timed(lambda: None, Budget(seconds=0.1, least=3), clock_of([1.0, 3.0]))
    assert (quick.repeats, quick.low, quick.high, quick.capped) == (3, None, None, True)
    assert timed(lambda: None, Budget(seconds=1e9, most=8), clock_of([1.0, 3.0])).repeats == 8


def test_percentiles_are_those_of_numpy():
    values = list(np.random.default_rng(2).random(40))
    found = timed(lambda: None, Budget(seconds=1e9, width=0, warm_up=0, most=39), clock_of(values))
    rest = values[1:]
    assert found.p50 == pytest.approx(np.median(rest))
    assert found.p95 == pytest.approx(np.percentile(rest, 95))
    assert found.iqr == pytest.approx(np.subtract(*np.percentile(rest, [75, 25])))


# A GPU's clock


def test_a_gpu_is_idle_before_and_after_what_is_timed():
    told = []

    class Event:
        def __init__(self, enable_timing):
            assert enable_timing
            self.name = f"event{sum(line.startswith('made') for line in told)}"
            told.append(f"made {self.name}")

        def record(self):
            told.append(f"record {self.name}")

        def elapsed_time(self, other):
            told.append(f"elapsed {self.name} {other.name}")
            return 12.5

    cuda = SimpleNamespace(Event=Event, synchronize=lambda device: told.append(f"synchronise {device}"))
    assert GpuClock(cuda, "cuda:1")(lambda: told.append("call")) == 0.0125
    assert told[2:] == [
        "synchronise cuda:1", "record event0", "call", "record event1", "synchronise cuda:1",
        "elapsed event0 event1",
    ]  # fmt: skip


# NVML


class Library:
    """Answers as NVML does, through the pointers that it is given."""

    def __init__(self, energy=0, status=0):
        self.energy, self.status, self.asked = energy, status, []

    def nvmlInit_v2(self):  # noqa: N802 - NVML's name
        return self.status

    def nvmlDeviceGetHandleByUUID(self, uuid, handle):  # noqa: N802
        self.asked.append(uuid)
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle, used):  # noqa: N802
        ctypes.cast(used, ctypes.POINTER(ctypes.c_ulonglong))[0] = self.energy or 0
        return 0 if self.energy is not None else 3  # not supported

    def nvmlDeviceGetClockInfo(self, handle, kind, clock):  # noqa: N802
        ctypes.cast(clock, ctypes.POINTER(ctypes.c_uint))[0] = 1000 * kind.value
        return 0

    def nvmlSystemGetDriverVersion(self, text, length):  # noqa: N802
        text.value = b"570.1"
        return 0


def test_what_nvml_tells():
    library = Library(energy=12_345)
    board = nvml.card("1234", library)
    assert library.asked == [b"GPU-1234"]
    assert board.joules() == 12.345
    assert board.clocks() == (1000, 2000)
    assert board.driver() == "570.1"


def test_energy_that_is_not_reported_is_null_never_zero():
    assert nvml.card("GPU-1", Library(energy=None)).joules() is None
    assert nvml.card("GPU-1", Library(status=9)) is None


def test_without_a_driver_there_is_no_card(monkeypatch):
    monkeypatch.setattr(nvml, "LIBRARIES", ("libno-such-library.so.9",))
    assert nvml.card("GPU-1") is None


# Memory


def test_the_peak_is_that_of_the_process_itself(tmp_path):
    status = tmp_path / "status"
    status.write_text("Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n")
    assert (peak_rss_bytes(status), rss_bytes(status)) == (2048 * 1024, 1024 * 1024)
    assert peak_rss_bytes(tmp_path / "none") is None


@pytest.mark.skipif(peak_rss_bytes() is None, reason="the system tells no VmHWM")
def test_a_child_does_not_inherit_the_peak():
    held = np.ones(300_000_000 // 8)
    assert peak_rss_bytes() > held.nbytes
    code = "from mgrbench.profiling.memory import peak_rss_bytes; print(peak_rss_bytes())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert int(done.stdout) < held.nbytes


def test_arrays_are_found_wherever_they_are_held_and_count_once():
    array = np.zeros((10, 100))

    class Slotted:
        __slots__ = ("inner",)

        def __init__(self, inner):
            self.inner = inner

    class Model:
        def __init__(self):
            self.direct = array
            self.view = array[:3]
            self.nested = {"a": [Slotted((np.zeros(5, np.float32),))], "itself": self}
            self.make = lambda: np.zeros(10**6)

    assert held_bytes(Model()) == array.nbytes + 20
    assert held_bytes(object()) is None
    assert held_bytes([array, array[2:5].copy()]) == array.nbytes + 2400


def test_fitted_estimators_tell_what_they_hold():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier

    rows, genre = np.random.default_rng(0).normal(size=(60, 8)), np.arange(60) % 3
    assert held_bytes(KNeighborsClassifier().fit(rows, genre)) >= rows.nbytes
    few, many = (held_bytes(RandomForestClassifier(n, random_state=0).fit(rows, genre)) for n in (5, 50))
    assert many > 5 * few


def test_tensors_are_held_too():
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(10, 10)
    layer.twice = layer.weight
    assert held_bytes(layer) == 4 * 110
