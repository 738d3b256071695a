"""One table of what leaks in every split that comes with mgrbench, and its place in a README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mgrbench.core.files import write_atomically
from mgrbench.core.generated_pages import between_marks, check_pages
from mgrbench.core.types import BenchError
from mgrbench.splits.audit import audit_split
from mgrbench.splits.findings import Audit
from mgrbench.splits.load import shipped_splits

BEGIN = "<!-- audits:begin -->"
END = "<!-- audits:end -->"
"""Marks in a README between which the table stands."""

LEAKS = (
    ("artist", "artist_in_train"),
    ("artist", "artist_in_train_same_genre"),
    ("replica", "exact_replica_in_train"),
    ("recording", "same_recording_in_train"),
    ("album", "same_album_in_train"),
)
"""What the table counts: which of the dataset's facts it takes, and the field of `Audit`."""

UNKNOWN = "–"
"""Stands where the dataset has no facts to count by."""


def audit_all(dataset: str | None = None) -> list[Audit]:
    """The audits of all splits that come with mgrbench, or of those of one dataset, sorted by name.

    Raises:
        BenchError: if none is shipped of this dataset.
    """
    names = shipped_splits(dataset)
    if not names:
        known = ", ".join(sorted({name.partition("/")[0] for name in shipped_splits()}))
        raise BenchError(f"no split of {dataset!r} comes with mgrbench", f"there are some of {known}")
    return [audit_split(name) for name in names]


def counted(audit: Audit, fact: str, field: str) -> int | None:
    """Test tracks that leak in this way; None where the dataset cannot tell of any of them."""
    if fact not in audit.known:
        return None
    untold = fact in {"artist", "album"} and audit.artist_not_comparable == audit.test_tracks
    return None if untold else int(getattr(audit, field))


def markdown(audits: Sequence[Audit]) -> list[str]:
    """The table in Markdown, line by line."""
    lines = [
        "Test tracks that have in training another track of their artist (of their artist and genre), an",
        "exact replica, the same recording or a version of it, another track of their album. –: not known.",
        "",
        "| Split | Folds | Test tracks | Artist | … and genre | Replica | Recording | Album |",
        "|:--|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for audit in audits:
        counts = [counted(audit, fact, field) for fact, field in LEAKS]
        cells = [audit.name, str(len(audit.folds)), str(audit.test_tracks)]
        cells += [UNKNOWN if n is None else f"{n} ({_share(n, audit)})" if n else "0" for n in counts]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def short(count: int | None, audit: Audit) -> str:
    """A count with its share, for the terminal: ``190 20.0%``."""
    return UNKNOWN if count is None else f"{count} {_share(count, audit)}" if count else "0"


def write_overview(readme: Path) -> list[Audit]:
    """Put the table of all splits between the marks of a README; gives the audits.

    Raises:
        BenchError: if it has no marks, or may not be written.
    """
    audits, text = _with_table(readme)
    write_atomically(readme, text)
    return audits


def check_overview(readme: Path) -> list[Audit]:
    """See that a README has the table that `write_overview` would write; gives the audits.

    Raises:
        BenchError: with the first line that differs.
    """
    audits, text = _with_table(readme)
    hint = f"write it again with `mgrbench split audit --all --readme {readme.name}`"
    check_pages({readme: text}, "is not what the splits give", hint)
    return audits


def _with_table(readme: Path) -> tuple[list[Audit], str]:
    """The audits of all splits, and the text of a README with their table between its marks.

    Raises:
        BenchError: if it cannot be read or has no marks.
    """
    between_marks(readme, BEGIN, END, [], "the audits")  # refuses it before the work, not after it
    audits = audit_all()
    return audits, between_marks(readme, BEGIN, END, markdown(audits), "the audits")


def _share(count: int, audit: Audit) -> str:
    """The share in per cent; never rounded to 100 % where a track is missing."""
    share = count / audit.test_tracks
    return "100%" if share == 1 else f"{min(share, 0.999):.1%}"
