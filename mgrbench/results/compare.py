"""Several runs on the same test tracks -> their differences, and whether these are significant.

Everything is computed from the runs' predictions, on the test tracks that all of them predicted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.core.types import BenchError, Dataset, Score, Split
from mgrbench.metrics.bootstrap import Bootstrap
from mgrbench.metrics.classification import Outcome, macro_f1
from mgrbench.metrics.clusters import clusters_of, resampled
from mgrbench.results.find import find_run, run_dataset, run_split
from mgrbench.results.folder import read_record
from mgrbench.results.load import load_run
from mgrbench.results.names import run_names
from mgrbench.results.pairs import METRICS, Key, Pair, make_pairs
from mgrbench.results.predictions import Predictions, check_against_split
from mgrbench.results.run import Run, RunRecord, Warn
from mgrbench.results.versions import other_versions, versions_of
from mgrbench.splits import load_split, settled


@dataclass(frozen=True, slots=True)
class Entrant:
    """One of the runs compared.

    Attributes:
        name: the model with its options and features; where two have the same, also the seed.
        run: the run.
        scores: accuracy and macro F1 on the common tracks, with their intervals over artists, or over tracks
            where no artists are known.
        warnings: the run's own, and those of the comparison (MGR104, MGR107, MGR108).
    """

    name: str
    run: Run
    scores: dict[str, Score]
    warnings: tuple[Warn, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs on the same tracks.

    Attributes:
        split: the split.
        tracks: the number of test tracks common to all runs.
        artists: the number of their clusters by artist; a track of unknown artist is one by itself.
        entrants: the runs, in the order given.
        pairs: every two of them.
    """

    split: Split
    tracks: int
    artists: int
    entrants: tuple[Entrant, ...]
    pairs: tuple[Pair, ...]


def compare(
    *runs: Run | Path | str,
    root: Path | str | Sequence[Path | str] = "runs",
    split: Split | Path | str | None = None,
    dataset: Dataset | None = None,
) -> Comparison:
    """Compare runs on the test tracks common to all; the Python twin of ``mgrbench compare``.

    Args:
        runs: runs (as `mgrbench.evaluate` gives), folders of runs, or names of runs below ``root`` (see
            `mgrbench.results.find.find_run`).
        root: folder of runs, or several.
        split: the split, where the runs are of a split of your own; for names, the split that they are looked
            up in.
        dataset: the dataset, where it comes from a file.

    Raises:
        BenchError: if there are fewer than two runs; if one is named twice; if they are of different splits,
            or of different versions of one; if they have no test track in common; or if the record of one is
            not what its predictions give.
    """
    roots = [Path(root)] if isinstance(root, str | Path) else [Path(folder) for folder in root]
    if len(runs) < 2:
        raise BenchError(f"there is {len(runs)} run to compare", "name two runs or more")
    within = split if isinstance(split, str) and "/" in split else None
    found = [run if isinstance(run, Run) else find_run(str(run), roots, within) for run in runs]
    folders = [one for one in found if isinstance(one, Path)]
    records = [read_record(one) if isinstance(one, Path) else one for one in found]
    _check_comparable(records, folders)
    data = dataset or run_dataset(records[0].dataset)
    chosen = settled(_split(records[0], folders[0] if folders else None, split), data)
    complete = [
        load_run(one, split=chosen, dataset=data).run if isinstance(one, Path) else _in_memory(one, chosen)
        for one in found
    ]
    return _compared(complete, chosen, data.genres)


def _check_comparable(runs: Sequence[RunRecord], folders: Sequence[Path]) -> None:
    places = [folder.resolve() for folder in folders]
    again = next((place for place, count in Counter(places).items() if count > 1), None)
    if again is not None:
        raise BenchError("is named more than once", "name different runs", again)
    first = runs[0]
    for run in runs[1:]:
        if run.split != first.split:
            problem = f"{first.model} was tested on {first.split}, {run.model} on {run.split}"
            hint = (
                "compare runs of one split: other test tracks, and other artists in training, decide scores"
            )
            raise BenchError(problem, hint)
        if run.split_sha256 != first.split_sha256:
            problem = f"{first.model} and {run.model} were tested on different versions of {first.split}"
            raise BenchError(problem, "run one of them again on the split of the other")


def _split(run: RunRecord, folder: Path | None, given: Split | Path | str | None) -> Split:
    if isinstance(given, Split):
        split = given
    elif folder is not None:
        split = run_split(run.split, folder)
    else:
        split = load_split(given if given is not None else run.split)
    if split.sha256 != run.split_sha256:
        problem = f"{run.model} was made with another version of {run.split}"
        raise BenchError(problem, "run it again, or give the split that it was made with")
    return split


