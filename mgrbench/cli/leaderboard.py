"""``mgrbench leaderboard``: build, show and check boards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.commands import Commands
from mgrbench.cli.leaderboard_screen import draw_board
from mgrbench.cli.options import Jobs
from mgrbench.cli.output import Json, emit, note
from mgrbench.cli.submit import Runs, submit, verify

if TYPE_CHECKING:
    from mgrbench.leaderboards import Board

app = Commands(help="Leaderboards: build, show and check them; submit and verify runs.", no_args_is_help=True)

Boards = Annotated[Path, typer.Option("--out", help="Folder of the leaderboards.")]
Format = Annotated[str, typer.Option("--format", help="md, csv, json, latex, html, separated by commas.")]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", help="A further metric: a plugin's name, or ./file.py:function."),
]
Datasets = Annotated[
    list[str] | None, typer.Option("--dataset", "-d", help="./file.py of a dataset that has no name.")
]

Readme = Annotated[
    Path | None,
    typer.Option(help="A file that shows the overview between <!-- leaderboard:begin --> and …:end -->."),
]

_FORMATS = "md,csv,json"


@app.command()
def build(
    runs: Runs = None,
    out: Boards = Path("leaderboards"),
    formats: Format = _FORMATS,
    readme: Readme = None,
    metric: Metrics = None,
    dataset: Datasets = None,
    jobs: Jobs = -1,
    as_json: Json = False,
) -> None:
    """Build the board of every split from its runs; each number is computed from the predictions."""
    from mgrbench.leaderboards import write_boards

    boards = _boards(runs, metric, dataset, jobs)
    files = write_boards(boards, out, formats.split(","), readme)
    _report(boards, files, "wrote", as_json)


@app.command()
def check(
    runs: Runs = None,
    out: Boards = Path("leaderboards"),
    formats: Format = _FORMATS,
    readme: Readme = None,
    metric: Metrics = None,
    dataset: Datasets = None,
    jobs: Jobs = -1,
    as_json: Json = False,
) -> None:
    """Compute every number of the boards again and fail on any difference."""
    from mgrbench.leaderboards import check_boards

    boards = _boards(runs, metric, dataset, jobs)
    files = check_boards(boards, out, formats.split(","), readme)
    _report(boards, files, "checked", as_json)


@app.command()
def show(
    split: Annotated[str, typer.Argument(help="dataset/split.")],
    runs: Runs = None,
    top: Annotated[
        int,
        typer.Option(
            help="Number of rows; 0 for all. With several --runs, all rows of the first are shown, too."
        ),
    ] = 20,
    metric: Metrics = None,
    dataset: Datasets = None,
    as_json: Json = False,
) -> None:
    """Show the board of one split."""
    from mgrbench.leaderboards.formats import to_document

    boards = {board.split.name: board for board in _boards(runs, metric, dataset, -1, only=split)}
    board = boards[split]
    own = runs[0].resolve() if runs and len(runs) > 1 else None
    emit(to_document(board), lambda screen: draw_board(screen, board, top, own), as_json=as_json)


app.command()(submit)
app.command()(verify)


def _boards(
    runs: Sequence[Path] | None,
    metric: Sequence[str] | None,
    dataset: Sequence[str] | None,
    jobs: int,
    only: str | None = None,
) -> list[Board]:
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.leaderboards import build_boards
    from mgrbench.metrics.plugin import load_metrics

    boards = build_boards(
        list(runs or [Path("runs")]),
        metrics=load_metrics(metric or ()),
        datasets=[load_dataset(name) for name in dataset or ()],
        only=only,
        jobs=jobs,
    )
    for board in boards:
        if board.optimistic:
            note(f"{board.split.name}: rows selected on test, hence not ranked: {len(board.optimistic)}")
    return boards


def _report(boards: Sequence[Board], files: Sequence[Path], did: str, as_json: bool) -> None:
    document = {
        "splits": {board.split.name: len(board.rows) for board in boards},
        "files": [str(file) for file in files],
    }
    rows = sum(len(board.rows) for board in boards)
    text = f"{did} {len(files)} files of {len(boards)} splits: {rows} rows, all computed from predictions"
    emit(document, lambda screen: screen.print(text, markup=False), as_json=as_json)
