"""A table of text and scores, before it has a format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mgrbench.core.text import interval_text, short
from mgrbench.core.types import Score


@dataclass(frozen=True, slots=True)
class Value:
    """An accuracy in a cell.

    Attributes:
        text: how it is shown.
        numbers: what a CSV file has in its place, by what is put behind the column's name (nothing for the
            value itself); empty where unknown. All values of a column have the same keys.
    """

    text: str
    numbers: Mapping[str, str]


Cell = str | Value
NOT_MEASURED = Value("", {"": "", "_low": "", "_high": "", "_std": ""})
NOT_PRINTED = Value("", {"": "", "_std": ""})


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        title: one line.
        columns: headings; those in ``numeric`` are set flush right.
        rows: one cell a column; a column holds only text or only values.
        numeric: positions of the columns of numbers.
        notes: what has to be said below it.
        short: headings where there is little room; the same as ``columns`` without them.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


def measured_value(score: Score, std: float | None, mark: str = "") -> Value:
    """A measured accuracy with its interval, the standard deviation over folds, and a mark behind it."""
    low, high = ("" if end is None else f"{end:.6f}" for end in (score.low, score.high))
    numbers = {
        "": f"{score.value:.6f}",
        "_low": low,
        "_high": high,
        "_std": "" if std is None else f"{std:.6f}",
    }
    return Value(interval_text(score) + mark, numbers)


def printed_value(printed: str, std: float | None, mark: str = "") -> Value:
    """A printed accuracy, with the decimals that were printed."""
    spread = "" if std is None else f" ± {short(std, 4)}"
    text = printed.removeprefix("0") + spread + mark
    return Value(text, {"": printed, "_std": "" if std is None else f"{std:.4f}"})


def to_text(cell: Cell) -> str:
    """How a cell is shown."""
    return cell.text if isinstance(cell, Value) else cell


def abbreviated(names: Sequence[str]) -> tuple[str, ...]:
    """The first letters of names, three or as many more as it takes to tell them apart."""
    most = max(map(len, names), default=0)
    length = next((n for n in range(3, most) if len({name[:n] for name in names}) == len(set(names))), most)
    return tuple(name[:length] for name in names)
