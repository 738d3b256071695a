"""What models cost as Markdown and CSV: one section a machine, which are never mixed.

Everything is made from ``cost.json`` and, for the accuracies, from the board of one split. A ratio is to the
reference measured in the same session, so that tables of two machines can be read together.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from mgrbench.core.text import escaped, interval_text, spreadsheet_cell
from mgrbench.core.types import Score
from mgrbench.profiling.record import CostRow, Session
from mgrbench.profiling.report.accuracies import Accuracies
from mgrbench.profiling.report.units import (
    NONE,
    TIMED,
    giga,
    median,
    megabytes,
    millions,
    per_clip,
    ranked,
    ratios,
    seconds,
    times,
)

_EXPLAINED = """\
## What the columns mean

- *Values*: learned values of the network; *held*: arrays that any fitted model holds.
- *GFLOPs*: 2 for each multiply-add of one forward pass, in products of matrices, convolutions, attention and
  Fourier transforms. *GMAC, ptflops*: what ptflops 0.6.2 counts as multiply-adds, the convention behind the
  FusionNet paper's figures; it leaves out attention's and NetVLAD's products. Both are of one example.
- *Step*, *forward*: one batch of segments. A step is forward, cross-entropy, backward and RMSprop, the same
  for every network. *Clip*: predicting one alone; *of several*: time a clip, several at a time. These times
  are without features. *Extraction*: the time in which mgrbench computes features of these names on one core,
  also where the model was given imported ones.
- Times are medians; a tilde marks one whose 95 % interval was still wider than 5 % when the time ran out.
  First calls, 95th percentiles and intervals are in cost.csv and cost.json.
- *Fit*: of a classical model, on the number of tracks in brackets. Networks were fitted on a few tracks only,
  for one epoch or as many as their options say.
