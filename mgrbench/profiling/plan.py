"""From what a user asks for to the models that are measured, the reference first.

Whatever is misspelt or contradicts itself is refused here, before anything is measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joblib import cpu_count

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.errors import BenchError
from mgrbench.core.machine import DEVICES, resolve_device
from mgrbench.core.registry import anchored, available
from mgrbench.features.store import FeatureStore
from mgrbench.models.source import model_source
from mgrbench.profiling.measure import machine
from mgrbench.profiling.record import COST_FILE, Session
from mgrbench.profiling.report.accuracies import Accuracies
from mgrbench.profiling.task import Configuration, Shape, Task
from mgrbench.profiling.timing import Budget
from mgrbench.results.names import model_name, on_features

DEFAULT_FEATURE = "timbre"
"""The feature of models that name none of their own, where the user names none."""

PRECISIONS = ("float32", "bf16")


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What a user asks to be measured.

    Attributes:
        models: the models that are named.
        every: whether all built-in models are measured besides.
        ranked: whether features and options are those of each model's best row on a leaderboard.
        split: the split of that leaderboard.
        features: for the one model that is named; of several, for those that have none of their own.
        options: of the models that are named.
        shapes: feature -> shape of a segment, where it is not the stored or the computed one.
        reference: the model that ratios are taken to.
        dataset: the dataset that genres, segments and clips are taken from.
        genres: number of genres; 0 for the dataset's.
        device: ``auto``, ``cpu``, ``cuda`` or one of several GPUs.
        threads: number of threads; 0 for one a core.

    The others are those of `Task`.
    """

    models: tuple[str, ...]
    every: bool
    ranked: bool
    split: str
    features: tuple[str, ...]
    options: Mapping[str, Any]
    shapes: Mapping[str, Shape]
    reference: str
    dataset: str
    genres: int
    batch: int
    device: str
    threads: int
    budget: Budget
    seed: int
    precision: str
    compiled: bool


def read_shapes(texts: Sequence[str]) -> dict[str, Shape]:
    """``["mel=647x128"]`` -> ``{"mel": (647, 128)}``.

    Raises:
        BenchError: for a text that is no such thing.
    """
    shapes = {}
    for text in texts:
        name, equals, sizes = text.partition("=")
        parts = sizes.split("x")
        if not name or not equals or not all(part.isdecimal() and 0 < int(part) < 10**6 for part in parts):
            hint = "write --shape feature=time x frequency: mel=647x128"
            raise BenchError(f"{text!r} is not the shape of a feature", hint)
        shapes[name] = tuple(int(part) for part in parts)
    return shapes


def plan_tasks(request: ProfileRequest, accuracies: Accuracies) -> list[Task]:
    """One task a model, the reference first; a model that is asked for twice is measured once.

    Args:
        request: what is asked for.
        accuracies: of the board that a ranked request takes features and options from.

    Raises:
        BenchError: if a name, an option or a feature is unknown, or if the request contradicts itself.
    """
    _check_request(request)
    configurations = [Configuration(request.reference), *_configurations(request, accuracies)]
    tasks: list[Task] = []
    for task in _tasks(request, configurations):
        if all(_measured(known) != _measured(task) for known in tasks):
            tasks.append(task)
    unused = [feature for feature in request.shapes if all(feature not in task.shapes for task in tasks)]
    if unused:
        raise BenchError(f"no model gets a feature {unused[0]!r}", "correct the name in --shape")
    return tasks


def check_nothing_is_lost(stored: Sequence[Session], tasks: Sequence[Task], folder: Path) -> None:
    """See that the tasks measure every stored row of this machine again.

    The rows of a machine are replaced together, since their ratios are to one measurement.

    Raises:
        BenchError: naming a row that would be lost.
    """
    key = machine(tasks[0], None).key
    rows = [row for session in stored if session.machine.key == key for row in session.rows]
    kept = {(model_name(task.name, task.options), task.features) for task in tasks}
    if lost := sorted({(row.name, row.features) for row in rows} - kept):
        first = on_features(*lost[0])
        problem = f"holds {len(lost)} rows of this machine that would be lost, such as {first}"
        raise BenchError(problem, "add --all, or name another folder by --out", folder / COST_FILE)


