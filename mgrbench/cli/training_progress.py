"""What is shown while folds are computed and networks train.

On a terminal there are two lines: the folds, and the epochs of the network that is trained now, with its
loss, its accuracies and the longest time left, since a training may stop early. Elsewhere there are plain
lines, at most one epoch every half minute. Of folds that several processes compute, only the number is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

from mgrbench.cli.output import note, plain_progress, share

if TYPE_CHECKING:
    from mgrbench.evaluation.request import Progress

QUIET_SECONDS = 30.0
"""Shortest time between two plain lines about epochs."""


@contextmanager
def training(what: str) -> Iterator[Progress]:
    """Show how far ``what`` is."""
    from mgrbench.evaluation.request import Progress

    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield Progress(plain_progress(what), _plain_epochs(what))
        return
    from rich import progress as bars
    from rich.console import Group
    from rich.live import Live
    from rich.table import Column

    # An epoch may take minutes: speed is that of all so far, not of the last half minute.
    told = Column(no_wrap=True, overflow="ellipsis")
    name = bars.TextColumn("{task.description}", markup=False, table_column=told)
    figures = bars.TextColumn("{task.fields[figures]}", markup=False, table_column=Column(no_wrap=True))
    count, left = bars.MofNCompleteColumn(), bars.TimeRemainingColumn()
    folds = bars.Progress(name, bars.BarColumn(), count, left, speed_estimate_period=1e9)
    epochs = bars.Progress(name, count, left, figures, speed_estimate_period=1e9)
    fold_line = folds.add_task(what, total=None)
    epoch_line = epochs.add_task("", total=None, visible=False, figures="")
    shown = ""

    def on_fold(done: int, total: int) -> None:
        folds.update(fold_line, completed=done, total=total)

    def on_epoch(row: Mapping[str, Any]) -> None:
        nonlocal shown
        if (network := network_of(row)) != shown:
            shown = network
            epochs.reset(epoch_line, description=network)
        done, total = _counted(row)
        epochs.update(epoch_line, completed=done, total=total, figures=figures_of(row), visible=True)

    with Live(Group(folds, epochs), console=screen, transient=True):
        yield Progress(on_fold, on_epoch)


def network_of(row: Mapping[str, Any]) -> str:
    """``fold 1, mel``: which network the row of a history tells of."""
    named = "".join(letter for letter in str(row.get("network", "")) if letter.isprintable())
    return ", ".join(part for part in (f"fold {row.get('fold', '?')}", named) if part)


def figures_of(row: Mapping[str, Any]) -> str:
    """``loss 1.203, accuracy .512, valid .430``: what the row of a history says of an epoch."""
    kinds: dict[str, tuple[str, Callable[[float], str]]] = {
        "train_loss": ("loss", lambda value: f"{value:.3f}"),
        "train_accuracy": ("accuracy", share),
        "valid_accuracy": ("valid", share),
    }
    known = {name: row[name] for name in kinds if isinstance(row.get(name), int | float)}
    return ", ".join(f"{kinds[name][0]} {kinds[name][1](value)}" for name, value in known.items())


def _plain_epochs(what: str) -> Callable[[Mapping[str, Any]], None]:
    said: float | None = None

    def tell(row: Mapping[str, Any]) -> None:
        nonlocal said
        now = time.monotonic()
        if said is not None and now - said < QUIET_SECONDS:
            return
        said = now
        done, total = _counted(row)
        parts = [what, network_of(row), figures_of(row)]
        if total is not None and isinstance(seconds := row.get("seconds"), float):
            parts.append(f"at most {seconds * (total - done) / 60:.0f} min left")
        note(f"{', '.join(part for part in parts if part)}, epochs: {done}/{'?' if total is None else total}")

    return tell


def _counted(row: Mapping[str, Any]) -> tuple[int, int | None]:
    """The epoch, and the largest number of epochs where it is told."""
    done, total = row.get("epoch"), row.get("epochs")
    return (done if isinstance(done, int) else 0), (total if isinstance(total, int) else None)
