"""The files of all costs: ``cost.json``, what is made of it, and a table in a README; written, or checked."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mgrbench.core.errors import MissingExtraError
from mgrbench.core.files import write_atomically
from mgrbench.core.generated_pages import between_marks, check_pages
from mgrbench.profiling.record import COST_FILE, Session, to_json
from mgrbench.profiling.report.accuracies import Accuracies
from mgrbench.profiling.report.plot import pictures
from mgrbench.profiling.report.tables import markdown, pictured, readme_lines, stem, to_csv

BEGIN, END = "<!-- cost:begin -->", "<!-- cost:end -->"
"""Marks in a README between which the table stands."""


def write_costs(
    sessions: Sequence[Session], accuracies: Accuracies, out: Path, readme: Path | None = None
) -> tuple[list[Path], str]:
    """Write ``cost.json`` and all that is made from it; remove pictures that no page shows.

    Args:
        sessions: what was measured.
        accuracies: of one board.
        out: folder to write to.
        readme: a file that shows the table between `BEGIN` and `END`.

    Returns:
        The files, and why there are no pictures (empty where they are drawn).

    Raises:
        BenchError: if the README has no marks, or the place may not be written.
    """
    files: dict[Path, str | bytes] = {out / COST_FILE: to_json(sessions)}
    files |= pages(sessions, accuracies, out, readme)
    undrawn = ""
    try:
        files |= {out / name: data for name, data in pictures(sessions, accuracies).items()}
    except MissingExtraError as error:
        undrawn = str(error)
    for path, data in files.items():
        write_atomically(path, data)
    shown = {stem(number) for number, one in enumerate(sessions, start=1) if pictured(one, accuracies)}
    for old in [*out.glob("cost*.png"), *out.glob("cost*.svg")]:
        if re.fullmatch(r"cost(-\d+)?", old.stem) and old.stem not in shown:
            old.unlink()
    return list(files), undrawn


def check_costs(
    sessions: Sequence[Session], accuracies: Accuracies, out: Path, readme: Path | None = None
) -> list[Path]:
    """See that the pages are what the stored measurements give; gives the pages.

    Pictures depend on fonts and on the version of matplotlib, and are not compared.

    Raises:
        BenchError: naming the first line that differs.
    """
    wanted = pages(sessions, accuracies, out, readme)
    hint = "write it again by `mgrbench profile --stored`"
    check_pages(wanted, "is not what the stored measurements give", hint)
    return list(wanted)


def pages(
    sessions: Sequence[Session], accuracies: Accuracies, out: Path, readme: Path | None
) -> dict[Path, str]:
    """Path -> text of every page.

    Raises:
        BenchError: if the README has no marks.
    """
    texts = {
        out / "cost.md": markdown(sessions, accuracies),
        out / "cost.csv": to_csv(sessions, accuracies),
    }
    if readme is not None:
        folder = f"{Path(os.path.relpath(out, readme.parent)).as_posix()}/"
        lines = readme_lines(sessions, accuracies, folder)
        texts[readme] = between_marks(readme, BEGIN, END, lines, "the costs")
    return texts
