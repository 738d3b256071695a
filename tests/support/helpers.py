"""What the end-to-end tests share: the command line, made-up features, small splits, plugins, clips.

The features are random vectors in which the genre can be told apart, for GTZAN's ids: no audio is needed, and
no test depends on real music.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

from mgrbench.cli import dispatch
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.features.importing import import_features
from mgrbench.splits.file import SplitRow, split_of_rows

# The tree of commands never changes, and building it anew takes longer than most commands here.
typer.main.get_command = functools.cache(typer.main.get_command)

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 60.0
"""Seconds that a test waits for another process before it fails."""


@dataclass(frozen=True)
class Result:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; fails if there is anything else."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        """The lines on stderr that say what is at fault."""
        return [line for line in self.err.splitlines() if line.startswith("error:")]


def cli(*arguments: object) -> Result:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = dispatch([str(argument) for argument in arguments])
    return Result(code, out.getvalue(), err.getvalue())


def done(*arguments: object) -> Result:
    """Run a command line that must succeed."""
    result = cli(*arguments)
    assert result.code == 0, result.err
    return result


PROGRESS = re.compile(r".*: \d+/\d+|[1-4]/4  .*")


def refusal(result: Result) -> str:
    """The one line that a command refused bad input with.

    Exit status 2, nothing on stdout, on stderr progress and exactly one line that begins with ``error:``.
    """
    assert result.code == 2, (result.code, result.out, result.err)
    others = [line for line in result.err.splitlines() if not PROGRESS.fullmatch(line)]
    assert len(others) == 1, result.err
    assert others[0].startswith("error: "), result.err
    assert result.out == ""
    return others[0]


def refused(*arguments: object) -> str:
    """Run a command line that must be refused; gives its line."""
    return refusal(cli(*arguments))


def with_option(arguments: Sequence[str], name: str, value: str) -> tuple[str, ...]:
    """A command line with another value of an option, or with one more option."""
    words = list(arguments)
    if name in words:
        words[words.index(name) + 1] = value
        return tuple(words)
    return (*words, name, value)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Processes that are started meanwhile obey SIGINT.

    ``nohup`` and a shell's background let the tests ignore SIGINT, and a process inherits that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start(*arguments: object, cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start a command line as a process of its own, in a process group of its own."""
    with interruptible():
        return subprocess.Popen(
            [sys.executable, "-m", "mgrbench", *map(str, arguments)],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait until a process has ended."""
    try:
        out, err = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Result(process.returncode, out, err)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something holds while a process runs; fails if it ends before or takes too long."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert process.poll() is None, f"it ended before: {process.communicate()}"
        assert time.monotonic() < limit, "nothing happened in time"
        time.sleep(0.01)  # how often it looks, not how long it waits


def snapshot(*folders: Path) -> dict[str, str]:
    """Path -> digest of every file below some folders, to see that nothing changed."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextlib.contextmanager
def unchanged(*folders: Path) -> Iterator[None]:
    """Every file that was below these folders before is there after, to the byte, and no other."""
    before = snapshot(*folders)
    yield
    assert snapshot(*folders) == before


GTZAN = load_dataset("gtzan")
IDS = tuple(track.id for track in GTZAN.tracks())
GENRE = {track.id: track.genre for track in GTZAN.tracks()}
ARTISTS = {track.id: track.artists for track in GTZAN.tracks()}


def vectors(ids: Sequence[str] = IDS, seed: int = 0, size: int = 12) -> np.ndarray:
    """Float32 (tracks, size): the genre's unit vector, 1.5 long, and noise."""
    rng = np.random.default_rng(seed)
    noise = {track: rng.normal(size=size) for track in IDS}
    column = {genre: position for position, genre in enumerate(GTZAN.genres)}
    rows = []
    for track in ids:
        row = noise[track].copy()
        row[column[GENRE[track]]] += 1.5
        rows.append(row)
    return np.array(rows, dtype=np.float32)


def write_npz(path: Path, ids: Sequence[str] = IDS, **arrays: np.ndarray) -> Path:
    """An ``.npz`` file with ids and, by default, the vectors ``x``."""
    np.savez(path, ids=np.array(ids), **(arrays or {"x": vectors(ids)}))
    return path


def store_vectors(folder: Path, name: str = "toy", ids: Sequence[str] = IDS, seed: int = 0) -> None:
    """Put made-up vectors into the feature store."""
    file = write_npz(folder / f"{name}.npz", ids, x=vectors(ids, seed))
    import_features(GTZAN, name, file, "x")


MINI = tuple(f"{genre}.000{number:02d}" for genre in GTZAN.genres for number in (0, 20, 40, 60, 80, 99))
"""Six tracks of every genre, far apart in the collection."""


def write_split(
    path: Path, name: str = "gtzan/mini", ids: Sequence[str] = MINI, folds: int = 3, **changed: str
) -> Path:
    """A k-fold split of some tracks, dealt in turn; ``changed`` gives single tracks another genre."""
    rows = [
        SplitRow(
            track,
            changed.get(track, GENRE[track]),
            position % folds + 1,
            "test",
            ";".join(sorted(ARTISTS[track])),
        )
        for position, track in enumerate(ids)
    ]
    path.write_text(split_of_rows({"name": name, "about": "A small split"}, rows).text)
    return path


def write_plugin(path: Path, body: str) -> Path:
    """A plugin file; ``body`` may be indented."""
    path.write_text(textwrap.dedent(body))
    return path


MEANS = '''
"""Softmax of the distances to the genres' mean vectors, the same to the bit wherever it runs."""

import numpy as np

SELECTION = "none"
STOCHASTIC = False


class Means:
    def __init__(self, n_genres):
        self.n_genres = n_genres

    def rows(self, inputs):
        parts = [array.mean(axis=1).reshape(len(inputs), -1) for array in inputs.arrays.values()]
        return np.concatenate(parts, axis=1)

    def fit(self, train, valid):
        rows = self.rows(train.inputs)
        self.means = np.stack([rows[train.genre == g].mean(axis=0) for g in range(self.n_genres)])

    def predict_proba(self, inputs):
        rows = self.rows(inputs)
        near = np.exp(-((rows[:, None] - self.means) ** 2).sum(axis=2))
        return near / near.sum(axis=1, keepdims=True)


def build(n_genres, seed, device):
    return Means(n_genres)
'''
"""Source of a small sound model."""


def write_wav(path: Path, seconds: float = 1.0, rate: int = 22050, seed: int = 0) -> Path:
    """A mono 16-bit WAV file of soft noise."""
    samples = np.random.default_rng(seed).normal(scale=3000, size=int(seconds * rate))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.astype("<i2").tobytes())
    return path


def prepare(folder: Path) -> Path:
    """A folder with features in its store, a small split, a plugin, one finished run and its board."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        store_vectors(folder)
        write_split(folder / "mini.tsv")
        write_plugin(folder / "means.py", MEANS)
        done("run", "-m", "./means.py", *MINI_RUN)
        done("leaderboard", "build")
    return folder


def copied(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a prepared folder as the working folder of one test; its store is the test's store."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


MINI_RUN = ("-d", "gtzan", "-s", "mini.tsv", "-f", "toy")
"""Arguments of a run on the small split of a prepared folder."""


def only_run(runs: Path) -> Path:
    """The folder of the only finished run below a folder."""
    (file,) = runs.glob("*/*/*/*/run.json")
    return file.parent


def record(runs: Path) -> dict[str, Any]:
    """The record of the only finished run below a folder."""
    return json.loads((only_run(runs) / "run.json").read_text())


def predictions(runs: Path) -> str:
    """The predictions of the only finished run below a folder."""
    return (only_run(runs) / "predictions.csv").read_text()
