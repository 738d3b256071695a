"""``mgrbench run``: evaluate models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.epochs import training
from mgrbench.cli.options import AllowMissing, DatasetOption, Jobs, Out, SplitOption
from mgrbench.cli.output import Json, emit, note, parse_options, share, table

if TYPE_CHECKING:
    from mgrbench.runs import Run


def run(
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
    ],
    dataset: DatasetOption,
    split: SplitOption,
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", "-f", help="Stored feature; several are used together."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Option of the model, name=value. Repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every fold's model.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    jobs: Jobs = 1,
    out: Out = Path("runs"),
    name: Annotated[str | None, typer.Option(help="Name of the row, where the model's won't do.")] = None,
    allow_missing: AllowMissing = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what is stored.")] = False,
    as_json: Json = False,
) -> None:
    """Evaluate models on a split; an interrupted run goes on where it stopped."""
    from mgrbench.evaluation import execute
    from mgrbench.plan import make_plan

    options = parse_options(option or [])
    finished = []
    for one in model:
        plan = make_plan(
            one,
            dataset,
            split,
            feature or (),
            options,
            seed=seed,
            device=device,
            store=None,
            allow_missing=allow_missing,
        )
        with training(f"{name or plan.source.name} on {plan.split.name}") as (on_fold, on_epoch):
            done = execute(
                plan, out=out, jobs=jobs, fresh=fresh, name=name, on_fold=on_fold, on_epoch=on_epoch
            )
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


def draw_runs(screen: Any, finished: Sequence[tuple[Run, Path | None]]) -> None:  # noqa: ANN401
    """Print runs as a table, what must be known of them, and where they lie."""
    columns = [("model", "fold"), ("features", "fold"), ("accuracy", "right"), ("95 %", "left")]
    columns += [("macro-F1", "right"), ("folds", "right"), ("notes", "fold")]
    rows = []
    for one, _ in finished:
        accuracy, folds = one.scores["accuracy"], one.fold_mean_std["accuracy"]
        known = accuracy.low is not None and accuracy.high is not None
        rows.append(
            (
                one.model,
                "+".join(one.features) or "–",
                share(accuracy.value),
                f"{share(accuracy.low or 0)}–{share(accuracy.high or 0)}" if known else "–",
                share(one.scores["macro_f1"].value),
                f"{share(folds.mean)} ±{share(folds.std)}",
                " ".join(dict.fromkeys(warning.code for warning in one.warnings)) or "–",
            )
        )
    first = finished[0][0]
    screen.print(f"{first.split}: {sum(fold.n_test for fold in first.folds)} test tracks", markup=False)
    screen.print(table(columns, rows))
    details = dict.fromkeys((warning.code, warning.detail) for one, _ in finished for warning in one.warnings)
    if details:
        screen.print(table([("", "left"), ("", "fold")], list(details)))
    for one, folder in finished:
        if folder:
            screen.print(f"{one.model}: {folder}", markup=False, soft_wrap=True)
