"""``mgrbench run``: evaluate models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.options import AllowMissing, DatasetOption, Jobs, Out
from mgrbench.cli.output import Json, emit, note, parse_options, share, table
from mgrbench.cli.training_progress import training
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.results.run import Run


def run(
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
    ],
    dataset: DatasetOption,
    split: Annotated[
        list[str],
        typer.Option(
            "--split", "-s", help="Name of a split of the dataset, or the path of a split file. Repeatable."
        ),
    ],
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", "-f", help="Stored feature; several are used together."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Option of the model, name=value. Repeatable.")
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed of every fold's model. Repeatable.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    jobs: Jobs = 1,
    out: Out = Path("runs"),
    name: Annotated[str | None, typer.Option(help="Name of the row, where the model's won't do.")] = None,
    allow_missing: AllowMissing = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what is stored.")] = False,
    as_json: Json = False,
) -> None:
    """Evaluate models on splits; an interrupted run goes on where it stopped."""
    from mgrbench.evaluation.evaluate import execute
    from mgrbench.evaluation.plan import make_plan
    from mgrbench.evaluation.request import Request, Settings

    if name and len(set(model)) > 1:
        raise BenchError(f"{name!r} would be the row of {len(set(model))} models", "name them one by one")
    options, seeds = parse_options(option or []), tuple(dict.fromkeys(seed or [0]))
    settings = Settings(device=device, allow_missing=allow_missing, jobs=jobs, fresh=fresh)
    plans = []
    # All plans before any run: what is misspelt shows now, not after hours of training something else.
    for part, one in dict.fromkeys(product(split, model)):
        plan = make_plan(Request(one, dataset, part, feature or (), options, seeds[0], name), settings)
        taken = seeds if plan.source.stochastic else seeds[:1]
        plans += [replace(plan, seed=number) for number in taken]
        if len(taken) < len(seeds) and part == split[0]:
            note(
                f"{plan.source.name}: its result does not depend on the seed, so it has seed {seeds[0]} only"
            )
    if len(plans) > 1:  # and so does an option that only some of the models have
        for plan in plans:
            plan.check_options()
    finished = []
    for plan in plans:
        title = f"{plan.title} on {plan.split.name}"
        title += f", seed {plan.seed}" if len(seeds) > 1 and plan.source.stochastic else ""
        with training(title) as progress:
            done = execute(plan, out, progress)
        if done.reused:
            note(f"{done.run.model}: this very run is stored already (--fresh computes it again)")
        finished.append((done.run, done.folder))
    documents = [
        one.model_dump(mode="json") | {"folder": str(folder) if folder else None} for one, folder in finished
    ]
    emit(
        documents[0] if len(documents) == 1 else documents,
        lambda screen: draw_runs(screen, finished),
        as_json=as_json,
    )


def draw_runs(screen: Console, finished: Sequence[tuple[Run, Path | None]]) -> None:
    """Print runs as a table for each split, what must be known of them, and where they lie."""
    for place, split in enumerate(dict.fromkeys(run.split for run, _ in finished)):
        if place:
            screen.print()
        _draw_split(screen, [run for run, _ in finished if run.split == split])
    for run, folder in finished:
        if folder:
            screen.print(f"{run.model}: {folder}", markup=False, soft_wrap=True)


def _draw_split(screen: Console, runs: Sequence[Run]) -> None:
    several = len({run.seed for run in runs}) > 1
    columns = [("model", "name"), ("features", "fold"), *[("seed", "right")] * several]
    columns += [("accuracy", "right"), ("95 %", "left"), ("macro-F1", "right")]
    columns += [] if several else [("folds", "right")]  # both don't fit on a screen of 80 columns
    rows = []
    for run in runs:
        accuracy, folds = run.scores["accuracy"], run.fold_mean_std["accuracy"]
        known = accuracy.low is not None and accuracy.high is not None
        rows.append(
            [
                run.model,
                " + ".join(run.features) or "–",
                *[str(run.seed)] * several,
                share(accuracy.value),
                f"{share(accuracy.low or 0)}–{share(accuracy.high or 0)}" if known else "–",
                share(run.scores["macro_f1"].value),
                *([] if several else [f"{share(folds.mean)} ±{share(folds.std)}"]),
                " ".join(dict.fromkeys(warning.code for warning in run.warnings)) or "–",
            ]
        )
    screen.print(f"{runs[0].split}: {sum(fold.n_test for fold in runs[0].folds)} test tracks", markup=False)
    screen.print(table([*columns, ("notes", "fold")], rows))
    details = dict.fromkeys((warning.code, warning.detail) for run in runs for warning in run.warnings)
    if details:
        screen.print(table([("", "left"), ("", "fold")], list(details)))
    for model in dict.fromkeys(run.model for run in runs):
        values = [run.scores["accuracy"].value for run in runs if run.model == model]
        if several and len(values) > 1:
            spread = f"mean {share(mean(values))}, standard deviation {share(stdev(values))}"
            screen.print(f"{model}, {len(values)} seeds: {spread}", markup=False)