def _check_request(request: ProfileRequest) -> None:
    if request.options and not request.models:
        raise BenchError("--option is for a named model, and none is named", "name it by --model")
    if not request.models and not request.every:
        raise BenchError("no model is named", "name one by --model, or all of them by --all")
    if request.precision not in PRECISIONS:
        hint = f"choose from {', '.join(PRECISIONS)}"
        raise BenchError(f"no precision is called {request.precision!r}", hint)
    if request.device not in DEVICES and not request.device.startswith("cuda:"):
        hint = f"the devices are {', '.join(DEVICES)}"
        raise BenchError(f"no device is called {request.device!r}", hint)
    if request.ranked and (request.features or request.options or request.shapes):
        hint = "leave out --feature, --option and --shape"
        raise BenchError("--ranked takes features and options from the board", hint)


def _configurations(request: ProfileRequest, accuracies: Accuracies) -> list[Configuration]:
    others = [name for name in _built_in() if name not in request.models] if request.every else []
    if request.ranked:
        return _as_ranked([*request.models, *others], request, accuracies)
    return [*_as_named(request), *(Configuration(name) for name in others)]


def _built_in() -> list[str]:
    return [plugin.name for plugin in available("models") if plugin.origin == "built in"]


def _as_named(request: ProfileRequest) -> list[Configuration]:
    """Features replace those of one model, but not those of several."""
    alone = len(request.models) == 1
    replaced = {name: alone or not model_source(name).features for name in request.models}
    return [
        Configuration(name, request.options, request.features if taken else ())
        for name, taken in replaced.items()
    ]


def _as_ranked(names: Sequence[str], request: ProfileRequest, accuracies: Accuracies) -> list[Configuration]:
    """The best row of each model; of all built-in models, of those that have one.

    Raises:
        BenchError: if there is no such board, or no row of a model that was named.
    """
    hint = "name another by --split, or features by --feature in place of --ranked"
    best = {row.model: row for row in accuracies.best}
    found = []
    for name in names:
        if row := best.get(model_source(name).name):
            found.append(Configuration(name, dict(row.options), row.features))
        elif not request.every:
            raise BenchError(f"{request.split} has no row of {name} that can be ranked", hint)
    if not found:
        raise BenchError(f"{request.split} has no rows to profile", hint)
    return found


def _tasks(request: ProfileRequest, configurations: Sequence[Configuration]) -> list[Task]:
    genres = request.genres or len(load_dataset(request.dataset).genres)
    device = resolve_device(request.device)
    threads = request.threads or cpu_count(only_physical_cores=True)
    store = FeatureStore().root.absolute()
    # Beside --all, the features of the models that are named are not for the others.
    shared = () if request.models and request.every else request.features
    tasks = []
    for wanted in configurations:
        source = model_source(wanted.model)
        source.build(genres, request.seed, device, wanted.options)  # refuses wrong options
        features = wanted.features or source.features or shared or (DEFAULT_FEATURE,)
        task = Task(
            model=anchored(wanted.model),
            name=source.name,
            features=features,
            dataset=anchored(request.dataset),
            genres=genres,
            batch=request.batch,
            device=device,
            threads=threads,
            budget=request.budget,
            store=store,
            options=wanted.options,
            shapes={name: shape for name, shape in request.shapes.items() if name in features},
            seed=request.seed,
            precision=request.precision,
            compiled=request.compiled,
        )
        tasks.append(task)
    return tasks


def _measured(task: Task) -> tuple[object, ...]:
    """The same for tasks that would give the same row."""
    return task.model, task.options, task.features
