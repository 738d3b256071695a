"""``mgrbench features``: get features into the store, and see what is there."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.commands import Commands
from mgrbench.cli.options import DatasetName, Jobs, Root, data_root
from mgrbench.cli.output import Json, emit, note, progress, table
from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.features.extract import Problem
    from mgrbench.features.store import StoredFeature

app = Commands(help="Features: extract, import or download them, see what is stored.", no_args_is_help=True)

Replace = Annotated[bool, typer.Option("--replace", help="Replace what is stored under this name.")]

_SHOWN = 10


class Backend(StrEnum):
    """Who computes."""

    local = "local"
    dask = "dask"


@app.command()
def extract(
    dataset: DatasetName,
    feature: Annotated[list[str], typer.Option("--feature", "-f", help="Name of a feature, or ./file.py.")],
    root: Root = None,
    jobs: Jobs = -1,
    device: Annotated[
        str, typer.Option(help="cpu, cuda or auto, for features that can use a GPU: mel, scatter, transfer.")
    ] = "cpu",
    weights: Annotated[Path | None, typer.Option(help="Weight file of a feature that needs one.")] = None,
    backend: Annotated[
        Backend, typer.Option(help="Processes of this machine, or a cluster.")
    ] = Backend.local,
    scheduler: Annotated[str | None, typer.Option(help="Address of the Dask scheduler.")] = None,
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Compute features of all clips and store them; what is stored already is kept."""
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.core.machine import resolve_device
    from mgrbench.core.processes import Workers
    from mgrbench.features.extract import extract as extracted

    if (backend is Backend.dask) != (scheduler is not None):
        hint = "say --backend dask --scheduler tcp://HOST:8786, or neither"
        raise BenchError("a backend and a scheduler go together", hint)
    data = load_dataset(dataset, root)
    chosen = resolve_device(device)
    with progress(f"extracting from {data.name}") as tell:
        done = extracted(
            data,
            feature,
            data_root(root, data.name),
            # Processes that share one GPU would only be in each other's way.
            workers=Workers(jobs if chosen == "cpu" else 1, scheduler),
            device=chosen,
            weights=weights,
            replace=replace,
            on_clip=tell,
        )
    lines = [
        f"{name}: {done.computed[name]} clips computed, {done.stored[name]} stored" for name in done.stored
    ]
    if done.missing:
        more = " …" if len(done.missing) > 3 else ""
        lines.append(f"no audio of {len(done.missing)} tracks: {', '.join(done.missing[:3])}{more}")
    lines += _listed("not computed", done.problems) + _listed("computed, but", done.remarks)
    emit(done.to_dict(), lambda screen: screen.print("\n".join(lines), markup=False), as_json=as_json)


def _listed(what: str, problems: Sequence[Problem]) -> list[str]:
    lines = [f"{what}: {problem.track_id}: {problem.detail}" for problem in problems[:_SHOWN]]
    more = len(problems) - _SHOWN
    return [*lines, f"… and {more} more (--json lists all)"] if more > 0 else lines


