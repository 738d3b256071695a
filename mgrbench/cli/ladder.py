"""``mgrbench ladder``: how much of the accuracy is the artist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.options import AllowMissing, DatasetOption, Jobs
from mgrbench.cli.output import Json, emit, note, parse_options, progress, share, table
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.core.types import Score
    from mgrbench.experiments.ladder.ladder import Ladder
    from mgrbench.experiments.verdicts import ArtistOverlap

_SEEDS = 3


def ladder(
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
    ],
    dataset: DatasetOption,
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", "-f", help="Stored feature; several are used together."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Option of the models, name=value. Repeatable.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed of folds and models. Repeatable; instead of --seeds.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help=f"Number of seeds, counted from 0 ({_SEEDS} if not said).")
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of every rung.")] = 5,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    jobs: Jobs = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; else ladders/<dataset>/<features>.")
    ] = None,
    allow_missing: AllowMissing = False,
    as_json: Json = False,
) -> None:
    """Evaluate models under ever stricter protocols: how much of the accuracy is the artist.

    Segments at random, clips at random, replicas removed, faults removed, artists disjoint; every fold of
    every rung trains on equally many tracks of each genre. An interrupted ladder goes on where it stopped.
    """
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.evaluation.request import Settings
    from mgrbench.experiments.ladder.files import document, write_ladder
    from mgrbench.experiments.ladder.ladder import LadderRequest, run_ladder

    data = load_dataset(dataset)
    place = out or Path("ladders") / data.name / ("+".join(feature or ()) or "default")
    request = LadderRequest(
        model, data, feature or (), parse_options(option or []), folds, _seeds(seed, seeds)
    )
    settings = Settings(device=device, allow_missing=allow_missing, jobs=jobs)
    with progress(f"ladder of {data.name}") as tell:
        found = run_ladder(request, place, settings, tell)
    if no_plot := write_ladder(found, place):
        note(f"no plot was drawn: {no_plot}")
    emit(
        document(found) | {"folder": str(place)}, lambda screen: _draw(screen, found, place), as_json=as_json
    )


def _seeds(given: list[int] | None, many: int | None) -> list[int]:
    if given and many is not None:
        raise BenchError("--seed and --seeds are both given", "name the seeds, or say how many")
    if many is not None and many < 1:
        raise BenchError(f"--seeds is {many}", "give the number of seeds")
    return given or list(range(_SEEDS if many is None else many))


def _draw(screen: Console, found: Ladder, place: Path) -> None:
    many = len(found.seeds)
    screen.print(
        f"{found.dataset}, {'+'.join(found.features) or 'no features'}: {found.folds} folds, "
        f"{many} {'seed' if many == 1 else 'seeds'}; every fold trains on {sum(found.training.values())} "
        "tracks, of each genre as many on every rung.",
        markup=False,
    )
    if found.missing:
        screen.print(f"Left out because a feature lacks them: {found.missing}.", markup=False)
    columns = [("", "left"), ("clips", "right"), ("artist met", "right"), ("accuracy", "right")]
    columns += [("95 %", "left"), ("drop", "right"), ("95 %", "left")]
    rungs = {rung.name: rung for rung in found.rungs}
    for model in found.models:
        rows: list[tuple[str, ...]] = []
        for step in found.of(model):
            rung = rungs[step.rung]
            lost = step.drop.value if step.drop else None
            rows.append(
                (
                    rung.title,
                    str(len(rung.tracks)),
                    f"{found.artist_met[step.rung]:.1%}",
                    share(step.accuracy.value),
                    _ends(step.accuracy),
                    points(lost.value) if lost else "",
                    f"{points(lost.low)} to {points(lost.high)}" if lost and lost.low is not None else "",
                )
            )
            if step.inside:
                rows += _inside(step.inside)
        screen.print()
        screen.print(table(columns, rows, title=model))
        for step in found.of(model):
            if step.per_segment is not None:
                screen.print(f"Single segments: {share(step.per_segment)} right.", markup=False)
    screen.print()
    notes = [
        (rung.title, f"left out: {rung.left_out}" if rung.left_out else rung.note) for rung in found.rungs
    ]
    screen.print(table([("", "left"), ("", "fold")], [line for line in notes if line[1]]))
    if found.warnings:
        screen.print(table([("", "left"), ("", "left"), ("", "fold")], found.warnings))
    screen.print(
        "Drop: points lost on the clips that a rung and the one before both test; for clips at random, those "
        "whose artist is not met against those whose artist is. Artist met: in the training part. "
        "Intervals: bootstrap over artists and seeds.",
        markup=False,
    )
    screen.print(f"{place}", markup=False, soft_wrap=True)


def _inside(inside: ArtistOverlap) -> list[tuple[str, ...]]:
    """Two rows below the random clips, by whether the artist is in training; counts are answers."""
    rows: list[tuple[str, ...]] = []
    between = inside.difference
    parts = (("artist met", inside.n_known, inside.known), ("not met", inside.n_strange, inside.strange))
    for name, answers, score in parts:
        last = between if name == "not met" else None
        rows.append(
            (
                f"  {name}",
                f"({answers})",
                "",
                share(score.value) if score else "–",
                _ends(score),
                points(last.value) if last else "",
                f"{points(last.low)} to {points(last.high)}" if last and last.low is not None else "",
            )
        )
    return rows


def _ends(score: Score | None) -> str:
    if score is None or score.low is None or score.high is None:
        return "–"
    return f"{share(score.low)}–{share(score.high)}"


def points(value: float | None) -> str:
    """A share in points of a hundred, with a minus sign where it is negative."""
    return "–" if value is None else f"{round(100 * value, 1) + 0.0:.1f}".replace("-", "−")
