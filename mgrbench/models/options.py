"""What a user may choose of a model: each option is declared once, and everything else reads the declaration.

A plugin declares a frozen dataclass ``Options``, whose fields are given by `option`::

    @dataclass(frozen=True)
    class Options:
        C: float = option(10.0, "Weight of training errors against the margin.", above=0)
        gamma: float | str = option("scale", "Width of the kernel.", least=0, choices=("scale", "auto"))

Its ``build(n_genres, seed, device, options)`` gets an instance, whose values are checked. A class may derive
from another one that declares options: ``epochs: int = 60`` then changes a default and nothing else, and
``patience: int = fixed(0)`` takes an option away.
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from mgrbench.core.errors import BenchError

_KINDS = ("bool", "int", "float", "str", "None")
"""Types that an option may have, alone or joined by ``|``."""

REQUIRED: Any = inspect.Parameter.empty
"""Stands for the default of an option that the user has to give."""

_KEY = "mgrbench option"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a model.

    Attributes:
        name: what the user calls it.
        type: one of ``bool``, ``int``, ``float``, ``str`` and ``None``, or several joined by ``|``; empty
            where that is not known.
        default: its value where the user gives none; `REQUIRED` where the user has to give one.
        about: what it means, in one sentence.
        above: a number must be larger than this.
        least: a number must be at least this.
        most: a number must be at most this.
        choices: the words it may be; empty if any text will do.
    """

    name: str = ""
    type: str = ""
    default: Any = REQUIRED
    about: str = ""
    above: float | None = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:  # noqa: ANN401
        """The value as the model gets it: ``on`` is True; a whole number may stand for a float.

        Raises:
            BenchError: naming the option, the value and what is allowed.
        """
        kinds = self.type.split(" | ")
        if isinstance(value, bool) or value is None:
            if ("None" if value is None else "bool") in kinds:
                return value
        elif isinstance(value, str):
            if "bool" in kinds and value in ("on", "off"):
                return value == "on"
            if "str" in kinds and (not self.choices or value in self.choices):
                return value
        elif isinstance(value, int | float) and self._in_range(value):
            if "float" in kinds or (isinstance(value, int) and "int" in kinds):
                return value
        if isinstance(value, int) and not isinstance(value, bool) and kinds == ["str"]:
            return self.read(str(value))  # the command line reads 13 as a number
        raise BenchError(f"{self.name} is {value!r}", self.allowed())

    def allowed(self) -> str:
        """What a user may give, as a hint says it."""
        kinds = self.type.split(" | ")
        words = ["on", "off"] if "bool" in kinds else []
        words += [*self.choices, *(["null"] if "None" in kinds else [])]
        if {"int", "float"} & set(kinds):
            number = "a number" if "float" in kinds else "a whole number"
            return f"give {_listed([' '.join([number, *self._range()]), *words])}"
        if "bool" in kinds:
            return f"say {_listed(words)}"
        return f"choose from {', '.join(words)}" if words else "give text"

    def as_json(self) -> dict[str, Any]:
        """The option as ``--json`` shows it."""
        bounds = {"above": self.above, "least": self.least, "most": self.most}
        return {
            "name": self.name,
            "type": self.type or None,
            "default": _plain(self.default),
            "choices": list(self.choices) or None,
            "range": {key: bound for key, bound in bounds.items() if bound is not None} or None,
            "about": self.about,
        }

    def shown(self) -> str:
        """The name with its default, as ``clusters=20``."""
        if self.default is REQUIRED:
            return self.name
        word = self.default
        if isinstance(word, bool):
            word = "on" if word else "off"
        return f"{self.name}={'null' if word is None else word}"

    def _in_range(self, value: float) -> bool:
        try:
            if not math.isfinite(value):
                return False
        except OverflowError:  # a whole number beyond the largest float
            return False
        return (
            (self.above is None or value > self.above)
            and (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
        )

    def _range(self) -> list[str]:
        words = [] if self.above is None else [f"above {self.above:g}"]
        words += [] if self.least is None else [f"from {self.least:g}"]
        return words + ([] if self.most is None else [f"up to {self.most:g}"])


def option(
    default: _T,
    about: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    choices: Sequence[str] = (),
) -> _T:
    """A field of a frozen dataclass ``Options``; its annotation says the type.

    ``mgrbench list models`` reads it from the source without importing the plugin. So the arguments are
    literal values.

    Args:
        default: the value where the user gives none.
        about: what it means: one sentence, with a full stop.
        above: a number must be larger than this.
        least: a number must be at least this.
        most: a number must be at most this.
        choices: the words it may be; beside a number, the words that may stand for one.
    """
    statement = stated(default, about, above, least, most, choices)
    return field(default=default, metadata={_KEY: statement})


def stated(
    default: Any,  # noqa: ANN401
    about: str,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    choices: Sequence[str] = (),
) -> Option:
    """The option that a call of `option` states, without name and type."""
    return Option("", "", default, about, above, least, most, tuple(choices))


def fixed(value: _T) -> _T:
    """A field of ``Options`` that the plugin does not offer: it always has this value."""
    return field(default=value, init=False)


def options_of(declaration: type) -> tuple[Option, ...]:
    """The options that a frozen dataclass declares, in order.

    Raises:
        BenchError: if it is no frozen dataclass, if a field is not declared by `option`, has another type
            than an option may have, or a default that it does not allow itself.
    """
    name = f"{declaration.__module__}.{declaration.__qualname__}"
    if not is_dataclass(declaration) or "__dataclass_params__" not in vars(declaration):
        raise BenchError(f"{name} is no dataclass", "write @dataclass(frozen=True) above it")
    if not declaration.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise BenchError(f"{name} can be changed", "write @dataclass(frozen=True) above it")
    types = get_type_hints(declaration)
    found = []
    for one in fields(declaration):
        if not one.init:
            continue
        told = next(filter(None, (_told(base, one.name) for base in declaration.__mro__)), None)
        if told is None or one.default is MISSING:
            raise BenchError(
                f"{name}.{one.name} is not declared", "give it by mgrbench.option(default, sentence)"
            )
        parts = get_args(types[one.name]) or (types[one.name],)
        kind = " | ".join("None" if part is NoneType else getattr(part, "__name__", "?") for part in parts)
        if not set(kind.split(" | ")) <= set(_KINDS):
            raise BenchError(f"{name}.{one.name} has the type {kind}", f"take some of {', '.join(_KINDS)}")
        complete = replace(told, name=one.name, type=kind, default=one.default)
        complete.read(one.default)
        found.append(complete)
    return tuple(found)


def chosen_options(declaration: type[_T], given: Mapping[str, Any]) -> _T:
    """An instance with what the user gave, checked and converted; the names are known to be right.

    Raises:
        BenchError: naming the option and its value, if that is not allowed.
    """
    known = {one.name: one for one in options_of(declaration)}
    return declaration(**{name: known[name].read(value) for name, value in given.items()})


def check_names(model: str, known: Sequence[Option], given: Iterable[str]) -> None:
    """Refuse an option that the model does not have.

    Raises:
        BenchError: with the nearest name, and all of them with their defaults.
    """
    names = [one.name for one in known]
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            every = ", ".join(one.shown() for one in known) or "none"
            raise BenchError(f"{model} has no option {name!r}", f"{hint}its options are: {every}")


def _told(base: type, name: str) -> Option | None:
    declared = vars(base).get("__dataclass_fields__", {}).get(name)
    return None if declared is None else declared.metadata.get(_KEY)


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A default as JSON has it."""
    if value is REQUIRED:
        return None
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if isinstance(value, bool | int | float | str | None) and finite else str(value)
