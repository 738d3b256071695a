"""``mgrbench ladder``: how much of the accuracy is the artist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mgrbench.cli.options import AllowMissing, DatasetOption, Device, Features, Jobs, ModelOptions, Models
from mgrbench.cli.output import Json, emit, note, parse_options, progress
from mgrbench.core.errors import BenchError

_SEEDS = 3


def ladder(
    model: Models,
    dataset: DatasetOption,
    feature: Features = None,
    option: ModelOptions = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed of folds and models. Repeatable; instead of --seeds.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help=f"Number of seeds, counted from 0; {_SEEDS} without it.")
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of every rung.")] = 5,
    device: Device = "auto",
    jobs: Jobs = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; else ladders/<dataset>/<features>.")
    ] = None,
    allow_missing: AllowMissing = False,
    as_json: Json = False,
) -> None:
    """Evaluate models under ever stricter protocols, to see how much of the accuracy is due to the artist.

    The rungs: segments at random, clips at random, replicas removed, faults removed, artists disjoint. Every
    fold of every rung trains on equally many tracks of each genre. An interrupted ladder goes on where it
    stopped.
    """
    from mgrbench.cli.ladder_screen import draw_ladder
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.evaluation.request import Settings
    from mgrbench.experiments.ladder.files import document, write_ladder
    from mgrbench.experiments.ladder.ladder import LadderRequest, run_ladder

    data = load_dataset(dataset)
    place = out or Path("ladders") / data.name / ("+".join(feature or ()) or "default")
    request = LadderRequest(
        model, data, feature or (), parse_options(option or []), folds, _seeds(seed, seeds)
    )
    settings = Settings(device=device, allow_missing=allow_missing, jobs=jobs)
    with progress(f"ladder of {data.name}") as tell:
        found = run_ladder(request, place, settings, tell)
    if no_plot := write_ladder(found, place):
        note(f"no plot was drawn: {no_plot}")
    emit(
        document(found) | {"folder": str(place)},
        lambda screen: draw_ladder(screen, found, place),
        as_json=as_json,
    )


def _seeds(given: list[int] | None, many: int | None) -> list[int]:
    if given and many is not None:
        raise BenchError("--seed and --seeds are both given", "name the seeds, or say how many")
    if many is not None and many < 1:
        raise BenchError(f"--seeds is {many}", "give the number of seeds")
    return given or list(range(_SEEDS if many is None else many))
