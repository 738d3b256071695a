"""Drawings for pages, as inline SVG: intervals, confusion matrices, genres, learning curves.

They are not drawn by matplotlib, for three reasons: they take the page's colours, light or dark; they are a
few kilobytes; and they are the same bytes everywhere, so that ``mgrbench leaderboard check`` compares them.
Every drawing has a title and a description for readers who do not see it. All text is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mgrbench.core.text import interval_text, short
from mgrbench.leaderboards.rows import Row
from mgrbench.leaderboards.text import full_name, rank_of, row_name
from mgrbench.metrics.classification import PerClass
from mgrbench.results.history import History, curve_lines

_LINE = 16
_POINTS = 80
"""Points of a curve that are drawn."""


def _svg(
    width: float, height: float, title: str, about: str, parts: Sequence[str], largest: float = 1.0
) -> str:
    """A drawing. On a wide screen it grows up to ``largest`` times its size."""
    shown = f"max-width:{largest * width:g}px"
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" style="{shown}">'
    return "".join([head, f"<title>{escape(title)}</title><desc>{escape(about)}</desc>", *parts, "</svg>"])


def _words(x: float, y: float, text: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'


def intervals(rows: Sequence[Row]) -> str:
    """Accuracies with their 95 % intervals, one line a row, on an axis from 0 to 1."""
    left, wide, right = 195.0, 300.0, 20.0
    parts = [
        f'<line class="grid" x1="{left + wide * tick / 5:g}" x2="{left + wide * tick / 5:g}" y1="4" '
        f'y2="{_LINE * len(rows) + 8:g}"/>'
        + _words(
            left + wide * tick / 5, _LINE * len(rows) + 22, short(tick / 5, 1) if tick else "0", "middle"
        )
        for tick in range(6)
    ]
    for number, row in enumerate(rows):
        y = _LINE * number + 14.0
        score = row.scores["accuracy"]
        # Options would push the features out of sight: they stand in the tip.
        short_name = f"{row.model}{' (…)' * bool(row.options)} · {'+'.join(row.features) or '–'}"
        cut = short_name if len(short_name) <= _NAME else short_name[: _NAME - 1] + "…"
        parts.append(_words(left - 8, y + 4, cut, "end"))
        if score.low is not None and score.high is not None:
            x1, x2 = (f"{left + wide * end:.1f}" for end in (score.low, score.high))
            parts.append(f'<line class="bar" x1="{x1}" x2="{x2}" y1="{y:g}" y2="{y:g}"/>')
        tip = f"{rank_of(row)} {full_name(row)}: {interval_text(score)}"
        x = f"{left + wide * score.value:.1f}"
        parts.append(f'<circle class="dot" cx="{x}" cy="{y:g}" r="3.5"><title>{escape(tip)}</title></circle>')
    about = "; ".join(f"{row_name(row)}: {interval_text(row.scores['accuracy'])}" for row in rows[:3])
    title = f"Accuracy and 95 % interval of {len(rows)} rows"
    return _svg(left + wide + right, _LINE * len(rows) + 30, title, f"The first ones: {about}.", parts, 1.3)


_NAME = 28
"""Letters of a name that fit beside the intervals."""


def confusion(counts: Sequence[Sequence[int]], genres: Sequence[str], name: str) -> str:
    """A confusion matrix, a cell the darker the larger its share of the true genre."""
    left, top, cell = 110.0, 74.0, 30.0
    parts: list[str] = []
    for column, genre in enumerate(genres):
        x = left + cell * (column + 0.5)
        turn = f' transform="rotate(-50 {x:g} {top - 8:g})"'
        parts.append(_words(x, top - 8, genre, extra=turn))
    for row, line in enumerate(counts):
        total = max(sum(line), 1)
        y = top + cell * row
        parts.append(_words(left - 8, y + cell / 2 + 4, genres[row], "end"))
        for column, count in enumerate(line):
            share = count / total
            x = left + cell * column
            kind = "hit" if row == column else "miss"
            parts.append(
                f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{cell - 1:g}" height="{cell - 1:g}" '
                f'fill-opacity="{share:.2f}"/>'
            )
            if count:
                dark = ' class="on"' if share > _DARK else ""
                parts.append(_words(x + cell / 2, y + cell / 2 + 4, str(count), "middle", dark))
    size = cell * len(genres)
    about = f"Rows are true, columns predicted genres. {_often(counts, genres)}"
    return _svg(left + size + 40, top + size + 6, f"Confusion matrix of {name}", about, parts)


_DARK = 0.55
"""Share of a cell from which on its number is written in the page's colour."""


