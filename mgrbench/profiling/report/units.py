"""Figures of a profile as short text, for tables in any format, and the ratios between rows."""

from __future__ import annotations

from mgrbench.profiling.record import CostRow, Session, Timing

NONE = "–"
TIMED = ("clips", "clip", "forward", "step")
"""Timings of a row that have a ratio."""


def ratios(row: CostRow, reference: CostRow | None) -> dict[str, float | None]:
    """How many times the reference's time, values and operations a row has; None where not known."""
    found: dict[str, float | None] = {}
    for name in TIMED:
        own, other = getattr(row, name), getattr(reference, name, None)
        found[name] = own.p50 / other.p50 if own and other and other.p50 else None
    others = reference.counts if reference else None
    for name in ("parameters", "flops"):
        base = getattr(others, name, None)
        found[name] = getattr(row.counts, name) / base if row.counts and base else None
    return found


def ranked(session: Session) -> list[CostRow]:
    """The rows of one machine, those that predict fastest first; models that failed come last."""
    return sorted(session.rows, key=lambda row: (row.clips is None, row.clips.p50 if row.clips else 0.0))


def per_clip(row: CostRow) -> float | None:
    """Seconds a clip, several at a time."""
    return row.clips.p50 / row.batch if row.clips else None


def median(timing: Timing | None, calls: int = 1) -> str:
    """``~12.3 ms``: the median of so many calls; with a tilde where its interval is wider than wanted."""
    return NONE if timing is None else f"{'~' if timing.capped else ''}{seconds(timing.p50 / calls)}"


def seconds(value: float | None) -> str:
    """A time in three digits, with a unit that suits its size."""
    if value is None:
        return NONE
    unit, size = next(
        ((unit, size) for unit, size in (("s", 1.0), ("ms", 1e-3)) if value >= size), ("µs", 1e-6)
    )
    return f"{_digits(value / size)} {unit}"


def megabytes(value: int | None) -> str:
    """``1,234 MB``; small ones in two digits."""
    if value is None:
        return NONE
    return f"{value / 1e6:,.0f} MB" if value >= 10e6 else f"{value / 1e6:.2g} MB"


def millions(value: int | None) -> str:
    """``23.03 M``."""
    return NONE if value is None else f"{value / 1e6:.2f} M"


def giga(row: CostRow, name: str) -> str:
    """Operations of a row in thousands of millions."""
    return f"{getattr(row.counts, name) / 1e9:.3f}" if row.counts else NONE


def times(value: float | None) -> str:
    """``0.42 ×``."""
    return NONE if value is None else f"{_digits(value)} ×"


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < 999.5 else f"{value:,.0f}"
