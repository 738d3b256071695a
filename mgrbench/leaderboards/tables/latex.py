r"""Grids as LaTeX tables in booktabs style, to be pasted into a document; no other package is needed.

A table is to fit on a page of LaTeX's own ``article``, whose lines are 345 pt long. How wide it gets follows
from the letters' widths in Computer Modern: the largest of some sizes of type is taken at which the columns
stand beside each other, long words broken into lines where that helps. What is longer than a page becomes
parts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mgrbench.leaderboards.tables.grid import Grid, to_text

MARKS = " *†‡§"
"""What may stand behind a number, with a note below the table."""

LINE, PAGE = 345.0, 520.0
"""Length of a line and height of a page that tables are made for, in points."""


@dataclass(frozen=True, slots=True)
class _Size:
    command: str
    scale: float
    leading: float
    gap: float


_SIZES = (
    _Size(r"\footnotesize", 0.86, 9.5, 4),
    _Size(r"\scriptsize", 0.80, 8, 3),
    _Size(r"\scriptsize", 0.80, 8, 2),
    _Size(r"\fontsize{6}{7}\selectfont", 0.74, 7, 2),
    _Size(r"\tiny", 0.68, 6, 2),
    _Size(r"\tiny", 0.68, 6, 1),
)
"""Sizes of type, the largest first: width beside that of 10 pt, height of a line, half the gap of columns."""


@dataclass(frozen=True, slots=True)
class _Layout:
    size: _Size
    widths: tuple[float, ...]
    broken: frozenset[int]

    def lines(self, row: Sequence[str]) -> int:
        """Lines that a row of cells takes."""
        needed = [
            # A line is seldom full: the next word did not fit.
            math.ceil(1.2 * _width(row[at]) * self.size.scale / self.widths[at])
            for at in self.broken
        ]
        return max([1, *needed])


def grids_to_latex(grids: Sequence[Grid]) -> str:
    """Tables one below the other, one that is longer than a page in parts."""
    parts = [r"% needs \usepackage{booktabs} in the preamble"]
    for grid in grids:
        layout = _layout(grid)
        pages = _pages(grid, layout)
        for number, rows in enumerate(pages, start=1):
            part = f" (part {number})" if number > 1 else ""
            notes = grid.notes if number == len(pages) else ()
            parts.append(_table(grid, layout, rows, grid.title + part, notes))
    return "\n\n".join(parts) + "\n"


def _table(
    grid: Grid, layout: _Layout, rows: Sequence[Sequence[str]], title: str, notes: Sequence[str]
) -> str:
    many = len(grid.columns)
    kinds = "".join(
        f"p{{{layout.widths[at]:.0f}pt}}" if at in layout.broken else "r" if at in grid.numeric else "l"
        for at in range(many)
    )
    lines = [r"\begin{table}[htbp]", rf"\centering{layout.size.command}"]
    lines += [rf"\setlength{{\tabcolsep}}{{{layout.size.gap:g}pt}}", rf"\caption{{{latex_escaped(title)}}}"]
    lines += [rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}", r"\toprule"]
    lines += [" & ".join(map(_stacked, _headings(grid))) + r" \\", r"\midrule"]
    for row in rows:
        cells = [
            _hanging(text) if at in grid.numeric else _cell(text, broken=at in layout.broken)
            for at, text in enumerate(row)
        ]
        lines.append(" & ".join(cells) + r" \tabularnewline")
    lines += [r"\bottomrule", r"\end{tabular}"]
    if notes:
        lines += ["", r"\smallskip\begin{minipage}{\linewidth}\raggedright\scriptsize"]
        lines += [latex_escaped(note) + r"\par" for note in notes]
        lines += [r"\end{minipage}"]
    return "\n".join([*lines, r"\end{table}"])


def _layout(grid: Grid) -> _Layout:
    """The largest type at which the columns fit on a line, and which of them are broken into lines for it."""
    heads = [max(map(_width, _words(name))) for name in _headings(grid)]
    cells = [[_width(to_text(row[at]).rstrip(MARKS)) for row in grid.rows] for at in range(len(heads))]
    natural = [max([head, *rows]) for head, rows in zip(heads, cells, strict=True)]
    words = [at for at in range(len(heads)) if at not in grid.numeric]
    for size in _SIZES:
        room = (LINE - 2 * size.gap * (len(heads) - 1)) / size.scale
        if sum(natural) <= room:
            return _Layout(size, tuple(width * size.scale for width in natural), frozenset())
        fixed = sum(natural) - sum(natural[at] for at in words)
        limit = _limit([natural[at] for at in words], room - fixed)
        if limit >= _NARROWEST:
            broken = frozenset(at for at in words if natural[at] > limit)
            widths = (min(width, limit) if at in broken else width for at, width in enumerate(natural))
            return _Layout(size, tuple(width * size.scale for width in widths), broken)
    size = _SIZES[-1]  # it will stand over the line, but nothing smaller can be read
    return _Layout(size, tuple(width * size.scale for width in natural), frozenset())


_NARROWEST = 95.0
"""The least width of a column that is broken into lines, at 10 pt: about eighteen letters."""


def _limit(widths: Sequence[float], room: float) -> float:
    """The largest width that columns may have so that they fit into a room; those narrower keep theirs."""
    rest = sorted(widths)
    while rest and rest[0] <= room / len(rest):
        room -= rest.pop(0)
    return room / len(rest) if rest else math.inf


def _pages(grid: Grid, layout: _Layout) -> list[list[list[str]]]:
    """The rows, as many together as a page holds beside the title and the notes."""
    notes = sum(math.ceil(_width(note) * 0.8 / LINE) for note in grid.notes) * 8
    room = max(PAGE - notes - 5 * layout.size.leading, PAGE / 3)
    pages: list[list[list[str]]] = [[]]
    height = 0.0
    for row in grid.rows:
        cells = [to_text(cell) for cell in row]
        needed = layout.lines(cells) * layout.size.leading
        if height + needed > room and pages[-1]:
            pages.append([])
            height = 0.0
        pages[-1].append(cells)
        height += needed
    return pages


def _headings(grid: Grid) -> tuple[str, ...]:
    return grid.short or grid.columns


def _words(heading: str) -> list[str]:
    """The lines of a heading: one with a comma stands word below word, since the cells below are narrow."""
    return [word for part in heading.split(", ") for word in part.split()] if ", " in heading else [heading]


def _stacked(heading: str) -> str:
    words = list(map(latex_escaped, _words(heading)))
    return words[0] if len(words) == 1 else r"\shortstack{" + r"\\".join(words) + "}"


def _hanging(text: str) -> str:
    """A number, whose marks hang over into the gap, so that the digits stand below each other."""
    plain = text.rstrip(MARKS)
    marks = text.removeprefix(plain).strip()
    return latex_escaped(plain) + (rf"\rlap{{{latex_escaped(marks)}}}" if marks else "")


def _cell(text: str, *, broken: bool) -> str:
    if not broken:
        return latex_escaped(text)
    # TeX knows no place to break names of options; after these it may.
    return r"\raggedright " + re.sub(r"(\\_|=|\+|/)(?=.)", r"\1\\allowbreak{}", latex_escaped(text))


_WIDTHS = {
    letter: width
    for letters, width in (
        (" .,:;'|!ijl", 3.0),
        ("frt()[]-", 3.95),
        ("mwMW%+=<>±−×@", 8.4),
        ("ABCDEFGHIKLNOPQRSTUVXYZ&", 7.3),
        ("0123456789aceosz–*", 5.0),
    )
    for letter in letters
}


def _width(text: str) -> float:
    """About how wide a text is at 10 pt, in points."""
    # Letters that a plain document cannot set stand as their numbers.
    return sum(_WIDTHS.get(letter, 5.6 if letter <= "ÿ" else 45.0) for letter in text)


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': "{''}", "[": "{[}", "]": "{]}", "*": "{*}",
    "–": "--", "—": "---", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "…": r"\ldots{}", "`": r"\`{}",
    "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}",
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
