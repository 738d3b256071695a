"""What a model stands for: a publication, what that printed, and how near the model keeps to it.

A plugin says so in a constant ``REFERENCE``, a call of `Reference` with literal values only: `mgrbench list
models` reads it from the source, since importing every model would import torch.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIDELITIES = ("exact", "faithful", "reading")
"""``exact``: gives the printed number under the printed protocol. ``faithful``: the parts and settings that
decide are the publication's. ``reading``: much is filled in that it leaves open or that was not read."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A result as it was printed: a report, never a measured row.

    Attributes:
        dataset: name of the dataset, as ``mgrbench list datasets`` has it.
        accuracy: between 0 and 1.
        protocol: how it was measured, and what was chosen on the test part.
    """

    dataset: str
    accuracy: float
    protocol: str

    def __post_init__(self) -> None:
        if not 0 <= self.accuracy <= 1:
            raise ValueError(f"accuracy {self.accuracy!r} is not between 0 and 1")


@dataclass(frozen=True, slots=True)
class Reference:
    """The publication that a model follows.

    Attributes:
        citation: authors, title and place.
        year: of publication.
        fidelity: one of `FIDELITIES`.
        doi: without the address of a resolver; None where there is none.
        printed: its results.
        cited: its number among FusionNet's references, where the paper's Table 11 has a row for it.
    """

    citation: str
    year: int
    fidelity: str
    doi: str | None = None
    printed: tuple[Printed, ...] = ()
    cited: int | None = None

    def __post_init__(self) -> None:
        if self.fidelity not in FIDELITIES:
            raise ValueError(f"fidelity {self.fidelity!r} is none of {', '.join(FIDELITIES)}")


def reference_of(module: str) -> Reference | None:
    """The ``REFERENCE`` of a module that is not imported for it, only the packages that it lies in.

    Args:
        module: its full name, for example ``"baselines.lee2009"``.

    Returns:
        The reference; None if it has none, or if its source does not hold it as literal values.
    """
    spec = importlib.util.find_spec(module)
    return read_reference(Path(spec.origin)) if spec and spec.has_location and spec.origin else None


def read_reference(source: Path) -> Reference | None:
    """The ``REFERENCE`` in a source file; None as by `reference_of`."""
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REFERENCE":
                value = _value(node.value)
                return value if isinstance(value, Reference) else None
    except (OSError, SyntaxError, ValueError, TypeError):  # a broken file fails what uses it, not a listing
        return None
    return None


_CALLS: Mapping[str, Callable[..., Any]] = {"Reference": Reference, "Printed": Printed}


def _value(node: ast.expr) -> object:
    """The value of a literal, of a tuple of such, or of a call of the two classes here with such."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS and not node.args:
        given = {keyword.arg or "": _value(keyword.value) for keyword in node.keywords}
        return _CALLS[ast.unparse(node.func)](**given)
    if isinstance(node, ast.Tuple):
        return tuple(_value(element) for element in node.elts)
    return ast.literal_eval(node)
