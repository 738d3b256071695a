"""Work spread over several processes, of this machine or of a Dask cluster, all through joblib."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from mgrbench.core.errors import BenchError, MissingExtraError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    Attributes:
        jobs: processes of this machine, -1 for one a core; a cluster has as many as it has.
        scheduler: address of a Dask scheduler, as ``tcp://host:8786``; None for processes of this machine.
    """

    jobs: int = 1
    scheduler: str | None = None


def spread(
    function: Callable[[Item], Result], items: Sequence[Item], workers: Workers | int
) -> Generator[Result, None, None]:
    """Results as they come in: one after the other in this process, or in any order from several.

    Items are handed out as workers get free, so that those waiting take no memory. A worker of a cluster that
    dies has its items done by the others.

    Args:
        function: what to do with an item; a function of a module, since processes import it by its name.
        items: what to do it with.
        workers: who does it, or the number of processes.

    Raises:
        BenchError: if a process of this machine is killed, or if the cluster can't be reached.
    """
    who = Workers(workers) if isinstance(workers, int) else workers
    if who.scheduler is not None:
        with _cluster(who.scheduler):
            yield from _parallel(function, items, -1)
    elif in_this_process(who.jobs, len(items)):
        yield from map(function, items)
    else:
        yield from _processes(function, items, min(who.jobs, len(items)))


def in_this_process(jobs: int, items: int) -> bool:
    """Whether so many jobs on this machine do so many items one after the other, in this process."""
    return jobs == 1 or items < 2


def _processes(function: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[Result]:
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        yield from _parallel(function, items, jobs)
    except TerminatedWorkerError as error:
        hint = "use fewer jobs, or 1 to see what happens"
        raise BenchError("a worker process was killed, as by lack of memory", hint) from error


def _parallel(function: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[Result]:
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    results = parallel(delayed(_ignoring_interrupts)(function, item) for item in items)
    try:
        # Not `yield from`: it would close the results outside of what catches the warning.
        for result in results:  # noqa: UP028
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that tasks were given up: whoever stopped here knows
            results.close()


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Let joblib hand its work to a Dask cluster.

    Raises:
        MissingExtraError: if Dask is not installed.
        BenchError: if nothing answers at the address, or the cluster has no worker.
    """
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise MissingExtraError("Dask is not installed", "pip install 'mgrbench[cluster]'") from error
    from joblib import parallel_config

    hint = "start one by `dask scheduler` and `dask worker ADDRESS`, and name its address"
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise BenchError(f"no Dask scheduler answers at {address!r}", hint) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise BenchError(f"the Dask cluster at {address!r} has no worker", hint)
        with parallel_config(backend="dask"):
            yield


def _ignoring_interrupts(function: Callable[[Item], Result], item: Item) -> Result:
    """Call the function in a worker that ignores Ctrl-C: its parent ends it, without a traceback."""
    worker = multiprocessing.parent_process() is not None
    if worker and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return function(item)
