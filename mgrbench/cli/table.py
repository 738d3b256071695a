"""``mgrbench table``: the paper's tables, printed beside measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.output import Json, emit
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console


def paper(
    number: Annotated[int, typer.Argument(help="Number of the table: 2 to 11.", metavar="NUMBER")],
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="One of the table's datasets; without it, all.")
    ] = None,
    runs: Annotated[
        list[Path] | None, typer.Option("--runs", help="Folder of runs; several are read together.")
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            "-s",
            help="Split of the measured runs; without it, the one of the nearest protocol. Repeatable.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option("--model", "-m", help="Model whose runs are measured; in Table 11 it has its own row."),
    ] = "fusionnet",
    run: Annotated[
        str | None, typer.Option(help="Run whose confusion matrix is shown with Table 6, 7, 8 or 10.")
    ] = None,
    formats: Annotated[
        str | None, typer.Option("--format", help="md, csv, latex or html; else a table for the screen.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; its ending may give the format.")] = None,
    as_json: Json = False,
) -> None:
    """Show a table of the FusionNet paper with the same figures from your runs; missing ones stay empty."""
    from mgrbench.cli.table_screen import draw_grids
    from mgrbench.leaderboards.paper.measured import MeasuredQuery, check_splits
    from mgrbench.leaderboards.paper.tables import datasets_of, paper_table
    from mgrbench.leaderboards.tables.formats import GRID_FORMATS, grids_to_document
    from mgrbench.results.find import find_run

    roots = tuple(runs or [Path("runs")] * Path("runs").is_dir())
    kind = _format(formats, out)
    splits = tuple(dict.fromkeys(split or ()))
    query = MeasuredQuery(roots, splits, model, find_run(run, roots) if run else None)
    grids = paper_table(number, dataset, query)
    check_splits(query, [dataset] if dataset else datasets_of(number))
    text = GRID_FORMATS[kind](grids) if kind else ""
    if out is not None:
        from mgrbench.core.files import write_atomically

        write_atomically(out, text)

    def draw(screen: Console) -> None:
        if out is not None:
            screen.print(f"wrote {out}", markup=False, soft_wrap=True)
        elif kind:
            screen.out(text, end="", highlight=False)
        else:
            # Side by side, several datasets are too wide for a screen.
            for place, name in enumerate([dataset] if dataset else datasets_of(number)):
                if place:
                    screen.print()
                draw_grids(screen, paper_table(number, name, query))

    emit(grids_to_document(grids) | ({"file": str(out)} if out else {}), draw, as_json=as_json)


_ENDINGS = {".md": "md", ".csv": "csv", ".tex": "latex", ".html": "html"}


def _format(formats: str | None, out: Path | None) -> str:
    from mgrbench.leaderboards.tables.formats import GRID_FORMATS

    kind = formats or ("" if out is None else _ENDINGS.get(out.suffix, ""))
    if kind and kind not in GRID_FORMATS:
        raise BenchError(f"no format is called {kind!r}", f"the formats are {', '.join(GRID_FORMATS)}")
    if out is not None and not kind:
        raise BenchError(
            f"{out.name} does not say its format", f"end it in {', '.join(_ENDINGS)}, or give --format"
        )
    return kind
