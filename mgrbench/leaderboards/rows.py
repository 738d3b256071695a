"""One finished run -> one row, with its scores computed again from its predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mgrbench.core.boundary import boundary
from mgrbench.core.codes import about_run
from mgrbench.core.types import Score, Split
from mgrbench.leaderboards.hits import Hits, pack_hits
from mgrbench.metrics.classification import METRICS, Metric
from mgrbench.results.load import checked_run
from mgrbench.results.run import MeanStd, Warn
from mgrbench.results.scoring import derive
from mgrbench.results.trained import least_trained
from mgrbench.results.versions import versions_of


@dataclass(frozen=True, slots=True)
class Row:
    """A run on a leaderboard.

    Attributes:
        rank: place by accuracy among the ranked rows, shared by those that do not differ significantly (see
            `mgrbench.leaderboards.ranks`); None if it is not ranked.
        tied: whether it shares its rank.
        scores: metric -> pooled value with its interval, derived from the predictions.
        accuracy_folds: mean and population standard deviation of the folds' accuracies; a single fold has
            no standard deviation.
        warnings: those about the run, without those about its split.
        run: folder of the run, relative to the folder of runs.
        trained: smallest share over the folds of the training and validation tracks that its model had.
        hits: what it got right, see `mgrbench.leaderboards.hits`.
        versions: the libraries it was made with; none where they are unknown.
        confusion: the confusion matrix, rows are true genres.
        folder: where the run lies.
    """

    rank: int | None
    model: str
    features: tuple[str, ...]
    options: Mapping[str, Any]
    seed: int
    selection: str
    source: str
    scores: Mapping[str, Score]
    accuracy_folds: MeanStd
    test_tracks: int
    warnings: tuple[Warn, ...]
    run: str
    version: str
    finished_utc: str
    hits: Hits = field(repr=False)
    versions: Mapping[str, str] = field(repr=False)
    confusion: tuple[tuple[int, ...], ...] = field(repr=False)
    folder: Path = field(repr=False)
    trained: float = 1.0
    tied: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its warnings, each once."""
        return tuple(dict.fromkeys(warning.code for warning in self.warnings))

    @property
    def optimistic(self) -> bool:
        """Whether anything was chosen on the test part."""
        return self.selection == "test"


def row_of(
    folder: Path, root: Path, split: Split, genres: tuple[str, ...], metrics: Mapping[str, Metric]
) -> Row:
    """The row of a finished run.

    Raises:
        BenchError: if the run's record is not what its predictions give (see `mgrbench.results.load`), or
            if a metric fails.
    """
    run = checked_run(folder, split, genres)
    extra = {name: metric for name, metric in metrics.items() if name not in METRICS}
    with boundary(", ".join(extra), f"scoring {folder.name}"):
        more = derive(run.predictions, split, extra).scores if extra else {}
    scores = {name: score for name, score in run.scores.items() if name in metrics}
    scores |= more
    least = least_trained(run, split)
    return Row(
        rank=None,
        model=run.model,
        features=tuple(run.features),
        options=run.options,
        seed=run.seed,
        selection=run.selection.rule,
        source=run.source,
        scores=scores,
        accuracy_folds=run.fold_mean_std["accuracy"],
        test_tracks=len(run.predictions),
        warnings=tuple(warning for warning in run.warnings if about_run(warning.code)),
        run=folder.relative_to(root).as_posix(),
        version=run.code.version,
        finished_utc=run.finished_utc,
        hits=pack_hits(run.predictions, split),
        versions=versions_of(run),
        confusion=run.confusion,
        folder=folder,
        trained=1.0 if least is None else least.share,
    )
