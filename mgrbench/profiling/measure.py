"""Measure one model: fit it, let it predict, time it, count its operations."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mgrbench.core.audio import Clip
from mgrbench.core.boundary import boundary
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.machine import cpu_name, gpu_name, package_versions
from mgrbench.core.types import BenchError, Examples, GenreModel
from mgrbench.features.plugin import feature_plugin
from mgrbench.models.source import ModelSource, model_source
from mgrbench.profiling.counts import count
from mgrbench.profiling.examples import FIT_TRACKS, data_of, noise_clip
from mgrbench.profiling.memory import held_bytes, peak_rss_bytes, rss_bytes
from mgrbench.profiling.nvml import Card, card
from mgrbench.profiling.record import CostRow, Machine, Timing
from mgrbench.profiling.task import Task
from mgrbench.profiling.timing import Clock, GpuClock, timed, wall_clock

if TYPE_CHECKING:
    from torch import Tensor, nn

    ProfileTarget = Callable[[], tuple[nn.Module, tuple[Tensor, ...]]]

_ENERGY_SECONDS = 2.0
"""How long energy is measured; the counter of a card moves about ten times a second."""


def measure(task: Task) -> tuple[CostRow, Machine]:
    """Measure a model, in a fresh process, since the peak memory is that of the process.

    What only some models have is null; what can't be measured here is null, with a note.

    Raises:
        BenchError: if the model fails, or if there is no data for it.
    """
    source = model_source(task.model)
    _pin(task)
    data = data_of(task)
    meter = _meter(task)
    libraries = rss_bytes()
    options = {**task.options, **_short(source, task.options)}
    model = source.build(task.genres, task.seed, task.device, options)
    target = getattr(model, "profile_target", None)
    network = callable(target)
    # A network needs a batch and every genre; what it is fitted on says nothing of its time.
    tracks = max(2 * task.genres, -(-task.batch // data.segments)) if network else FIT_TRACKS
    train = data.examples(tracks)
    valid = data.examples(2 * task.genres, tracks) if source.selection == "validation" else None
    seconds = _fit(model, task.name, train, valid)
    _pin(task)  # what only the model's own code has loaded
    one, several = data.examples(1, tracks).inputs, data.examples(task.batch, tracks).inputs
    notes: list[str] = []
    with boundary(task.name, "predicting"):
        model.predict_proba(several)
        peak = peak_rss_bytes()
        found: dict[str, Any] = {
            "clip": timed(lambda: model.predict_proba(one), task.budget, meter.clock),
            "clips": timed(lambda: model.predict_proba(several), task.budget, meter.clock),
        }
        found["joules_per_clip"] = meter.joules(lambda: model.predict_proba(several), task.batch)
        peak_gpu = meter.peak()
    found["extraction"] = _extraction(task, notes)
    if callable(target):
        found |= _of_network(target, task, meter, notes)
    row = CostRow(
        model=task.name,
        options=dict(task.options),
        features=task.features,
        shapes=dict(data.shapes),
        segments=data.segments,
        values=data.kind,
        genres=task.genres,
        train_tracks=tracks,
        epochs=1 if "epochs" in options and "epochs" not in task.options else options.get("epochs"),
        batch=task.batch,
        fit_seconds=seconds,
        held_bytes=held_bytes(model),
        peak_rss_bytes=peak,
        libraries_rss_bytes=libraries,
        peak_gpu_bytes=peak_gpu,
        notes=tuple(notes),
        **found,
    )
    return row, machine(task, meter.card)


def machine(task: Task, board: Card | None) -> Machine:
    """The machine and its settings now."""
    clocks = board.clocks() if board else (None, None)
    return Machine(
        device=task.device,
        threads=task.threads,
        precision=task.precision,
        compiled=task.compiled,
        cpu=cpu_name(),
        cpu_mhz=_cpu_mhz(),
        gpu=gpu_name() if task.device.startswith("cuda") else None,
        driver=board.driver() if board else None,
        gpu_clock_mhz=clocks[0],
        gpu_memory_clock_mhz=clocks[1],
        platform=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages=package_versions(),
    )


@dataclass(frozen=True, slots=True)
class _Meter:
    """The instruments of a device."""

    clock: Clock
    card: Card | None = None
    cuda: ModuleType | None = None
    device: str = "cpu"

    def peak(self) -> int | None:
        """Largest memory that torch had allocated on the card; None on a CPU."""
        return int(self.cuda.max_memory_allocated(self.device)) if self.cuda else None

    def joules(self, call: Callable[[], object], clips: int) -> float | None:
        """Energy that the card takes for each clip; None where it reports none."""
        before = self.card.joules() if self.card else None
        if before is None or self.card is None:
            return None
        start, calls = time.perf_counter(), 0
        while time.perf_counter() - start < _ENERGY_SECONDS:
            call()
            calls += 1
        if self.cuda:
            self.cuda.synchronize(self.device)
        after = self.card.joules()
        return None if after is None or after <= before else (after - before) / (calls * clips)


def _meter(task: Task) -> _Meter:
    if not task.device.startswith("cuda"):
        return _Meter(wall_clock)
    import torch

    if not torch.cuda.is_available():
        raise BenchError(f"torch finds no GPU for {task.device}", "use --device cpu")
    torch.cuda.reset_peak_memory_stats(task.device)
    uuid = getattr(torch.cuda.get_device_properties(task.device), "uuid", "")
    board = card(str(uuid)) if uuid else None
    return _Meter(GpuClock(torch.cuda, task.device), board, torch.cuda, task.device)


def _pin(task: Task) -> None:
    """Give every library the number of threads of the task."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(task.threads)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(task.threads)
        torch.manual_seed(task.seed)


