"""Name -> plugin, found without importing anything until it is used.

A plugin is named in one of three ways:

* by its **name**: a built-in one (a file in ``baselines/``, ``mgrbench/datasets/`` or
  ``mgrbench/features/``), or one that an installed package declares in the entry-point group
  ``mgrbench.<kind>``;
* by its **place in a package**, ``package.module`` or ``package.module:Name``;
* by its **file**, ``./file.py`` or ``./file.py:Name``.

A built-in name always wins over a declared one; two declared ones of one name are an error when it is used. A
plugin that cannot be imported fails only what names it.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mgrbench.errors import BenchError
from mgrbench.files import reading, sha256_of_bytes
from mgrbench.roots import data_root

if TYPE_CHECKING:
    from mgrbench.types import Dataset, Track

_Result = TypeVar("_Result")
Kind = Literal["models", "datasets", "features", "metrics"]

_LONGEST = 400
"""Characters of a plugin's message that are shown; scikit-learn's may hold all the values it was given."""

_PACKAGES: dict[str, str] = {
    "models": "baselines",
    "datasets": "mgrbench.datasets",
    "features": "mgrbench.features",
    "metrics": "mgrbench.metrics",
}


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
    """An imported plugin: the object, the module it came from, and a checksum of its source."""

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
        mend = "uninstall one of them"
        raise BenchError(f"two packages declare the {_singular(kind)} {name!r}: {owners}", mend)
    if declared:
        return Plugin(kind, declared[0].name, declared[0].value, _distribution(declared[0]))
    if "." in name:
        return Plugin(kind, name.rsplit(".", maxsplit=1)[-1], name, "module")
    raise _unknown(kind, name)


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
    module = _import_file(Path(path)) if path.endswith(".py") else _import_module(path, plugin)
    if attribute and not hasattr(module, attribute):
        near = difflib.get_close_matches(attribute, dir(module), n=1)
        mend = f"did you mean {near[0]}?" if near else f"define it in {path}"
        raise BenchError(f"{path} has no {attribute!r}", mend)
    value = getattr(module, attribute) if attribute else module
    return Loaded(plugin, value, module, _source_checksum(module))


def load_dataset(name: str, root: Path | None = None) -> Dataset:
    """The dataset of this name, or the ``DATASET`` of this file, with its tracks.

    Args:
        name: its name or file.
        root: its data root, where it reads its metadata there; None for the usual one, see `data_root`.

    Raises:
        BenchError: if there is none, or if its metadata are not at the root.
    """
    dataset = describe_dataset(name)
    return dataset.at(data_root(root, dataset.name)) if dataset.metadata else dataset


def describe_dataset(name: str) -> Dataset:
    """The dataset of this name, or the ``DATASET`` of this file, as far as it is known without metadata.

    Raises:
        BenchError: if there is none.
    """
    from mgrbench.types import Dataset

    loaded = load("datasets", name)
    dataset = getattr(loaded.value, "DATASET", loaded.value)
    if not isinstance(dataset, Dataset):
        raise BenchError(f"{name} holds no dataset", "name a mgrbench.types.Dataset DATASET in it")
    return dataset if loaded.plugin.origin == "built in" else _guarded(dataset)


def _guarded(dataset: Dataset) -> Dataset:
    """A plugin's dataset with its functions behind a `boundary`; partials, so that processes can share it."""
    name, metadata = dataset.name, dataset.metadata
    return replace(
        dataset,
        load=partial(_tracks, name, dataset.load),
        identify=partial(_bounded, name, "telling the track of a name", dataset.identify),
        published=partial(_bounded, name, "giving its published folds", dataset.published),
        metadata=replace(metadata, read=partial(_described, name, metadata.read)) if metadata else None,
    )


def _bounded(name: str, doing: str, function: Callable[..., _Result], *arguments: object) -> _Result:
    with boundary(name, doing):
        return function(*arguments)


def _tracks(name: str, function: Callable[..., Iterable[Track]], root: Path | None) -> tuple[Track, ...]:
    from mgrbench.types import Track

    with boundary(name, "loading its tracks"):
        tracks = tuple(function(root))
    if strange := [track for track in tracks if not isinstance(track, Track)]:
        problem = f"{name} gives a {type(strange[0]).__name__} where a track is wanted"
        raise BenchError(problem, "let its load give mgrbench.types.Track")
    return tracks


def _described(name: str, function: Callable[[Path], Dataset], root: Path) -> Dataset:
    return _guarded(_bounded(name, "reading its metadata", function, root))