def _in_memory(run: Run, split: Split) -> Run:
    check_against_split(run.predictions, split, Path(run.model))
    return run


def _compared(runs: Sequence[Run], split: Split, genres: tuple[str, ...]) -> Comparison:
    predictions = [run.predictions for run in runs]
    keys = _common_tracks(predictions)
    outcomes = [_restricted(one, keys) for one in predictions]
    clusters = clusters_of([track for track, _ in keys], split.artist)
    bootstrap = Bootstrap(clusters, outcomes[0].genre, len(genres))
    pairs = make_pairs(outcomes, bootstrap, split, keys, genres)
    late = _late_warnings(runs, pairs, len(keys))
    names = run_names(runs)
    entrants = []
    for position, (run, outcome) in enumerate(zip(runs, outcomes, strict=True)):
        warnings = (*run.warnings, *late[position])
        entrants.append(Entrant(names[position], run, _scores(outcome, bootstrap), warnings))
    return Comparison(split, len(keys), int(clusters.max()) + 1, tuple(entrants), pairs)


def _common_tracks(predictions: Sequence[Predictions]) -> list[Key]:
    tested = [list(zip(one.ids, one.fold.tolist(), strict=True)) for one in predictions]
    common = set(tested[0]).intersection(*tested[1:])
    if not common:
        raise BenchError("the runs have no test track in common", "compare runs tested on the same folds")
    return [key for key in tested[0] if key in common]


def _restricted(predictions: Predictions, keys: Sequence[Key]) -> Outcome:
    """The outcome of these tracks, in this order."""
    at = {key: row for row, key in enumerate(zip(predictions.ids, predictions.fold.tolist(), strict=True))}
    rows = np.array([at[key] for key in keys], dtype=np.intp)
    outcome = predictions.outcome
    return Outcome(outcome.genre[rows], outcome.predicted[rows], None, outcome.n_genres)


def _scores(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Score]:
    values = {
        "accuracy": float((outcome.genre == outcome.predicted).mean()),
        "macro_f1": float(macro_f1(outcome.margins)),
    }
    intervals = bootstrap.intervals(outcome)
    return {name: Score(values[name], *(intervals[name] or (None, None))) for name in METRICS}


def _late_warnings(runs: Sequence[Run], pairs: Sequence[Pair], common: int) -> list[list[Warn]]:
    """The warnings of each run that only a comparison gives.

    They are about fewer tracks (MGR104), no significant difference (MGR107) and other versions (MGR108).
    """
    late: list[list[Warn]] = [[] for _ in runs]
    for warnings, run in zip(late, runs, strict=True):
        tested = len(run.predictions)
        if common < tested:
            detail = f"compared on {common} of the {tested} tracks it was tested on"
            warnings.append(Warn(code="MGR104", detail=detail))
    for position, warnings in enumerate(late):
        tied = {pair.first + pair.second - position for pair in pairs if _is_tie(pair, position)}
        if tied:
            others = ", ".join(str(other + 1) for other in sorted(tied))
            warnings.append(Warn(code="MGR107", detail=f"not significantly different from run {others}"))
    for warnings, differing in zip(late, other_versions([versions_of(run) for run in runs]), strict=True):
        if differing:
            warnings.append(Warn(code="MGR108", detail=differing))
    return late


def _is_tie(pair: Pair, position: int) -> bool:
    return position in {pair.first, pair.second} and not pair.significant


def to_document(comparison: Comparison) -> dict[str, Any]:
    """Everything, as plain dictionaries and lists; runs count from 1, differences are first minus second."""
    return {
        "split": comparison.split.name,
        "split_sha256": comparison.split.sha256,
        "tracks": comparison.tracks,
        "artists": comparison.artists,
        "intervals_over": resampled(comparison.split),
        "runs": [
            {
                "name": entrant.name,
                "model": entrant.run.model,
                "options": entrant.run.options,
                "features": list(entrant.run.features),
                "seed": entrant.run.seed,
                "selection": entrant.run.selection.rule,
                "scores": {name: asdict(score) for name, score in entrant.scores.items()},
                "warnings": [warning.model_dump() for warning in entrant.warnings],
            }
            for entrant in comparison.entrants
        ],
        "pairs": [_pair_document(pair) for pair in comparison.pairs],
    }


def _pair_document(pair: Pair) -> dict[str, Any]:
    numbered = {"first": pair.first + 1, "second": pair.second + 1, "told_apart": pair.significant}
    t, p = pair.over_folds or (None, None)
    # JSON has no infinity, which t is where all folds differ by the same.
    folds = {"t": t if t is None or np.isfinite(t) else None, "p": p}
    genres = [asdict(genre) | {"told_apart": genre.significant} for genre in pair.genres]
    return asdict(pair) | numbered | {"over_folds": folds, "genres": genres}