def _often(counts: Sequence[Sequence[int]], genres: Sequence[str]) -> str:
    """The commonest mistakes in words."""
    wrong = [
        (-count, genres[row], genres[column])
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if count and row != column
    ]
    pairs = [f"{true} taken for {taken} {-count} times" for count, true, taken in sorted(wrong)[:3]]
    return f"Commonest mistakes: {', '.join(pairs)}." if pairs else "No mistakes."


def genre_bars(genres: Sequence[PerClass], name: str) -> str:
    """Recall and precision of every genre as bars."""
    left, wide = 110.0, 260.0
    parts = [
        f'<line class="grid" x1="{left + wide * tick / 4:g}" x2="{left + wide * tick / 4:g}" y1="18" '
        f'y2="{30 * len(genres) + 20:g}"/>'
        for tick in range(5)
    ]
    parts.append(
        f'<rect class="recall" x="{left:g}" y="2" width="9" height="9"/>{_words(left + 13, 11, "recall")}'
        f'<rect class="precision" x="{left + 70:g}" y="2" width="9" height="9"/>'
        f"{_words(left + 83, 11, 'precision')}"
    )
    for at, one in enumerate(genres):
        y = 30.0 * at + 22
        parts.append(_words(left - 8, y + 15, one.genre, "end"))
        for kind, share, below in (("recall", one.recall, 0.0), ("precision", one.precision, 11.0)):
            parts.append(
                f'<rect class="{kind}" x="{left:g}" y="{y + below:g}" '
                f'width="{wide * share:.1f}" height="10"/>'
                + _words(left + wide * share + 5, y + below + 9, short(share, 2), extra=' class="small"')
            )
    about = "; ".join(
        f"{one.genre}: recall {one.recall:.2f}, precision {one.precision:.2f}" for one in genres
    )
    return _svg(left + wide + 45, 30 * len(genres) + 26, f"Genres of {name}", f"{about}.", parts)


def curves(history: History, name: str) -> str:
    """Learning curves: losses and accuracies by epoch, a line for every fold and network.

    Nothing but numbers is taken from the history. Without any the drawing is empty text.
    """
    panels = [
        panel
        for panel in (_panel(history, kind, place) for place, kind in enumerate(("loss", "accuracy")))
        if panel
    ]
    if not panels:
        return ""
    about = "A line for every fold and network; solid: validation part, dashed: training part."
    return _svg(330.0 * len(panels), 220, f"Learning curves of {name}", about, panels)


def _panel(history: History, kind: str, place: int) -> str:
    drawn = {part: curve_lines(history, f"{part}_{kind}") for part in ("train", "valid")}
    points = [point for lines in drawn.values() for line in lines for point in line]
    if not points:
        return ""
    last = max(epoch for epoch, _ in points)
    low, high = min(value for _, value in points), max(value for _, value in points)
    if kind == "accuracy":
        low, high = 0.0, 1.0
    left, top, wide, tall = 330.0 * place + 46, 22.0, 260.0, 160.0
    parts = [
        f'<rect class="frame" x="{left:g}" y="{top:g}" width="{wide:g}" height="{tall:g}"/>',
        _words(left, 14, kind),
        _words(left - 5, top + 9, f"{high:.2g}", "end"),
        _words(left - 5, top + tall, f"{low:.2g}", "end"),
        _words(left + wide, top + tall + 16, f"epoch {last:g}", "end"),
    ]
    for part, lines in drawn.items():
        for line in lines:
            kept = line[:: max(1, -(-len(line) // _POINTS))]
            scale = tall / ((high - low) or 1)
            path = " ".join(
                f"{left + wide * epoch / last:.1f},{top + tall - scale * (value - low):.1f}"
                for epoch, value in kept
            )
            parts.append(f'<polyline class="{part}" points="{path}"/>')
    return "".join(parts)
