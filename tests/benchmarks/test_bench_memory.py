"""Memory of an extraction beside that of a tenth of its clips: it should not grow with the dataset."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mgrbench
from tests.benchmarks.ratios import compared

SCRIPT = """
import sys
from mgrbench.cli import dispatch
code = dispatch(sys.argv[1:])
# Not ru_maxrss, which a process inherits from the one that started it.
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024)
sys.exit(code)
"""


def linked(source: Path, folder: Path, count: int) -> Path:
    """A folder in which every real clip stands for several tracks."""
    clips = sorted(source.glob("*.flac"))
    folder.mkdir()
    for number, track in enumerate(mgrbench.load_dataset("gtzan").tracks()[:count]):
        (folder / f"{track.id}.flac").symlink_to(clips[number % len(clips)].resolve())
    return folder


def peak_bytes(root: Path, store: Path) -> int:
    """Peak memory of an extraction in one process, which decodes, computes and writes."""
    words = ["features", "extract", "gtzan", "-f", "mel", "-f", "cqt", "--root", str(root), "--jobs", "1"]
    environment = {**os.environ, "MGRBENCH_CACHE": str(store)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], check=True, capture_output=True, text=True, env=environment
    )
    return int(done.stdout.splitlines()[-1])


def test_a_thousand_clips_take_the_memory_of_a_hundred(benchmark, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "gtzan_audio_17s"
    few = peak_bytes(linked(source, tmp_path / "few", 100), tmp_path / "few-store")
    many = benchmark.pedantic(
        peak_bytes, args=(linked(source, tmp_path / "many", 1000), tmp_path / "many-store"), rounds=1
    )
    what = "peak memory of extracting mel and cqt of 1000 clips"
    compared(benchmark, what, many / 1e6, few / 1e6, other_way="of 100 clips", cores=1, unit="MB")
    assert many <= 1.2 * few
