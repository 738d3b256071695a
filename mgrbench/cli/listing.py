"""``mgrbench list``: what there is, by name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.output import Json, emit, table

if TYPE_CHECKING:
    from mgrbench.registry import Kind


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


def list_plugins(
    what: Annotated[What, typer.Argument(help="datasets, splits, features, models or metrics.")],
    as_json: Json = False,
) -> None:
    """List what there is, by name."""
    rows = _rows(what)
    names = [{"name": name, "origin": origin, "about": about} for name, origin, about in rows]
    columns = [("name", "left"), ("origin", "left"), ("about", "fold")]
    if all(origin == "built in" for _, origin, _ in rows):
        columns = [columns[0], columns[2]]
        rows = [(name, about) for name, _, about in rows]  # type: ignore[misc]
    emit({what.value: names}, lambda screen: screen.print(table(columns, rows)), as_json=as_json)


def _rows(what: What) -> list[tuple[str, str, str]]:
    if what is What.splits:
        from mgrbench.splits import load_split, shipped_splits

        return [(name, "built in", load_split(name).provenance.get("about", "")) for name in shipped_splits()]
    from mgrbench.registry import available

    plugins = [(plugin.name, plugin.origin, plugin.about) for plugin in available(_KINDS[what])]
    if what is What.metrics:
        from mgrbench.metrics import METRICS

        return [(metric.name, "built in", metric.about) for metric in METRICS.values()] + plugins
    return plugins
