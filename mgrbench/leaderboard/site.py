"""The folder of leaderboards: one page per split in every format, and an index; written, or checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mgrbench.files import read_text, write_atomically
from mgrbench.leaderboard.board import Board
from mgrbench.leaderboard.formats import interval_text, row_name, to_csv, to_json, to_markdown
from mgrbench.types import BenchError

FORMATS: Mapping[str, Callable[[Board], str]] = {"md": to_markdown, "csv": to_csv, "json": to_json}
"""File ending -> how a board becomes the text of that file."""


def write_boards(boards: Sequence[Board], out: Path, formats: Sequence[str] = tuple(FORMATS)) -> list[Path]:
    """Write ``<out>/<dataset>/<split>.<format>`` and ``<out>/README.md``; gives the files.

    Raises:
        BenchError: for an unknown format, or if the place may not be written.
    """
    pages = _pages(boards, formats)
    for name, text in pages.items():
        write_atomically(out / name, text)
    return [out / name for name in pages]


def check_boards(boards: Sequence[Board], out: Path, formats: Sequence[str] = tuple(FORMATS)) -> list[Path]:
    """See that the files in ``out`` are what `write_boards` would write; gives the files.

    Raises:
        BenchError: naming the first file that is missing or differs, and its first line that differs.
    """
    pages = _pages(boards, formats)
    for name, text in pages.items():
        found = read_text(out / name)
        if found == text:
            continue
        lines = zip([*found.splitlines(), ""], [*text.splitlines(), ""], strict=False)
        number = next((n for n, (old, new) in enumerate(lines, start=1) if old != new), 1)
        mend = "build the boards again with `mgrbench leaderboard build`"
        raise BenchError("is not what the runs give", mend, f"{out / name}:{number}")
    return [out / name for name in pages]


def _pages(boards: Sequence[Board], formats: Sequence[str]) -> dict[str, str]:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise BenchError(f"no format is called {unknown[0]!r}", f"the formats are {', '.join(FORMATS)}")
    pages = {f"{board.split.name}.{name}": FORMATS[name](board) for board in boards for name in formats}
    return pages | ({"README.md": _index(boards)} if "md" in formats else {})


def _index(boards: Sequence[Board]) -> str:
    lines = [
        "# Leaderboards",
        "",
        "One page per split. *Leak*: test tracks whose artist is in training. A score on a leaky split says",
        "how well a model recognises artists too; compare models on a split without leaks.",
        "",
        "| Split | Test tracks | Leak | Rows | Best model | Features | Accuracy [95 %] |",
        "|:--|--:|--:|--:|:--|:--|--:|",
    ]
    for board in boards:
        best = board.ranked[0] if board.ranked else None
        share = board.audit.artist_in_train / board.audit.test_tracks
        cells = [
            f"[{board.split.name}]({board.split.name}.md)",
            str(board.audit.test_tracks),
            f"{share:.1%}",
            str(len(board.rows)),
            f"`{row_name(best)}`" if best else "–",
            " + ".join(best.features) if best else "–",
            interval_text(best.scores["accuracy"]) if best else "–",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])
