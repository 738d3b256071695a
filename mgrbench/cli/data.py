"""``mgrbench data``: what a dataset is, and whether your copy of it is sound."""

from __future__ import annotations

from collections import Counter

import typer

from mgrbench.cli.options import DatasetName, Root, data_root
from mgrbench.cli.output import Json, emit, progress, table

app = typer.Typer(help="Datasets: what they are, and whether your copy is sound.", no_args_is_help=True)

_SHOWN = 10


@app.command()
def info(dataset: DatasetName, as_json: Json = False) -> None:
    """Show a dataset's genres, artists, known faults, licence, and where its audio is to be had."""
    from mgrbench.registry import load_dataset
    from mgrbench.splits import shipped_splits

    data = load_dataset(dataset)
    tracks = data.tracks()
    genres = Counter(track.genre for track in tracks)
    artists = {artist for track in tracks for artist in track.artists}
    replicas = [track for track in tracks if track.replica]
    document = {
        "name": data.name,
        "about": data.about,
        "tracks": len(tracks),
        "genres": {genre: genres[genre] for genre in data.genres},
        "artists": len(artists),
        "tracks_of_known_artist": sum(bool(track.artists) for track in tracks),
        "hours": round(sum(track.seconds or 0 for track in tracks) / 3600, 2),
        "replica_sets": len({track.replica for track in replicas}),
        "tracks_in_replica_sets": len(replicas),
        "tracks_with_faults": sum(bool(track.faults) for track in tracks),
        "splits": shipped_splits(data.name),
        "licence": data.licence,
        "homepage": data.homepage,
        "citation": data.citation,
        "archives": [{"url": archive.url, "checksum": archive.checksum} for archive in data.archives],
    }
    rows = [(name.replace("_", " "), _value(value)) for name, value in document.items() if value]
    emit(document, lambda screen: screen.print(table([("", "left"), ("", "fold")], rows)), as_json=as_json)


@app.command()
def verify(dataset: DatasetName, root: Root = None, as_json: Json = False) -> None:
    """List the clips that are missing, unreadable, or of unexpected length or checksum."""
    from mgrbench.registry import load_dataset
    from mgrbench.verify import verify as verified

    data = load_dataset(dataset)
    with progress(f"reading {data.name}") as tell:
        report = verified(data, data_root(root, data.name), tell)
    document = report.to_dict()
    lines = [f"{data.name}: {report.found} of {report.expected} clips found in {report.root}"]
    lines += _listed("missing", report.missing)
    for kind in ("unreadable", "unexpected_length", "unexpected_checksum"):
        findings = getattr(report, kind)
        lines += _listed(kind.replace("_", " "), [f"{found.id}: {found.detail}" for found in findings])
    lines += _listed("not recognised", [str(found) for found in report.unrecognised])
    lines.append("all clips are as expected" if report.ok else "not all clips are as expected")
    emit(document, lambda screen: screen.print("\n".join(lines), markup=False), as_json=as_json)


def _listed(what: str, names: tuple[str, ...] | list[str]) -> list[str]:
    if not names:
        return []
    more = [f"    … and {len(names) - _SHOWN} more (--json lists all)"] if len(names) > _SHOWN else []
    return [f"{what} ({len(names)}):", *(f"    {name}" for name in names[:_SHOWN]), *more]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items())
    if isinstance(value, list):
        return "\n".join(
            f"{part['url']} ({part['checksum'] or 'no checksum known'})"
            if isinstance(part, dict)
            else str(part)
            for part in value
        )
    return str(value)
