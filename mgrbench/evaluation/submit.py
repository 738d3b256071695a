"""Contributing a result: a run is checked and copied for a pull request, and a fold of it is trained again.

`submit` takes a run that anyone can check: it is complete, its split comes with mgrbench, and every number
follows from its predictions. Predictions cannot show that the model gives them. So `verify` trains one fold
again from the record and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mgrbench.core.files import read_text, write_atomically
from mgrbench.core.types import BenchError
from mgrbench.evaluation.retrain import retrain
from mgrbench.results.folder import PREDICTIONS_FILE, RUN_FILE, run_folder
from mgrbench.results.history import HISTORY_FILE
from mgrbench.results.load import load_run
from mgrbench.results.run import Run
from mgrbench.results.standing import NEARLY_ALL
from mgrbench.results.trained import least_trained
from mgrbench.splits import is_shipped

STEADY, SEEDED = 0.01, 0.05
"""How far a fold's accuracy may be from the recorded one. On another machine the last digits of a sum differ,
and a network's training amplifies that. Models whose result depends on the seed get the larger tolerance."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run that was checked and copied.

    Attributes:
        run: its record.
        files: what was written, for the pull request.
        remarks: what a reviewer will ask.
    """

    run: Run
    files: tuple[Path, ...]
    remarks: tuple[str, ...]


def submit(folders: Sequence[Path], out: Path) -> list[Submitted]:
    """Check runs, all of them first, then copy them below ``out``.

    Args:
        folders: folders of finished runs.
        out: folder of the committed runs, ``leaderboards/runs``.

    Raises:
        BenchError: if a run cannot be taken, with its name and the reason; then nothing is written.
    """
    checked = [(folder, _checked(folder)) for folder in folders]
    done = []
    for folder, run in checked:
        place = run_folder(out, run.dataset, run.split.split("/")[1], run.model, folder.resolve().name)
        names = [HISTORY_FILE] * (folder / HISTORY_FILE).is_file() + [PREDICTIONS_FILE, RUN_FILE]
        if place.resolve() != folder.resolve():
            for name in names:
                write_atomically(place / name, read_text(folder / name))
        done.append(Submitted(run, tuple(place / name for name in names), _remarks(run)))
    return done


def _checked(folder: Path) -> Run:
    stored = load_run(folder)
    run, split = stored.run, stored.split
    if not is_shipped(split):
        hint = "evaluate on a split that `mgrbench list splits` names, or offer the split file first"
        raise BenchError(f"{run.split} does not come with mgrbench", hint, folder)
    if len(run.predictions) < split.test_tracks:
        problem = f"has predictions for {len(run.predictions)} of the split's {split.test_tracks} test tracks"
        raise BenchError(problem, "complete the features and run again", folder)
    least = least_trained(run, split)
    if least is not None and least.share < NEARLY_ALL:
        problem = (
            f"was trained on {least.tracks} of the {least.split_tracks} training and validation tracks "
            f"of fold {least.fold}"
        )
        raise BenchError(problem, "complete the features and run again", folder)
    if not run.environment.packages:
        raise BenchError("says nothing of its library versions", "run it again by `mgrbench run`", folder)
    return run


def _remarks(run: Run) -> tuple[str, ...]:
    remarks = []
    if run.code.dirty:
        remarks.append("the code had changes that were not committed: say which")
    if run.code.commit is None:
        remarks.append("it is not recorded which commit it was made with")
    codes = [warning.code for warning in run.warnings]
    remarks += [f"{code}: {remark}" for code, remark in _ASKED.items() if code in codes]
    return tuple(remarks)


_ASKED = {
    "MGR101": "it will stand apart, unranked, as selected on test",
    "MGR102": "add runs of further seeds",
    "MGR109": "say which tracks the features lack, and why",
    "MGR105": "say where the predictions come from, so that others can make them",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A fold that was trained again.

    Attributes:
        run: the stored run.
        fold: number of the fold, from 1.
        tracks: number of its test tracks.
        recorded: accuracy of the fold in the run.
        again: accuracy of the fold now.
        same: share of the tracks that got the same genre.
        tolerance: how far the accuracies may be apart.
    """

    run: Run
    fold: int
    tracks: int
    recorded: float
    again: float
    same: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether the accuracies are within the tolerance; one track is always allowed."""
        return abs(self.recorded - self.again) <= max(self.tolerance, 1 / self.tracks) + 1e-12


def verify(
    folder: Path,
    fold: int,
    *,
    model: str | None = None,
    device: str = "auto",
    tolerance: float | None = None,
    on_start: Callable[[int], None] | None = None,
) -> Verified:
    """Train one fold of a stored run again and compare.

    Args:
        folder: the run.
        fold: number of the fold, from 1.
        model: where the model is, if the row's name is not its name (``./file.py:Class``).
        device: where to train.
        tolerance: how far the accuracies may be apart; None for `STEADY` or `SEEDED`.
        on_start: told the number of test tracks before training begins.

    Raises:
        BenchError: if the run does not follow from its predictions, was only scored, has no such fold, or if
            its features are missing or have changed.
    """
    found = retrain(folder, fold, model=model, device=device, on_start=on_start)
    usual = SEEDED if found.stochastic else STEADY
    return Verified(
        run=found.run,
        fold=fold,
        tracks=len(found.genre),
        recorded=float((found.before == found.genre).mean()),
        again=float((found.again == found.genre).mean()),
        same=found.same,
        tolerance=usual if tolerance is None else tolerance,
    )
