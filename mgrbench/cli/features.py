"""``mgrbench features``: get features into the store, and see what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mgrbench.cli.options import DatasetName, Jobs, Root, data_root
from mgrbench.cli.output import Json, emit, progress, table
from mgrbench.errors import BenchError

app = typer.Typer(help="Features: extract or import them, see what is stored.", no_args_is_help=True)

Replace = Annotated[bool, typer.Option("--replace", help="Replace what is stored under this name.")]

_SHOWN = 10


@app.command()
def extract(
    dataset: DatasetName,
    feature: Annotated[list[str], typer.Option("--feature", "-f", help="Name of a feature, or ./file.py.")],
    root: Root = None,
    jobs: Jobs = 1,
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Compute features of all clips and store them; what is stored already is kept."""
    from mgrbench.extract import extract as extracted
    from mgrbench.registry import load_dataset

    data = load_dataset(dataset)
    with progress(f"extracting from {data.name}") as tell:
        done = extracted(data, feature, data_root(root, data.name), jobs=jobs, replace=replace, on_clip=tell)
    lines = [
        f"{name}: {done.computed[name]} clips computed, {done.stored[name]} stored" for name in done.stored
    ]
    if done.missing:
        more = " …" if len(done.missing) > 3 else ""
        lines.append(f"no audio of {len(done.missing)} tracks: {', '.join(done.missing[:3])}{more}")
    lines += [f"not computed: {problem.track_id}: {problem.detail}" for problem in done.problems[:_SHOWN]]
    if len(done.problems) > _SHOWN:
        lines.append(f"… and {len(done.problems) - _SHOWN} more (--json lists all)")
    emit(done.to_dict(), lambda screen: screen.print("\n".join(lines), markup=False), as_json=as_json)


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
        str, typer.Option(help="What must be said wherever results from these values stand.")
    ] = "",
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Put precomputed features from an .npz file into the store."""
    from mgrbench.imports import import_features
    from mgrbench.registry import load_dataset

    stored = import_features(
        load_dataset(dataset), name, file, array,
        ids=ids, segmented=segmented, caveat=caveat, replace=replace,
    )  # fmt: skip
    document = _document(stored)

    def draw(screen: Any) -> None:  # noqa: ANN401
        shape = " × ".join(map(str, document["shape"]))
        screen.print(f"stored {name} of {stored.manifest.dataset}: {len(stored.ids)} tracks × {shape}")
        if stored.manifest.caveat:
            screen.print(f"note: {stored.manifest.caveat}", markup=False)

    emit(document, draw, as_json=as_json)


@app.command()
def info(
    dataset: Annotated[str | None, typer.Argument(help="Name of a dataset; all without it.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read every value and check it.")] = False,
    as_json: Json = False,
) -> None:
    """Show which features are stored, what they weigh, and which are stale or corrupt."""
    from mgrbench.store import FeatureStore

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
        mend = f"import or extract one; the store is {store.root}"
        raise BenchError(f"no feature of {dataset} is stored", mend)
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

    def draw(screen: Any) -> None:  # noqa: ANN401
        screen.print(f"store: {store.root}", markup=False)
        screen.print(table(columns, rows))

    emit({"store": str(store.root), "features": documents}, draw, as_json=as_json)
    if bad := [document for document in documents if document.get("corrupt")]:
        first = bad[0]
        problem = f"{len(first['corrupt'])} rows are corrupt, the first {first['corrupt'][0]}"
        where = f"{first['feature']} of {first['dataset']}"
        raise BenchError(problem, "import it again with --replace, or extract it again", where)


def _document(stored: Any) -> dict[str, Any]:  # noqa: ANN401
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


def _stale(stored: Any) -> bool:  # noqa: ANN401
    """Whether the feature would be computed otherwise today: other settings or library versions."""
    from mgrbench.extract import manifest_of
    from mgrbench.registry import load_dataset

    manifest = stored.manifest
    if manifest.kind != "computed":
        return False
    try:
        today = manifest_of(load_dataset(manifest.dataset), manifest.feature, ())
    except BenchError:  # its plugin was a file: what it would give today can't be told
        return False
    return today.fingerprint != manifest.fingerprint  # type: ignore[no-any-return]


def _state(document: dict[str, Any]) -> str:
    if document.get("corrupt"):
        return f"corrupt: {', '.join(document['corrupt'][:3])}"
    if document["stale"]:
        return "stale: extract again with --replace"
    return "see caveat" if document["caveat"] else "ok"
