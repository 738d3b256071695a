"""Finished runs on the screen: a table for each split, the warnings, and the folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

from mgrbench.cli.output import share, share_interval, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.results.run import MeanStd, Run


def draw_runs(screen: Console, finished: Sequence[tuple[Run, Path | None]]) -> None:
    """Print runs as a table for each split, their warnings, and their folders."""
    for place, split in enumerate(dict.fromkeys(run.split for run, _ in finished)):
        if place:
            screen.print()
        _draw_split(screen, [run for run, _ in finished if run.split == split])
    for run, folder in finished:
        if folder:
            screen.print(f"{run.model}: {folder}", markup=False, soft_wrap=True)


def _folds_text(folds: MeanStd) -> str:
    """``.842 ±.021``; a dash where there is one fold, which has no spread."""
    return "–" if folds.std is None else f"{share(folds.mean)} ±{share(folds.std)}"


def _draw_split(screen: Console, runs: Sequence[Run]) -> None:
    several = len({run.seed for run in runs}) > 1
    columns = [("model", "name"), ("features", "fold"), *[("seed", "right")] * several]
    columns += [("accuracy", "right"), ("95 %", "left"), ("macro-F1", "right")]
    columns += [] if several else [("folds", "right")]  # both don't fit on a screen of 80 columns
    rows = []
    for run in runs:
        accuracy, folds = run.scores["accuracy"], run.fold_mean_std["accuracy"]
        rows.append(
            [
                run.model,
                " + ".join(run.features) or "–",
                *[str(run.seed)] * several,
                share(accuracy.value),
                share_interval(accuracy),
                share(run.scores["macro_f1"].value),
                *([] if several else [_folds_text(folds)]),
                " ".join(dict.fromkeys(warning.code for warning in run.warnings)) or "–",
            ]
        )
    screen.print(f"{runs[0].split}: {sum(fold.n_test for fold in runs[0].folds)} test tracks", markup=False)
    screen.print(table([*columns, ("notes", "fold")], rows))
    details = dict.fromkeys((warning.code, warning.detail) for run in runs for warning in run.warnings)
    if details:
        screen.print(table([("", "left"), ("", "fold")], list(details)))
    for model in dict.fromkeys(run.model for run in runs):
        values = [run.scores["accuracy"].value for run in runs if run.model == model]
        if several and len(values) > 1:
            spread = f"mean {share(mean(values))}, standard deviation {share(stdev(values))}"
            screen.print(f"{model}, {len(values)} seeds: {spread}", markup=False)
