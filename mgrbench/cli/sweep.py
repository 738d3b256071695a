"""``mgrbench sweep``: a model over a grid of its options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.options import AllowMissing, DatasetOption, Device, Features, Jobs, Out, SplitOption
from mgrbench.cli.output import Json, emit, note, option_value, parse_options
from mgrbench.cli.training_progress import training
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from mgrbench.experiments.sweep.grid import Axis

EPILOG = """
The sweeps of the FusionNet paper are mgrbench sweep -m fusionnet -d gtzan -s artist3 -f mel with

Table 1, centre loss:  --grid center_loss_weight=0,0.1,0.01,0.001,0.0001

Figure 4, clusters:  --grid clusters=5,10,15,20,25,30,35,40

Figure 5, heads:  --grid heads=5,10,15,20,25,30,35

Figure 6, activation:  --grid activation=relu,leaky_relu,elu

Figure 7, ablation:  --grid netvlad=off,on --grid attention=off,on

The values are those of the paper, which swept on ISMIR2004 and chose by its test part.
"""
"""One command a paragraph, because typer joins the lines of one."""


def sweep(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class.")
    ],
    dataset: DatasetOption,
    split: SplitOption,
    grid: Annotated[
        list[str],
        typer.Option("--grid", "-g", help="An option and its values, name=value,value. Repeatable."),
    ],
    feature: Features = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="Option that all points share, name=value. Repeatable."),
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed of every fold's model. Repeatable.")] = None,
    device: Device = "auto",
    jobs: Jobs = 1,
    out: Out = Path("runs"),
    report: Annotated[Path, typer.Option(help="Folder for the table and the plot.")] = Path("sweeps"),
    plot: Annotated[bool, typer.Option(help="Draw the plot as PNG and SVG.")] = True,
    allow_missing: AllowMissing = False,
    as_json: Json = False,
) -> None:
    """Evaluate every point of a grid of options; finished points are not computed again."""
    from mgrbench.cli.sweep_screen import draw_sweep
    from mgrbench.core.plotting import need_matplotlib
    from mgrbench.evaluation.request import Request, Settings
    from mgrbench.experiments.sweep.files import sweep_folder, to_document, write_sweep
    from mgrbench.experiments.sweep.grid import plan_sweep
    from mgrbench.experiments.sweep.plot import sweep_pictures
    from mgrbench.experiments.sweep.sweep import run_sweep

    if plot:
        need_matplotlib()
    request = Request(model, dataset, split, feature or (), parse_options(option or []))
    settings = Settings(device=device, allow_missing=allow_missing, jobs=jobs)
    planned = plan_sweep(request, parse_grid(grid), seed or [0], settings)
    done = run_sweep(planned, out, training)
    if done.reused:
        note(f"{done.reused} of {len(done.points) * len(planned.seeds)} runs were stored already")
    files = write_sweep(done, sweep_folder(planned, report), sweep_pictures(done) if plot else {})
    document = to_document(done) | {"files": [str(file) for file in files]}
    emit(document, lambda screen: draw_sweep(screen, done, files), as_json=as_json)


def parse_grid(texts: Sequence[str]) -> list[Axis]:
    """``["clusters=10,20"]`` -> an axis of the values 10 and 20; they are read as those of ``--option``.

    A list in brackets is one value: ``sizes=[1,2],[3]`` has two.

    Raises:
        BenchError: for a text without ``=`` or a value that is left out.
    """
    from mgrbench.experiments.sweep.grid import Axis

    axes = []
    for text in texts:
        name, equals, values = text.partition("=")
        parts = [part.strip() for part in _split(values)]
        if not equals or not name or not all(parts):
            raise BenchError(f"the grid {text!r} lacks a name or a value", "write --grid name=value,value")
        axes.append(Axis(name.strip(), tuple(map(option_value, parts))))
    return axes


def _split(text: str) -> list[str]:
    """The parts between the commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
