"""A checksum of the source files that a plugin consists of: it changes when the plugin is edited."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

from mgrbench.core.files import sha256_of_bytes


def source_checksum(module: ModuleType) -> str:
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
