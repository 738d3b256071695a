"""A digest of the code that decides what a built-in model computes, and of nothing else.

The id of a run rests on it. A checksum of the files would change with every comment, and the runs stored
under the old one would not be found again. A version that is raised by hand is forgotten sooner or later,
and then an old run answers for new code. So the syntax tree is digested. It begins at what builds the model
and goes on through everything that this names in its own package.

What changes no value is left out: comments, docstrings, annotations, imports, the texts of errors, and what
an option says of itself beside its default. The names of a module's functions, classes and constants are
left out too, and the file that they stand in. What lies outside of the package counts by its name alone,
mgrbench itself included: the versions in the run record tell the rest.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

ROOTS = ("build", "Options")
"""Names of a module that decide its values. Features and selection have places of their own in a run's id."""

_TEXTS = {"BenchError": 0, "option": 1}
"""Calls whose arguments are texts but for the first few: an error, an option after its default."""


@dataclass
class _Module:
    """What a module's names stand for.

    Attributes:
        statements: name -> the statements at the top of the module that give it its value.
        imports: name -> the module that it is taken from, and what it is there (None for the module itself).
    """

    statements: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)


_Definition = tuple[str, str]
"""The module that defines something, and its name there."""


def source_digest(folder: Path, module: str, roots: Sequence[str] = ROOTS) -> str:
    """SHA-256, hexadecimal, of what the roots of a module compute.

    Args:
        folder: the package's folder; its name is the first part of ``module``.
        module: name of the module, ``"baselines.svm_rbf"``.
        roots: names of the module to begin at; those that it lacks are passed over.
    """
    return _Digest(folder).of(module, roots)


class _Digest:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: dict[str, _Module] = {}
        self.numbers: dict[_Definition, int] = {}

    def of(self, module: str, roots: Sequence[str]) -> str:
        for root in roots:
            found = self.definition(module, root)
            if isinstance(found, tuple):
                self.number(found)
        digest = hashlib.sha256()
        # Definitions are numbered in the order in which they are first named, and digested in that order:
        # what they are called, and in which file they stand, leaves no trace. The list grows on the way.
        done = 0
        while done < len(self.numbers):
            definition = list(self.numbers)[done]
            for statement in self.module(definition[0]).statements[definition[1]]:
                plain = _Plain(self, definition).visit(deepcopy(statement))
                digest.update(json.dumps(_listed(plain), ensure_ascii=False).encode())
            digest.update(b"\0")
            done += 1
        return digest.hexdigest()

    def number(self, definition: _Definition) -> int:
        """The number of a definition; a new one is to be digested too."""
        return self.numbers.setdefault(definition, len(self.numbers))

    def definition(self, module: str, name: str) -> _Definition | str | None:
        """What a name means in a module: one of its definitions, something outside by name, or None."""
        known = self.module(module)
        if name in known.statements:
            return module, name
        if name not in known.imports:
            return None
        home, inner = known.imports[name]
        if not self.is_own(home):
            return inner or home
        if inner is None:
            return None  # the module itself: what is taken of it is followed by its attribute
        return self.definition(home, inner) or inner

    def attribute(self, module: str, name: str, attribute: str) -> _Definition | str | None:
        """What ``name.attribute`` means where ``name`` is an imported module of the package."""
        home, inner = self.module(module).imports.get(name, ("", None))
        place = f"{home}.{inner}" if inner else home
        return self.definition(place, attribute) if self.is_own(place) and self.file(place) else None

    def is_own(self, module: str) -> bool:
        return module.partition(".")[0] == self.folder.name

    def file(self, module: str) -> Path | None:
        place = self.folder.joinpath(*module.split(".")[1:])
        return next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.is_file()), None)

    def module(self, name: str) -> _Module:
        if name not in self.modules:
            file = self.file(name)
            self.modules[name] = _read(ast.parse(file.read_bytes())) if file else _Module()
        return self.modules[name]


def _read(tree: ast.Module) -> _Module:
    found = _Module()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found.imports[alias.asname or alias.name] = (node.module or "", alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                found.imports[alias.asname or whole] = (whole, None)
    for statement in tree.body:
        for name in _bound(statement):
            found.statements.setdefault(name, []).append(statement)
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module gives a value, or changes it."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            changed = node.value
            while isinstance(changed, ast.Subscript | ast.Attribute):
                changed = changed.value
            if isinstance(changed, ast.Name):
                yield changed.id


class _Plain(ast.NodeTransformer):
    """A statement without what changes no value, its names replaced by numbers."""

    def __init__(self, digest: _Digest, definition: _Definition) -> None:
        self.digest = digest
        self.place = definition[0]
        self.named = definition[1]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        arguments = node.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            one.annotation = None
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                rest.annotation = None
        node.returns = None
        self._unname(node)
        self.generic_visit(node)
        _drop_unread(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._unname(node)
        return self.generic_visit(node)

    def _unname(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        if node.name == self.named:
            node.name = ""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)  # that there is one makes it the field of a dataclass
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:  # noqa: ARG002
        return ast.Raise()

    def visit_Import(self, node: ast.Import) -> None:
        """Leave it out: it says where something stands."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """As `visit_Import`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called in _TEXTS:
            node.args, node.keywords = node.args[: _TEXTS[called]], []
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._reference(node, self.digest.definition(self.place, node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name):
            found = self.digest.attribute(self.place, node.value.id, node.attr)
            if found is not None:
                return self._reference(ast.Name(node.attr, node.ctx), found)
        return self.generic_visit(node)

    def _reference(self, node: ast.Name, found: _Definition | str | None) -> ast.AST:
        if isinstance(found, tuple):
            return ast.Name(f"#{self.digest.number(found)}", node.ctx)
        return ast.Name(found or node.id, node.ctx)


def _drop_unread(function: ast.FunctionDef) -> None:
    """Leave out what was put together for an error alone: once errors are without texts, nothing reads it."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}

    class Drop(ast.NodeTransformer):
        dropped = False

        def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
            unread = all(isinstance(target, ast.Name) and target.id not in read for target in node.targets)
            if not (unread and _does_nothing_else(node.value)):
                return node
            self.dropped = True
            return None

    drop = Drop()
    drop.visit(function)
    if drop.dropped:  # what only these read is unread now
        _drop_unread(function)


def _does_nothing_else(value: ast.expr) -> bool:
    """Whether an expression has no effect beside its value. A call may draw a number."""
    if isinstance(value, ast.JoinedStr):
        return True
    return not isinstance(value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr) and all(
        _does_nothing_else(inner) for inner in ast.iter_child_nodes(value) if isinstance(inner, ast.expr)
    )


def _listed(value: object) -> object:
    """A syntax tree as lists, without empty fields, so that it is the same in every version of Python."""
    if isinstance(value, ast.AST):
        fields = [[name, _listed(getattr(value, name, None))] for name in value._fields]
        kept = [pair for pair in fields if pair[1] not in (None, [])]
        return [type(value).__name__, *kept] if not isinstance(value, ast.Constant) else repr(value.value)
    if isinstance(value, list):
        return [_listed(item) for item in value]
    return value
