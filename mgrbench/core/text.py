"""Values and names as text: short numbers, intervals, cells of tables, names of others."""

from __future__ import annotations

import re
from typing import Protocol


def short(value: float, digits: int = 3) -> str:
    """``.842``: a share without the zero before the point."""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and not text.startswith(("1", "-1")) else text


def escaped(text: str) -> str:
    """Text that stays text in a Markdown table."""
    # An underscore inside a word is no emphasis, and names are full of them.
    text = re.sub(r"[\\`*{}\[\]<>#|~$]|&(?=#?\w+;)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", text)
    return " ".join(text.split())


def spreadsheet_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


_LONGEST = 100
"""Signs of a name that a detail spells out."""


def printable(name: str) -> str:
    """A stranger's name for one line of a terminal: signs that steer it spelt out, a long one cut."""
    text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in name)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class Interval(Protocol):
    """A value with the ends of its interval, None where there is none."""

    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102


def interval_text(score: Interval, digits: int = 3) -> str:
    """``.842 [.807, .876]``: value and 95 % interval without the zero before the point."""
    value = short(score.value, digits)
    if score.low is None or score.high is None:
        return value
    return f"{value} [{short(score.low, digits)}, {short(score.high, digits)}]"
