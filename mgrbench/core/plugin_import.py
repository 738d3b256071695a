"""Importing a plugin: a module by its name, or a file by its path."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from mgrbench.core.boundary import boundary
from mgrbench.core.errors import BenchError
from mgrbench.core.files import reading, sha256_of_bytes


def import_module(name: str, plugin: str) -> ModuleType:
    """Import a module by its name.

    Args:
        name: its name.
        plugin: what an error calls it.

    Raises:
        BenchError: if there is none of this name, or if it fails while it is imported.
    """
    if not all(part.isidentifier() for part in name.split(".")):
        hint = "write package.module:Name, or the path of a file that ends in .py"
        raise BenchError(f"{name!r} is no name of a module", hint)
    with boundary(plugin, "being imported"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and f"{name}.".startswith(f"{error.name}."):
                hint = "install its package or correct the name"
                raise BenchError(f"no module is called {error.name!r}", hint) from error
            raise  # the module is there and lacks one that it imports


class _FileLoader(SourceFileLoader):
    """Executes the source itself, never bytecode that Python cached of it up to a second before an edit."""

    def get_code(self, _fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def import_file(path: Path) -> ModuleType:
    """Import a file, once for each state of its source.

    Raises:
        BenchError: if there is no such file, or if it fails while it is imported.
    """
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
