"""``mgrbench score``: external predictions become a run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mgrbench.cli.options import AllowMissing, DatasetOption, Out, SplitOption
from mgrbench.cli.output import Json, emit


class Rule(StrEnum):
    """On what the maker of the predictions chose epochs, settings and features."""

    none = "none"
    validation = "validation"
    test = "test"
    unstated = "unstated"


def score(
    predictions: Annotated[Path, typer.Argument(help="CSV file: track_id and predicted and/or p_<genre> …")],
    dataset: DatasetOption,
    split: SplitOption,
    name: Annotated[str, typer.Option(help="Name of the row.")],
    selection: Annotated[
        Rule, typer.Option(help="On what epochs, settings and features were chosen.")
    ] = Rule.unstated,
    out: Out = Path("runs"),
    allow_missing: AllowMissing = False,
    as_json: Json = False,
) -> None:
    """Score the predictions of any framework, and store them as a run."""
    from mgrbench.cli.run_screen import draw_runs
    from mgrbench.results.score_file import score_file

    run, folder = score_file(
        predictions,
        dataset,
        split,
        name=name,
        selection=selection.value,
        out=out,
        allow_missing=allow_missing,
    )
    document = run.model_dump(mode="json") | {"folder": str(folder)}
    emit(document, lambda screen: draw_runs(screen, [(run, folder)]), as_json=as_json)
