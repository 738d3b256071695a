"""The checks of what users give as options, shared by the models; nothing heavy is imported for them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from mgrbench import BenchError


def whole(*, least: int = 1, **options: Any) -> None:  # noqa: ANN401
    """Check that options are whole numbers from ``least``.

    Raises:
        BenchError: naming the option and its value.
    """
    for name, value in options.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise BenchError(f"{name} is {value!r}", f"give a whole number from {least}")


def number(*, zero: bool = False, **options: Any) -> None:  # noqa: ANN401
    """Check that options are finite numbers above 0, or from 0 with ``zero``.

    Raises:
        BenchError: naming the option and its value.
    """
    for name, value in options.items():
        finite = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not finite or value < 0 or (value == 0 and not zero):
            raise BenchError(f"{name} is {value!r}", f"give a number {'from' if zero else 'above'} 0")


def switch(name: str, value: Any) -> bool:  # noqa: ANN401
    """What an option that is ``on`` or ``off`` (or true or false) says.

    Raises:
        BenchError: if it says anything else.
    """
    if isinstance(value, bool):
        return value
    if value in ("on", "off"):
        return bool(value == "on")
    raise BenchError(f"{name} is {value!r}", "say on or off")


def chosen_from(known: Iterable[str], **options: Any) -> None:  # noqa: ANN401
    """Check that options are among the known words.

    Raises:
        BenchError: naming the option, its value and the words.
    """
    words = list(known)
    for name, value in options.items():
        if value not in words:
            raise BenchError(f"{name} is {value!r}", f"choose from {', '.join(words)}")
