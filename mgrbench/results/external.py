"""External predictions, made by any framework -> predictions as mgrbench stores them.

The file needs a column ``track_id`` (ids, file names or paths) and either ``predicted`` (genre names in any
spelling) or one column ``p_<genre>`` for each genre, or both. The columns ``fold`` and ``genre`` are checked
where they are there. Columns may be separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError, Dataset, Split
from mgrbench.metrics.classification import Outcome, probability_fault
from mgrbench.results.predictions import Predictions


def read_external(path: Path, dataset: Dataset, split: Split, *, allow_missing: bool = False) -> Predictions:
    """Read predictions for the test tracks of a split, in the split's order.

    Raises:
        BenchError: with file and line, if a test track is missing (unless that is allowed), is there twice or
            is no test track; if a genre is unknown or another than the track's; if probabilities are not
            numbers, or do not sum to 1.
    """
    header, rows = _table(path)
    column = {name: position for position, name in enumerate(header)}
    p_columns = _probability_columns(header, dataset, path)
    if "track_id" not in column or ("predicted" not in column and not p_columns):
        hint = "it needs the columns track_id and predicted, or track_id and a p_<genre> for each genre"
        raise BenchError(f"has the columns {', '.join(header)[:80]}", hint, f"{path}:1")
    if len(set(header)) != len(header):
        raise BenchError("names a column twice", "keep one of them", f"{path}:1")
    read: dict[tuple[str, int], tuple[int, NDArray[np.float64] | None]] = {}
    tested = _tested_in(split)
    for number, row in rows:
        where = f"{path}:{number}"
        if len(row) != len(header):
            raise BenchError(f"has {len(row)} values for {len(header)} columns", "correct the line", where)
        values = dict(zip(header, row, strict=True))
        key = _test_track(values, dataset, split, tested, where)
        if key in read:
            raise BenchError(f"{key[0]} is predicted twice", "keep one of the rows", where)
        proba = _probabilities(row, p_columns, where) if p_columns else None
        read[key] = (_predicted(values.get("predicted"), proba, dataset.genres, where), proba)
    return _ordered(read, dataset, split, path, allow_missing=allow_missing)


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    text = read_text(path)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        lines = [
            (reader.line_num, [value.strip() for value in row])
            for row in reader
            if any(value.strip() for value in row)
        ]
    except csv.Error as error:
        hint = "correct the line: a quotation mark that is not closed, for one"
        raise BenchError(f"is no table ({error})", hint, f"{path}:{reader.line_num}") from error
    if len(lines) < 2:
        hint = "write a line of column names and one line a test track"
        raise BenchError("has no predictions", hint, path)
    return lines[0][1], lines[1:]


def _probability_columns(header: Sequence[str], dataset: Dataset, path: Path) -> list[int]:
    """Positions of the probability columns in the order of the genres; empty if there are none."""
    named = {plain(name[2:]): place for place, name in enumerate(header) if name.startswith("p_")}
    if not named:
        return []
    wanted = {plain(genre): genre for genre in dataset.genres}
    if strange := [name for name in named if name not in wanted]:
        hint = f"the genres are {', '.join(dataset.genres)}"
        raise BenchError(f"has a column p_{strange[0]}, which is no genre", hint, f"{path}:1")
    if absent := [genre for name, genre in wanted.items() if name not in named]:
        raise BenchError(f"lacks the column p_{absent[0]}", "give one for each genre", f"{path}:1")
    return [named[name] for name in wanted]


def plain(genre: str) -> str:
    """A genre's name by its letters and digits alone: ``Hip-Hop`` and ``hip hop`` are ``hiphop``."""
    return "".join(character for character in genre.casefold() if character.isalnum())


def _tested_in(split: Split) -> dict[str, list[int]]:
    """Test track -> the folds that test it."""
    folds: dict[str, list[int]] = {}
    for number, fold in enumerate(split.folds, start=1):
        for track in fold.test:
            folds.setdefault(track, []).append(number)
    return folds


def _test_track(
    values: Mapping[str, str],
    dataset: Dataset,
    split: Split,
    tested: Mapping[str, list[int]],
    where: str,
) -> tuple[str, int]:
    name = values["track_id"]
    track = name if name in split.genre else dataset.identify(name)
    if track is None or track not in split.genre:
        hint = f"ids look like {min(split.genre)!r}; file names work too"
        raise BenchError(f"{name!r} is no track of {split.name}", hint, where)
    folds = tested.get(track, [])
    if not folds:
        raise BenchError(f"{track} is in no test part of {split.name}", "predict test tracks only", where)
    if "fold" in values:
        if values["fold"] not in map(str, folds):
            hint = f"the split tests it in fold {folds[0]}"
            raise BenchError(f"{track} has the fold {values['fold']!r}", hint, where)
        folds = [int(values["fold"])]
    if len(folds) > 1:
        raise BenchError(f"{track} is tested in folds {folds}", "add a column fold", where)
    if "genre" in values and plain(values["genre"]) != plain(split.genre[track]):
        hint = f"{split.name} says {split.genre[track]}"
        raise BenchError(f"{track} has the genre {values['genre']!r}", hint, where)
    return track, folds[0]


def _probabilities(row: Sequence[str], columns: Sequence[int], where: str) -> NDArray[np.float64]:
    try:
        proba = np.array([row[column] for column in columns], dtype=np.float64)
    except ValueError as error:
        comma = any("," in row[column] for column in columns)
        hint = "write 0.5, not 0,5" if comma else "give a number from 0 to 1 for each genre"
        raise BenchError(f"has a probability that is no number ({error})", hint, where) from error
    if fault := probability_fault(proba[None, :]):
        hint = "give probabilities from 0 to 1 that sum to 1"
        raise BenchError(f"has wrong probabilities: {fault[1]}", hint, where)
    return proba


def _predicted(
    name: str | None, proba: NDArray[np.float64] | None, genres: tuple[str, ...], where: str
) -> int:
    if name is None:
        return int(np.argmax(proba)) if proba is not None else 0
    names = [plain(genre) for genre in genres]
    if plain(name) not in names:
        raise BenchError(f"{name!r} is no genre", f"the genres are {', '.join(genres)}", where)
    position = names.index(plain(name))
    if proba is not None and proba[position] < proba.max():
        likeliest = genres[int(np.argmax(proba))]
        hint = "predict the likeliest genre, or leave out the probabilities"
        raise BenchError(f"predicts {name} where {likeliest} is likelier", hint, where)
    return position


def _ordered(
    read: Mapping[tuple[str, int], tuple[int, NDArray[np.float64] | None]],
    dataset: Dataset,
    split: Split,
    path: Path,
    *,
    allow_missing: bool,
) -> Predictions:
    wanted = [(track, number) for number, fold in enumerate(split.folds, start=1) for track in fold.test]
    missing = [track for track, number in wanted if (track, number) not in read]
    if missing and not allow_missing:
        hint = "predict every test track, or add --allow-missing (the row will say so)"
        what = f"lacks {len(missing)} of {len(wanted)} test tracks, the first {missing[0]}"
        raise BenchError(what, hint, path)
    keys = [key for key in wanted if key in read]
    probas = [proba for _, proba in (read[key] for key in keys) if proba is not None]
    outcome = Outcome(
        np.array([dataset.genres.index(split.genre[track]) for track, _ in keys], dtype=np.int64),
        np.array([read[key][0] for key in keys], dtype=np.int64),
        np.stack(probas) if probas else None,
        len(dataset.genres),
    )
    return Predictions(
        tuple(track for track, _ in keys),
        np.array([number for _, number in keys], dtype=np.int64),
        outcome,
        dataset.genres,
    )
