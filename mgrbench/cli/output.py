"""What every command prints with: one JSON document or a table on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mgrbench.core.errors import BenchError
from mgrbench.core.text import short

if TYPE_CHECKING:
    from mgrbench.core.types import Score

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

_LONG = 24
"""Letters from which on a name may take more than one line."""

_PLAIN_WIDTH = 160
"""Columns where stdout is no terminal: wide enough that tables in files and pipes are not cut."""


def console() -> Console:
    """The console for results: stdout."""
    said = os.environ.get("COLUMNS", "")
    width = None if sys.stdout.isatty() else int(said) if said.isdecimal() and int(said) else _PLAIN_WIDTH
    return Console(highlight=False, soft_wrap=False, width=width)


def note(text: str) -> None:
    """Say something beside the result, on stderr."""
    typer.echo(text, err=True)


def emit(document: object, show: Callable[[Console], None], *, as_json: bool) -> None:
    """Print the result once: as JSON, or as ``show`` draws it.

    Raises:
        BenchError: if stdout is a file on a full disk.
    """
    try:
        if as_json:
            typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        else:
            show(console())
    except BrokenPipeError:
        raise
    except OSError as error:
        silence_stdout()
        hint = "send it elsewhere; what the command had to store is stored"
        raise BenchError(f"the result cannot be written to stdout ({error.strerror})", hint) from error


def silence_stdout() -> None:
    """Let what is still to be written to stdout vanish, where nobody reads it or it has no room."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], title: str = "") -> Table:
    """A plain table.

    Cells are text, never markup: names come from users.

    Args:
        columns: (heading, kind); a kind is ``left``, ``right``, ``fold``, which is left and wraps, or
            ``name``, which wraps only if one of its cells is long.
        rows: the cells.
        title: stands above.
    """
    grid = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    grid.show_header = any(heading for heading, _ in columns)
    for place, (heading, kind) in enumerate(columns):
        wraps = kind == "fold" or (
            kind == "name" and max((len(row[place]) for row in rows), default=0) > _LONG
        )
        justify: Literal["left", "right"] = "right" if kind == "right" else "left"
        grid.add_column(Text(heading), justify=justify, no_wrap=not wraps, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function (done, total) that shows progress: a bar on a terminal, a line now and then elsewhere."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield plain_progress(what)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    description = TextColumn("{task.description}", markup=False)
    columns = (description, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def plain_progress(what: str) -> Callable[[int, int], None]:
    """A function (done, total) that says a line whenever another tenth is done."""
    said = -1

    def tell(done: int, total: int) -> None:
        nonlocal said
        tenth = 10 * done // max(total, 1)
        if tenth != said:
            said = tenth
            note(f"{what}: {done}/{total}")

    return tell


def parse_options(texts: Sequence[str]) -> dict[str, Any]:
    """``["C=1", "gamma=scale"]`` -> ``{"C": 1, "gamma": "scale"}``; numbers, true and false are read as such.

    Raises:
        BenchError: for a text without ``=``, or for an option given twice.
    """
    options: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BenchError(f"the option {text!r} has no value", "write --option name=value")
        if name in options:
            raise BenchError(f"the option {name} is given twice", "keep one of them")
        options[name] = option_value(value)
    return options


_SHORT_NUMBER = re.compile(r"[+-]?(\.\d+|\d+\.)(e[+-]?\d{1,2})?|\+\d+\.\d+", re.IGNORECASE | re.ASCII)
"""Numbers as people write them that are none in JSON: ``.5``, ``5.`` and ``+0.5``."""


def option_value(text: str) -> Any:  # noqa: ANN401
    """The value that a text means: a number, true, false, a list in JSON, or else the text itself."""
    if _SHORT_NUMBER.fullmatch(text):
        return float(text)
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return text
    return text if value in (math.inf, -math.inf) else value  # JSON can't hold what 1e999 overflows to


def _no_number(text: str) -> float:
    """Refuse NaN and Infinity, which Python takes for JSON and nobody else does: they stay text."""
    raise ValueError(text)


def share(value: float) -> str:
    """``.842``: a share without the zero before the point."""
    return short(value)


def share_interval(score: Score | None) -> str:
    """``.807–.876``: the interval of a share; ``–`` where there is none."""
    if score is None or score.low is None or score.high is None:
        return "–"
    return f"{share(score.low)}–{share(score.high)}"


def signed(value: float, digits: int = 1) -> str:
    """``+1.2``: a number with its sign, a true minus, and none where it rounds to 0."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text[1:] if not text.strip("+−0.") else text


def points(value: float, *, plus: bool = True) -> str:
    """``−1.2``: a difference of shares in points of a hundred; ``plus`` for a sign before positive ones."""
    return signed(100 * value) if plus else signed(100 * value).removeprefix("+")


def points_interval(score: Score | None, *, plus: bool = True) -> str:
    """``−0.3 to +2.9``: the interval of a difference in points; ``–`` where there is none."""
    if score is None or score.low is None or score.high is None:
        return "–"
    return f"{points(score.low, plus=plus)} to {points(score.high, plus=plus)}"


def refuse(problem: str, *, as_json: bool) -> None:
    """Say in one line on stderr what is wrong; with ``--json`` also as the one document on stdout."""
    line = " ".join(problem.split())
    typer.echo(f"error: {line}", err=True)
    if as_json:
        typer.echo(json.dumps({"error": line}, ensure_ascii=False))
