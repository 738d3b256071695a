"""``mgrbench profile``: what a model costs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.output import Json, emit, note, parse_options, progress, table
from mgrbench.core.errors import BenchError, MissingExtraError

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.profiling.record import Part, Row, Session
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.task import Task

REFERENCE = "fusionnet"
"""What every ratio is taken to."""
_FEATURE = "timbre"
"""Given to models that name no feature of their own, where the user names none."""
_OUT = Path("leaderboards")
Asked = tuple[str, dict[str, Any], tuple[str, ...]]
"""A model, options, and features; none for its own."""
_PRECISIONS = ("float32", "bf16")


def profile(
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every built-in model, those of --model as named; writes cost.*.")
    ] = False,
    dataset: Annotated[str, typer.Option("--dataset", "-d", help="What the clips are to be like.")] = "gtzan",
    feature: Annotated[
        list[str] | None,
        typer.Option(
            "--feature",
            "-f",
            help=f"For the one of --model, or all that name none of their own; else {_FEATURE}. Repeatable.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="Option of those of --model, name=value. Repeatable."),
    ] = None,
    shape: Annotated[
        list[str] | None, typer.Option(help="Shape of a feature's segment, mel=647x128. Repeatable.")
    ] = None,
    genres: Annotated[int, typer.Option(min=0, help="Number of genres; 0 for the dataset's.")] = 0,
    batch_size: Annotated[int, typer.Option(min=2, help="Segments in a batch; also clips at a time.")] = 16,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 for one a core.")] = 0,
    precision: Annotated[
        str, typer.Option(help=f"{' or '.join(_PRECISIONS)}, of forward and step.")
    ] = "float32",
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Forward and step go through torch.compile.")
    ] = False,
    reference: Annotated[str, typer.Option(help="What ratios are taken to.")] = REFERENCE,
    seconds: Annotated[float, typer.Option(min=0.01, help="Longest time for one figure.")] = 2.0,
    quick: Annotated[bool, typer.Option("--quick", help="Few repeats: to see that it works.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the models.")] = 0,
    split: Annotated[str, typer.Option(help="The board that accuracies are taken from.")] = "gtzan/artist3",
    ranked: Annotated[
        bool,
        typer.Option("--ranked", help="Each model as its best row on --split is: its features and options."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to write cost.* to.")] = None,
    readme: Annotated[
        Path | None,
        typer.Option(help="A file that shows the table between <!-- cost:begin --> and …:end -->."),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Write the tables again, measuring nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if the tables are not what is stored.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Parameters, operations, time and memory of models, beside those of FusionNet in the same run."""
    if stored or check:
        _again(out or _OUT, split, readme, check=check, as_json=as_json)
        return
    from mgrbench.profiling.journal import Unfinished
    from mgrbench.profiling.record import merged, read_sessions
    from mgrbench.profiling.report.accuracies import read_accuracies
    from mgrbench.profiling.session import run_session
    from mgrbench.profiling.timing import QUICK, Budget

    if not model:
        _check_unnamed(option, every=every)
    if precision not in _PRECISIONS:
        raise BenchError(f"no precision is called {precision!r}", f"choose from {', '.join(_PRECISIONS)}")
    place = out or (_OUT if every else None)
    if readme is not None and place is None:
        raise BenchError("--readme shows what is written to a folder", "name the folder by --out")
    before = read_sessions(place) if place else []
    accuracies = read_accuracies(place or _OUT, split)
    if ranked and (feature or option or shape):
        hint = "leave out --feature, --option and --shape"
        raise BenchError("--ranked takes features and options from the board", hint)
    names, features = model or [], tuple(dict.fromkeys(feature or ()))
    everyone = [name for name in _built_in() if name not in names] if every else []
    named = _named(names, parse_options(option or []), features)
    tasks, title = _tasks(
        _ranked([*names, *everyone], accuracies, split, every=every)
        if ranked
        else [*named, *((name, {}, ()) for name in everyone)],
        reference,
        features=() if names and every else features,  # those of a named model are not for all the others
        shapes=shape or [],
        dataset=dataset,
        genres=genres,
        device=device,
        threads=threads,
        batch=batch_size,
        budget=QUICK if quick else Budget(seconds=seconds),
        seed=seed,
        precision=precision,
        compiled=compiled,
    )
    if place and not every:
        _refuse_loss(before, tasks, place)
    unfinished = Unfinished(place) if place else None
    with progress("models profiled") as tell:
        session = run_session(tasks, title, quick=quick, unfinished=unfinished, on_row=tell)
    if unfinished and unfinished.taken:
        note(f"measured before an interruption, not again: {', '.join(unfinished.taken)}")
    others = [row for row in session.rows if row.name != title]
    if others and all(row.error for row in others) and not every:
        raise BenchError(
            f"{others[0].name} could not be profiled: {others[0].error}", "correct that, and try again"
        )
    files = _write(merged(before, session), accuracies, place, readme) if place else []
    if unfinished:
        unfinished.clear()
    _show(session, files, as_json=as_json)


