"""A table of text and scores -> Markdown, CSV, LaTeX and HTML. Every cell is text, whoever wrote it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mgrbench.boards.formats import escaped, interval_text, short, spreadsheet_cell
from mgrbench.runs import ScoreRecord


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
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def measured_value(score: ScoreRecord, std: float, mark: str = "") -> Value:
    """A measured accuracy with its interval, the standard deviation over folds, and a mark behind it."""
    low, high = ("" if end is None else f"{end:.6f}" for end in (score.low, score.high))
    numbers = {"": f"{score.value:.6f}", "_low": low, "_high": high, "_std": f"{std:.6f}"}
    return Value(interval_text(score) + mark, numbers)


def printed_value(printed: str, std: float | None, mark: str = "") -> Value:
    """A printed accuracy, with the decimals that were printed."""
    spread = "" if std is None else f" ± {short(std, 4)}"
    text = printed.removeprefix("0") + spread + mark
    return Value(text, {"": printed, "_std": "" if std is None else f"{std:.4f}"})


def to_text(cell: Cell) -> str:
    """How a cell is shown."""
    return cell.text if isinstance(cell, Value) else cell


def grids_to_markdown(grids: Sequence[Grid]) -> str:
    """Tables one below the other, each with its title and notes."""
    lines: list[str] = []
    for grid in grids:
        lines += [f"**{escaped(grid.title)}**", ""]
        lines.append("| " + " | ".join(map(escaped, grid.columns)) + " |")
        lines.append(
            "|" + "|".join("--:" if at in grid.numeric else ":--" for at in range(len(grid.columns))) + "|"
        )
        lines += ["| " + " | ".join(escaped(to_text(cell)) for cell in row) + " |" for row in grid.rows]
        lines.append("")
        lines += [f"- {escaped(note)}" for note in grid.notes] + [""] * bool(grid.notes)
    return "\n".join(lines)


def grids_to_csv(grids: Sequence[Grid]) -> str:
    """One table; several stand in one file, told apart by a first column ``table``."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for number, grid in enumerate(grids):
        first = [spreadsheet_cell(grid.title)] if len(grids) > 1 else []
        ends = {
            at: tuple(cell.numbers)
            for row in grid.rows
            for at, cell in enumerate(row)
            if isinstance(cell, Value)
        }
        head = [
            spreadsheet_cell(name + end)
            for at, name in enumerate(grid.columns)
            for end in ends.get(at, ("",))
        ]
        if number == 0 or grids[number - 1].columns != grid.columns:
            writer.writerow([*(["table"] if first else []), *head])
        for row in grid.rows:
            cells: list[str] = []
            for cell in row:
                cells += cell.numbers.values() if isinstance(cell, Value) else [spreadsheet_cell(cell)]
            writer.writerow([*first, *cells])
    return stream.getvalue()


def grids_to_latex(grids: Sequence[Grid]) -> str:
    """Tables in booktabs style, to be pasted into a document."""
    parts = [r"% needs \usepackage{booktabs} in the preamble"]
    for grid in grids:
        kinds = "".join(_latex_column(grid, at) for at in range(len(grid.columns)))
        small = r"\footnotesize" if len(grid.columns) < _WIDE else r"\scriptsize"
        lines = [r"\begin{table}[htbp]", rf"\centering{small}", r"\setlength{\tabcolsep}{3pt}"]
        lines += [rf"\caption{{{latex_escaped(grid.title)}}}", rf"\begin{{tabular}}{{{kinds}}}", r"\toprule"]
        lines += [" & ".join(map(_latex_heading, grid.columns)) + r" \\", r"\midrule"]
        lines += [" & ".join(latex_escaped(to_text(cell)) for cell in row) + r" \\" for row in grid.rows]
        lines += [r"\bottomrule", r"\end{tabular}"]
        if grid.notes:
            lines += ["", r"\smallskip\begin{minipage}{\linewidth}\raggedright\scriptsize"]
            lines += [latex_escaped(note) + r"\par" for note in grid.notes]
            lines += [r"\end{minipage}"]
        parts.append("\n".join([*lines, r"\end{table}"]))
    return "\n\n".join(parts) + "\n"


_WIDE = 7
"""Columns from which on a table is set in smaller letters."""


def _latex_column(grid: Grid, at: int) -> str:
    """The kind of a column: long words, such as a model's options, are broken into lines."""
    if at in grid.numeric:
        return "r"
    longest = max((len(to_text(row[at])) for row in grid.rows), default=0)
    return "l" if longest <= _LONG else r"p{.28\linewidth}"


_LONG = 30


def _latex_heading(text: str) -> str:
    """A heading, its words one below the other where it has a comma, since the cells below are narrow."""
    if ", " not in text:
        return latex_escaped(text)
    words = [latex_escaped(word) for part in text.split(", ") for word in part.split()]
    return r"\shortstack{" + r"\\".join(words) + "}"


def grids_to_html(grids: Sequence[Grid]) -> str:
    """Tables as a fragment of a page: plain elements, no style, no script."""
    lines: list[str] = []
    for grid in grids:
        lines += ["<table>", f"<caption>{escape(grid.title)}</caption>", "<thead><tr>"]
        lines += [f'<th scope="col">{escape(name)}</th>' for name in grid.columns]
        lines += ["</tr></thead>", "<tbody>"]
        for row in grid.rows:
            cells = [str(escape(to_text(cell))) for cell in row]
            rest = "".join(
                f'<td style="text-align:right">{cell}</td>' if at in grid.numeric else f"<td>{cell}</td>"
                for at, cell in enumerate(cells[1:], start=1)
            )
            lines.append(f'<tr><th scope="row">{cells[0]}</th>{rest}</tr>')
        lines += ["</tbody>", "</table>"]
        lines += [f"<p>{escape(note)}</p>" for note in grid.notes]
    return "\n".join(lines) + "\n"


GRID_FORMATS: Mapping[str, Callable[[Sequence[Grid]], str]] = {
    "md": grids_to_markdown,
    "csv": grids_to_csv,
    "latex": grids_to_latex,
    "html": grids_to_html,
}
"""Name of a format -> how tables become its text."""

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': "{''}", "[": "{[}", "]": "{]}", "*": "{*}",
    "–": "--", "—": "---", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "…": r"\ldots{}", "`": r"\`{}",
}  # fmt: skip
"""What LaTeX would not print as it stands; brackets and stars mean something behind a line's end."""


def latex_escaped(text: str) -> str:
    """Text that stays text in LaTeX. Letters that a plain document can't set are written as ``[U+65E5]``."""
    return "".join(_latex_letter(letter) for letter in " ".join(text.split()))


def _latex_letter(letter: str) -> str:
    if letter in _LATEX:
        return _LATEX[letter]
    if " " <= letter <= "~" or (re.fullmatch("[À-ÿ]", letter) and letter not in "ÐðÞþ÷"):
        return letter
    return f"{{[}}U+{ord(letter):04X}{{]}}"
