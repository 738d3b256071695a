"""``mgrbench split``: show, audit and make splits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.audit_screen import (
    audited_document,
    document,
    draw,
    draw_audited,
    draw_overview,
    overview_document,
)
from mgrbench.cli.commands import Commands
from mgrbench.cli.options import DatasetName, Jobs, Root, data_root
from mgrbench.cli.output import Json, emit, note, progress, table
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.splits import Audit

app = Commands(help="Splits: show, audit and make them.", no_args_is_help=True)

_LEAK = 3
"""Exit status of ``audit --strict`` when it finds a leak, or cannot tell."""

ListFile = Annotated[
    Path | None,
    typer.Option(help="List of ids, paths or file names: text, CSV, TSV, JSON, JSON lines or M3U."),
]


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="dataset/split, or the path of a split file.")],
    fold: Annotated[int | None, typer.Option(help="List the tracks of this fold.")] = None,
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Show where a split comes from and how large its parts are."""
    from mgrbench.splits import load_split

    split = load_split(name, root=root)
    sizes = [(len(part.train), len(part.valid), len(part.test)) for part in split.folds]
    shown: dict[str, Any] = {
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
        shown["tracks"] = {part: list(ids) for part, ids in parts.items()}
        rows = [(part, split.genre[i], i) for part, ids in parts.items() for i in ids]
        listed = table([("part", "left"), ("genre", "left"), ("track", "left")], rows)
        emit(shown, lambda screen: screen.print(listed), as_json=as_json)
        return
    about = [(key, value) for key, value in split.provenance.items()] + [("sha256", split.sha256)]
    grid = table(
        [("fold", "right"), ("train", "right"), ("valid", "right"), ("test", "right")],
        [(str(number), *map(str, size)) for number, size in enumerate(sizes, start=1)],
    )

    def draw_split(screen: Console) -> None:
        screen.print(table([("", "left"), ("", "fold")], about))
        screen.print(grid)

    emit(shown, draw_split, as_json=as_json)


@app.command()
def audit(
    name: Annotated[str | None, typer.Argument(help="dataset/split, or the path of a split file.")] = None,
    train: ListFile = None,
    test: ListFile = None,
    valid: ListFile = None,
    column: Annotated[
        str | None,
        typer.Option(help="Column of the lists that names the tracks, or its number; without it, guessed."),
    ] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Dataset of the lists.")] = None,
    audio: Annotated[
        bool,
        typer.Option(
            "--audio", help="Also compare the audio of the clips, to find replicas that no metadata name."
        ),
    ] = False,
    root: Root = None,
    jobs: Jobs = -1,
    every: Annotated[
        bool, typer.Option("--all", help="One table of all splits that come with mgrbench.")
    ] = False,
    readme: Annotated[
        Path | None,
        typer.Option(
            help="With --all: a file to put the table into, between <!-- audits:begin --> and …:end -->."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="With --readme: write nothing, fail if the table there is stale.")
    ] = False,
    tracks: Annotated[bool, typer.Option("--tracks", help="List each test track that leaks.")] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit with status 3 if there is a leak, or if over 1 % of a list is unknown."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say which test tracks have their artist, a replica or their recording in training.

    Either a split by its name or file, or lists: --train F --test F [--valid F] --dataset D, or --all.
    """
    lists = {part: path for part, path in (("train", train), ("valid", valid), ("test", test)) if path}
    if name is not None and lists:
        raise BenchError("a split and lists are given", "audit one or the other")
    if column is not None and not lists:
        hint = "add --train FILE --test FILE, or leave it out"
        raise BenchError("--column is of lists, and no list is given", hint)
    if every:
        if name is not None or lists or audio:
            raise BenchError("--all takes no split, lists or audio", "leave them out")
        _audit_all(dataset, readme, check=check, strict=strict, as_json=as_json)
        return
    if readme or check:
        raise BenchError("--readme and --check go with --all", "add --all, or leave them out")
    from mgrbench.splits.audited import audit_lists, audit_named

    found = audit_lists(lists, dataset, column, root) if name is None else audit_named(name, dataset, root)
    if audio:
        from mgrbench.splits.replicas import compare_audio

        data = found.dataset
        with progress(f"comparing the audio of {data.name}") as tell:
            place = data_root(root, data.name)
            compared = compare_audio(found.audit, found.folds, data, place, jobs=jobs, on_clip=tell)
        found = found.with_audit(compared)
    shown = audited_document(found, with_tracks=tracks)
    emit(shown, lambda screen: draw_audited(screen, found, with_tracks=tracks), as_json=as_json)
    _exit_if_leaky([found.audit], strict=strict)


@app.command()
def make(
    dataset: DatasetName,
    rule: Annotated[str, typer.Option(help="hash, random, released, artist, album or published.")],
    name: Annotated[str, typer.Option(help="Name of the split, without the dataset.")],
    folds: Annotated[int, typer.Option(help="Number of folds.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the rule random.")] = 0,
    drop_replicas: Annotated[
        bool, typer.Option("--drop-replicas", help="Leave out duplicates and severely faulty clips.")
    ] = False,
    only: Annotated[Path | None, typer.Option(help="Split only the tracks listed in this file.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; else splits/<dataset>/<name>.tsv.")] = None,
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Make a split: random, by hash, artist- or album-disjoint, or as others published it.

    hash: random without a seed. random: by --seed. released: the rule of the FusionNet authors' fold script.
    artist: no artist, replica or recording on two sides. album: no album, replica or recording.
    published: an assignment by others, see --name.
    """
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.core.files import write_atomically
    from mgrbench.splits import audit_split, make_split, read_track_list

    data = load_dataset(dataset, root)
    wanted = read_track_list(only, data) if only else None
    if wanted and wanted.unknown:
        note(f"{only}: {len(wanted.unknown)} lines name no track of {data.name}, as {wanted.unknown[0]!r}")
    split = make_split(
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
    write_atomically(path, split.text)
    found = audit_split(split, data)
    shown = {"file": str(path), "sha256": split.sha256, **document(found, with_tracks=False)}

    def draw_made(screen: Console) -> None:
        screen.print(f"wrote {path}", markup=False)
        draw(screen, found, with_tracks=False)

    emit(shown, draw_made, as_json=as_json)


def _audit_all(dataset: str | None, readme: Path | None, *, check: bool, strict: bool, as_json: bool) -> None:
    from mgrbench.splits.audit_table import audit_all, check_overview, write_overview

    if check and readme is None:
        raise BenchError("--check has nothing to check", "name the file by --readme")
    if readme and dataset:
        raise BenchError("the table in a file has all splits", "leave out --dataset")
    if readme is None:
        audits = audit_all(dataset)
    elif check:
        audits = check_overview(readme)
        note(f"{readme}: the table of audits is what the splits give")
    else:
        audits = write_overview(readme)
        note(f"{readme}: wrote the table")
    emit(overview_document(audits), lambda screen: draw_overview(screen, audits), as_json=as_json)
    _exit_if_leaky(audits, strict=strict)


def _exit_if_leaky(audits: Sequence[Audit], *, strict: bool) -> None:
    leaky = [audit.name for audit in audits if audit.leaky]
    partial = [audit.name for audit in audits if audit.partial]
    if strict and leaky:
        note(f"{leaky[0]} leaks" if len(audits) == 1 else f"{len(leaky)} of {len(audits)} splits leak")
    elif strict and partial:
        note(f"{partial[0]} was checked in part only: too many names are unknown")
    if strict and (leaky or partial):
        raise typer.Exit(_LEAK)
