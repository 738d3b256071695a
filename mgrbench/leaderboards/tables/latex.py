r"""Grids as LaTeX tables, to be pasted into a document.

Lines are those of booktabs. A table is as wide as the line it stands on, and LaTeX breaks the cells: columns
of long texts share the room that short ones leave (tabularx). A table that may be longer than a page is
broken by LaTeX, too (xltabular).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from mgrbench.leaderboards.tables.grid import Grid, to_text

MARKS = " *†‡§"
"""What may stand behind a number, with a note below the table."""

_PACKAGES = r"% needs \usepackage{booktabs,xltabular} in the preamble"
_SHORT = 9
"""Letters up to which a cell is not broken."""
_SIZES = ((6, r"\footnotesize", 3), (12, r"\scriptsize", 2), (math.inf, r"\tiny", 2))
"""Up to so many columns: the size of type, and half the gap between columns in points."""
_PAGE = 40
"""Lines from which on a table is set on several pages; a note counts as two."""


def grids_to_latex(grids: Sequence[Grid]) -> str:
    """Tables one below the other."""
    return "\n\n".join([_PACKAGES, *map(_table, grids)]) + "\n"


def _table(grid: Grid) -> str:
    size, gap = next((size, gap) for most, size, gap in _SIZES if len(grid.columns) <= most)
    start = rf"\centering{size}\setlength{{\tabcolsep}}{{{gap}pt}}"
    caption = rf"\caption{{{latex_escaped(grid.title)}}}"
    columns = rf"{{\linewidth}}{{@{{}}{_columns(grid)}@{{}}}}"
    head = [r"\toprule", " & ".join(map(latex_escaped, _headings(grid))) + r" \\", r"\midrule"]
    rows = [_row(grid, [to_text(cell) for cell in row]) for row in grid.rows]
    notes = [r"\par\smallskip\raggedright", *(latex_escaped(note) + r"\par" for note in grid.notes)]
    below = notes if grid.notes else []
    if len(rows) + 2 * len(grid.notes) > _PAGE:
        again = [r"\endfirsthead", *head, r"\endhead", r"\bottomrule", r"\endfoot"]
        table = [rf"\begin{{xltabular}}{columns}", rf"{caption} \\", *head, *again, *rows, r"\end{xltabular}"]
        return "\n".join([r"\begingroup", start, *table, *below, r"\endgroup"])
    table = [rf"\begin{{tabularx}}{columns}", *head, *rows, r"\bottomrule", r"\end{tabularx}"]
    return "\n".join([r"\begin{table}[htbp]", start, caption, *table, *below, r"\end{table}"])


def _columns(grid: Grid) -> str:
    """The columns of a table: those of short cells are as wide as these, the others share the line.

    A share is the longest piece that is not broken, and more for longer texts, by their square root.
    """
    kinds = []
    shares = {}
    for at, heading in enumerate(_headings(grid)):
        cells = [to_text(row[at]).rstrip(MARKS) for row in grid.rows]
        longest = max(map(len, cells), default=0)
        kinds.append("r" if at in grid.numeric else "l")
        if max(longest, len(heading)) > _SHORT:
            pieces = [*heading.split(), *(one for text in cells for one in _pieces(text, kinds[at]))]
            piece = max(map(len, pieces))
            shares[at] = piece + 2 * math.sqrt(max(longest, piece))
    for at, share in (shares or {0: 1.0}).items():
        factor = share * len(shares) / sum(shares.values()) if shares else 1.0
        flush = r"\raggedleft" if kinds[at] == "r" else r"\raggedright"
        kinds[at] = rf">{{\hsize={factor:.5f}\hsize{flush}\arraybackslash}}X"
    return "".join(kinds)


def _pieces(text: str, kind: str) -> list[str]:
    """What is not broken: in words options and features, in numbers an interval or a deviation."""
    return re.split(r"(?<![,±]) ", text) if kind == "r" else re.split(r" |(?<=[_=/])", text)


def _headings(grid: Grid) -> tuple[str, ...]:
    return grid.short or grid.columns


def _row(grid: Grid, cells: Sequence[str]) -> str:
    set_cells = [_number(text) if at in grid.numeric else _words(text) for at, text in enumerate(cells)]
    return " & ".join(set_cells) + r" \\"


def _number(text: str) -> str:
    """A number, whose marks hang over, so that digits stand below each other."""
    plain = text.rstrip(MARKS)
    marks = text.removeprefix(plain).strip()
    tied = " ".join(latex_escaped(piece).replace(" ", "~") for piece in _pieces(plain, "r"))
    return tied + (rf"\rlap{{{latex_escaped(marks)}}}" if marks else "")


def _words(text: str) -> str:
    """A text that may be broken inside the names of options and features, where TeX knows no place to."""
    return re.sub(r"(\\_|=|/)(?=.)", r"\1\\allowbreak{}", latex_escaped(text))


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
