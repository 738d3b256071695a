"""``predictions.csv``: the predictions of a model for the test tracks, one row each.

Columns ``track_id, fold, genre, predicted`` and, where the model gives probabilities, ``p_<genre>`` for each
genre in the dataset's order. Probabilities are stored to five significant digits. Every score of a run is
computed from this file, so anyone who has it can compute the score again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError, Split
from mgrbench.metrics.classification import Outcome

COLUMNS = ("track_id", "fold", "genre", "predicted")


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions for test tracks, in the order of the split's folds.

    Attributes:
        ids: track ids, shape (tracks,).
        fold: int64 (tracks,), counted from 1.
        outcome: the true and predicted genres, and the probabilities if there are any.
        genres: names of the genres, in column order.
    """

    ids: tuple[str, ...]
    fold: NDArray[np.int64]
    outcome: Outcome
    genres: tuple[str, ...]

    def __len__(self) -> int:
        """Number of predictions."""
        return len(self.ids)

    def of_fold(self, number: int) -> Outcome:
        """The outcome of one fold alone."""
        return self.outcome.of(self.fold == number)

    def to_csv(self) -> str:
        """The text of ``predictions.csv``."""
        proba = self.outcome.proba
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*COLUMNS, *(() if proba is None else (f"p_{genre}" for genre in self.genres))))
        for position, track in enumerate(self.ids):
            true, predicted = self.outcome.genre[position], self.outcome.predicted[position]
            row = [track, int(self.fold[position]), self.genres[true], self.genres[predicted]]
            if proba is not None:
                row += [f"{value:.5g}" for value in proba[position]]
            writer.writerow(row)
        return stream.getvalue()


def from_probabilities(
    ids: Sequence[str],
    fold: int,
    genre: NDArray[np.int64],
    proba: NDArray[np.float64],
    genres: tuple[str, ...],
) -> Predictions:
    """Predictions of one fold, the likeliest genre predicted, probabilities rounded as they are stored."""
    rounded = np.array([[float(f"{value:.5g}") for value in row] for row in proba]).reshape(proba.shape)
    outcome = Outcome(genre, proba.argmax(axis=1).astype(np.int64), rounded, len(genres))
    return Predictions(tuple(ids), np.full(len(ids), fold, dtype=np.int64), outcome, genres)


def joined(parts: Sequence[Predictions]) -> Predictions:
    """The predictions of several folds as one."""
    probas = [part.outcome.proba for part in parts]
    known = [proba for proba in probas if proba is not None]
    outcome = Outcome(
        np.concatenate([part.outcome.genre for part in parts]),
        np.concatenate([part.outcome.predicted for part in parts]),
        np.concatenate(known) if len(known) == len(parts) else None,
        len(parts[0].genres),
    )
    ids = tuple(track for part in parts for track in part.ids)
    return Predictions(ids, np.concatenate([part.fold for part in parts]), outcome, parts[0].genres)


def read_predictions(path: Path, split: Split, genres: tuple[str, ...]) -> Predictions:
    """Read ``predictions.csv`` of a run and check it against its split.

    Raises:
        BenchError: if the file is damaged, a genre is unknown or not the track's, or a prediction is not of a
            test track of its fold, or is there twice.
    """
    try:
        names, *rows = _rows(read_text(path))
    except csv.Error as error:
        raise BenchError(f"is damaged ({error})", "run the model again", path) from error
    with_proba = [*COLUMNS, *(f"p_{genre}" for genre in genres)]
    if ",".join(names) not in {",".join(COLUMNS), ",".join(with_proba)}:
        hint = f"its columns must be {', '.join(with_proba)}"
        raise BenchError("is not a file of predictions for this dataset", hint, path)
    try:
        columns = list(zip(*rows, strict=True))
        fold = np.fromiter(map(int, columns[1]), dtype=np.int64, count=len(columns[1]))
        values = _table(columns[-1], len(genres)) if len(names) > len(COLUMNS) else None
    except (ValueError, IndexError, OverflowError) as error:
        raise BenchError(f"is damaged ({error})", "run the model again", path) from error
    position = {genre: index for index, genre in enumerate(genres)}
    unknown = {*columns[2], *columns[3]} - position.keys()
    if unknown:
        raise BenchError(f"has the genre {min(unknown)!r}", f"the genres are {', '.join(genres)}", path)
    true = np.array([position[genre] for genre in columns[2]], dtype=np.int64)
    predicted = np.array([position[genre] for genre in columns[3]], dtype=np.int64)
    try:
        outcome = Outcome(true, predicted, values, len(genres))
    except BenchError as error:
        raise BenchError(error.problem, error.hint, path) from error
    predictions = Predictions(columns[0], fold, outcome, genres)
    check_against_split(predictions, split, path)
    return predictions


def _rows(text: str) -> list[list[str]]:
    """The fields of each line of a CSV; those behind `COLUMNS` as one piece, as they stand."""
    words = len(COLUMNS)
    if '"' not in text:
        return [line.split(",", words) for line in text.splitlines()] or [[]]
    rows = csv.reader(io.StringIO(text))
    return [[*row[:words], *([",".join(row[words:])] if row[words:] else [])] for row in rows]


def _table(rows: Sequence[str], width: int) -> NDArray[np.float64]:
    """Lines of numbers with commas between as float64 (rows, width).

    Raises:
        ValueError: if a line has more or fewer numbers, or something that is none.
    """
    values = np.loadtxt(rows, dtype=np.float64, delimiter=",", comments=None, ndmin=2)
    if values.shape != (len(rows), width):
        raise ValueError(f"{values.shape[1]} probabilities where there are {width} genres")
    return values


def check_against_split(predictions: Predictions, split: Split, path: Path) -> None:
    """See that each prediction is of a test track of its fold, made once, with the split's genre.

    Raises:
        BenchError: naming the first one that isn't.
    """
    complete = tuple(track for fold in split.folds for track in fold.test)
    sizes = [len(fold.test) for fold in split.folds]
    if predictions.ids == complete and np.array_equal(
        predictions.fold, np.repeat(np.arange(1, len(sizes) + 1), sizes)
    ):
        _check_genres(predictions, split, path)
        return
    expected = {(track, number) for number, fold in enumerate(split.folds, 1) for track in fold.test}
    seen: set[tuple[str, int]] = set()
    for track, fold in zip(predictions.ids, predictions.fold.tolist(), strict=True):
        if (track, fold) not in expected:
            hint = "a prediction is made for each track in the fold that tests it"
            raise BenchError(f"{track} is no test track of fold {fold} of {split.name}", hint, path)
        if (track, fold) in seen:
            raise BenchError(f"{track} is predicted twice in fold {fold}", "keep one of the rows", path)
        seen.add((track, fold))
    _check_genres(predictions, split, path)


def _check_genres(predictions: Predictions, split: Split, path: Path) -> None:
    written = [predictions.genres[genre] for genre in predictions.outcome.genre.tolist()]
    true = [split.genre[track] for track in predictions.ids]
    if written != true:
        wrong = next(index for index, genre in enumerate(written) if genre != true[index])
        problem = f"{predictions.ids[wrong]} has the genre {written[wrong]}"
        raise BenchError(problem, f"the split says {true[wrong]}", path)
