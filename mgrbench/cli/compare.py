"""``mgrbench compare``: how runs differ on the test tracks that all of them have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mgrbench.cli.output import Json, emit


def compare(
    run: Annotated[
        list[str],
        typer.Argument(
            help="Folder of a run, or its row: a model (svm_rbf), or a model and the beginning of the run's "
            "name (svm_rbf/choi). Where several match, put dataset/split/ before it."
        ),
    ],
    runs: Annotated[
        list[Path] | None,
        typer.Option("--runs", help="Folder of runs in which rows are looked up. Repeatable."),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", "-s", help="dataset/split on which rows are looked up.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="./file.py of a dataset that has no name.")
    ] = None,
    tracks: Annotated[
        bool, typer.Option("--list", help="List the tracks that the runs disagree on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare two or more runs of one split on the test tracks that all of them have."""
    from mgrbench.cli.compare_screen import draw_comparison
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.results.compare import compare as comparison_of
    from mgrbench.results.compare import to_document

    data = load_dataset(dataset) if dataset else None
    found = comparison_of(*run, root=runs or [Path("runs")], split=split, dataset=data)
    emit(to_document(found), lambda screen: draw_comparison(screen, found, tracks), as_json=as_json)