@contextmanager
def boundary(name: str, doing: str) -> Iterator[None]:
    """Turn whatever a plugin's own code raises into a `BenchError` that names its last line.

    A plugin may raise anything, so this is one of the two places where catching every `Exception` is right
    (the contract check is the other), and a script that calls ``sys.exit`` must not end the run without a
    word. ``MGRBENCH_DEBUG=1`` shows the whole traceback. What a plugin prints goes to stderr, since stdout
    holds results and nothing else.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except BenchError:
        raise
    except (Exception, SystemExit) as error:
        if os.environ.get("MGRBENCH_DEBUG"):
            traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1] if frames else None
        place = f" ({Path(last.filename).name}:{last.lineno})" if last else ""
        text = _to_the_point(str(error)) or "no message"
        mend = "mend the plugin; MGRBENCH_DEBUG=1 shows the traceback, `mgrbench check` tries its contract"
        raise BenchError(
            f"{name} failed while {doing}: {type(error).__name__}: {text}{place}", mend
        ) from error


def _built_in(kind: Kind, name: str | None = None) -> Iterator[tuple[Plugin, Path]]:
    """The built-in plugins of a kind, or the one of a name, and their files, nothing read of them."""
    package = _PACKAGES[kind]
    spec = importlib.util.find_spec(package)
    for folder in map(Path, (spec.submodule_search_locations or []) if spec else []):
        named = [folder / name, folder / f"{name}.py"] if name and name.isidentifier() else []
        for entry in named if name is not None else sorted(folder.iterdir()):
            source = entry / "__init__.py" if entry.is_dir() else entry
            if entry.name.startswith("_") or source.suffix != ".py" or not source.is_file():
                continue
            yield Plugin(kind, entry.stem, f"{package}.{entry.stem}", "built in"), source


def _to_the_point(message: str) -> str:
    """A message on one line; of one that shows whole arrays, its beginning and its end."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 80]} … {line[-80:]}"


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
    near = difflib.get_close_matches(name.replace("-", "_"), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}"
    return BenchError(f"no {_singular(kind)} is called {name!r}", f"{hint} (`mgrbench list {kind}`)")


def _import_module(name: str, plugin: Plugin) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        mend = "write package.module:Name, or the path of a file that ends in .py"
        raise BenchError(f"{name!r} is no name of a module", mend)
    with boundary(plugin.name, "being imported"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and f"{name}.".startswith(f"{error.name}."):
                mend = "install its package or mend the name"
                raise BenchError(f"no module is called {error.name!r}", mend) from error
            raise  # the module is there and lacks one that it imports


class _FileLoader(SourceFileLoader):
    """Executes the source itself, never bytecode that Python cached of it up to a second before an edit."""

    def get_code(self, _fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise BenchError("no such file", "check the path of the plugin", path)
    with reading(path):
        source = path.read_bytes()
    # The name must differ from those of installed modules and be the same in a worker process. It changes
    # with the source, so that a file is executed once, and once more when it was edited.
    identity = sha256_of_bytes(str(path.resolve()).encode() + b"\0" + source)
    name = f"_mgrbench_file_{path.stem}_{identity[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    loader = _FileLoader(name, str(path))
    module = importlib.util.module_from_spec(ModuleSpec(name, loader, origin=str(path)))
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        with boundary(path.name, "being imported"):
            loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _source_checksum(module: ModuleType) -> str:
    """Checksum of the plugin's own source: its file or every file of its package, and what it shares.

    What it shares are the modules of its own top-level package that it imports, directly or through each
    other. Of an installed package, and of mgrbench itself, only the plugin's own file counts: the rest is
    told by its version.
    """
    if not getattr(module, "__file__", None):
        return ""  # built into Python
    files = _own_files(Path(str(module.__file__)))
    top = module.__name__.partition(".")[0]
    shared: dict[Path, None] = {}
    installed = {"site-packages", "dist-packages"} & set(files[0].parts)
    if "." in module.__name__ and top != "mgrbench" and not installed:
        _collect(files, top, shared)
    every = [*files, *sorted(shared.keys() - set(files))]
    return sha256_of_bytes(b"\0".join(source.read_bytes() for source in every))


def _own_files(file: Path) -> list[Path]:
    return sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]


def _collect(files: list[Path], top: str, shared: dict[Path, None]) -> None:
    """Add the files of the package ``top`` that these files import, and so on."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                spec = importlib.util.find_spec(name) if name.startswith(f"{top}.") else None
                found = _own_files(Path(spec.origin)) if spec and spec.has_location and spec.origin else []
                new = [path for path in found if path.suffix == ".py" and path not in shared]
                shared.update(dict.fromkeys(new))
                _collect(new, top, shared)
