"""Values and names as text: short numbers, intervals, cells of tables, names that users wrote."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line formats numbers before it needs numpy
    from mgrbench.core.types import Score


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
    """Text that a spreadsheet does not take for a formula; a negative number is none."""
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_negative(text)
    return f"'{text}" if formula else text


def _is_negative(text: str) -> bool:
    try:
        return float(text) < 0
    except ValueError:
        return False


_LONGEST = 100
"""Characters of a name that are shown."""


def printable(name: str) -> str:
    """A name from outside for one line of a terminal: control characters spelt out, a long name cut."""
    text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in name)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def did_you_mean(
    word: str, known: Iterable[str], otherwise: str = "", *, most: int = 1, cutoff: float = 0.6
) -> str:
    """``did you mean gtzan?``: a hint with the known name that is nearest to a misspelt one.

    Args:
        word: what was written.
        known: the names that there are.
        otherwise: the hint where none of them is near.
        most: how many near names are shown.
        cutoff: how near a name must be, from 0 to 1, as `difflib.get_close_matches` measures it.
    """
    names = list(known)
    near = [name for name in names if name.casefold() == word.casefold()][:most]
    near = near or difflib.get_close_matches(word, names, n=most, cutoff=cutoff)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


def interval_text(score: Score, digits: int = 3) -> str:
    """``.842 [.807, .876]``: value and 95 % interval; the value alone where there is none."""
    value = short(score.value, digits)
    if score.low is None or score.high is None:
        return value
    return f"{value} [{short(score.low, digits)}, {short(score.high, digits)}]"
