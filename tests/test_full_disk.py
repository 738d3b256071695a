"""A full disk: one clear line, nothing half-written, and with space again the same command finishes.

The disk is a small tmpfs, which root can mount on Linux; elsewhere these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.helpers import (
    GTZAN,
    IDS,
    MEANS,
    MINI_RUN,
    REPOSITORY,
    copied,
    done,
    only_run,
    predictions,
    prepare,
    refused,
    snapshot,
    store_vectors,
    unchanged,
    vectors,
    write_npz,
    write_plugin,
    write_wav,
)

PAGE = 4096
FULL = "No space left on device"
LOGGED = MEANS.replace(
    "def fit(self, train, valid):",
    "def fit(self, train, valid):\n        with open('log', 'a') as log:\n            log.write('fit\\n')",
)
FEATURE = """
import numpy as np

from mgrbench import FeatureSpec

SPEC = FeatureSpec("wide", "The first samples of each segment.", (1500,), {}, ())


def extract(clips):
    return np.stack([clip.segments()[:, :1500] for clip in clips])
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("prepared"))
    write_plugin(folder / "logged.py", LOGGED)
    write_plugin(folder / "wide.py", FEATURE)
    for number in range(10):
        write_wav(folder / "clips" / f"blues.000{number:02d}.wav", 0.2, seed=number)
    scored = ["track_id,predicted", *(f"{track.id},{track.genre}" for track in GTZAN.tracks())]
    (folder / "scored.csv").write_text("\n".join(scored))
    return folder


@pytest.fixture
def disk(prepared, tmp_path, monkeypatch):
    """An empty disk of 1 MiB, mounted in a copy of the prepared folder, which is the working folder."""
    folder = copied(prepared, tmp_path, monkeypatch) / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if not mount or not sys.platform.startswith("linux") or os.geteuid():
        pytest.skip("a small disk can be mounted by root on Linux only")
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mount is not allowed here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk, pages):
    """Fill a disk but for so many pages."""
    status = os.statvfs(disk)
    (disk / "ballast").write_bytes(bytes((status.f_bavail - pages) * PAGE))


def empty(disk):
    (disk / "ballast").unlink()


def parts(disk):
    """What is left of files that were being written."""
    return [path for path in disk.rglob("*") if ".part" in path.name]


@pytest.mark.parametrize("pages", [0, 1, 3, 5, 7, 9])
def test_run(disk, pages):
    arguments = ("run", "-m", "logged.py", *MINI_RUN, "--out", disk / "runs")
    fill(disk, pages)
    line = refused(*arguments)
    assert FULL in line
    assert str(disk) in line
    assert not parts(disk)
    assert not list(disk.rglob("run.json"))
    folds = len(list(disk.rglob("folds/*.json")))
    empty(disk)
    log = disk.parent / "log"
    before = len(log.read_text().splitlines())
    done(*arguments)
    assert len(log.read_text().splitlines()) - before == 3 - folds
    assert predictions(disk / "runs") == predictions(disk.parent / "runs")
    assert sorted(file.name for file in only_run(disk / "runs").iterdir()) == [
        "predictions.csv",
        "run.json",
        "split.tsv",
    ]


def test_a_stored_run_survives_a_fresh_one_that_finds_no_room(disk):
    arguments = ("run", "-m", "logged.py", *MINI_RUN, "--out", disk / "runs")
    done(*arguments)
    fill(disk, 7)
    kept = only_run(disk / "runs")
    before = {name: (kept / name).read_bytes() for name in ("run.json", "predictions.csv")}
    assert FULL in refused(*arguments, "--fresh")
    assert {name: (kept / name).read_bytes() for name in before} == before
    empty(disk)
    done("leaderboard", "build", "--runs", disk / "runs", "--out", disk / "boards")


@pytest.mark.parametrize("pages", [0, 3])
def test_score(disk, pages):
    arguments = (
        "score",
        "scored.csv",
        "-d",
        "gtzan",
        "-s",
        "random10",
        "--name",
        "s",
        "--out",
        disk / "runs",
    )
    fill(disk, pages)
    assert FULL in refused(*arguments)
    assert not parts(disk)
    assert not list(disk.rglob("run.json"))
    empty(disk)
    assert done(*arguments, "--json").document["scores"]["accuracy"]["value"] == 1


@pytest.mark.parametrize("pages", [0, 1, 8, 20])
def test_features_import(disk, monkeypatch, pages):
    monkeypatch.setenv("MGRBENCH_CACHE", str(disk))
    store_vectors(disk.parent, "toy", IDS[:300])
    write_npz(disk.parent / "new.npz", x=vectors(seed=9))
    arguments = ("features", "import", "gtzan", "toy", "--file", "new.npz", "--array", "x", "--replace")
    before = snapshot(disk / "gtzan" / "toy")
    fill(disk, pages)
    line = refused(*arguments)
    assert FULL in line
    assert snapshot(disk / "gtzan" / "toy") == before
    assert not parts(disk)
    assert done("features", "info", "--verify", "--json").document["features"][0]["tracks"] == 300
    empty(disk)
    done(*arguments)
    assert done("features", "info", "--verify", "--json").document["features"][0]["tracks"] == 1000


@pytest.mark.parametrize("pages", [0, 3, 8, 12, 20])
def test_features_extract(disk, monkeypatch, pages):
    monkeypatch.setenv("MGRBENCH_CACHE", str(disk))
    arguments = ("features", "extract", "gtzan", "-f", "wide.py", "--root", "clips", "--jobs", "1")
    fill(disk, pages)
    line = refused(*arguments)
    assert FULL in line
    assert str(disk) in line
    done("features", "info", "--verify")
    stored = 0
    if (rows := disk / "gtzan" / "wide" / "rows.tsv").exists():
        stored = len(rows.read_text().splitlines())
    empty(disk)
    again = done(*arguments, "--json").document
    assert again["stored"] == {"wide": 10}
    assert again["computed"]["wide"] >= 10 - stored
    done("features", "info", "--verify")
    values = (disk / "gtzan" / "wide" / "values.npy").read_bytes()
    shutil.rmtree(disk / "gtzan")
    done(*arguments)
    assert (disk / "gtzan" / "wide" / "values.npy").read_bytes() == values


def test_leaderboard_build(disk):
    arguments = ("leaderboard", "build", "--out", disk / "boards")
    done(*arguments)
    before = snapshot(disk / "boards")
    done("run", "-m", "majority", *MINI_RUN)
    fill(disk, 0)
    assert FULL in refused(*arguments)
    after = snapshot(disk / "boards")
    assert after.keys() == before.keys()
    assert not parts(disk)
    empty(disk)
    done(*arguments)
    done("leaderboard", "check", "--out", disk / "boards")
    built = snapshot(disk / "boards")
    assert all(after[file] in {before[file], built[file]} for file in after), "each is the old or the new one"


def test_split_make(disk):
    arguments = ("split", "make", "gtzan", "--rule", "random", "--name", "r", "--out", disk / "r.tsv")
    done(*arguments, "--seed", "1")
    fill(disk, 2)
    with unchanged(disk):
        assert FULL in refused(*arguments, "--seed", "2")
    empty(disk)
    done(*arguments, "--seed", "2")


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_stdout_on_a_full_disk(json):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        process = subprocess.run(
            [sys.executable, "-m", "mgrbench", "list", "models", *json],
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.returncode == 2
    (line,) = process.stderr.splitlines()
    assert line.startswith("error: the result cannot be written to stdout")
    assert FULL in line
