"""Run record <-> disk: ``<dataset>/<split>/<model>/<run id>/`` with ``run.json`` and ``predictions.csv``.

``run.json`` is written last, so a folder that has one is a finished run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mgrbench.files import locked, read_text, write_atomically
from mgrbench.predictions import Predictions
from mgrbench.types import BenchError

SCHEMA_VERSION = 1
RUN_FILE = "run.json"
PREDICTIONS_FILE = "predictions.csv"
SPLIT_FILE = "split.tsv"
"""Copy of the split file, kept beside runs on splits that do not come with mgrbench."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScoreRecord(_Record):
    """A score with its 95 % interval over artists; null ends where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


class Selection(_Record):
    """What was chosen, and on which part.

    ``chosen`` holds, per fold, what the model says it chose. ``unstated`` is the rule of scored predictions
    whose maker said nothing of it.
    """

    rule: Literal["none", "validation", "test", "unstated"]
    chosen: tuple[dict[str, Any] | None, ...] = ()


class FoldRecord(_Record):
    """One fold: sizes of its parts as the model got them, and its scores."""

    fold: int
    n_train: int
    n_valid: int
    n_test: int
    scores: dict[str, float]


class MeanStd(_Record):
    """Mean over the folds, and the population standard deviation."""

    mean: float
    std: float


class GenreRecord(_Record):
    """How one genre fared, see `mgrbench.metrics.PerClass`."""

    genre: str
    precision: float
    recall: float
    f1: float
    accuracy: float
    accuracy_as_printed: float
    support: int


class Cost(_Record):
    """What the run took: seconds summed over folds, peaks of its processes; null where not measured."""

    parameters: int | None = None
    macs: int | None = None
    fit_seconds: float | None = None
    predict_seconds: float | None = None
    peak_rss_bytes: int | None = None
    peak_gpu_bytes: int | None = None
    device: str | None = None


class Environment(_Record):
    """The machine and the library versions."""

    python: str
    packages: dict[str, str]
    platform: str
    cpu: str
    gpu: str | None = None


class Code(_Record):
    """The state of mgrbench's own code; commit and dirty are null outside of a checkout."""

    version: str
    commit: str | None = None
    dirty: bool | None = None


class Warn(_Record):
    """Something that must be known wherever the run stands: a code of `mgrbench.checks` and its figures."""

    code: str = Field(pattern=r"^MGR\d{3}$")
    detail: str


class Run(_Record):
    """The record of one run, as it stands in ``run.json``."""

    schema_version: int = SCHEMA_VERSION
    model: str
    options: dict[str, Any] = Field(default_factory=dict)
    features: dict[str, str] = Field(default_factory=dict)
    dataset: str
    split: str
    split_sha256: str
    seed: int
    selection: Selection
    folds: tuple[FoldRecord, ...]
    scores: dict[str, ScoreRecord]
    fold_mean_std: dict[str, MeanStd]
    per_class: tuple[GenreRecord, ...]
    confusion: tuple[tuple[int, ...], ...]
    cost: Cost
    environment: Environment
    code: Code
    plugin_sha256: str | None = None
    warnings: tuple[Warn, ...] = ()
    source: Literal["measured", "reported"] = "measured"
    started_utc: str
    finished_utc: str

    predictions: Predictions | None = Field(default=None, exclude=True, repr=False)
    """What the scores are computed from, while in memory; on disk it is a file of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def to_json(self) -> str:
        """The text of ``run.json``."""
        return self.model_dump_json(indent=1) + "\n"


def run_folder(out: Path, dataset: str, split: str, model: str, run_id: str) -> Path:
    """Where a run lies; ``split`` is its name without the dataset."""
    return out / dataset / split / model / run_id


def check_row_name(name: str) -> None:
    """Refuse what can't be the name of a row: it becomes a folder, and stands in tables and on terminals.

    Raises:
        BenchError: if it is empty, hidden, has slashes, control characters, or spaces at its ends.
    """
    plain = bool(name) and name.isprintable() and name == name.strip() and not name.startswith(".")
    if not plain or name != Path(name).name:
        mend = "give it a name of printable characters without slashes"
        raise BenchError(f"a row can't be called {name!r}", mend)


@contextmanager
def claimed(folder: Path, out: Path) -> Iterator[None]:
    """Keep other processes from writing a run; where nothing was written, no empty folder stays in ``out``.

    Raises:
        BenchError: if another process writes it.
    """
    lock = folder / ".lock"
    with locked(lock, f"the run {folder.name}"):
        try:
            yield
        finally:
            with suppress(OSError):  # as from a folder that something is in
                lock.unlink(missing_ok=True)
                for inner in (folder, *folder.parents):
                    if inner == out:
                        break
                    inner.rmdir()


def is_finished(folder: Path) -> bool:
    """Whether a folder holds a finished run."""
    return (folder / RUN_FILE).is_file()


def write_run(folder: Path, run: Run, predictions: Predictions) -> None:
    """Write a finished run, ``run.json`` last.

    Raises:
        BenchError: if the disk is full or the place may not be written.
    """
    write_atomically(folder / PREDICTIONS_FILE, predictions.to_csv())
    write_atomically(folder / RUN_FILE, run.to_json())


def read_run(folder: Path) -> Run:
    """Read ``run.json`` of a folder.

    Raises:
        BenchError: if it is missing, damaged, or of another schema version.
    """
    path = folder / RUN_FILE
    text = read_text(path)
    try:
        run = Run.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        mend = "run the model again, or remove the folder"
        raise BenchError(f"is no valid run record ({place}: {first['msg']})", mend, path) from error
    if run.schema_version != SCHEMA_VERSION:
        mend = f"this version of mgrbench reads version {SCHEMA_VERSION}"
        raise BenchError(f"has the schema version {run.schema_version}", mend, path)
    return run


def find_runs(out: Path) -> Iterator[Path]:
    """Folders of all finished runs below ``out``, sorted.

    Raises:
        BenchError: if ``out`` is no folder.
    """
    if not out.is_dir():
        raise BenchError("no such folder", "give the folder that `mgrbench run --out` wrote to", out)
    yield from sorted(file.parent for file in out.glob(f"*/*/*/*/{RUN_FILE}"))
