"""What ``mgrbench profile`` shows: time and memory, operations part by part, what failed, and the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mgrbench.cli.output import table
from mgrbench.profiling.report.units import NONE, median, megabytes, ranked, ratios

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.profiling.record import CostRow, Part, Session


def draw_profile(screen: Console, session: Session, files: Sequence[Path]) -> None:
    """Print a session: time and memory, operations part by part, what failed, and where it was written."""
    machine, reference, batch = session.machine, session.reference_row(), session.rows[0].batch
    rows = [row for row in ranked(session) if not row.error]
    where = f"{machine.gpu or machine.cpu}; {machine.device}, threads: {machine.threads}, {machine.precision}"
    screen.print(where, markup=False)
    columns = [("model", "fold"), ("step", "right"), ("forward", "right"), ("clip", "right")]
    columns += [("clips", "right"), ("ratio", "right"), ("extract", "right"), ("peak", "right")]
    cells = []
    for row in rows:
        ratio = ratios(row, reference)["clips"]
        timings = [median(timing) for timing in (row.step, row.forward, row.clip)]
        timings += [median(row.clips, row.batch), NONE if ratio is None else f"{ratio:.3g}"]
        cells.append((row.name, *timings, median(row.extraction), megabytes(row.peak_rss_bytes)))
    screen.print(table(columns, cells))
    screen.print(
        f"Step, forward: a batch of {batch} segments. Clip: one of {session.clip_seconds:g} s alone; clips: "
        f"each of {batch}; ratio: to {session.reference}. Extract: its features. ~: interval wider than 5 %.",
        markup=False,
    )
    _draw_parts(screen, rows)
    for row in session.rows:
        for said in [f"failed: {row.error}"] if row.error else row.notes:
            screen.print(f"{row.name}: {said}", markup=False)
    for file in files:
        screen.print(str(file), markup=False, soft_wrap=True)


def _draw_parts(screen: Console, rows: Sequence[CostRow]) -> None:
    columns = [("network", "fold"), ("part", "left"), ("values", "right"), ("GFLOPs", "right")]
    columns += [("GMAC, ptflops", "right")]
    cells = []
    for row in rows:
        if row.counts is None:
            continue
        parts: dict[str, Part] = {"all": row.counts, **row.counts.parts}
        for name, part in parts.items():
            figures = (f"{part.parameters:,}", f"{part.flops / 1e9:.5f}", f"{part.macs_ptflops / 1e9:.5f}")
            cells.append((row.name if name == "all" else "", name, *figures))
    if cells:
        screen.print()
        screen.print(table(columns, cells))
