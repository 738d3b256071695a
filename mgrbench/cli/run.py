"""``mgrbench run``: evaluate models."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Annotated

import typer

from mgrbench.cli.options import (
    AllowMissing,
    DatasetOption,
    Device,
    Features,
    Jobs,
    ModelOptions,
    Models,
    Out,
)
from mgrbench.cli.output import Json, emit, note, parse_options
from mgrbench.cli.training_progress import training
from mgrbench.core.errors import BenchError


def run(
    model: Models,
    dataset: DatasetOption,
    split: Annotated[
        list[str],
        typer.Option(
            "--split", "-s", help="Name of a split of the dataset, or the path of a split file. Repeatable."
        ),
    ],
    feature: Features = None,
    option: ModelOptions = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed of every fold's model. Repeatable.")] = None,
    device: Device = "auto",
    jobs: Jobs = 1,
    out: Out = Path("runs"),
    name: Annotated[str | None, typer.Option(help="Name of the row; else the model's own name.")] = None,
    allow_missing: AllowMissing = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what is stored.")] = False,
    as_json: Json = False,
) -> None:
    """Evaluate models on splits; an interrupted run goes on where it stopped."""
    from mgrbench.cli.run_screen import draw_runs
    from mgrbench.evaluation.evaluate import execute
    from mgrbench.evaluation.plan import make_plan
    from mgrbench.evaluation.request import Request, Settings

    if name and len(set(model)) > 1:
        raise BenchError(f"{name!r} would be the row of {len(set(model))} models", "name them one by one")
    options, seeds = parse_options(option or []), tuple(dict.fromkeys(seed or [0]))
    settings = Settings(device=device, allow_missing=allow_missing, jobs=jobs, fresh=fresh)
    plans, titles = [], []
    # All plans are made before any run, so that a misspelt name shows before hours of training.
    for part, one in dict.fromkeys(product(split, model)):
        plan = make_plan(Request(one, dataset, part, feature or (), options, seeds[0], name), settings)
        seeded = plan.under_seeds(seeds)
        plans += seeded
        for each in seeded:
            under = f", seed {each.seed}" if len(seeded) > 1 else ""
            titles.append(f"{each.title} on {each.split.name}{under}")
        if len(seeded) < len(seeds) and part == split[0]:
            note(
                f"{plan.source.name}: its result does not depend on the seed, so it has seed {seeds[0]} only"
            )
    if len(plans) > 1:  # so does an option that only some of the models have
        for plan in plans:
            plan.check_options()
    finished = []
    for plan, title in zip(plans, titles, strict=True):
        with training(title) as progress:
            done = execute(plan, out, progress)
        if done.reused:
            note(f"{done.run.model}: this run is stored already (--fresh computes it again)")
        finished.append((done.run, done.folder))
    documents = [
        one.model_dump(mode="json") | {"folder": str(folder) if folder else None} for one, folder in finished
    ]
    emit(
        documents[0] if len(documents) == 1 else documents,
        lambda screen: draw_runs(screen, finished),
        as_json=as_json,
    )
