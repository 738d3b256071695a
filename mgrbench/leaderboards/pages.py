"""The folder of leaderboards: one page per split in every format, and an index. It is written or checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mgrbench.core.files import write_atomically
from mgrbench.core.generated_pages import between_marks, check_pages
from mgrbench.core.text import escaped, interval_text
from mgrbench.core.types import BenchError
from mgrbench.leaderboards.board import Board
from mgrbench.leaderboards.formats import to_csv, to_json, to_latex, to_markdown
from mgrbench.leaderboards.html import to_html, to_index
from mgrbench.leaderboards.text import row_name

FORMATS: Mapping[str, Callable[[Board], str]] = {
    "md": to_markdown,
    "csv": to_csv,
    "json": to_json,
    "latex": to_latex,
    "html": to_html,
}
"""Name of a format -> how a board becomes the text of its file."""

USUAL = ("md", "csv", "json")
"""The formats that are written unless others are named."""

SITE = "site"
"""The folder of the HTML pages below that of the leaderboards."""

_ENDINGS = {"latex": "tex"}


def write_boards(
    boards: Sequence[Board],
    out: Path,
    formats: Sequence[str] = USUAL,
    readme: Path | None = None,
) -> list[Path]:
    """Write ``<out>/<dataset>/<split>.<format>`` and ``<out>/README.md``; gives the files.

    HTML pages go to ``<out>/site/``, with an index of their own.

    Args:
        boards: the boards.
        out: folder to write to.
        formats: keys of `FORMATS`.
        readme: a file that shows the overview between the marks `BEGIN` and `END`.

    Raises:
        BenchError: for an unknown format, a readme without marks, or if the place may not be written.
    """
    pages = _pages(boards, out, formats, readme)
    for path, text in pages.items():
        write_atomically(path, text)
    return list(pages)


def check_boards(
    boards: Sequence[Board],
    out: Path,
    formats: Sequence[str] = USUAL,
    readme: Path | None = None,
) -> list[Path]:
    """Check that the files are what `write_boards` would write; gives the files.

    Raises:
        BenchError: naming the first file that is missing, stale or differs, and its first line that differs.
    """
    pages = _pages(boards, out, formats, readme)
    stale = [
        page
        for name in formats
        for page in sorted(_folder(out, name).glob(f"*/*.{_ENDINGS.get(name, name)}"))
        if page not in pages
    ]
    if stale:
        hint = "remove it, or add the folder of its runs by --runs"
        raise BenchError("is a page that no run gives any more", hint, stale[0])
    hint = "build the boards again with `mgrbench leaderboard build`"
    check_pages(pages, "is not what the runs give", hint)
    return list(pages)


BEGIN = "<!-- leaderboard:begin -->"
END = "<!-- leaderboard:end -->"
"""Marks in a README between which the overview of the boards stands."""


def _pages(
    boards: Sequence[Board], out: Path, formats: Sequence[str], readme: Path | None
) -> dict[Path, str]:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise BenchError(f"no format is called {unknown[0]!r}", f"the formats are {', '.join(FORMATS)}")
    pages = {_file(out, board.split.name, name): FORMATS[name](board) for board in boards for name in formats}
    if "html" in formats:
        pages[out / SITE / "index.html"] = to_index(boards)
    if "md" in formats:
        pages[out / "README.md"] = _index(boards)
    if readme is not None:
        folder = Path(os.path.relpath(out, readme.parent)).as_posix()
        pages[readme] = between_marks(readme, BEGIN, END, _overview(boards, f"{folder}/"), "the boards")
    return pages


def _folder(out: Path, name: str) -> Path:
    return out / SITE if name == "html" else out


def _file(out: Path, split: str, name: str) -> Path:
    return _folder(out, name) / f"{split}.{_ENDINGS.get(name, name)}"


def _index(boards: Sequence[Board]) -> str:
    return "\n".join(["# Leaderboards", "", *_overview(boards, ""), ""])


def _overview(boards: Sequence[Board], folder: str) -> list[str]:
    """One line per split; ``folder`` stands before the links to the pages."""
    lines = [
        "*Leak*: test tracks whose artist is in training. A score on a leaky split says how well a model",
        "recognises artists too; compare models on a split without leaks. *Best*: without rows on features",
        "known to carry label information (MGR103) and without those that lack over 1 % of the tracks; the",
        "pages have all rows. +n: so many more of these rows do not differ significantly from it (MGR107).",
        "",
        "| Split | Test tracks | Leak | Rows | Best model | Features | Accuracy [95 %] |",
        "|:--|--:|--:|--:|:--|:--|--:|",
    ]
    for board in boards:
        best, beside = board.best, f" +{board.beside_best}" if board.beside_best else ""
        share = board.audit.artist_in_train / board.audit.test_tracks
        cells = [
            f"[{board.split.name}]({folder}{board.split.name}.md)",
            str(board.audit.test_tracks),
            f"{share:.1%}",
            str(len(board.rows)),
            f"{escaped(row_name(best))}{beside}" if best else "–",
            escaped(" + ".join(best.features)) if best else "–",
            interval_text(best.scores["accuracy"]) if best else "–",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines
