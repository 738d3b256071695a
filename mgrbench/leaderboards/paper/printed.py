"""What the paper printed: accuracies that are shown beside measured rows, and never ranked with them.

The facts are in ``facts/``: every accuracy of Tables 2 to 5, 9 and 11 of Ng, Zeng and Wang (IEEE Access
2020), and the confusion matrices of Tables 6, 7, 8 and 10. What can be checked is checked when it is read. An
accuracy on ISMIR2004 must be a whole number of its 729 test tracks. A share beside a confusion matrix must
follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.files import read_text
from mgrbench.metrics.classification import PerClass, per_class

SOURCE = "Ng, Zeng & Wang, IEEE Access 8, 2020"
"""What the tables are from, in short; the whole citation stands in the facts."""

SHARES = {
    "Recall": "recall",
    "Precision": "precision",
    "F1": "f1",
    "Accuracy": "accuracy_as_printed",
}
"""What stands beside a printed confusion matrix -> its field of `PerClass`."""

CONFUSIONS = {6: "ismir2004", 7: "gtzan", 8: "extballroom", 10: "gtzan"}
"""Number of a table that is a confusion matrix -> its dataset."""

COMPARISON = 11
"""Number of the table that compares systems."""

OWN = "FusionNet"
"""What the tables call the paper's own system."""

_FILTERED = 9
_FOLDER = Path(__file__).resolve().parent / "facts"
_ISMIR_TRACKS = 729


@dataclass(frozen=True, slots=True)
class Reported:
    """One printed accuracy.

    Attributes:
        table: number of the table.
        dataset: name of the dataset.
        system: the system as the table calls it.
        model: the model here that follows it, or empty.
        features: the features that it used, where the table says so.
        decision: ``single``, ``sum`` (sum rule), ``meta`` (meta-CNN), or empty for systems of others.
        accuracy: between 0 and 1.
        printed: the same as text, with the decimals that are printed.
        std: the standard deviation printed with it; None where there is none.
        splits: full names of the splits whose protocol is of the same kind.
        protocol: how it was measured, and what was chosen on the test part.
        note: what is wrong with it, if anything.
        matrix: what the confusion matrix printed of it gives, where there is one.
    """

    table: int
    dataset: str
    system: str
    model: str
    features: tuple[str, ...]
    decision: str
    accuracy: float
    printed: str
    std: float | None
    splits: tuple[str, ...]
    protocol: str
    note: str
    matrix: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PrintedConfusion:
    """A confusion matrix as printed.

    Attributes:
        table: number of the table.
        dataset: name of the dataset.
        genres: the genres, as the dataset has them.
        counts: int64, shape (genres, genres), rows are true genres.
        shares: ``Recall``, ``Precision``, ``F1``, ``Accuracy`` -> one text a genre, as printed.
    """

    table: int
    dataset: str
    genres: tuple[str, ...]
    counts: NDArray[np.int64]
    shares: dict[str, tuple[str, ...]]

    @property
    def rows(self) -> tuple[PerClass, ...]:
        """What the matrix gives for each genre."""
        return per_class(self.counts, self.genres)

    @property
    def inconsistent(self) -> tuple[tuple[str, int], ...]:
        """The printed shares that do not follow from the matrix: name, position of the genre."""
        return tuple(
            (name, at) for name in SHARES for at in range(len(self.genres)) if not self.consistent(name, at)
        )

    def consistent(self, name: str, position: int) -> bool:
        """Whether a printed share follows from the matrix, rounded or cut off after four places."""
        value = Decimal(getattr(self.rows[position], SHARES[name]))
        text = self.shares[name][position]
        printed = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        return printed.quantize(_PLACES) in {
            value.quantize(_PLACES, ROUND_HALF_UP),
            value.quantize(_PLACES, ROUND_DOWN),
        }


_PLACES = Decimal("0.0001")


