"""``mgrbench profile``: what a model costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.options import Device
from mgrbench.cli.output import Json, emit, note, parse_options, progress
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from mgrbench.profiling.record import Session
    from mgrbench.profiling.report.accuracies import Accuracies

_OUT = Path("leaderboards")


def profile(
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every built-in model besides those of --model; writes cost.*.")
    ] = False,
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Dataset that genres, segments and clips are taken from.")
    ] = "gtzan",
    feature: Annotated[
        list[str] | None,
        typer.Option(
            "--feature",
            "-f",
            help="Feature of the one --model; of several, of those without features of their own. "
            "Else timbre. Repeatable.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="Option of the models of --model, name=value. Repeatable."),
    ] = None,
    shape: Annotated[
        list[str] | None, typer.Option(help="Shape of a feature's segment, mel=647x128. Repeatable.")
    ] = None,
    genres: Annotated[int, typer.Option(min=0, help="Number of genres; 0 for the dataset's.")] = 0,
    batch_size: Annotated[
        int, typer.Option(min=2, help="Segments in a batch, and clips predicted at a time.")
    ] = 16,
    device: Device = "auto",
    threads: Annotated[int, typer.Option(min=0, help="Number of threads; 0 for one per core.")] = 0,
    precision: Annotated[
        str, typer.Option(help="Number format of forward pass and training step: float32 or bf16.")
    ] = "float32",
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Use torch.compile for forward pass and training step.")
    ] = False,
    reference: Annotated[str, typer.Option(help="Model that ratios are relative to.")] = "fusionnet",
    seconds: Annotated[float, typer.Option(min=0.01, help="Longest time to measure one figure.")] = 2.0,
    quick: Annotated[bool, typer.Option("--quick", help="Few repeats, only to see that it works.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the models.")] = 0,
    split: Annotated[
        str, typer.Option(help="Split whose leaderboard gives the accuracies.")
    ] = "gtzan/artist3",
    ranked: Annotated[
        bool,
        typer.Option("--ranked", help="Give each model the features and options of its best row on --split."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to write cost.* to.")] = None,
    readme: Annotated[
        Path | None,
        typer.Option(help="A file that shows the table between <!-- cost:begin --> and …:end -->."),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Write the tables again from what is stored; measure nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if the tables are not what the stored measurements give.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure parameters, operations, time and memory of models, and compare them with a reference model."""
    if stored or check:
        _again(out or _OUT, split, readme, check=check, as_json=as_json)
        return
    from mgrbench.profiling.journal import Unfinished
    from mgrbench.profiling.plan import ProfileRequest, check_nothing_is_lost, plan_tasks, read_shapes
    from mgrbench.profiling.record import merged, read_sessions
    from mgrbench.profiling.report.accuracies import read_accuracies
    from mgrbench.profiling.session import check_measured, run_session
    from mgrbench.profiling.timing import QUICK, Budget

    place = out or (_OUT if every else None)
    if readme is not None and place is None:
        raise BenchError("--readme shows what is written to a folder", "name the folder by --out")
    request = ProfileRequest(
        models=tuple(model or ()),
        every=every,
        ranked=ranked,
        split=split,
        features=tuple(dict.fromkeys(feature or ())),
        options=parse_options(option or []),
        shapes=read_shapes(shape or []),
        reference=reference,
        dataset=dataset,
        genres=genres,
        batch=batch_size,
        device=device,
        threads=threads,
        budget=QUICK if quick else Budget(seconds=seconds),
        seed=seed,
        precision=precision,
        compiled=compiled,
    )
    accuracies = read_accuracies(place or _OUT, split)
    tasks = plan_tasks(request, accuracies)
    before = read_sessions(place) if place else []
    if place and not every:
        check_nothing_is_lost(before, tasks, place)
    unfinished = Unfinished(place) if place else None
    with progress("models profiled") as tell:
        session = run_session(tasks, quick=quick, unfinished=unfinished, on_row=tell)
    if unfinished and unfinished.taken:
        note(f"measured before an interruption, not again: {', '.join(unfinished.taken)}")
    if not every:
        check_measured(session)
    files = _write(merged(before, session), accuracies, place, readme) if place else []
    if unfinished:
        unfinished.clear()
    _show(session, files, as_json=as_json)


def _again(out: Path, split: str, readme: Path | None, *, check: bool, as_json: bool) -> None:
    """Write or check the tables of what is stored."""
    from mgrbench.profiling.record import COST_FILE, read_sessions
    from mgrbench.profiling.report.accuracies import read_accuracies
    from mgrbench.profiling.report.pages import check_costs

    sessions, accuracies = read_sessions(out), read_accuracies(out, split)
    if not sessions:
        raise BenchError("nothing is stored", "measure first, by `mgrbench profile --all`", out / COST_FILE)
    files = (check_costs if check else _write)(sessions, accuracies, out, readme)
    rows = sum(len(session.rows) for session in sessions)
    document = {"rows": rows, "machines": len(sessions), "files": [str(file) for file in files]}
    text = f"{'checked' if check else 'wrote'} {len(files)} files of {rows} rows; machines: {len(sessions)}"
    emit(document, lambda screen: screen.print(text, markup=False), as_json=as_json)


def _write(sessions: Sequence[Session], accuracies: Accuracies, out: Path, readme: Path | None) -> list[Path]:
    from mgrbench.profiling.report.pages import write_costs

    files, undrawn = write_costs(sessions, accuracies, out, readme)
    if undrawn:
        note(f"no plot: {undrawn}")
    return files


def _show(session: Session, files: Sequence[Path], *, as_json: bool) -> None:
    from mgrbench.cli.profile_screen import draw_profile
    from mgrbench.profiling.report.units import ratios

    reference = session.reference_row()
    times = {row.name: ratios(row, reference) for row in session.rows if not row.error}
    document = session.model_dump(mode="json") | {"ratios": times, "files": [str(file) for file in files]}
    emit(document, lambda screen: draw_profile(screen, session, files), as_json=as_json)
