"""``mgrbench transfer``: train on one dataset, test on another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.options import AllowMissing
from mgrbench.cli.output import Json, emit, parse_options, progress, share, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.core.text import Interval
    from mgrbench.experiments.transfer.transfer import Transfer


def transfer(
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="Plugin, package.module:Class or ./file.py:Class. Repeatable."),
    ],
    train_on: Annotated[str, typer.Option(help="Dataset to train on, or ./file.py that defines one.")],
    test_on: Annotated[str, typer.Option(help="Dataset to test on, or ./file.py that defines one.")],
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", "-f", help="Feature stored for both; several are used together."),
    ] = None,
    genre_map: Annotated[
        Path | None,
        typer.Option("--map", help="TSV: columns class and both datasets' names, genres joined by ';'."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Option of the models, name=value. Repeatable.")
    ] = None,
    drop_shared: Annotated[
        str, typer.Option(help="Leave recordings known to be in both out of: train, test or none.")
    ] = "train",
    seed: Annotated[int, typer.Option(help="Seed of the models.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    out: Annotated[Path, typer.Option(help="Folder of runs to write to.")] = Path("transfers"),
    runs: Annotated[
        Path, typer.Option(help="Folder of runs on the test dataset to compare with, if there are any.")
    ] = Path("runs"),
    allow_missing: AllowMissing = False,
    as_json: Json = False,
) -> None:
    """Train models on one dataset and test them on another, over the genres that both have.

    Maps of genres between GTZAN, ISMIR 2004, Homburg, FMA, Ballroom and Extended Ballroom are shipped; other
    datasets share the genres of equal names, or those of --map.
    """
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
        lambda screen: _draw(screen, found),
        as_json=as_json,
    )


def _draw(screen: Console, found: list[Transfer]) -> None:
    first = found[0]
    fold, genres = first.run.run.folds[0], first.genres
    screen.print(
        f"{first.train} → {first.test}: {fold.n_train + fold.n_valid} training and {fold.n_test} test tracks "
        f"of {len(genres.classes)} classes ({genres.source}); {first.unmapped[0]} and {first.unmapped[1]} "
        "tracks have no class.",
        markup=False,
    )
    part, count = first.left_out
    if first.shared:
        kept = f"{count} tracks left out of {part}" if count else "none left out"
        screen.print(f"Recordings known to be in both: {first.shared}; {kept}.", markup=False)
    classes = [(name, _genres(genres.train, name), _genres(genres.test, name)) for name in genres.classes]
    columns = [("class", "fold"), (first.train, "fold"), (first.test, "fold")]
    screen.print(table(columns, classes))
    for one in found:
        screen.print()
        _draw_one(screen, one)


def _draw_one(screen: Console, one: Transfer) -> None:
    run = one.run.run
    rows = [("all", str(run.folds[0].n_test), *_score(run.scores["accuracy"]), "")]
    if one.artists:
        met = one.artists
        rows.append(("artist's name in training", str(met.n_known), *_score(met.known), ""))
        between = _score(met.difference, points=True) if met.difference else ("", "")
        gap = f"{between[0]} points, {between[1]}" if met.difference else ""
        rows.append(("no artist's name in training", str(met.n_strange), *_score(met.strange), gap))
    for other in one.within:
        value, ends = _score(other.lost, points=True)
        rows.append(
            (other.split, str(other.tracks), *_score(other.accuracy), f"{value} points, {ends}"),
        )
    columns = [("test tracks", "fold"), ("", "right"), ("accuracy", "right"), ("95 %", "left")]
    columns += [("difference", "fold")]
    screen.print(table(columns, rows, title=f"{run.model}, {'+'.join(run.features) or 'no features'}"))
    heads = [("true, and said …", "fold")]
    heads += [(str(number), "right") for number in range(1, len(one.genres.classes) + 1)]
    confusion = [
        (f"{number} {row.genre}", *map(str, counts), share(row.recall))
        for number, (row, counts) in enumerate(zip(run.per_class, run.confusion, strict=True), start=1)
    ]
    heads.append(("recall", "right"))
    screen.print(table(heads, confusion))
    details = [(warning.code, warning.detail) for warning in run.warnings]
    if details:
        screen.print(table([("", "left"), ("", "fold")], details))
    screen.print(f"{run.model}: {one.run.folder}", markup=False, soft_wrap=True)


def _genres(classes: Mapping[str, str], name: str) -> str:
    return ", ".join(genre for genre, of in classes.items() if of == name)


def _score(score: Interval | None, *, points: bool = False) -> tuple[str, str]:
    """Value and interval, as shares or as points of a hundred."""
    if score is None:
        return "–", "–"

    def written(value: float) -> str:
        return f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", "−") if points else share(value)

    if score.low is None or score.high is None:
        return written(score.value), "–"
    between = " to " if points else "–"
    return written(score.value), f"{written(score.low)}{between}{written(score.high)}"
