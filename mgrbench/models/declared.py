"""The options that a plugin declares, read from its source: importing every model would import torch."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mgrbench.models.options import Option, option, statement


def declared_options(module: str) -> tuple[Option, ...] | None:
    """The options of a module's ``Options``, as `mgrbench.models.options.options_of` gives them.

    Nothing is imported but the top-level package.

    Args:
        module: its full name, for example ``"baselines.svm_rbf"``.

    Returns:
        The options, none if there is no such class; None if the source does not hold them as literal values.
    """
    try:
        return tuple(_of_class(module, "Options").values())
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, RecursionError):
        # A broken file fails what uses it, not a listing.
        return None


def _of_class(module: str, name: str) -> dict[str, Option]:
    """The options by name of the class that ``name`` means in a module: its own, or one that it imports."""
    for node in _tree(_source(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _of_body(module, node)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _of_class(node.module, alias.name)
    return {}


def _of_body(module: str, node: ast.ClassDef) -> dict[str, Option]:
    found: dict[str, Option] = {}
    for base in reversed(node.bases):
        found |= _of_class(module, ast.unparse(base))
    for line in node.body:
        if not isinstance(line, ast.AnnAssign) or line.value is None:
            continue
        name, value = ast.unparse(line.target), line.value
        call = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
        if call == "fixed":
            found.pop(name, None)
        elif call == "option" and isinstance(value, ast.Call):
            positional = [ast.literal_eval(argument) for argument in value.args]
            named = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in value.keywords}
            if told := statement(option(*positional, **named)):
                found[name] = replace(told, name=name, type=ast.unparse(line.annotation))
        else:
            found[name] = replace(found[name], default=ast.literal_eval(value))
    return found


def _source(module: str) -> Path:
    """The file of a module; `importlib.util.find_spec` would import the packages that it lies in."""
    top, *parts = module.split(".")
    spec = importlib.util.find_spec(top)
    for folder in map(Path, (spec.submodule_search_locations or []) if spec else []):
        place = folder.joinpath(*parts)
        for source in (place.with_suffix(".py"), place / "__init__.py"):
            if source.is_file():
                return source
    raise FileNotFoundError(module)


@lru_cache(maxsize=64)
def _tree(text: str) -> ast.Module:
    return ast.parse(text)