def _refuse_loss(before: Sequence[Session], tasks: Sequence[Task], place: Path) -> None:
    """The rows of a machine are replaced together, since their ratios are to one measurement."""
    from mgrbench.profiling.measure import machine
    from mgrbench.profiling.record import COST_FILE, row_name

    key = machine(tasks[0], None).key
    rows = [row for session in before if session.machine.key == key for row in session.rows]
    kept = {(row_name(task.name, task.options), task.features) for task in tasks}
    if lost := sorted({(row.name, row.features) for row in rows} - kept):
        name, features = lost[0]
        such = f"{name} on {' + '.join(features)}"
        problem = f"holds {len(lost)} rows of this machine that would be lost, such as {such}"
        raise BenchError(problem, "add --all, or name another folder by --out", place / COST_FILE)


def _again(out: Path, split: str, readme: Path | None, *, check: bool, as_json: bool) -> None:
    """Write or check the tables of what is stored."""
    from mgrbench.profiling.record import COST_FILE, read_sessions
    from mgrbench.profiling.report.accuracies import read_accuracies
    from mgrbench.profiling.report.pages import check_costs

    sessions, accuracies = read_sessions(out), read_accuracies(out, split)
    if not sessions:
        raise BenchError("nothing is stored", "measure first, by `mgrbench profile --all`", out / COST_FILE)
    if check:
        files = check_costs(sessions, accuracies, out, readme=readme, folder=_folder(out, readme))
    else:
        files = _write(sessions, accuracies, out, readme)
    rows = sum(len(session.rows) for session in sessions)
    document = {"rows": rows, "machines": len(sessions), "files": [str(file) for file in files]}
    text = f"{'checked' if check else 'wrote'} {len(files)} files of {rows} rows; machines: {len(sessions)}"
    emit(document, lambda screen: screen.print(text, markup=False), as_json=as_json)


def _write(sessions: Sequence[Session], accuracies: Accuracies, out: Path, readme: Path | None) -> list[Path]:
    from mgrbench.profiling.report.pages import write_costs
    from mgrbench.profiling.report.plot import pictures

    try:
        drawn = pictures(sessions, accuracies)
    except MissingExtraError as error:
        note(f"no plot: {error}")
        drawn = {}
    folder = _folder(out, readme)
    return write_costs(sessions, accuracies, out, readme=readme, folder=folder, pictures=drawn)


def _folder(out: Path, readme: Path | None) -> str:
    """What stands before a link from the README to a file of the folder."""
    return "" if readme is None else f"{Path(os.path.relpath(out, readme.parent)).as_posix()}/"


def _built_in() -> list[str]:
    from mgrbench.core.registry import available

    return [plugin.name for plugin in available("models") if plugin.origin == "built in"]


def _check_unnamed(option: Sequence[str] | None, *, every: bool) -> None:
    if option:
        raise BenchError("--option is for a named model, and none is", "name it by --model")
    if not every:
        raise BenchError("no model is named", "name one by --model, or all of them by --all")


def _named(names: Sequence[str], options: Mapping[str, Any], features: tuple[str, ...]) -> list[Asked]:
    """Models as they are named; features replace those of one model, but not those of several."""
    from mgrbench.models.source import model_source

    alone = len(names) == 1
    takes = {name: alone or not model_source(name).features for name in names}
    return [(name, dict(options), features if taken else ()) for name, taken in takes.items()]


def _ranked(names: Sequence[str], accuracies: Accuracies, split: str, *, every: bool) -> list[Asked]:
    """Models with the features and options of their best rows; of all models, those that have one.

    Raises:
        BenchError: if there is no such board, or no row of a model that was named.
    """
    from mgrbench.models.source import model_source

    hint = "name another by --split, or features by --feature in place of --ranked"
    best = {row.model: row for row in accuracies.best}
    asked: list[Asked] = []
    for name in names:
        if row := best.get(model_source(name).name):
            asked.append((name, dict(row.options), row.features))
        elif not every:
            raise BenchError(f"{split} has no row of {name} that can be ranked", hint)
    if not asked:
        raise BenchError(f"{split} has no rows to profile", hint)
    return asked


