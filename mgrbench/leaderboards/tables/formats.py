"""Grids as Markdown, CSV, LaTeX and HTML. Every cell is text, whoever wrote it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from mgrbench.core.text import escaped, spreadsheet_cell
from mgrbench.leaderboards.tables.grid import Cell, Grid, Value, to_text
from mgrbench.leaderboards.tables.latex import grids_to_latex


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
    """One table; several stand in one file, named by a first column ``table``."""
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


def grids_to_document(grids: Sequence[Grid]) -> dict[str, Any]:
    """Tables for JSON; a value has its text and its numbers, an empty one is null."""
    return {
        "tables": [
            {
                "title": grid.title,
                "columns": list(grid.columns),
                "rows": [[_plain(cell) for cell in row] for row in grid.rows],
                "notes": list(grid.notes),
            }
            for grid in grids
        ]
    }


def _plain(cell: Cell) -> object:
    if not isinstance(cell, Value):
        return cell
    numbers = {
        name.removeprefix("_") or "value": float(text) if text else None
        for name, text in cell.numbers.items()
    }
    return {"text": cell.text, **numbers} if cell.text else None


GRID_FORMATS: Mapping[str, Callable[[Sequence[Grid]], str]] = {
    "md": grids_to_markdown,
    "csv": grids_to_csv,
    "latex": grids_to_latex,
    "html": grids_to_html,
}
"""Name of a format -> how tables become its text."""