- *Peak*: largest memory of the process that fitted and predicted, libraries included.
- –: the model has no such figure, or it was not measured.
"""
_FEW = 3
"""Fewest models for which a README shows a plot."""
_TELLING = 10_000
"""Fewest values for which an uncounted operation is listed with their number."""


def markdown(sessions: Sequence[Session], accuracies: Accuracies) -> str:
    """The page."""
    lines = [
        "# What the models cost",
        "",
        "Written by `mgrbench profile --all`, never by hand. Rows of different machines are never ranked",
        "together: each has a section, and a ratio is to the reference measured in the same run.",
    ]
    for number, session in enumerate(sessions, start=1):
        lines += ["", *_section(session, accuracies, number)]
    return "\n".join([*lines, "", _EXPLAINED])


def readme_lines(sessions: Sequence[Session], accuracies: Accuracies, folder: str) -> list[str]:
    """The table for a README, of the first machine and with fewer columns, and the plot that shows the most.

    Args:
        sessions: what was measured.
        accuracies: of one board.
        folder: what stands before links.
    """
    if not sessions:
        return []
    session = sessions[0]
    reference, batch = session.reference_row(), session.rows[0].batch
    lines = (
        [f"**Measured with --quick: no figures to be quoted.** {where(session)}."] if session.quick else []
    )
    lines += [
        *([] if session.quick else [f"{where(session)}."]),
        f"Time of predicting a clip of {session.clip_seconds:g} s, {batch} at a time, features given;",
        f"*ratio* to {escaped(session.reference)} in the same run. All figures: [cost.md]({folder}cost.md).",
        "",
    ]
    head = ["Model", "Features", "Values", "GFLOPs", "Time a clip", "Ratio", "Peak memory"]
    rows = []
    for row in ranked(session):
        if not row.error:
            cells = [
                escaped(row.name),
                _features(row),
                millions(row.counts.parameters if row.counts else None),
            ]
            cells += [giga(row, "flops"), seconds(per_clip(row)), times(ratios(row, reference)["clips"])]
            rows.append([*cells, megabytes(row.peak_rss_bytes)])
    return lines + _table(head, rows) + _plot(sessions, accuracies, folder)


def _plot(sessions: Sequence[Session], accuracies: Accuracies, folder: str) -> list[str]:
    """A link to the plot with the most models, if it has at least `_FEW`."""
    drawn = [sum(accuracies.of(row) is not None for row in session.rows) for session in sessions]
    number = drawn.index(max(drawn))
    if drawn[number] < _FEW:
        return []
    told = f"Accuracy on {accuracies.split} against time a clip ({where(sessions[number])})"
    return ["", f"![{told}]({folder}{stem(number + 1)}.png)"]


def where(session: Session) -> str:
    """The machine in a few words."""
    machine = session.machine
    threads = "1 thread" if machine.threads == 1 else f"{machine.threads} threads"
    return escaped(f"{machine.gpu} ({machine.device})" if machine.gpu else f"{machine.cpu}, {threads}")


def _section(session: Session, accuracies: Accuracies, number: int) -> list[str]:
    reference, batch = session.reference_row(), session.rows[0].batch
    lines = [f"## {where(session)}", ""]
    if session.quick:
        lines += ["**Measured with --quick: too few repeats for figures to be quoted.**", ""]
    lines += _facts(session)
    lines += ["", f"Time, with batches of {batch} segments and {batch} clips at a time:", ""]
    head = ["Model", "Features", "Step", "Forward", "Clip", f"Of {batch} clips", f"× {session.reference}"]
    head += ["Audio s/s", "Extraction", "Fit (tracks)", _accuracy_of(accuracies)]
    lines += _table(head, [_time_cells(row, session, reference, accuracies) for row in ranked(session)])
    lines += ["", "Size, operations and memory:", ""]
    head = ["Model", "Input", "Values", "GFLOPs", "GMAC, ptflops", "× values", "× GFLOPs", "Held", "Peak"]
    rows = [_size_cells(row, reference) for row in ranked(session) if not row.error]
    lines += _table([*head, "GPU peak", "J a clip"], rows)
    lines += _parts(session)
    if pictured(session, accuracies):
        lines += ["", f"![accuracy against time a clip]({stem(number)}.png)"]
    return lines + _notes(session)


def _notes(session: Session) -> list[str]:
    """What could not be measured, by reason."""
    names: dict[str, list[str]] = {}
    for row in session.rows:
        for note in row.notes:
            names.setdefault(note, []).append(row.name)
    lines = [f"- {escaped(note)}: {escaped(', '.join(rows))}" for note, rows in names.items()]
    return ["", "Not measured:", "", *lines] if lines else []


def pictured(session: Session, accuracies: Accuracies) -> bool:
    """Whether there is a plot: at least two models have a time and an accuracy."""
    return sum(row.clips is not None and accuracies.of(row) is not None for row in session.rows) > 1


def stem(number: int) -> str:
    """Name of the picture of a session, counted from 1, without its ending."""
    return "cost" if number == 1 else f"cost-{number}"


def _facts(session: Session) -> list[str]:
    machine = session.machine
    facts = [machine.platform, f"Python {machine.python}", machine.precision]
    facts += ["compiled"] if machine.compiled else []
    facts += [f"CPU clock {machine.cpu_mhz:.0f} MHz"] if machine.cpu_mhz else []
    facts += [f"GPU clock {machine.gpu_clock_mhz} MHz"] if machine.gpu_clock_mhz else []
    facts += [f"driver {machine.driver}"] if machine.driver else []
    versions = [f"{name} {version}" for name, version in machine.packages.items()]
    commit = f" at {str(session.code['commit'])[:12]}" if session.code.get("commit") else ""
    changed = " with changes" if session.code.get("dirty") else ""
    made = f"mgrbench {session.code.get('version')}{commit}{changed}, {session.started_utc}"
    clips = f"{session.dataset}: clips of {session.clip_seconds:g} s"
    return [f"- {escaped(text)}" for text in (", ".join(facts), ", ".join(versions), made, clips)]


def _time_cells(
    row: CostRow, session: Session, reference: CostRow | None, accuracies: Accuracies
) -> list[str]:
    if row.error:
        return [escaped(row.name), f"failed: {escaped(row.error)}", *[NONE] * 9]
    one = per_clip(row)
    classical = row.counts is None and row.fit_seconds is not None
    return [
        escaped(row.name),
        _features(row),
        *(median(timing) for timing in (row.step, row.forward, row.clip)),
        median(row.clips, row.batch),
        times(ratios(row, reference)["clips"]),
        f"{session.clip_seconds / one:,.0f}" if one else NONE,
        median(row.extraction),
        f"{seconds(row.fit_seconds)} ({row.train_tracks})" if classical else NONE,
        _accuracy(accuracies.of(row)),
    ]


def _size_cells(row: CostRow, reference: CostRow | None) -> list[str]:
    shapes = row.counts.input_shapes if row.counts else tuple(row.shapes.values())
    ratio = ratios(row, reference)
    return [
        escaped(row.name),
        " + ".join("×".join(map(str, shape)) for shape in shapes) or NONE,
        f"{row.counts.parameters:,}" if row.counts else NONE,
        giga(row, "flops"),
        giga(row, "macs_ptflops"),
        times(ratio["parameters"]),
        times(ratio["flops"]),
        megabytes(row.held_bytes),
        megabytes(row.peak_rss_bytes),
        megabytes(row.peak_gpu_bytes),
        f"{row.joules_per_clip:.3g}" if row.joules_per_clip is not None else NONE,
    ]


def _parts(session: Session) -> list[str]:
    """Parts of every network, and its operations that are not counted."""
    counted = [(row, row.counts) for row in ranked(session) if row.counts]
    if not counted:
        return []
    rows = [
        [
            escaped(row.name), name, f"{part.parameters:,}", f"{part.flops / 1e9:.5f}",
            f"{part.macs_ptflops / 1e9:.5f}",
        ]
        for row, counts in counted
        for name, part in counts.parts.items()
    ]  # fmt: skip
    lines = ["", "Parts of the networks:", ""]
    lines += _table(["Model", "Part", "Values", "GFLOPs", "GMAC, ptflops"], rows)
    lines += ["", "Seen and not in GFLOPs, with the millions of values that it gave:", ""]
    for row, counts in counted:
        many = [f"{name} {size / 1e6:.3g}" for name, size in counts.uncounted.items() if size >= _TELLING]
        few = [name for name, size in counts.uncounted.items() if size < _TELLING]
        also = f"; less than 0.01: {', '.join(few)}" if few else ""
        lines.append(f"- {escaped(row.name)}: {escaped(', '.join(many) + also)}")
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = "|:--|:--|" + "--:|" * (len(head) - 2)
    return [
        "| " + " | ".join(map(escaped, head)) + " |",
        rule,
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def _features(row: CostRow) -> str:
    return escaped(" + ".join(row.features)) or NONE


def _accuracy_of(accuracies: Accuracies) -> str:
    return f"Accuracy, {accuracies.split}" if accuracies.split else "Accuracy"


def _accuracy(score: Score | None) -> str:
    return NONE if score is None else interval_text(score)


_LEFT = (
    "machine", "device", "threads", "precision", "cpu", "gpu", "dataset", "clip_seconds", "model", "options",
    "features", "values", "segments", "batch", "train_tracks",
)  # fmt: skip
_COUNTS = ("parameters", "trainable", "bytes", "flops", "macs_ptflops")
_PLAIN = (
    "fit_seconds", "held_bytes", "peak_rss_bytes", "libraries_rss_bytes", "peak_gpu_bytes", "joules_per_clip",
)  # fmt: skip
_TIMINGS = ("step", "forward", "clip", "clips", "extraction")
_ENDS = ("first", "p50", "p95", "iqr", "low", "high", "repeats", "capped")


def to_csv(sessions: Sequence[Session], accuracies: Accuracies) -> str:
    """One line a machine and model; seconds and bytes. ``clips`` is the time of all clips of a batch."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    ends = [f"{name}_{end}" for name in _TIMINGS for end in _ENDS]
    ratio = [f"{name}_ratio" for name in (*TIMED, "parameters", "flops")]
    score = ["split", "accuracy", "accuracy_low", "accuracy_high"]
    writer.writerow([*_LEFT, *_COUNTS, *_PLAIN, *ends, *ratio, *score, "error"])
    for session in sessions:
        reference = session.reference_row()
        writer.writerows(_csv_row(session, row, reference, accuracies) for row in ranked(session))
    return stream.getvalue()


def _csv_row(session: Session, row: CostRow, reference: CostRow | None, accuracies: Accuracies) -> list[str]:
    machine, score = session.machine, accuracies.of(row)
    said = [machine.key, machine.device, machine.threads, machine.precision, machine.cpu, machine.gpu or ""]
    said += [
        session.dataset,
        session.clip_seconds,
        row.model,
        json.dumps(row.options),
        "+".join(row.features),
    ]
    said += [row.values, row.segments, row.batch, row.train_tracks]
    figures = [getattr(row.counts, name, None) for name in _COUNTS]
    figures += [getattr(row, name) for name in _PLAIN]
    figures += [getattr(getattr(row, name), end, None) for name in _TIMINGS for end in _ENDS]
    figures += ratios(row, reference).values()
    ends = [getattr(score, end, None) for end in ("value", "low", "high")]
    texts = [*map(_figure, [*said, *figures]), accuracies.split, *map(_figure, ends), row.error or ""]
    return [spreadsheet_cell(text) for text in texts]


def _figure(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