def _short(source: ModelSource, given: Mapping[str, Any]) -> dict[str, int]:
    """Options that set one epoch, where the user set no number of epochs."""
    names = [name for name in source.defaults() if name == "epochs" or name.endswith("_epochs")]
    return {name: 1 for name in names if name not in given}


def _fit(model: GenreModel, name: str, train: Examples, valid: Examples | None) -> float:
    start = time.perf_counter()
    with boundary(name, "being fitted"):
        model.fit(train, valid)
    return time.perf_counter() - start


def _extraction(task: Task, notes: list[str]) -> Timing | None:
    """Time of computing all features of a clip, on one thread of the CPU as extraction does."""
    from threadpoolctl import threadpool_limits

    if not task.features:
        return None
    try:
        plugins = [feature_plugin(name) for name in task.features]
    except BenchError as error:
        notes.append(f"no time of extraction: {error.problem}, so it was not computed here")
        return None
    try:
        dataset = load_dataset(task.dataset)
        first = noise_clip(dataset)

        def compute() -> None:
            # A clip of its own each time, since a clip keeps what was derived from it.
            parts = (first.sample_rate, first.segment_seconds, first.segments_per_track)
            clip = Clip(first.id, first.samples, *parts)
            for plugin in plugins:
                plugin.compute([clip])

        with threadpool_limits(1):
            return timed(compute, task.budget)
    except BenchError as error:
        notes.append(f"no time of extraction, {error.problem}")
        return None


def _of_network(target: ProfileTarget, task: Task, meter: _Meter, notes: list[str]) -> dict[str, Any]:
    with boundary(task.name, "offering its network"):
        network, example = target()
    found: dict[str, Any] = {}
    try:
        found["counts"] = count(network, example)
    except BenchError as error:
        notes.append(error.problem)
    with boundary(task.name, "running its network"):
        found |= time_network(network, example, task, meter.clock)
    return found


def time_network(
    network: nn.Module, example: tuple[Tensor, ...], task: Task, clock: Clock
) -> dict[str, Timing]:
    """Time a forward pass and a training step on a batch.

    The step is the same for every network, so that networks can be compared: forward, cross-entropy of the
    logits, backward, update by RMSprop. It changes the network's values.
    """
    import torch

    batch = [
        torch.randn(task.batch, *value.shape[1:], device=value.device, dtype=value.dtype) for value in example
    ]
    genre = torch.arange(task.batch, device=batch[0].device) % task.genres
    optimiser = torch.optim.RMSprop(network.parameters(), lr=1e-6)
    run: Callable[..., Any] = torch.compile(network) if task.compiled else network

    def precisely() -> AbstractContextManager[Any]:
        lower = task.precision == "bf16"
        return torch.autocast(task.device.partition(":")[0], torch.bfloat16) if lower else nullcontext()

    def forward() -> None:
        with torch.inference_mode(), precisely():
            run(*batch)

    def step() -> None:
        with precisely():
            loss = torch.nn.functional.cross_entropy(run(*batch).float(), genre)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    network.eval()
    timings = {"forward": timed(forward, task.budget, clock)}
    network.train()
    timings["step"] = timed(step, task.budget, clock)
    network.eval()
    return timings


def _cpu_mhz(info: Path = Path("/proc/cpuinfo")) -> float | None:
    """Clock of the first core now; None where the system doesn't say."""
    if not info.is_file():
        return None
    lines = [line for line in info.read_text(errors="replace").splitlines() if line.startswith("cpu MHz")]
    return float(lines[0].partition(":")[2]) if lines else None
