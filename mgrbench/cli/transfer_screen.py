"""Transfers on the screen: the classes, and for each model what it scores and what it confuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mgrbench.cli.output import points, points_interval, share, share_interval, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.core.types import Score
    from mgrbench.experiments.transfer.transfer import Transfer


def draw_transfers(screen: Console, found: Sequence[Transfer]) -> None:
    """Print the classes, then each model's accuracies, confusion matrix, warnings and folder."""
    first = found[0]
    fold, genres = first.run.run.folds[0], first.genres
    screen.print(
        f"{first.train} → {first.test}: {fold.n_train + fold.n_valid} training and {fold.n_test} test tracks "
        f"of {len(genres.classes)} classes ({genres.source}); {first.unmapped[0]} and {first.unmapped[1]} "
        "tracks have no class.",
        markup=False,
    )
    if any(first.missing):
        screen.print(
            f"Tracks left out because a feature lacks them: {first.missing[0]} of {first.train}, "
            f"{first.missing[1]} of {first.test}.",
            markup=False,
        )
    part, count = first.left_out
    if first.shared:
        kept = f"{count} tracks left out of {part}" if count else "none left out"
        screen.print(f"Recordings known to be in both: {first.shared}; {kept}.", markup=False)
    classes = [(name, _genres(genres.train, name), _genres(genres.test, name)) for name in genres.classes]
    columns = [("class", "fold"), (first.train, "fold"), (first.test, "fold")]
    screen.print(table(columns, classes))
    for one in found:
        screen.print()
        _draw_one(screen, one)


def _draw_one(screen: Console, one: Transfer) -> None:
    from mgrbench.results.names import run_name

    run = one.run.run
    rows = [("all", str(run.folds[0].n_test), *_accuracy(run.scores["accuracy"]), "")]
    if one.artists:
        met = one.artists
        gap = _difference(met.difference) if met.difference else ""
        rows.append(("artist's name in training", str(met.n_known), *_accuracy(met.known), ""))
        rows.append(("no artist's name in training", str(met.n_strange), *_accuracy(met.strange), gap))
    rows += [
        (other.split, str(other.tracks), *_accuracy(other.accuracy), _difference(other.lost))
        for other in one.within
    ]
    columns = [("test tracks", "fold"), ("", "right"), ("accuracy", "right"), ("95 %", "left")]
    columns += [("difference", "fold")]
    screen.print(table(columns, rows, title=run_name(run)))
    heads = [("true, predicted …", "fold")]
    heads += [(str(number), "right") for number in range(1, len(one.genres.classes) + 1)]
    confusion = [
        (f"{number} {row.genre}", *map(str, counts), share(row.recall))
        for number, (row, counts) in enumerate(zip(run.per_class, run.confusion, strict=True), start=1)
    ]
    heads.append(("recall", "right"))
    screen.print(table(heads, confusion))
    details = [(warning.code, warning.detail) for warning in run.warnings]
    if details:
        screen.print(table([("", "left"), ("", "fold")], details))
    screen.print(f"{run.model}: {one.run.folder}", markup=False, soft_wrap=True)


def _genres(classes: Mapping[str, str], name: str) -> str:
    return ", ".join(genre for genre, of in classes.items() if of == name)


def _accuracy(score: Score | None) -> tuple[str, str]:
    return "–" if score is None else share(score.value), share_interval(score)


def _difference(score: Score) -> str:
    return f"{points(score.value)} points, {points_interval(score)}"
