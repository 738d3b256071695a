"""What ``mgrbench compare`` shows: the runs, their pairs, the tracks that they disagree on, the codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mgrbench.cli.output import points, share, share_interval, signed, table
from mgrbench.core.codes import title_of

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.core.types import Score
    from mgrbench.results.compare import Comparison
    from mgrbench.results.pairs import Pair

_COLUMNS = 8
"""Columns of the matrix that stand side by side on a terminal of 80."""

_LEAST_P = 0.001
"""Below this a p-value's digits say nothing more."""


def draw_comparison(screen: Console, found: Comparison, tracks: bool) -> None:
    """Print a comparison.

    Args:
        screen: where to.
        found: the comparison.
        tracks: whether each track that the runs disagree on is listed.
    """
    from mgrbench.metrics.clusters import resampled

    screen.print(found.split.name, style="bold", markup=False)
    over = resampled(found.split)
    grouped = f" in {found.artists} groups by artist" if over == "artists" else " of unknown artist"
    screen.print(f"{found.tracks} test tracks{grouped}, the same for every run.", markup=False)
    columns = [("", "right"), ("run", "fold"), ("accuracy", "right"), ("95 %", "left")]
    columns += [("macro-F1", "right"), ("95 %", "left")]
    rows = [
        (
            str(number),
            entrant.name,
            share(entrant.scores["accuracy"].value),
            share_interval(entrant.scores["accuracy"]),
            share(entrant.scores["macro_f1"].value),
            share_interval(entrant.scores["macro_f1"]),
        )
        for number, entrant in enumerate(found.entrants, start=1)
    ]
    screen.print(table(columns, rows))
    screen.print()
    if len(found.pairs) == 1:
        _draw_pair(screen, found.pairs[0], over)
    else:
        _draw_matrix(screen, found, over)
    _draw_disagreements(screen, found, tracks)
    _draw_codes(screen, found)


def _draw_pair(screen: Console, pair: Pair, over: str) -> None:
    accuracy = pair.differences["accuracy"].value
    ahead = ("1 is better than 2", "2 is better than 1")[accuracy < 0]
    verdict = ahead if pair.significant else "1 and 2 do not differ significantly"
    screen.print(f"Verdict: {verdict} on these tracks, {_p_is(pair.p_holm)}.", markup=False)
    lines = [
        (f"{name}, 1 minus 2", f"{points(score.value)} points", _span(score))
        for name, score in (
            ("accuracy", pair.differences["accuracy"]),
            ("macro-F1", pair.differences["macro_f1"]),
        )
    ]
    lines.append(("McNemar's exact test", _p_is(pair.mcnemar), _discordant(pair)))
    lines.append((f"test over {over}", _p_is(pair.over_artists), "verdict: the larger p of these two"))
    if pair.over_folds:
        t, p = pair.over_folds
        lines.append(("test over folds", _p_is(p), f"corrected resampled t-test, t = {signed(t, 2)}"))
    screen.print(table([("", "left"), ("", "right"), ("", "fold")], lines))
    screen.print()
    columns = [("genre", "left"), ("tracks", "right"), ("1 right", "right"), ("2 right", "right")]
    columns += [("p (Holm)", "right"), ("better", "right")]
    rows = [
        (
            genre.genre,
            str(genre.tracks),
            str(genre.first),
            str(genre.second),
            _p(genre.p_holm),
            ("1" if genre.first > genre.second else "2") if genre.significant else "–",
        )
        for genre in pair.genres
    ]
    screen.print(table(columns, rows))


def _draw_matrix(screen: Console, found: Comparison, over: str) -> None:
    cells = {(pair.first, pair.second): pair for pair in found.pairs}
    many = len(found.entrants)
    for start in range(0, many, _COLUMNS):
        shown = range(start, min(start + _COLUMNS, many))
        columns = [("", "right"), *((str(column + 1), "right") for column in shown)]
        rows = [(str(row + 1), *(_cell(cells, row, column) for column in shown)) for row in range(many)]
        screen.print(table(columns, rows))
        screen.print()
    screen.print(
        "Above the diagonal: accuracy of the row's run minus the column's, in points; * where they are told "
        f"apart. Below: p, the larger one of McNemar's exact test and the test over {over}, after Holm over "
        "all pairs.",
        markup=False,
    )


def _cell(cells: dict[tuple[int, int], Pair], row: int, column: int) -> str:
    if row == column:
        return "·"
    if row > column:
        return _p(cells[column, row].p_holm)
    pair = cells[row, column]
    return f"{points(pair.differences['accuracy'].value)}{'*' if pair.significant else ' '}"


def _draw_disagreements(screen: Console, found: Comparison, tracks: bool) -> None:
    said: dict[tuple[str, int], dict[int, str]] = {}
    truth: dict[tuple[str, int], str] = {}
    for pair in found.pairs:
        for track in pair.disagreements:
            key = (track.track_id, track.fold)
            truth[key] = track.genre
            said.setdefault(key, {}).update({pair.first: track.first, pair.second: track.second})
    screen.print()
    named = "" if tracks or not said else " (--list names them)"
    whom = "The two" if len(found.pairs) == 1 else "Some"
    screen.print(f"{whom} predict different genres for {len(said)} of the tracks{named}.", markup=False)
    if tracks and said:
        numbers = range(len(found.entrants))
        columns = [("track", "fold"), ("genre", "left"), *((str(number + 1), "fold") for number in numbers)]
        rows = [
            (key[0], truth[key], *(_predicted(answers.get(number), truth[key]) for number in numbers))
            for key, answers in sorted(said.items())
        ]
        screen.print(table(columns, rows))


def _predicted(genre: str | None, truth: str) -> str:
    return "right" if genre == truth else genre or ""


def _draw_codes(screen: Console, found: Comparison) -> None:
    whose: dict[tuple[str, str], list[str]] = {}
    for number, entrant in enumerate(found.entrants, start=1):
        for warning in entrant.warnings:
            whose.setdefault((warning.code, warning.detail), []).append(str(number))
    rows = [
        (code, ", ".join(numbers), f"{title_of(code)}: {detail}")
        for (code, detail), numbers in sorted(whose.items())
    ]
    if rows:
        screen.print()
        screen.print(table([("code", "left"), ("run", "fold"), ("", "fold")], rows))
        screen.print("`mgrbench explain CODE` says what a code means and what to do.", markup=False)


def _discordant(pair: Pair) -> str:
    return f"only 1 right: {pair.only_first}, only 2 right: {pair.only_second}"


def _span(score: Score) -> str:
    if score.low is None or score.high is None:
        return "no interval: a single artist"
    return f"95 %: {points(score.low)} to {points(score.high)}"


def _p(value: float) -> str:
    return f"<{share(_LEAST_P)}" if value < _LEAST_P else share(value)


def _p_is(value: float) -> str:
    return f"p {'<' if value < _LEAST_P else '='} {share(max(value, _LEAST_P))}"
