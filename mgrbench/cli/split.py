"""``mgrbench split``: show, audit and make splits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.options import DatasetName
from mgrbench.cli.output import Json, emit, note, table
from mgrbench.errors import BenchError

if TYPE_CHECKING:
    from mgrbench.splits import Audit
    from mgrbench.types import Dataset, Fold

app = typer.Typer(help="Splits: show, audit and make them.", no_args_is_help=True)

_LEAK = 3
"""Exit status of ``audit --strict`` when it finds a leak."""

ListFile = Annotated[Path | None, typer.Option(help="Text file of track ids or file names, one a line.")]


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="dataset/split, or the path of a split file.")],
    fold: Annotated[int | None, typer.Option(help="List the tracks of this fold.")] = None,
    as_json: Json = False,
) -> None:
    """Show where a split comes from and how large its parts are."""
    from mgrbench.splits import load_split

    split = load_split(name)
    sizes = [(len(part.train), len(part.valid), len(part.test)) for part in split.folds]
    document: dict[str, Any] = {
        "name": split.name,
        "provenance": dict(split.provenance),
        "sha256": split.sha256,
        "folds": [dict(zip(("train", "valid", "test"), size, strict=True)) for size in sizes],
    }
    if fold is not None:
        if not 1 <= fold <= len(split.folds):
            raise BenchError(f"{split.name} has no fold {fold}", f"its folds are 1 to {len(split.folds)}")
        chosen = split.folds[fold - 1]
        parts = {"train": chosen.train, "valid": chosen.valid, "test": chosen.test}
        document["tracks"] = {part: list(ids) for part, ids in parts.items()}
        rows = [(part, split.genre[i], i) for part, ids in parts.items() for i in ids]
        listed = table([("part", "left"), ("genre", "left"), ("track", "left")], rows)
        emit(document, lambda screen: screen.print(listed), as_json=as_json)
        return
    about = [(key, value) for key, value in split.provenance.items()] + [("sha256", split.sha256)]
    grid = table(
        [("fold", "right"), ("train", "right"), ("valid", "right"), ("test", "right")],
        [(str(number), *map(str, size)) for number, size in enumerate(sizes, start=1)],
    )

    def draw(screen: Any) -> None:  # noqa: ANN401
        screen.print(table([("", "left"), ("", "fold")], about))
        screen.print(grid)

    emit(document, draw, as_json=as_json)


@app.command()
def audit(
    name: Annotated[str | None, typer.Argument(help="dataset/split, or the path of a split file.")] = None,
    train: ListFile = None,
    test: ListFile = None,
    valid: ListFile = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Dataset of the lists.")] = None,
    tracks: Annotated[bool, typer.Option("--tracks", help="List each test track that leaks.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 3 if there is a leak.")] = False,
    as_json: Json = False,
) -> None:
    """Say which test tracks have their artist, a replica or their recording in training.

    Either a split by its name or file, or lists: --train F --test F [--valid F] --dataset D.
    """
    from mgrbench.registry import load_dataset
    from mgrbench.splits import audit_folds, audit_split, load_split

    if name is not None and (train or test or valid):
        raise BenchError("a split and lists are given", "audit one or the other")
    if name is not None:
        data = load_dataset(dataset) if dataset else None
        found = audit_split(load_split(name, data.name if data else None), data)
    else:
        if not (train and test and dataset):
            mend = "give a split's name, or --train FILE --test FILE --dataset NAME"
            raise BenchError("there is nothing to audit", mend)
        data = load_dataset(dataset)
        fold, unknown, repeated = _read_lists(data, train, valid, test)
        found = audit_folds(f"{train.name} → {test.name}", [fold], data, unknown, repeated)
    emit(_document(found, with_tracks=tracks), lambda screen: _draw(screen, found, tracks), as_json=as_json)
    if strict and found.leaky:
        note(f"{found.name} leaks")
        raise typer.Exit(_LEAK)


@app.command()
def make(
    dataset: DatasetName,
    rule: Annotated[str, typer.Option(help="hash, random, released, artist or published.")],
    name: Annotated[str, typer.Option(help="Name of the split, without the dataset.")],
    folds: Annotated[int, typer.Option(help="Number of folds.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the rule random.")] = 0,
    drop_replicas: Annotated[
        bool, typer.Option("--drop-replicas", help="Leave out surplus replicas and severely faulty clips.")
    ] = False,
    only: Annotated[Path | None, typer.Option(help="Split only the tracks listed in this file.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; else splits/<dataset>/<name>.tsv.")] = None,
    as_json: Json = False,
) -> None:
    """Make a split: random, by hash, artist-disjoint, or as others published it.

    hash: random without a seed. random: by --seed. released: the rule of the FusionNet authors' fold script.
    artist: no artist, replica or recording on two sides. published: an assignment by others, see --name.
    """
    from mgrbench.files import write_atomically
    from mgrbench.registry import load_dataset
    from mgrbench.splits import audit_split, make_split, read_track_list, split_from_text

    data = load_dataset(dataset)
    wanted = read_track_list(only, data) if only else None
    if wanted and wanted.unknown:
        note(f"{only}: {len(wanted.unknown)} lines name no track of {data.name}, as {wanted.unknown[0]!r}")
    text = make_split(
        data,
        rule,
        name=name,
        folds=folds,
        seed=seed,
        drop_replicas=drop_replicas,
        only=wanted.ids if wanted else None,
        only_file=only.name if only else "",
    )
    path = out or Path("splits") / data.name / f"{name}.tsv"
    split = split_from_text(text, str(path))
    write_atomically(path, text)
    found = audit_split(split, data)
    document = {"file": str(path), "sha256": split.sha256, **_document(found, with_tracks=False)}

    def draw(screen: Any) -> None:  # noqa: ANN401
        screen.print(f"wrote {path}", markup=False)
        _draw(screen, found, with_tracks=False)

    emit(document, draw, as_json=as_json)


def _read_lists(
    dataset: Dataset, train: Path, valid: Path | None, test: Path
) -> tuple[Fold, list[str], list[str]]:
    from mgrbench.splits import read_track_list
    from mgrbench.types import Fold

    lists = [read_track_list(path, dataset) if path else None for path in (train, valid, test)]
    ids = [part.ids if part else () for part in lists]
    unknown = [name for part in lists if part for name in part.unknown]
    repeated = [name for part in lists if part for name in part.repeated]
    return Fold(*ids), unknown, repeated


def _document(audit: Audit, *, with_tracks: bool) -> dict[str, Any]:
    from dataclasses import asdict

    document = {
        "name": audit.name,
        "dataset": audit.dataset,
        "test_tracks": audit.test_tracks,
        "artist_in_train": audit.artist_in_train,
        "exact_replica_in_train": audit.exact_replica_in_train,
        "same_recording_in_train": audit.same_recording_in_train,
        "checks": [asdict(check) for check in audit.checks],
        "folds": [asdict(fold) for fold in audit.folds],
    }
    return document | ({"leaks": [asdict(leak) for leak in audit.leaks]} if with_tracks else {})


def _draw(screen: Any, audit: Audit, with_tracks: bool) -> None:  # noqa: ANN401
    columns = [
        (name, "right") for name in ("fold", "train", "valid", "test", "artist", "replica", "recording")
    ]
    rows = [
        tuple(
            map(
                str,
                (
                    fold.fold,
                    fold.train,
                    fold.valid,
                    fold.test,
                    fold.artist_in_train,
                    fold.exact_replica_in_train,
                    fold.same_recording_in_train,
                ),
            )
        )
        for fold in audit.folds
    ]
    screen.print(f"{audit.name}: {audit.test_tracks} test tracks of {audit.dataset}", markup=False)
    screen.print("test tracks that have in training …", style="dim")
    screen.print(table(columns, rows))
    checks = [(check.code, check.status, check.detail) for check in audit.checks]
    screen.print(table([("check", "left"), ("", "left"), ("", "fold")], checks))
    if with_tracks:
        leaks = [
            (
                leak.track_id,
                str(leak.fold),
                *(", ".join(ids) for ids in (leak.same_artist, leak.replicas, leak.same_recording)),
            )
            for leak in audit.leaks
        ]
        heads = [("test track", "left"), ("fold", "right"), ("same artist", "fold")]
        screen.print(table([*heads, ("replica", "fold"), ("same recording", "fold")], leaks))
