"""``mgrbench data``: describe a dataset, download its audio, verify a copy of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.commands import Commands
from mgrbench.cli.options import DatasetName, Root, data_root
from mgrbench.cli.output import Json, emit, progress, table
from mgrbench.core.errors import BenchError
from mgrbench.core.paths import new_root

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from mgrbench.core.types import Dataset, Track
    from mgrbench.datasets.download import Fetched

app = Commands(help="Datasets: describe them, get them, verify your copy.", no_args_is_help=True)

_SHOWN = 10
_NOT_AS_EXPECTED = 3
"""Exit status of ``verify --strict`` when it finds anything wrong."""


@app.command()
def download(
    dataset: DatasetName,
    root: Root = None,
    rate: Annotated[
        float, typer.Option(help="Most clips to request in a second, where each is a file of its own.")
    ] = 1.0,
    metadata_only: Annotated[
        bool, typer.Option("--metadata-only", help="Download the metadata of the tracks, not their audio.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Download the freely available parts of a dataset, and list the steps to get the rest.

    Exit status 1 if anything is missing at the end; failed.txt in the data root lists what failed.
    """
    from mgrbench.core.dataset_plugin import describe_dataset
    from mgrbench.datasets.download import FAILED_FILE
    from mgrbench.datasets.download import download as downloaded

    data = describe_dataset(dataset)
    with progress(f"fetching {data.name}") as tell:
        report = downloaded(
            data,
            new_root(root, data.name),
            per_second=rate,
            metadata_only=metadata_only,
            progress=tell,
        )
    document = {
        "dataset": report.dataset,
        "root": str(report.root),
        "ok": report.ok,
        "fetched": list(report.fetched),
        "present": report.present,
        "failures": [{"what": failure.what, "problem": failure.problem} for failure in report.failures],
        "failed_file": str(report.root / FAILED_FILE) if report.failures else None,
        "steps": list(report.steps),
    }
    lines = _download_lines(report, FAILED_FILE)
    emit(
        document, lambda screen: screen.print("\n".join(lines), markup=False, soft_wrap=True), as_json=as_json
    )
    if not report.ok:
        raise typer.Exit(1)


def _download_lines(report: Fetched, failed_file: str) -> list[str]:
    lines = []
    if report.fetched or report.present or not report.steps:
        counts = f"{len(report.fetched)} files fetched, {report.present} were there"
        lines.append(f"{report.dataset}: {counts}, {len(report.failures)} failed; in {report.root}")
    failed = [f"{failure.what}: {failure.problem}" for failure in report.failures]
    lines += _listed(f"failed, all in {report.root / failed_file}", failed)
    if report.steps:
        lines.append(f"mgrbench may not fetch the audio of {report.dataset} for you; to get it:")
        lines += [f"  {number}. {step}" for number, step in enumerate(report.steps, start=1)]
    return lines


