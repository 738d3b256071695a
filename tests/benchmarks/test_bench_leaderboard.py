"""Building a board of a thousand runs: time, and memory beside that of a hundred."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import mgrbench
from mgrbench.evaluation.evaluate import evaluate
from mgrbench.features.store import FeatureStore
from tests.benchmarks.ratios import compared

RUNS = 1000


def store_runs(root: Path, count: int) -> None:
    """One real run on GTZAN's 1000 tracks, copied: a board reads and scores every copy."""
    split = mgrbench.load_split("gtzan/random10")
    ids = sorted(split.genre)
    genre = np.array([sorted(set(split.genre.values())).index(split.genre[track]) for track in ids])
    rng = np.random.default_rng(0)
    values = (np.eye(10)[genre] + rng.normal(size=(len(ids), 10))).astype(np.float32)[:, None]
    FeatureStore().import_array("gtzan", "noisy", ids, values, about={"made": "by a benchmark"})
    evaluate("lda", "gtzan", split, ["noisy"], out=root)
    folder = next(root.glob("*/*/*/*/run.json")).parent
    for number in range(1, count):
        copy = folder.with_name(f"copy{number:04d}")
        copy.mkdir()
        for file in folder.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())


def build(root: Path, out: Path, jobs: int) -> tuple[float, int]:
    """Seconds and peak memory in bytes (of the largest process) of building the boards in a fresh process."""
    script = (
        "import sys; from mgrbench.cli import dispatch; code = dispatch(sys.argv[1:]);"
        # Not ru_maxrss, which a process inherits from the one that started it.
        "lines = open('/proc/self/status').read().split('VmHWM:'); print(int(lines[1].split()[0]) * 1024);"
        "sys.exit(code)"
    )
    words = ["leaderboard", "build", "--runs", str(root), "--out", str(out), "--jobs", str(jobs)]
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script, *words], check=True, capture_output=True, text=True)
    return time.perf_counter() - begun, int(done.stdout.splitlines()[-1])


def test_thousand_runs(benchmark, tmp_path: Path) -> None:
    store_runs(tmp_path / "few", 100)
    store_runs(tmp_path / "many", RUNS)
    seconds, _ = benchmark.pedantic(build, args=(tmp_path / "many", tmp_path / "boards", -1), rounds=1)
    few = build(tmp_path / "few", tmp_path / "boards", 1)[1]
    many = build(tmp_path / "many", tmp_path / "boards", 1)[1]
    compared(benchmark, f"boards of {RUNS} runs, every score recomputed", seconds, cores=os.cpu_count() or 1)
    what = f"peak memory of building the boards of {RUNS} runs"
    compared(benchmark, what, many / 1e6, few / 1e6, other_way="of 100 runs", unit="MB")
    assert seconds <= 10
    assert many < 1.2 * few