@app.command("import")
def import_array(
    dataset: DatasetName,
    name: Annotated[str, typer.Argument(help="Name to give the feature.")],
    file: Annotated[Path, typer.Option(help="The .npz file.")],
    array: Annotated[str, typer.Option(help="Key of the values, shape (tracks, …).")],
    ids: Annotated[str, typer.Option(help="Key of the track ids or file names.")] = "ids",
    segmented: Annotated[
        bool, typer.Option("--segmented", help="The second axis of the values runs over segments.")
    ] = False,
    caveat: Annotated[
        str, typer.Option(help="Warning to show with every result that uses these values.")
    ] = "",
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Put precomputed features from an .npz file into the store."""
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.features.importing import import_features

    stored = import_features(
        load_dataset(dataset), name, file, array,
        ids=ids, segmented=segmented, caveat=caveat, replace=replace,
    )  # fmt: skip
    document = _document(stored)

    def draw(screen: Console) -> None:
        shape = " × ".join(map(str, document["shape"]))
        screen.print(f"stored {name} of {stored.manifest.dataset}: {len(stored.ids)} tracks × {shape}")
        if stored.manifest.caveat:
            screen.print(f"note: {stored.manifest.caveat}", markup=False)

    emit(document, draw, as_json=as_json)


@app.command()
def download(
    what: Annotated[
        str,
        typer.Argument(
            help="Name of a dataset, for its published features; or `weights`, for those of convnets."
        ),
    ],
    name: Annotated[str | None, typer.Argument(help="Name of one of them; without it, all.")] = None,
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Download published features of a dataset into the store, or the weights that a feature needs."""
    from mgrbench.features.register import WEIGHTS

    documents = _weights(name) if what == WEIGHTS else _packs(what, name, replace=replace)
    lines = "\n".join(document.pop("line") for document in documents)
    # soft_wrap, so that no path is broken in two
    emit(
        {"downloaded": documents},
        lambda screen: screen.print(lines, markup=False, soft_wrap=True),
        as_json=as_json,
    )


@app.command()
def info(
    dataset: Annotated[str | None, typer.Argument(help="Name of a dataset; without it, all.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read every value and check it.")] = False,
    as_json: Json = False,
) -> None:
    """List the stored features with their sizes, and say which are stale or corrupt."""
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.features.store import FeatureStore

    store = FeatureStore()
    documents = []
    for name in [dataset] if dataset else store.datasets():
        for feature in store.features(name):
            stored = store.open(name, feature)
            document = _document(stored) | {"stale": _stale(stored)}
            if verify:
                document["corrupt"] = stored.corrupt()
            documents.append(document)
    if dataset and not documents:
        load_dataset(dataset)  # refuses a name that is none, with the nearest
        hint = f"import or extract one; the store is {store.root}"
        raise BenchError(f"no feature of {dataset} is stored", hint)
    columns = [("dataset", "left"), ("feature", "left"), ("tracks", "right"), ("segment", "right")]
    columns += [("size", "right"), ("kind", "left"), ("state", "fold")]
    rows = [
        (
            document["dataset"],
            document["feature"],
            str(document["tracks"]),
            "×".join(map(str, document["shape"])),
            f"{document['bytes'] / 1e6:.1f} MB",
            document["kind"],
            _state(document),
        )
        for document in documents
    ]

    def draw(screen: Console) -> None:
        screen.print(f"store: {store.root}", markup=False)
        screen.print(table(columns, rows))

    emit({"store": str(store.root), "features": documents}, draw, as_json=as_json)
    if bad := [document for document in documents if document.get("corrupt")]:
        first = bad[0]
        problem = f"{len(first['corrupt'])} rows are corrupt, the first {first['corrupt'][0]}"
        where = f"{first['feature']} of {first['dataset']}"
        raise BenchError(problem, "import it again with --replace, or extract it again", where)


@app.command()
def plot(
    dataset: DatasetName,
    track: Annotated[str, typer.Argument(help="Id or file name of a track.")],
    feature: Annotated[
        list[str] | None,
        typer.Option(
            "--feature", "-f", help="Name of a feature, or ./file.py; else all time–frequency features."
        ),
    ] = None,
    root: Root = None,
    segment: Annotated[
        int | None, typer.Option("--segment", help="Which segment of the clip, from 1; else the middle one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, .png; else the track's id in this folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw the time–frequency features of a clip side by side, as a PNG."""
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.core.files import write_atomically
    from mgrbench.core.plotting import need_matplotlib
    from mgrbench.features.panels import sheet
    from mgrbench.features.plot import png

    if out and out.suffix.lower() != ".png":
        raise BenchError("only PNG files are written", "name a file that ends in .png", out)
    need_matplotlib()
    data = load_dataset(dataset, root)
    drawn = sheet(data, track, data_root(root, data.name), feature or (), segment)
    path = out or Path(f"{drawn.track.id}.png")
    write_atomically(path, png(drawn))
    for name in drawn.skipped:
        note(f"{name} is left out: it has no axes of time and frequency")
    names = [panel.name for panel in drawn.panels]
    document = {
        "file": str(path),
        "track": drawn.track.id,
        "segment": drawn.segment,
        "features": names,
        "left_out": list(drawn.skipped),
    }
    line = f"{path}: {', '.join(names)}"
    emit(document, lambda screen: screen.print(line, markup=False, soft_wrap=True), as_json=as_json)


def _packs(dataset: str, feature: str | None, *, replace: bool) -> list[dict[str, Any]]:
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.features.packs import install, packs_of

    data = load_dataset(dataset)
    documents = []
    for pack in packs_of(data, feature):
        with progress(f"fetching {pack.feature} of {data.name}") as tell:
            document = _document(install(pack, data, replace=replace, progress=tell))
        line = f"stored {pack.feature} of {data.name}: {document['tracks']} tracks, {pack.about}"
        if document["caveat"]:
            line += f"\nnote: {document['caveat']}"
        documents.append(document | {"line": line})
    return documents


def _weights(name: str | None) -> list[dict[str, Any]]:
    from mgrbench.features.register import get, weights

    documents = []
    for file in weights(name):
        document: dict[str, Any] = {"name": file.name, "sha256": file.checksum, "about": file.note}
        if file.url or name or file.path.is_file():
            with progress(f"fetching {file.name}") as tell:
                document["path"] = str(get(file, tell))
            document["line"] = f"{file.name}: {document['path']}"
        else:  # one of several, and only the user can get it: said, and no reason to fail
            document |= {"path": None, "line": f"{file.name}: {file.how}"}
        documents.append(document)
    return documents


def _document(stored: StoredFeature) -> dict[str, Any]:
    manifest = stored.manifest
    return {
        "dataset": manifest.dataset,
        "feature": manifest.feature,
        "kind": manifest.kind,
        "tracks": len(stored.ids),
        "shape": list(stored.values.shape[1:]),
        "bytes": stored.bytes,
        "fingerprint": manifest.fingerprint,
        "about": dict(manifest.about),
        "caveat": manifest.caveat,
    }


def _stale(stored: StoredFeature) -> bool:
    """Whether the feature would be computed otherwise today: other settings or library versions."""
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.features.extract import manifest_of

    manifest = stored.manifest
    if manifest.kind != "computed":
        return False
    try:
        today = manifest_of(load_dataset(manifest.dataset), manifest.feature, ())
    except BenchError:  # its plugin was a file: what it would give today can't be told
        return False
    return today.fingerprint != manifest.fingerprint


def _state(document: dict[str, Any]) -> str:
    if document.get("corrupt"):
        return f"corrupt: {', '.join(document['corrupt'][:3])}"
    if document["stale"]:
        return "stale: extract again with --replace"
    return "see caveat" if document["caveat"] else "ok"