@app.command()
def info(dataset: DatasetName, root: Root = None, as_json: Json = False) -> None:
    """Show a dataset's genres, artists, known faults, licence, splits, and where to get its audio."""
    from mgrbench.core.dataset_plugin import describe_dataset
    from mgrbench.datasets.download import ways_to_get
    from mgrbench.splits import official_splits, shipped_splits

    data, lacking = _with_metadata(describe_dataset(dataset), root)
    tracks = data.tracks() if not lacking else ()
    replicas = [track for track in tracks if track.replica]
    document: dict[str, Any] = {
        "name": data.name,
        "about": data.about,
        "tracks": len(tracks),
        "genres": _counts(data, tracks, lacking),
        "classes": _classes(data, tracks) if not lacking else [],
        "artists": len({artist for track in tracks for artist in track.artists}),
        "tracks_of_known_artist": sum(bool(track.artists) for track in tracks),
        "albums": len({track.album for track in tracks if track.album}),
        "hours": _hours(tracks),
        "replica_sets": len({track.replica for track in replicas}),
        "tracks_in_replica_sets": len(replicas),
        "tracks_with_faults": sum(bool(track.faults) for track in tracks),
        "faults": _faults(tracks),
        "splits": [*shipped_splits(data.name), *official_splits(data)],
        "licence": data.licence,
        "homepage": data.homepage,
        "citation": data.citation,
        "archives": [{"url": archive.url, "checksum": archive.checksum} for archive in data.archives],
        "to_get_it": list(ways_to_get(data, new_root(root, data.name))),
        "metadata": lacking,
    }
    if root is not None:
        document["clips_in_root"] = _clips_in(data, root)
    shown = {name: value for name, value in document.items() if value and name != "classes"}
    if document["classes"]:
        del shown["genres"]  # the table below says more
    steps = document["to_get_it"]
    if all(any(archive.url in step for step in steps) for archive in data.archives):
        shown.pop("archives", None)
    if len(steps) > 1:
        shown["to_get_it"] = [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    rows = [(name.replace("_", " "), _value(value)) for name, value in shown.items()]
    emit(document, lambda screen: _draw(screen, rows, document["classes"]), as_json=as_json)


def _with_metadata(described: Dataset, root: Path | None) -> tuple[Dataset, str]:
    """The dataset with its tracks, or without and what to do about that if no root was named."""
    if described.metadata is None:
        return described, ""
    try:
        return described.at(data_root(root, described.name)), ""
    except BenchError as error:
        if root is not None:
            raise
        return described, str(error)


def _counts(data: Dataset, tracks: Sequence[Track], lacking: str) -> dict[str, int | None]:
    counts = Counter(track.genre for track in tracks)
    return {genre: None if lacking else counts[genre] for genre in data.genres}


def _classes(data: Dataset, tracks: Sequence[Track]) -> list[dict[str, Any]]:
    """A row a genre; null where nothing is known of its artists, or of the length of its tracks."""
    by_genre: dict[str, list[Track]] = {genre: [] for genre in data.genres}
    for track in tracks:
        by_genre[track.genre].append(track)
    return [
        {
            "genre": genre,
            "tracks": len(mine),
            "artists": len({artist for track in mine for artist in track.artists}) or None,
            "hours": _hours(mine),
            "faulty": sum(bool(track.faults) for track in mine),
            "replicas": sum(bool(track.replica) for track in mine),
        }
        for genre, mine in by_genre.items()
    ]


def _hours(tracks: Sequence[Track]) -> float | None:
    """Hours of the tracks whose length is known; None where none is."""
    known = [track.seconds for track in tracks if track.seconds is not None]
    return round(sum(known) / 3600, 2) if known else None


def _faults(tracks: Sequence[Track]) -> dict[str, int]:
    """Tracks a kind of fault, the commonest first; the tracks that a fault names don't make it another."""
    ids = {track.id for track in tracks}

    def kind(fault: str) -> str:
        words = ["…" if word.strip(",;") in ids else word for word in fault.split()]
        return " ".join(word for word, before in zip(words, ["", *words], strict=False) if word != before)

    return dict(Counter(kind(fault) for track in tracks for fault in track.faults).most_common())


def _clips_in(data: Dataset, root: Path) -> int:
    """Clips whose audio lies under the root."""
    from mgrbench.core.files import reading

    with reading(root):
        next(root.iterdir(), None)
    try:
        return len(data.tracks(root))
    except BenchError:  # none of them
        return 0


def _draw(screen: Console, rows: list[tuple[str, str]], classes: list[dict[str, Any]]) -> None:
    screen.print(table([("", "left"), ("", "fold")], rows))
    if classes:
        screen.print()
        columns = [(name, "left" if name == "genre" else "right") for name in classes[0]]
        cells = [
            [
                "–" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
                for value in row.values()
            ]
            for row in classes
        ]
        screen.print(table(columns, cells))


@app.command()
def verify(
    dataset: DatasetName,
    root: Root = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 3 if not all clips are as expected.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the clips that are missing, unreadable, or of unexpected length or checksum."""
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.datasets.verify import verify as verified

    data = load_dataset(dataset, root)
    with progress(f"reading {data.name}") as tell:
        report = verified(data, data_root(root, data.name), tell)
    document = report.to_dict()
    lines = [f"{data.name}: {report.found} of {report.expected} clips found in {report.root}"]
    lines += _listed("missing", report.missing)
    for kind in ("unreadable", "unexpected_length", "unexpected_checksum"):
        findings = getattr(report, kind)
        lines += _listed(kind.replace("_", " "), [f"{found.id}: {found.detail}" for found in findings])
    lines += _listed("not recognised", [str(found) for found in report.unrecognised])
    if report.checksum_not_known:
        lines.append(f"no published checksum is known of {report.checksum_not_known} of the clips found")
    lines.append("all clips are as expected" if report.ok else "not all clips are as expected")
    emit(document, lambda screen: screen.print("\n".join(lines), markup=False), as_json=as_json)
    if strict and not report.ok:
        raise typer.Exit(_NOT_AS_EXPECTED)


def _listed(what: str, names: tuple[str, ...] | list[str]) -> list[str]:
    if not names:
        return []
    more = [f"    … and {len(names) - _SHOWN} more (--json lists all)"] if len(names) > _SHOWN else []
    return [f"{what} ({len(names)}):", *(f"    {name}" for name in names[:_SHOWN]), *more]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(key if count is None else f"{key} {count}" for key, count in value.items())
    if isinstance(value, list):
        return "\n".join(_address(part) if isinstance(part, dict) else str(part) for part in value)
    return str(value)


def _address(archive: dict[str, str]) -> str:
    checksum = archive["checksum"] or "no checksum known"
    return f"{archive['url']} ({'one file a track' if '{id}' in archive['url'] else checksum})"
