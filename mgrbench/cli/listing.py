"""``mgrbench list``: what there is, by name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.output import Json, emit, table

if TYPE_CHECKING:
    from mgrbench.core.registry import Kind


class What(StrEnum):
    """What can be listed."""

    datasets = "datasets"
    splits = "splits"
    features = "features"
    models = "models"
    metrics = "metrics"


_KINDS: dict[What, Kind] = {
    What.datasets: "datasets",
    What.features: "features",
    What.models: "models",
    What.metrics: "metrics",
}

_METADATA = "metadata"
"""Origin of a split that is read from a dataset's metadata, and is there only if they are."""

_OF_REFERENCE = ("citation", "year", "fidelity", "doi", "printed", "cited")


def list_plugins(
    what: Annotated[What, typer.Argument(help="datasets, splits, features, models or metrics.")],
    as_json: Json = False,
) -> None:
    """List what there is, by name."""
    if what is What.models:
        _list_models(as_json=as_json)
        return
    rows = _rows(what)
    names = [{"name": name, "origin": origin, "about": about} for name, origin, about in rows]
    columns = [("name", "left"), ("origin", "left"), ("about", "fold")]
    if {origin for _, origin, _ in rows} <= {"built in", _METADATA}:
        columns = [columns[0], columns[2]]
        rows = [(name, about) for name, _, about in rows]  # type: ignore[misc]
    emit({what.value: names}, lambda screen: screen.print(table(columns, rows)), as_json=as_json)


def _list_models(*, as_json: bool) -> None:
    """The models, each with the publication that it follows and its options; none is imported."""
    from dataclasses import asdict

    from mgrbench.core.registry import available
    from mgrbench.models.declared import declared_options
    from mgrbench.models.references import reference_of

    entries, rows = [], []
    for plugin in available("models"):
        built_in = plugin.origin == "built in"
        reference = reference_of(plugin.target) if built_in else None
        options = declared_options(plugin.target) if built_in and as_json else None
        entry = {"name": plugin.name, "origin": plugin.origin, "about": plugin.about}
        said = asdict(reference) if reference else dict.fromkeys(_OF_REFERENCE)
        listed = None if options is None else [option.as_json() for option in options]
        entries.append(entry | {"reference": said.pop("citation"), **said, "options": listed})
        follows = f"{reference.year}, {reference.fidelity}" if reference else ""
        about = plugin.about if built_in else f"{plugin.about} ({plugin.origin})".strip()
        rows.append((plugin.name, follows, about))
    columns = [("name", "left"), ("follows", "left"), ("about", "fold")]
    emit({"models": entries}, lambda screen: screen.print(table(columns, rows)), as_json=as_json)


def _rows(what: What) -> list[tuple[str, str, str]]:
    if what is What.splits:
        from mgrbench.splits import load_split, metadata_splits, shipped_splits

        rows = [(name, "built in", load_split(name).provenance.get("about", "")) for name in shipped_splits()]
        about = "official; read from the metadata of the dataset, see `mgrbench data info {}`"
        rows += [(name, _METADATA, about.format(name.partition("/")[0])) for name in metadata_splits()]
        return sorted(rows)
    from mgrbench.core.registry import available

    plugins = [(plugin.name, plugin.origin, plugin.about) for plugin in available(_KINDS[what])]
    if what is What.metrics:
        from mgrbench.metrics.classification import METRICS

        return [(metric.name, "built in", metric.about) for metric in METRICS.values()] + plugins
    return plugins
