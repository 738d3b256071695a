"""Plugins by name: found without an import, imported when they are used.

A plugin is named in one of three ways:

* by its **name**: a built-in one (a file in ``baselines/``, ``mgrbench/datasets/collections/`` or
  ``mgrbench/features/extractors/``), or one that an installed package declares in the entry-point group
  ``mgrbench.<kind>``;
* by its **place in a package**, ``package.module`` or ``package.module:Name``;
* by its **file**, ``./file.py`` or ``./file.py:Name``.

A built-in name always wins over a declared one; two declared ones of one name are an error when it is used. A
plugin that cannot be imported fails only what names it.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from mgrbench.core.errors import BenchError
from mgrbench.core.plugin_import import import_file, import_module
from mgrbench.core.plugin_source import source_checksum
from mgrbench.core.source_digest import source_digest
from mgrbench.core.text import did_you_mean

Kind = Literal["models", "datasets", "features", "metrics"]


PACKAGES: dict[Kind, str] = {
    "models": "baselines",
    "datasets": "mgrbench.datasets.collections",
    "features": "mgrbench.features.extractors",
}
"""Where the built-in plugins of a kind lie; metrics have no such folder: theirs are named in a table."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """Where a plugin of some name is to be found.

    Attributes:
        kind: what it is.
        name: what it is called.
        target: what to import: ``"module"``, ``"module:Name"``, ``"./file.py"`` or ``"./file.py:Name"``.
        origin: ``"built in"``, the distribution that declares it, or ``"file"`` or ``"module"``.
        about: first line of its docstring, where that can be read without importing it.
    """

    kind: Kind
    name: str
    target: str
    origin: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An imported plugin: the object, the module it came from, and a checksum of its source.

    Of a built-in model only what decides its values counts, see `mgrbench.core.source_digest`.
    """

    plugin: Plugin
    value: Any
    module: ModuleType
    source_sha256: str


def available(kind: Kind) -> list[Plugin]:
    """All plugins of a kind that have a name, sorted, none of them imported."""
    found = {plugin.name: replace(plugin, about=_first_line(source)) for plugin, source in _built_in(kind)}
    for point in entry_points(group=f"mgrbench.{kind}"):
        found.setdefault(
            point.name.replace("-", "_"), Plugin(kind, point.name, point.value, _distribution(point))
        )
    return sorted(found.values(), key=lambda plugin: plugin.name)


def find(kind: Kind, name: str) -> Plugin:
    """The plugin that ``name`` means, not imported yet.

    Raises:
        BenchError: if there is none (with the nearest name), or if two packages declare one of this name.
    """
    path, _, attribute = name.partition(":")
    if path.endswith(".py"):
        return Plugin(kind, attribute or Path(path).stem, name, "file")
    if attribute:
        return Plugin(kind, attribute, name, "module")
    plain = name.replace("-", "_")
    for plugin, source in _built_in(kind, plain):
        return replace(plugin, about=_first_line(source))
    points = entry_points(group=f"mgrbench.{kind}")
    declared = [point for point in points if point.name.replace("-", "_") == plain]
    if len(declared) > 1:
        owners = " and ".join(f"{_distribution(point)} ({point.value})" for point in declared)
        hint = "uninstall one of them"
        raise BenchError(f"two packages declare the {_singular(kind)} {name!r}: {owners}", hint)
    if declared:
        return Plugin(kind, declared[0].name, declared[0].value, _distribution(declared[0]))
    if "." in name:
        return Plugin(kind, name.rsplit(".", maxsplit=1)[-1], name, "module")
    raise _unknown(kind, name)


def is_built_in(kind: Kind, name: str) -> bool:
    """Whether a name means a plugin that comes with mgrbench; nothing is imported for the answer."""
    return any(_built_in(kind, name.replace("-", "_")))


def anchored(name: str) -> str:
    """The same plugin under a name that holds in any folder: the path of a file made absolute.

    Worker processes may have been started elsewhere.
    """
    path, colon, attribute = name.partition(":")
    return f"{Path(path).absolute()}{colon}{attribute}" if path.endswith(".py") else name


def load(kind: Kind, name: str) -> Loaded:
    """Import the plugin that ``name`` means.

    Raises:
        BenchError: if there is none, if it cannot be imported, or if it lacks the named attribute.
    """
    plugin = find(kind, name)
    path, _, attribute = plugin.target.partition(":")
    module = import_file(Path(path)) if path.endswith(".py") else import_module(path, plugin.name)
    if attribute and not hasattr(module, attribute):
        hint = did_you_mean(attribute, dir(module), f"define it in {path}")
        raise BenchError(f"{path} has no {attribute!r}", hint)
    value = getattr(module, attribute) if attribute else module
    return Loaded(plugin, value, module, _checksum(plugin, module))


def _checksum(plugin: Plugin, module: ModuleType) -> str:
    """What tells one state of a plugin's source from another."""
    if plugin.kind == "models" and plugin.origin == "built in":
        package = sys.modules[module.__name__.partition(".")[0]]
        return _digest_of_imported(Path(package.__path__[0]), module.__name__)
    return source_checksum(module)


@cache
def _digest_of_imported(folder: Path, module: str) -> str:
    """Digested once a process: a module that was imported stays as it is, and every fold asks for it."""
    return source_digest(folder, module)


def _built_in(kind: Kind, name: str | None = None) -> Iterator[tuple[Plugin, Path]]:
    """The built-in plugins of a kind, or the one of a name, and their files, nothing read of them."""
    package = PACKAGES.get(kind)
    spec = importlib.util.find_spec(package) if package else None
    for folder in map(Path, (spec.submodule_search_locations or []) if spec else []):
        named = [folder / name, folder / f"{name}.py"] if name and name.isidentifier() else []
        for entry in named if name is not None else sorted(folder.iterdir()):
            source = entry / "__init__.py" if entry.is_dir() else entry
            if entry.name.startswith("_") or source.suffix != ".py" or not source.is_file():
                continue
            yield Plugin(kind, entry.stem, f"{package}.{entry.stem}", "built in"), source


def _first_line(source: Path) -> str:
    try:
        docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    except (SyntaxError, ValueError):  # a broken file fails what uses it, not the listing
        return ""
    return docstring.partition("\n")[0]


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an installed package"


def _singular(kind: Kind) -> str:
    return kind.removesuffix("s")


def _unknown(kind: Kind, name: str) -> BenchError:
    names = [plugin.name for plugin in available(kind)]
    there = f"there are {', '.join(names) or 'none'}"
    hint = did_you_mean(name.replace("-", "_"), names, there, cutoff=0.5)
    return BenchError(f"no {_singular(kind)} is called {name!r}", f"{hint} (`mgrbench list {kind}`)")
