"""Generated pages: text between two marks of a file, and the check that files are up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError


def check_pages(pages: Mapping[Path, str], problem: str, hint: str) -> None:
    """See that files hold what they would be written with.

    Args:
        pages: path of a file -> its text.
        problem: the error's problem, for the first one that differs.
        hint: what to do about it.

    Raises:
        BenchError: naming the file that is missing, or the first line that differs.
    """
    for path, text in pages.items():
        found = read_text(path)
        if found != text:
            lines = zip_longest(found.splitlines(), text.splitlines())
            number = next((n for n, (old, new) in enumerate(lines, start=1) if old != new), 1)
            raise BenchError(problem, hint, f"{path}:{number}")


def between_marks(page: Path, begin: str, end: str, lines: Sequence[str], what: str) -> str:
    """The text of a file with ``lines`` between its two marks.

    Raises:
        BenchError: if the file has no such marks, and so no place for ``what``.
    """
    before, first, rest = read_text(page).partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise BenchError(f"has no place for {what}", f"put a line {begin} and a line {end} there", page)
    return "\n".join([before + begin, *lines, end + after])
