"""``mgrbench transfer``: train on one dataset, test on another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mgrbench.cli.options import AllowMissing, Device, ModelOptions, Models
from mgrbench.cli.output import Json, emit, parse_options, progress


def transfer(
    model: Models,
    train_on: Annotated[str, typer.Option(help="Dataset to train on, or ./file.py that defines one.")],
    test_on: Annotated[str, typer.Option(help="Dataset to test on, or ./file.py that defines one.")],
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", "-f", help="Feature stored for both; several are used together."),
    ] = None,
    genre_map: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="TSV file with the columns class and both datasets' names; genres are joined by ';'.",
        ),
    ] = None,
    option: ModelOptions = None,
    drop_shared: Annotated[
        str,
        typer.Option(help="Where to leave out recordings known to be in both datasets: train, test or none."),
    ] = "train",
    seed: Annotated[int, typer.Option(help="Seed of the models.")] = 0,
    device: Device = "auto",
    out: Annotated[Path, typer.Option(help="Folder of runs to write to.")] = Path("transfers"),
    runs: Annotated[Path, typer.Option(help="Folder of runs on the test dataset to compare with.")] = Path(
        "runs"
    ),
    allow_missing: AllowMissing = False,
    as_json: Json = False,
) -> None:
    """Train models on one dataset and test them on another, over the genres that both have.

    Genre maps between GTZAN, ISMIR 2004, Homburg, FMA, Ballroom and Extended Ballroom come with mgrbench.
    Other datasets share the genres of equal names, or those of --map.
    """
    from mgrbench.cli.transfer_screen import draw_transfers
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.evaluation.request import Settings
    from mgrbench.experiments.transfer.files import document, write_transfer
    from mgrbench.experiments.transfer.transfer import TransferRequest, run_transfer

    first, second = load_dataset(train_on), load_dataset(test_on)
    options = parse_options(option or [])
    settings = Settings(device=device, allow_missing=allow_missing)
    found = []
    for one in model:
        request = TransferRequest(
            one, first, second, feature or (), options, seed, map_file=genre_map, drop_shared=drop_shared
        )
        with progress(f"{one} from {first.name} to {second.name}") as tell:
            done = run_transfer(request, out, settings, runs, tell)
        write_transfer(done)
        found.append(done)
    documents = [document(one) | {"folder": str(one.run.folder)} for one in found]
    emit(
        documents[0] if len(documents) == 1 else documents,
        lambda screen: draw_transfers(screen, found),
        as_json=as_json,
    )
