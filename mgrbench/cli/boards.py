"""``mgrbench leaderboard``: build, show and check boards; submit and verify runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.options import Jobs
from mgrbench.cli.output import Json, emit, note, share, table
from mgrbench.errors import BenchError

if TYPE_CHECKING:
    from mgrbench.boards import Board
    from mgrbench.metrics import Metric

app = typer.Typer(help="Leaderboards: build, show and check them.", no_args_is_help=True)

Runs = Annotated[list[Path] | None, typer.Option("--runs", help="Folder of runs; several are read together.")]
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
    from mgrbench.boards import write_boards

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
    from mgrbench.boards import check_boards

    boards = _boards(runs, metric, dataset, jobs)
    files = check_boards(boards, out, formats.split(","), readme)
    _report(boards, files, "checked", as_json)


@app.command()
def show(
    split: Annotated[str, typer.Argument(help="dataset/split.")],
    runs: Runs = None,
    top: Annotated[int, typer.Option(help="Number of rows; 0 for all.")] = 20,
    metric: Metrics = None,
    dataset: Datasets = None,
    as_json: Json = False,
) -> None:
    """Show the board of one split."""
    from mgrbench.boards.formats import to_document

    boards = {board.split.name: board for board in _boards(runs, metric, dataset, -1, only=split)}
    board = boards[split]
    emit(to_document(board), lambda screen: draw_board(screen, board, top), as_json=as_json)


@app.command()
def submit(
    run: Annotated[list[str], typer.Argument(help="Folders or names of finished runs.", metavar="RUN...")],
    runs: Runs = None,
    out: Annotated[Path, typer.Option(help="Folder of the committed runs.")] = Path("leaderboards/runs"),
    as_json: Json = False,
) -> None:
    """Check finished runs and copy what a pull request needs: complete, recomputed, on a known split."""
    from mgrbench.lookup import find_run
    from mgrbench.submission import submit

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

    def draw(screen: Any) -> None:  # noqa: ANN401
        for one in done:
            value = share(one.run.scores["accuracy"].value)
            screen.print(f"{one.run.split} {one.run.model} {value}: complete and recomputed", markup=False)
            for file in one.files:
                screen.print(f"  {file}", markup=False, soft_wrap=True)
            for remark in one.remarks:
                screen.print(f"  to say in the pull request: {remark}", markup=False)
        screen.print("Then build the boards: mgrbench leaderboard build --runs " + str(out), markup=False)

    emit({"submitted": document}, draw, as_json=as_json)


@app.command()
def verify(
    run: Annotated[str, typer.Argument(help="Folder or name of a finished run.")],
    fold: Annotated[
        int | None, typer.Option(help="Fold to train again; else one drawn from the run's own checksum.")
    ] = None,
    runs: Runs = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="Where the model is, if the row does not say it."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    tolerance: Annotated[
        float | None,
        typer.Option(help="How far accuracies may differ; else .01, or .05 where the seed matters."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train one fold of a run again and compare it with what the run says; exit status 1 if they differ."""
    from mgrbench.files import digest_of_file
    from mgrbench.lookup import find_run
    from mgrbench.runs import PREDICTIONS_FILE, read_run
    from mgrbench.submission import verify

    if tolerance is not None and not 0 <= tolerance <= 1:
        raise BenchError(f"--tolerance is {tolerance}", "give a difference of accuracies between 0 and 1")
    folder = find_run(run, list(runs or [Path("runs")]))
    number = fold
    if number is None:
        # Nobody chooses it, and asking again gives the same.
        many = len(read_run(folder).folds)
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


def draw_board(screen: Any, board: Board, top: int = 0) -> None:  # noqa: ANN401
    """Print a board: the audit, the ranked rows, then the optimistic ones."""
    from mgrbench.boards.formats import audit_sentence, notes_of, rank_of, resolution_line, row_name

    screen.print(f"{board.split.name}", style="bold", markup=False)
    screen.print(audit_sentence(board), markup=False)
    screen.print(resolution_line(board), markup=False)
    columns = [
        ("", "right"),
        ("model", "fold"),
        ("features", "fold"),
        ("accuracy", "right"),
        ("95 %", "left"),
    ]
    columns += [("macro-F1", "right"), ("notes", "fold")]
    for rows, title in ((board.ranked, ""), (board.optimistic, "selected on test: optimistic, not ranked")):
        shown = rows[:top] if top else rows
        cells = [
            (
                rank_of(row),
                row_name(row),
                "+".join(row.features) or "–",
                share(row.scores["accuracy"].value),
                _interval(row.scores["accuracy"]),
                share(row.scores["macro_f1"].value),
                notes_of(row) or "–",
            )
            for row in shown
        ]
        if cells:
            screen.print(table(columns, cells, title))
        if len(rows) > len(shown):
            screen.print(f"… and {len(rows) - len(shown)} more (--top 0 shows all)", style="dim")


def _interval(score: Any) -> str:  # noqa: ANN401
    return "–" if score.low is None else f"{share(score.low)}–{share(score.high)}"


def _boards(
    runs: Sequence[Path] | None,
    metric: Sequence[str] | None,
    dataset: Sequence[str] | None,
    jobs: int,
    only: str | None = None,
) -> list[Board]:
    from mgrbench.boards import build_boards
    from mgrbench.registry import load_dataset

    boards = build_boards(
        list(runs or [Path("runs")]),
        metrics=_metrics(metric or ()),
        datasets=[load_dataset(name) for name in dataset or ()],
        only=only,
        jobs=jobs,
    )
    for board in boards:
        if board.optimistic:
            note(f"{board.split.name}: {len(board.optimistic)} rows were selected on test and are not ranked")
    return boards


def _metrics(names: Sequence[str]) -> dict[str, Metric]:
    from mgrbench.metrics import METRICS, Metric
    from mgrbench.registry import load

    metrics = dict(METRICS)
    for name in names:
        loaded = load("metrics", name)
        value = loaded.value
        if callable(value) and not isinstance(value, Metric):
            about = (value.__doc__ or "").strip().partition("\n")[0]
            value = Metric(loaded.plugin.name, about, value)
        if not isinstance(value, Metric):
            mend = "name a function of a mgrbench.metrics.Outcome, or a mgrbench.metrics.Metric"
            raise BenchError(f"{name} is no metric", mend)
        if value.name in METRICS:
            raise BenchError(f"{name} has the name of a built-in metric", "give it another name")
        metrics[value.name] = value
    return metrics


def _report(boards: Sequence[Board], files: Sequence[Path], did: str, as_json: bool) -> None:
    document = {
        "splits": {board.split.name: len(board.rows) for board in boards},
        "files": [str(file) for file in files],
    }
    rows = sum(len(board.rows) for board in boards)
    text = f"{did} {len(files)} files of {len(boards)} splits: {rows} rows, all computed from predictions"
    emit(document, lambda screen: screen.print(text, markup=False), as_json=as_json)
