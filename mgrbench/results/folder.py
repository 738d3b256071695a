"""A run <-> disk: ``<dataset>/<split>/<model>/<run id>/`` with ``run.json`` and ``predictions.csv``.

``run.json`` is written last, so a folder that has one is a finished run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from mgrbench.core.files import locked, read_text, write_atomically
from mgrbench.core.types import BenchError
from mgrbench.results.run import SCHEMA_VERSION, Run, RunRecord

RUN_FILE = "run.json"


PREDICTIONS_FILE = "predictions.csv"


SPLIT_FILE = "split.tsv"
"""Copy of the split file, kept beside runs on splits that do not come with mgrbench."""


def run_folder(out: Path, dataset: str, split: str, model: str, run_id: str) -> Path:
    """Where a run lies; ``split`` is its name without the dataset."""
    return out / dataset / split / model / run_id


def check_row_name(name: str) -> None:
    """Check the name of a row, which becomes a folder and stands in tables and on terminals.

    Raises:
        BenchError: if it is empty, hidden, has slashes, control characters, or spaces at its ends.
    """
    plain = bool(name) and name.isprintable() and name == name.strip() and not name.startswith(".")
    if not plain or name != Path(name).name:
        hint = "give it a name of printable characters without slashes"
        raise BenchError(f"a row can't be called {name!r}", hint)


@contextmanager
def claimed(folder: Path, out: Path) -> Iterator[None]:
    """Keep other processes from writing a run. Where nothing was written, no empty folder stays in ``out``.

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


def write_run(folder: Path, run: Run) -> None:
    """Write a finished run, ``run.json`` last.

    Raises:
        BenchError: if the disk is full or the place may not be written.
    """
    write_atomically(folder / PREDICTIONS_FILE, run.predictions.to_csv())
    write_atomically(folder / RUN_FILE, run.to_json())


def read_record(folder: Path) -> RunRecord:
    """Read ``run.json`` of a folder. `mgrbench.results.load` compares it with the predictions.

    Raises:
        BenchError: if it is missing, damaged, or of another schema version.
    """
    path = folder / RUN_FILE
    text = read_text(path)
    try:
        record = RunRecord.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        hint = "run the model again, or remove the folder"
        raise BenchError(f"is no valid run record ({place}: {first['msg']})", hint, path) from error
    if record.schema_version != SCHEMA_VERSION:
        hint = f"this version of mgrbench reads version {SCHEMA_VERSION}"
        raise BenchError(f"has the schema version {record.schema_version}", hint, path)
    return record


def find_runs(out: Path) -> Iterator[Path]:
    """Folders of all finished runs below ``out``, sorted.

    Raises:
        BenchError: if ``out`` is no folder.
    """
    if not out.is_dir():
        raise BenchError("no such folder", "give the folder that `mgrbench run --out` wrote to", out)
    yield from sorted(file.parent for file in out.glob(f"*/*/*/*/{RUN_FILE}"))
