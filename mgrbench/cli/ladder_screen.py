"""A ladder on the screen: one table a model, narrow enough for eighty columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mgrbench.cli.output import points, points_interval, share, share_interval, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.experiments.ladder.ladder import Ladder
    from mgrbench.experiments.verdicts import ArtistOverlap


def draw_ladder(screen: Console, found: Ladder, place: Path) -> None:
    """Print a table for each model, the notes on rungs and runs, and the folder."""
    many = len(found.seeds)
    screen.print(
        f"{found.dataset}, {'+'.join(found.features) or 'no features'}: {found.folds} folds, "
        f"{many} {'seed' if many == 1 else 'seeds'}. Every fold trains on {sum(found.training.values())} "
        "tracks, with equally many of each genre on every rung.",
        markup=False,
    )
    if found.missing:
        screen.print(f"Tracks left out because a feature lacks them: {found.missing}.", markup=False)
    columns = [("", "left"), ("clips", "right"), ("artist met", "right"), ("accuracy", "right")]
    columns += [("95 %", "left"), ("drop", "right"), ("95 %", "left")]
    rungs = {rung.name: rung for rung in found.rungs}
    for model in found.models:
        rows: list[tuple[str, ...]] = []
        for step in found.of(model):
            rung = rungs[step.rung]
            lost = step.drop.value if step.drop else None
            rows.append(
                (
                    rung.title,
                    str(len(rung.tracks)),
                    f"{found.artist_met[step.rung]:.1%}",
                    share(step.accuracy.value),
                    share_interval(step.accuracy),
                    points(lost.value, plus=False) if lost else "",
                    points_interval(lost, plus=False) if lost else "",
                )
            )
            if step.inside:
                rows += _inside(step.inside)
        screen.print()
        screen.print(table(columns, rows, title=model))
        for step in found.of(model):
            if step.per_segment is not None:
                screen.print(f"Accuracy on single segments: {share(step.per_segment)}.", markup=False)
    screen.print()
    notes = [
        (rung.title, f"left out: {rung.left_out}" if rung.left_out else rung.note) for rung in found.rungs
    ]
    screen.print(table([("", "left"), ("", "fold")], [line for line in notes if line[1]]))
    if found.warnings:
        screen.print(table([("", "left"), ("", "left"), ("", "fold")], found.warnings))
    known = any(track.artist for rung in found.rungs for track in rung.tracks)
    screen.print(
        "Artist met: the clip's artist is in the training part. Drop: points lost against the rung before, "
        "on the clips that both test. In the row `not met`, the drop is against the row `artist met`. "
        f"Intervals: bootstrap over {'artists' if known else 'tracks'} and seeds.",
        markup=False,
    )
    screen.print(f"{place}", markup=False, soft_wrap=True)


def _inside(inside: ArtistOverlap) -> list[tuple[str, ...]]:
    """Two rows below the random clips, by whether the artist is in training; counts are answers."""
    rows: list[tuple[str, ...]] = []
    between = inside.difference
    parts = (("artist met", inside.n_known, inside.known), ("not met", inside.n_strange, inside.strange))
    for name, answers, score in parts:
        last = between if name == "not met" else None
        rows.append(
            (
                f"  {name}",
                f"({answers})",
                "",
                share(score.value) if score else "–",
                share_interval(score),
                points(last.value, plus=False) if last else "",
                points_interval(last, plus=False) if last else "",
            )
        )
    return rows
