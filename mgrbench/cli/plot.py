"""``mgrbench plot``: figures of stored runs."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.output import Json, emit
from mgrbench.errors import BenchError

if TYPE_CHECKING:
    from mgrbench.drawings import Drawable


def plot(
    kind: Annotated[str, typer.Argument(help="confusion, intervals, curves, embedding or ladder.")],
    run: Annotated[
        list[str],
        typer.Argument(help="Folders or names of runs; for ladder the folder of one.", metavar="RUN..."),
    ],
    runs: Annotated[
        list[Path] | None, typer.Option("--runs", help="Folder of runs that names are looked for in.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Path of the files without their ending; else named after the kind.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the embedding.")] = 0,
    as_json: Json = False,
) -> None:
    """Draw stored runs as PNG (300 dpi) and SVG, for one or two columns of a paper."""
    from mgrbench import drawings
    from mgrbench.files import write_atomically
    from mgrbench.plots import need_matplotlib

    if kind not in drawings.KINDS:
        near = difflib.get_close_matches(kind, drawings.KINDS, n=1)
        mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(drawings.KINDS)}"
        raise BenchError(f"nothing is drawn by the name {kind!r}", mend)
    if kind in _ALONE and len(run) > 1:
        raise BenchError(
            f"{kind} draws one run, and {len(run)} are named", "name one, and repeat the command"
        )
    need_matplotlib()
    if kind == "ladder":
        from mgrbench.experiments.ladder_plot import picture
        from mgrbench.experiments.ladder_stored import read_ladder

        ladder = read_ladder(Path(run[0]))
        files = {ending: picture(ladder, ending) for ending in ("png", "svg")}
    else:
        found = [_drawable(name, runs) for name in run]
        draw = {
            "confusion": lambda: drawings.confusion(found[0]),
            "intervals": lambda: drawings.intervals(_of_one_split(found)),
            "curves": lambda: drawings.curves(found),
            "embedding": lambda: drawings.embedding(found[0], seed),
        }[kind]
        files = drawings.pictures(draw)
    stem = out.with_suffix("") if out and out.suffix in {".png", ".svg"} else out or Path(kind)
    paths = {ending: stem.with_name(f"{stem.name}.{ending}") for ending in files}
    for ending, data in files.items():
        write_atomically(paths[ending], data)
    names = [str(path) for path in paths.values()]
    emit({"files": names}, lambda screen: screen.print("\n".join(names), markup=False), as_json=as_json)


_ALONE = ("confusion", "embedding", "ladder")


def _drawable(name: str, runs: list[Path] | None) -> Drawable:
    from mgrbench.drawings import HISTORY, Drawable
    from mgrbench.files import read_text
    from mgrbench.lookup import find_run, run_dataset, run_split
    from mgrbench.runs import read_run
    from mgrbench.stored import stored_run

    folder = find_run(name, runs or [Path("runs")])
    record = read_run(folder)
    run, predictions = stored_run(folder, run_split(record.split, folder), run_dataset(record.dataset).genres)
    history = folder / HISTORY
    return Drawable(run, predictions, read_text(history) if history.is_file() else "")


def _of_one_split(found: list[Drawable]) -> list[Drawable]:
    splits = sorted({one.run.split for one in found})
    if len(splits) > 1:
        mend = "accuracies on different splits are different exams: draw one split at a time"
        raise BenchError(f"the runs are of {' and '.join(splits)}", mend)
    return found
