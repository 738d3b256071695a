"""Memory of an extraction beside that of a tenth of its clips: it should not grow with the dataset."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mgrbench
from tests.benchmarks.ratios import compared

SCRIPT = """
import resource, sys
from mgrbench.cli import dispatch
code = dispatch(sys.argv[1:])
own, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(own * 1024, workers * 1024)
sys.exit(code)
"""


def linked(source: Path, folder: Path, count: int) -> Path:
    """A folder in which every real clip stands for several tracks."""
    clips = sorted(source.glob("*.flac"))
    folder.mkdir()
    for number, track in enumerate(mgrbench.load_dataset("gtzan").tracks()[:count]):
        (folder / f"{track.id}.flac").symlink_to(clips[number % len(clips)].resolve())
    return folder


def peak_bytes(root: Path, store: Path) -> tuple[int, int]:
    """Peak memory of the process that writes, and of the largest worker."""
    words = ["features", "extract", "gtzan", "-f", "mel", "-f", "cqt", "--root", str(root), "--jobs", "2"]
    environment = {**os.environ, "MGRBENCH_CACHE": str(store)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], check=True, capture_output=True, text=True, env=environment
    )
    own, workers = map(int, done.stdout.splitlines()[-1].split())
    return own, workers


def test_a_thousand_clips_take_the_memory_of_a_hundred(benchmark, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "gtzan_audio_17s"
    few = peak_bytes(linked(source, tmp_path / "few", 100), tmp_path / "few-store")
    many = benchmark.pedantic(
        peak_bytes, args=(linked(source, tmp_path / "many", 1000), tmp_path / "many-store"), rounds=1
    )
    ratios = [large / small for large, small in zip(many, few, strict=True)]
    what = "peak memory of extracting mel and cqt of 1000 clips, writer and largest worker"
    compared(benchmark, what, sum(many) / 1e6, sum(few) / 1e6, other_way="of 100 clips", cores=2, unit="MB")
    print(f"1000 clips: {many[0] / 1e6:.0f} + {many[1] / 1e6:.0f} MB, {max(ratios):.2f} times those of 100")
    assert max(ratios) <= 1.2
