"""Several models measured one after the other, each in a fresh process; one that fails has its row."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.machine import code_state
from mgrbench.core.types import BenchError
from mgrbench.profiling.journal import Unfinished
from mgrbench.profiling.measure import measure
from mgrbench.profiling.record import CostRow, Machine, Session
from mgrbench.profiling.task import Task

LIMIT = 900.0
"""Seconds after which the process of a model is ended."""

OnRow = Callable[[int, int], None]
"""Called after each model with the number of models done, and of all."""


def run_session(
    tasks: Sequence[Task],
    *,
    quick: bool = False,
    unfinished: Unfinished | None = None,
    on_row: OnRow | None = None,
) -> Session:
    """Measure models, one at a time.

    Args:
        tasks: the models, all on one dataset, device and number of threads; ratios are to the first.
        quick: whether the tasks' budget is too small for figures to be quoted.
        unfinished: keeps each row once it is measured; a row that it has is not measured again.
        on_row: called after each model.

    Raises:
        BenchError: if none of them could be measured; the first one's reason.
    """
    started = datetime.now(UTC)
    rows: list[CostRow] = []
    machines: list[Machine] = []
    problems: list[BenchError] = []
    for task in tasks:
        found = unfinished.find(task) if unfinished else None
        try:
            row, where = found or in_a_child(task)
            machines.append(where)
            if unfinished and not found:
                unfinished.keep(task, row, where)
        except BenchError as error:
            row = _failed(task, error)
            problems.append(error)
        rows.append(row)
        if on_row:
            on_row(len(rows), len(tasks))
    if not machines:
        raise problems[0]
    dataset = load_dataset(tasks[0].dataset)
    return Session(
        machine=machines[0],
        code=code_state(),
        dataset=dataset.name,
        clip_seconds=dataset.segment_seconds * dataset.segments_per_track,
        reference=tasks[0].name,
        quick=quick,
        rows=tuple(rows),
        started_utc=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def check_measured(session: Session) -> None:
    """See that a model beside the reference was measured.

    Raises:
        BenchError: with the first one's reason, if all of them failed.
    """
    others = [row for row in session.rows if row.name != session.reference]
    if others and all(row.error for row in others):
        problem = f"{others[0].name} could not be profiled: {others[0].error}"
        raise BenchError(problem, "correct that, and try again")


def in_a_child(task: Task) -> tuple[CostRow, Machine]:
    """Measure a model in a fresh process.

    Raises:
        BenchError: as by `measure`, or if the process dies or takes longer than `LIMIT`.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(LIMIT):
            raise BenchError(
                f"{task.name} took longer than {LIMIT:.0f} s", "profile it by itself, with --quick"
            )
        kind, *texts = ours.recv()
    except EOFError as error:
        process.join()
        hint = "free some memory, or use a smaller --batch-size"
        raise BenchError(f"the process of {task.name} died ({process.exitcode})", hint) from error
    finally:
        process.kill()
        process.join()
        ours.close()
    if kind == "error":
        raise BenchError(texts[0], texts[1], texts[2] or None)
    return CostRow.model_validate_json(texts[0]), Machine.model_validate_json(texts[1])


def _child(task: Task, answer: Connection) -> None:
    """Measure, and send what came of it as text; what is printed meanwhile goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who ends this process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(task.threads)  # for libraries that are loaded from here on
    with redirect_stdout(sys.stderr):
        try:
            row, where = measure(task)
        except BenchError as error:
            answer.send(("error", error.problem, error.hint, error.where or ""))
        else:
            answer.send(("row", row.model_dump_json(), where.model_dump_json()))
    answer.close()


def _end_with_parent() -> None:
    """End this process when its parent is gone: a killed parent cannot end it."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _failed(task: Task, error: BenchError) -> CostRow:
    return CostRow(
        model=task.name,
        options=dict(task.options),
        features=task.features,
        shapes={},
        segments=0,
        values="none",
        genres=task.genres,
        train_tracks=0,
        epochs=None,
        batch=task.batch,
        error=without_folders(" ".join(str(error).split())),
    )


def without_folders(text: str) -> str:
    """A text with absolute paths cut to the names of their files, since a record shows nobody's folders."""
    return re.sub(r"(?<![\w./:])(?:/[^/\s:,;]+)+/(?=[^/\s])", "", text)