def _tasks(
    asked: Sequence[Asked],
    reference: str,
    *,
    features: tuple[str, ...],
    shapes: Sequence[str],
    dataset: str,
    genres: int,
    device: str,
    threads: int,
    **rest: Any,  # noqa: ANN401
) -> tuple[list[Task], str]:
    """One task a model, the reference first, and its name; what is misspelt is refused at once."""
    from joblib import cpu_count

    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.core.machine import DEVICES, resolve_device
    from mgrbench.core.registry import anchored
    from mgrbench.features.store import FeatureStore
    from mgrbench.models.source import model_source
    from mgrbench.profiling.task import Task, read_shapes

    data = load_dataset(dataset)
    if device not in DEVICES and not device.startswith("cuda:"):
        raise BenchError(f"no device is called {device!r}", f"the devices are {', '.join(DEVICES)}")
    sized = read_shapes(shapes)
    common: dict[str, Any] = rest | {
        "dataset": anchored(dataset),
        "genres": genres or len(data.genres),
        "device": resolve_device(device),
        "threads": threads or cpu_count(only_physical_cores=True),
        "store": FeatureStore().root.absolute(),
    }
    tasks: list[Task] = []
    for name, options, given in [(reference, {}, ()), *asked]:
        source = model_source(name)
        source.build(common["genres"], common["seed"], common["device"], options)  # refuses wrong options
        taken = given or source.features or features or (_FEATURE,)
        own = {feature: size for feature, size in sized.items() if feature in taken}
        task = Task(anchored(name), source.name, taken, options=options, shapes=own, **common)
        if all(_kind(known) != _kind(task) for known in tasks):
            tasks.append(task)
    unused = [feature for feature in sized if all(feature not in task.shapes for task in tasks)]
    if unused:
        raise BenchError(f"no model gets a feature {unused[0]!r}", "correct the name in --shape")
    return tasks, tasks[0].name


def _kind(task: Task) -> tuple[object, ...]:
    return task.model, task.options, task.features


def _show(session: Session, files: Sequence[Path], *, as_json: bool) -> None:
    from mgrbench.profiling.report.units import ratios

    reference = session.reference_row()
    times = {row.name: ratios(row, reference) for row in session.rows if not row.error}
    document = session.model_dump(mode="json") | {"ratios": times, "files": [str(file) for file in files]}
    emit(document, lambda screen: draw(screen, session, files), as_json=as_json)


def draw(screen: Console, session: Session, files: Sequence[Path]) -> None:
    """Print a session: time and memory, operations part by part, what failed, and where it was written."""
    from mgrbench.profiling.report.units import NONE, median, megabytes, ranked, ratios

    machine, reference, batch = session.machine, session.reference_row(), session.rows[0].batch
    rows = [row for row in ranked(session) if not row.error]
    where = f"{machine.gpu or machine.cpu}; {machine.device}, threads: {machine.threads}, {machine.precision}"
    screen.print(where, markup=False)
    columns = [("model", "fold"), ("step", "right"), ("forward", "right"), ("clip", "right")]
    columns += [("clips", "right"), ("ratio", "right"), ("extract", "right"), ("peak", "right")]
    cells = []
    for row in rows:
        ratio = ratios(row, reference)["clips"]
        timings = [median(timing) for timing in (row.step, row.forward, row.clip)]
        timings += [median(row.clips, row.batch), NONE if ratio is None else f"{ratio:.3g}"]
        cells.append((row.name, *timings, median(row.extraction), megabytes(row.peak_rss_bytes)))
    screen.print(table(columns, cells))
    screen.print(
        f"Step, forward: a batch of {batch} segments. Clip: one of {session.clip_seconds:g} s alone; clips: "
        f"each of {batch}; ratio: to {session.reference}. Extract: its features. ~: interval wider than 5 %.",
        markup=False,
    )
    _draw_parts(screen, rows)
    for row in session.rows:
        for said in [f"failed: {row.error}"] if row.error else row.notes:
            screen.print(f"{row.name}: {said}", markup=False)
    for file in files:
        screen.print(str(file), markup=False, soft_wrap=True)


def _draw_parts(screen: Console, rows: Sequence[Row]) -> None:
    columns = [("network", "fold"), ("part", "left"), ("values", "right"), ("GFLOPs", "right")]
    columns += [("GMAC, ptflops", "right")]
    cells = []
    for row in rows:
        if row.counts is None:
            continue
        parts: dict[str, Part] = {"all": row.counts, **row.counts.parts}
        for name, part in parts.items():
            figures = (f"{part.parameters:,}", f"{part.flops / 1e9:.5f}", f"{part.macs_ptflops / 1e9:.5f}")
            cells.append((row.name if name == "all" else "", name, *figures))
    if cells:
        screen.print()
        screen.print(table(columns, cells))
