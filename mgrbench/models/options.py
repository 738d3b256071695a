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

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from mgrbench.core.errors import BenchError
from mgrbench.core.text import did_you_mean

_KINDS = ("bool", "int", "float", "str", "None")
"""Types that an option may have, alone or joined by ``|``."""

REQUIRED: Any = inspect.Parameter.empty
"""Stands for the default of an option that the user has to give."""

SEED_NAMES = ("random_state", "seed", "random_seed")
"""What a model may call its seed. A user gives it once for all models, never as an option."""

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

    def read(self, value: object) -> object:
        """The value as the model gets it: ``on`` is True; a whole number may stand for a float.

        Raises:
            BenchError: naming the option, the value and what is allowed.
        """
        if isinstance(value, str) and value in ("on", "off") and "bool" in self._kinds():
            return value == "on"
        if self.accepts(value):
            return value
        if type(value) is int and self.accepts(str(value)):
            return str(value)  # the command line reads 13 as a number
        raise BenchError(f"{self.name} is {value!r}", f"{self._verb()} {self.allowed()}")

    def accepts(self, value: object) -> bool:
        """Whether the option may have a value as it is."""
        kinds = self._kinds()
        match value:
            case None:
                return "None" in kinds
            case bool():
                return "bool" in kinds
            case str():
                return "str" in kinds and (not self.choices or value in self.choices)
            case int():
                return self._numeric() and self._in_range(value)
            case float():
                return "float" in kinds and self._in_range(value)
        return False

    def allowed(self) -> str:
        """What a user may give, as ``a number from 0, scale or auto``."""
        words = ["on", "off"] if "bool" in self._kinds() else []
        words += [*self.choices, *(["null"] if "None" in self._kinds() else [])]
        if not self._numeric():
            return (_listed(words) if "bool" in self._kinds() else ", ".join(words)) or "text"
        number = "a number" if "float" in self._kinds() else "a whole number"
        return _listed([" ".join([number, *self._range()]), *words])

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

    def _kinds(self) -> list[str]:
        return self.type.split(" | ")

    def _numeric(self) -> bool:
        return "int" in self._kinds() or "float" in self._kinds()

    def _verb(self) -> str:
        if self._numeric():
            return "give"
        return "say" if "bool" in self._kinds() else "choose from" if self.choices else "give"

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
    statement = Option("", "", default, about, above, least, most, tuple(choices))
    return field(default=default, metadata={_KEY: statement})


def fixed(value: _T) -> _T:
    """A field of ``Options`` that the plugin does not offer: it always has this value."""
    return field(default=value, init=False)


def options_of(declaration: type, model: str) -> tuple[Option, ...]:
    """The options that a frozen dataclass declares, in order.

    Args:
        declaration: the dataclass.
        model: whose it is, for errors.

    Raises:
        BenchError: if it is no frozen dataclass, or if a field is not declared by `option`, has a type that
            no option may have, or a default that it does not allow.
    """
    parameters = vars(declaration).get("__dataclass_params__")
    if not parameters or not parameters.frozen:
        raise BenchError("Options is no frozen dataclass", "write @dataclass(frozen=True) above it", model)
    types = get_type_hints(declaration)
    return tuple(
        _of_field(one, types[one.name], declaration, model) for one in fields(declaration) if one.init
    )


def chosen_options(declaration: type[_T], known: Iterable[Option], given: Mapping[str, Any]) -> _T:
    """An instance with what the user gave, checked and converted; the names are known to be right.

    Raises:
        BenchError: naming the option and its value, if that is not allowed.
    """
    by_name = {one.name: one for one in known}
    return declaration(**{name: by_name[name].read(value) for name, value in given.items()})


def check_names(model: str, known: Sequence[Option], given: Iterable[str]) -> None:
    """Refuse an option that the model does not have.

    Raises:
        BenchError: with the nearest name, and all of them with their defaults.
    """
    names = [one.name for one in known]
    for name in given:
        if name not in names:
            every = ", ".join(one.shown() for one in known) or "none"
            near = "give the seed with --seed;" if name in SEED_NAMES else did_you_mean(name, names)
            hint = f"{near} its options are: {every}".strip()
            raise BenchError(f"{model} has no option {name!r}", hint)


def statement(declared: object) -> Option | None:
    """What a call of `option` says, without name and type; None for any other field."""
    found: Option | None = getattr(declared, "metadata", {}).get(_KEY)
    return found


def _of_field(one: Field[Any], kind: Any, declaration: type, model: str) -> Option:  # noqa: ANN401
    """The option of a field. A class that only changes the default leaves the statement to its base."""
    bases = (vars(base).get("__dataclass_fields__", {}).get(one.name) for base in declaration.__mro__)
    told = next(filter(None, map(statement, bases)), None)
    if told is None or one.default is MISSING:
        hint = "write mgrbench.option(default, sentence) behind it"
        raise BenchError(f"Options.{one.name} is not declared as an option", hint, model)
    parts = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    text = " | ".join("None" if part is NoneType else getattr(part, "__name__", str(part)) for part in parts)
    found = replace(told, name=one.name, type=text, default=one.default)
    if not set(text.split(" | ")) <= set(_KINDS):
        raise BenchError(
            f"Options.{one.name} has the type {text}", f"take some of {', '.join(_KINDS)}", model
        )
    if not found.accepts(one.default):
        problem = f"Options.{one.name} has the default {one.default!r}"
        raise BenchError(problem, f"give it {found.allowed()}", model)
    return found


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _plain(value: object) -> object:
    """A default as JSON has it."""
    if value is REQUIRED:
        return None
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if isinstance(value, bool | int | float | str | None) and finite else str(value)
