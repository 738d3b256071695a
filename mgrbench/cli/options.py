"""Options that several commands have, described once, and where their defaults come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mgrbench.core.errors import BenchError
from mgrbench.core.paths import data_root

__all__ = [
    "AllowMissing",
    "DatasetName",
    "DatasetOption",
    "Device",
    "Features",
    "Jobs",
    "ModelOptions",
    "Models",
    "Out",
    "Root",
    "SplitOption",
    "data_root",
]


def _some(jobs: int) -> int:
    if jobs == 0:
        raise BenchError("--jobs is 0", "give the number of processes, or -1 for one a core")
    return jobs


DatasetName = Annotated[str, typer.Argument(help="Name of a dataset, or ./file.py that defines one.")]
DatasetOption = Annotated[
    str, typer.Option("--dataset", "-d", help="Name of a dataset, or ./file.py that defines one.")
]
SplitOption = Annotated[
    str, typer.Option("--split", "-s", help="Name of a split of the dataset, or the path of a split file.")
]
Root = Annotated[
    Path | None,
    typer.Option(
        "--root", help="Folder of the audio; else MGRBENCH_DATA/<dataset>, else the user's data folder."
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", callback=_some, help="Number of processes; -1 for one per core.")
]
Models = Annotated[
    list[str],
    typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
]
ModelOptions = Annotated[
    list[str] | None, typer.Option("--option", "-o", help="Option of the models, name=value. Repeatable.")
]
Features = Annotated[
    list[str] | None, typer.Option("--feature", "-f", help="Stored feature; several are used together.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of runs to write to.")]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing", help="Continue although tracks of the split are missing; the row says so."
    ),
]
