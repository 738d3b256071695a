"""What ``mgrbench split audit`` shows: an audit, the table of all audits, and what was read of lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mgrbench.cli.output import table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.splits import Audit
    from mgrbench.splits.audited import Audited, PartList
    from mgrbench.splits.findings import AudioComparison

_SHOWN = 5
"""How many unmatched names and unread clips the text shows (of pairs four times as many); --json has all."""


def overview_document(audits: Sequence[Audit]) -> dict[str, Any]:
    """The table of all audits for JSON; null where the dataset has no facts to count by."""
    from mgrbench.splits.audit_table import LEAKS, counted

    return {
        "splits": [
            {
                "name": audit.name,
                "dataset": audit.dataset,
                "folds": len(audit.folds),
                "test_tracks": audit.test_tracks,
                **{field: counted(audit, fact, field) for fact, field in LEAKS},
                "leaky": audit.leaky,
            }
            for audit in audits
        ]
    }


def draw_overview(screen: Console, audits: Sequence[Audit]) -> None:
    """Print the table of all audits; a dataset has a line of its own, so that 80 columns are enough."""
    from mgrbench.splits.audit_table import LEAKS, counted, short

    leaks = [(fact, field) for fact, field in LEAKS if field != "artist_in_train_same_genre"]
    columns = [("split", "left"), ("folds", "right"), ("test", "right")]
    columns += [(fact, "right") for fact, _ in leaks]
    rows: list[tuple[str, ...]] = []
    datasets: set[str] = set()
    for audit in audits:
        dataset, _, name = audit.name.partition("/")
        if dataset not in datasets:
            datasets.add(dataset)
            rows.append((dataset, *[""] * (len(columns) - 1)))
        cells = [short(counted(audit, fact, field), audit) for fact, field in leaks]
        rows.append((f"  {name}", str(len(audit.folds)), str(audit.test_tracks), *cells))
    screen.print("test tracks that have in training … (–: nothing is known of it)", style="dim")
    screen.print(table(columns, rows))


def audited_document(found: Audited, *, with_tracks: bool) -> dict[str, Any]:
    """An audit for JSON, with what was read of each list."""
    lists = [
        {
            "part": one.part,
            "file": str(one.path),
            "format": one.tracks.kind,
            "column": one.tracks.column or None,
            "lines": one.tracks.rows,
            "names": one.tracks.names,
            "matched": one.tracks.matched,
            "tracks": len(one.tracks.ids),
            "unknown": list(one.tracks.unknown),
            "repeated": list(one.tracks.repeated),
        }
        for one in found.lists
    ]
    return document(found.audit, with_tracks=with_tracks) | ({"lists": lists} if lists else {})


def draw_audited(screen: Console, found: Audited, *, with_tracks: bool) -> None:
    """Print what was read of each list, then the audit."""
    for one in found.lists:
        for line in _list_lines(one):
            screen.print(line, markup=False)
    draw(screen, found.audit, with_tracks)


def _list_lines(one: PartList) -> list[str]:
    """How many names of a list are tracks, and which are not."""
    from mgrbench.core.text import printable

    read = one.tracks
    column = f", column {printable(read.column)}" if read.column else ""
    rows = _several(read.rows, "entry" if read.kind == "JSON" else "line", "entries")
    matched = f"{read.matched} of {_several(read.names, 'name')} matched"
    counts = f"{rows}, {matched}, {_several(len(read.ids), 'track')}"
    lines = [f"{one.part}: {printable(one.path.name)} ({read.kind}{column}): {counts}"]
    lines += [f"  not matched: {printable(name)}" for name in read.unknown[:_SHOWN]]
    if len(read.unknown) > _SHOWN:
        lines.append(f"  … and {len(read.unknown) - _SHOWN} more (--json lists all)")
    return lines


def _several(count: int, one: str, many: str = "") -> str:
    """``1 line``, ``3 lines``, ``2 entries``."""
    plural = many if one == "entry" else f"{one}s"
    return f"{count} {one if count == 1 else plural}"


def document(audit: Audit, *, with_tracks: bool) -> dict[str, Any]:
    """An audit for JSON."""
    from dataclasses import asdict

    found: dict[str, Any] = {
        "name": audit.name,
        "dataset": audit.dataset,
        "test_tracks": audit.test_tracks,
        "partial": audit.partial,
        "artist_in_train": audit.artist_in_train,
        "artist_in_train_same_genre": audit.artist_in_train_same_genre,
        "exact_replica_in_train": audit.exact_replica_in_train,
        "same_recording_in_train": audit.same_recording_in_train,
        "same_album_in_train": audit.same_album_in_train,
        "checks": [asdict(check) for check in audit.checks],
        "folds": [asdict(fold) for fold in audit.folds],
    }
    if audit.audio:
        found["sound"] = asdict(audit.audio)
    return found | ({"leaks": [asdict(leak) for leak in audit.leaks]} if with_tracks else {})


_COLUMNS = (
    ("artist", "artist", "artist_in_train"),
    ("+ genre", "artist", "artist_in_train_same_genre"),
    ("replica", "replica", "exact_replica_in_train"),
    ("recording", "recording", "same_recording_in_train"),
    ("album", "album", "same_album_in_train"),
)
"""Heading, the facts it needs, field of a fold."""


def draw(screen: Console, audit: Audit, with_tracks: bool) -> None:
    """Print an audit: the counts fold by fold, the checks, and if asked for each leak."""
    from mgrbench.core.text import printable

    shown = [(head, field) for head, fact, field in _COLUMNS if fact != "album" or fact in audit.known]
    columns = [(name, "right") for name in ("fold", "train", "valid", "test", *(head for head, _ in shown))]
    fields = ("fold", "train", "valid", "test", *(field for _, field in shown))
    rows = [tuple(str(getattr(fold, field)) for field in fields) for fold in audit.folds]
    title = f"{printable(audit.name)}: {audit.test_tracks} test tracks of {audit.dataset}"
    screen.print(title, markup=False)
    screen.print("test tracks that have in training … (+ genre: their artist, in their genre)", style="dim")
    screen.print(table(columns, rows))
    checks = [(check.code, check.status, check.detail) for check in audit.checks]
    screen.print(table([("check", "left"), ("", "left"), ("", "fold")], checks))
    if audit.audio:
        _draw_audio(screen, audit.audio, with_tracks)
    if with_tracks:
        _draw_leaks(screen, audit)


def _draw_audio(screen: Console, audio: AudioComparison, every: bool) -> None:
    from mgrbench.core.text import printable

    missing = f", no audio of {len(audio.missing)} tracks" if audio.missing else ""
    screen.print(f"{audio.clips} clips compared{missing}", style="dim", markup=False)
    for track, problem in list(audio.unreadable.items())[:_SHOWN]:
        screen.print(f"not compared: {track}: {printable(problem)}", markup=False)
    ordered = sorted(audio.matches, key=lambda match: (bool(match.known_as), -match.score))
    matches = ordered if every else ordered[: 4 * _SHOWN]
    columns = [("sounds the same", "fold"), ("fold", "right"), ("in training", "fold")]
    columns += [("offset", "right"), ("score", "right"), ("known as", "left")]
    rows = [
        (
            match.track_id,
            str(match.fold),
            match.training_id,
            f"{match.offset:+.2f} s",
            f"{match.score:.3f}",
            match.known_as or "–",
        )
        for match in matches
    ]
    if rows:
        screen.print(table(columns, rows))
    if len(ordered) > len(matches):
        screen.print(f"… and {len(ordered) - len(matches)} more (--tracks shows all)", style="dim")


def _draw_leaks(screen: Console, audit: Audit) -> None:
    heads = [("test track", "left"), ("fold", "right"), ("same artist", "fold")]
    heads += [("replica", "fold"), ("same recording", "fold")]
    heads += [("same album", "fold")] if "album" in audit.known else []
    leaks = []
    for leak in audit.leaks:
        found = (leak.same_artist, leak.replicas, leak.same_recording, leak.same_album)[: len(heads) - 2]
        leaks.append((leak.track_id, str(leak.fold), *(", ".join(ids) for ids in found)))
    screen.print(table(heads, leaks))
