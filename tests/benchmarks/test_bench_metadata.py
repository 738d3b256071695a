"""Datasets at their real size, made up: listing the tracks and reading the official split.

The files have as many rows and columns as the real ones. FMA's ``tracks.csv`` is large by its biographies, so
that each made-up row has one of 2000 characters.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from mgrbench.datasets.collections._fma_genres import SMALL, TOP
from tests.benchmarks.ratios import compared
from tests.support.metadata import fma_tracks, jamendo_rows, write_fma, write_jamendo

SECONDS, MEGABYTES = 5.0, 500.0
FMA_SUBSETS = {"small": 8000, "medium": 17_000, "large": 81_574}
BIOGRAPHY = 'A band, "of" three,\nfrom some town. ' * 56  # 220 MB in all

SCRIPT = """
import sys, time
import mgrbench
dataset = mgrbench.load_dataset(sys.argv[1].split("/")[0])
tracks = len(dataset.tracks())
split = mgrbench.load_split(sys.argv[1])
seconds = time.process_time()  # since Python started, without what else the machine does
# Not ru_maxrss, which a process inherits from the one that started it.
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
print(tracks, split.test_tracks, seconds, peak)
"""


def measured(name: str, data: Path) -> tuple[int, int, float, float]:
    """Tracks, test tracks, computing seconds and peak megabytes of a process that lists and splits."""
    environment = {**os.environ, "MGRBENCH_DATA": str(data)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, name], check=True, capture_output=True, text=True, env=environment
    )
    tracks, tested, seconds, peak = done.stdout.split()
    return int(tracks), int(tested), float(seconds), float(peak)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with the metadata of both datasets."""
    root = tmp_path_factory.mktemp("metadata")
    write_fma(root / "fma_metadata", fma_tracks(106_574, FMA_SUBSETS), BIOGRAPHY)
    write_jamendo(root / "data", *jamendo_rows(55_000, tags=80))
    return root


def in_fma_small() -> tuple[int, int]:
    """Tracks of the made-up FMA small, and those of its test part: half of the top genres are in it."""
    labelled = [track for track in islice(fma_tracks(106_574, FMA_SUBSETS), 8000) if TOP[track.top] in SMALL]
    return len(labelled), sum(track.split == "test" for track in labelled)


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("fma_large/official", 106_574, (106_574, 10_660)),
        ("fma_small/official", 106_574, in_fma_small()),
        ("mtg_jamendo/split-0", 55_000, (27_500, 5_500)),
    ],
)
def test_real_sizes_are_listed_and_split_in_seconds(
    benchmark, data: Path, name: str, rows: int, expected: tuple[int, int]
) -> None:
    runs = [measured(name, data) for _ in range(2)]
    runs.append(benchmark.pedantic(measured, args=(name, data), rounds=1))
    assert {run[:2] for run in runs} == {expected}
    seconds, megabytes = min(run[2] for run in runs), max(run[3] for run in runs)
    what = f"listing and splitting {name}, {rows} rows of metadata"
    compared(benchmark, what, seconds)
    compared(benchmark, f"{what}: peak memory", megabytes, unit="MB")
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