@cache
def reported() -> tuple[Reported, ...]:
    """Every printed accuracy, in the order of the tables."""
    names, *rows = _lines("printed.tsv")
    found = [_reported(dict(zip(names, row, strict=True))) for row in rows]
    best = {one.dataset: one.features for one in found if one.table == COMPARISON and one.system == OWN}
    return tuple(
        replace(one, matrix=_matrix_note(one, printed_confusion(table)))
        if one.decision == "meta" and one.features == best[one.dataset] and (table := _matrix_of(one))
        else one
        for one in found
    )


def _matrix_of(one: Reported) -> int:
    """Number of the table that is the confusion matrix behind a printed accuracy."""
    if one.table == _FILTERED:
        return 10
    return next(table for table, dataset in CONFUSIONS.items() if dataset == one.dataset)


def _matrix_note(one: Reported, printed: PrintedConfusion) -> str:
    """Whether an accuracy, and the shares beside its confusion matrix, follow from the matrix: a note."""
    right, tracks = int(printed.counts.trace()), int(printed.counts.sum())
    given = Decimal(right) / tracks
    agrees = Decimal(one.printed).quantize(_PLACES) == given.quantize(_PLACES, ROUND_HALF_UP)
    text = f"its confusion matrix (Table {printed.table}) has {right} of {tracks} tracks right, "
    text += "as printed" if agrees else f"which is {given:.4f} and not what is printed"
    wrong = len(printed.inconsistent)
    if wrong:
        shares = len(SHARES) * len(printed.genres)
        text += (
            f"; {wrong} of the {shares} shares printed beside it do{'es' * (wrong == 1)} not follow from it"
        )
    return text


def reported_on(split: str) -> tuple[Reported, ...]:
    """The printed accuracies whose protocol is of the kind of a split (``"gtzan/random10"``).

    Table 11 repeats the best figure of each table before it, which is left out here.
    """
    found = [one for one in reported() if split in one.splits]
    return tuple(one for one in found if one.table != COMPARISON or one.system != OWN)


@cache
def printed_confusion(table: int) -> PrintedConfusion:
    """The confusion matrix of Table 6, 7, 8 or 10."""
    head, *rows = _lines(f"table{table:02d}.tsv")
    genres = tuple(head[1:-1])
    matrix, footer = rows[: len(genres)], rows[len(genres) :]
    shares = {row[0]: tuple(row[1:-1]) for row in footer}
    return PrintedConfusion(
        table=table,
        dataset=CONFUSIONS[table],
        genres=genres,
        counts=np.array([[int(count) for count in row[1:-1]] for row in matrix], dtype=np.int64),
        shares={"Recall": tuple(row[-1] for row in matrix), **shares},
    )


def _lines(name: str) -> list[list[str]]:
    text = read_text(_FOLDER / name)
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def _reported(row: dict[str, str]) -> Reported:
    granular = _granularity(row["accuracy"]) if row["dataset"] == "ismir2004" and row["model"] else ""
    return Reported(
        table=int(row["table"]),
        dataset=row["dataset"],
        system=row["system"],
        model=row["model"],
        features=tuple(row["features"].split("+")) if row["features"] else (),
        decision=row["decision"],
        accuracy=float(row["accuracy"]),
        printed=row["accuracy"],
        std=float(row["std"]) if row["std"] else None,
        splits=tuple(f"{row['dataset']}/{split}" for split in row["splits"].split()),
        protocol=row["protocol"],
        note="; ".join(filter(None, (row["note"], granular if row["system"] == OWN else ""))),
    )


def _granularity(text: str) -> str:
    """A note on an accuracy on 729 tracks that no number of right ones gives when rounded; else empty."""
    printed = Decimal(text).quantize(_PLACES)
    shares = [Decimal(right) / _ISMIR_TRACKS for right in range(_ISMIR_TRACKS + 1)]
    if printed in {share.quantize(_PLACES, ROUND_HALF_UP) for share in shares}:
        return ""
    if printed in {share.quantize(_PLACES, ROUND_DOWN) for share in shares}:
        return f"a number of the {_ISMIR_TRACKS} tracks only if cut off, not rounded"
    return f"no number of the {_ISMIR_TRACKS} test tracks gives this share"
