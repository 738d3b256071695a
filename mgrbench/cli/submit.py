"""``mgrbench leaderboard submit`` and ``verify``: offering a result, and training a fold of it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.options import Device
from mgrbench.cli.output import Json, emit, note, share
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console

Runs = Annotated[list[Path] | None, typer.Option("--runs", help="Folder of runs; several are read together.")]


def submit(
    run: Annotated[list[str], typer.Argument(help="Folders or names of finished runs.", metavar="RUN...")],
    runs: Runs = None,
    out: Annotated[Path, typer.Option(help="Folder of the committed runs.")] = Path("leaderboards/runs"),
    as_json: Json = False,
) -> None:
    """Check finished runs, compute their numbers again, and copy what a pull request needs."""
    from mgrbench.evaluation.submit import submit
    from mgrbench.results.find import find_run

    done = submit([find_run(name, list(runs or [Path("runs")])) for name in run], out)
    document = [
        {
            "model": one.run.model,
            "split": one.run.split,
            "accuracy": one.run.scores["accuracy"].value,
            "files": [str(file) for file in one.files],
            "remarks": list(one.remarks),
        }
        for one in done
    ]

    def draw(screen: Console) -> None:
        for one in done:
            value = share(one.run.scores["accuracy"].value)
            screen.print(f"{one.run.split} {one.run.model} {value}: complete and recomputed", markup=False)
            for file in one.files:
                screen.print(f"  {file}", markup=False, soft_wrap=True)
            for remark in one.remarks:
                screen.print(f"  to say in the pull request: {remark}", markup=False)
        screen.print("Then build the boards: mgrbench leaderboard build --runs " + str(out), markup=False)

    emit({"submitted": document}, draw, as_json=as_json)


def verify(
    run: Annotated[str, typer.Argument(help="Folder or name of a finished run.")],
    fold: Annotated[
        int | None, typer.Option(help="Fold to train again; without it, one drawn from the run's checksum.")
    ] = None,
    runs: Runs = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="Where to find the model, if the row does not say it."),
    ] = None,
    device: Device = "auto",
    tolerance: Annotated[
        float | None,
        typer.Option(help="How far accuracies may differ; else .01, or .05 where the seed matters."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train one fold of a run again and compare it with what the run says; exit status 1 if they differ."""
    from mgrbench.core.files import digest_of_file
    from mgrbench.evaluation.submit import verify
    from mgrbench.results.find import find_run
    from mgrbench.results.folder import PREDICTIONS_FILE, read_record

    if tolerance is not None and not 0 <= tolerance <= 1:
        raise BenchError(f"--tolerance is {tolerance}", "give a difference of accuracies between 0 and 1")
    folder = find_run(run, list(runs or [Path("runs")]))
    number = fold
    if number is None:
        # Nobody chooses it, and asking again gives the same.
        many = len(read_record(folder).folds)
        number = int(digest_of_file(folder / PREDICTIONS_FILE)[:8], 16) % max(many, 1) + 1
    found = verify(
        folder,
        number,
        model=model,
        device=device,
        tolerance=tolerance,
        on_start=lambda tracks: note(f"training fold {number} again ({tracks} test tracks)"),
    )
    said = "agrees" if found.agrees else "DOES NOT AGREE"
    text = (
        f"{found.run.split} {found.run.model}, fold {number}: recorded {share(found.recorded)}, again "
        f"{share(found.again)}, {found.same:.1%} of {found.tracks} tracks alike: {said} "
        f"(tolerance {found.tolerance:g})"
    )
    document = {
        "run": str(folder),
        "fold": number,
        "tracks": found.tracks,
        "recorded": found.recorded,
        "again": found.again,
        "same": found.same,
        "tolerance": found.tolerance,
        "agrees": found.agrees,
    }
    emit(document, lambda screen: screen.print(text, markup=False), as_json=as_json)
    if not found.agrees:
        raise typer.Exit(1)
