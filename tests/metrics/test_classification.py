"""Metrics: against the tables FusionNet's paper prints, against scikit-learn, and by their properties."""

from __future__ import annotations

import csv
import math
import warnings
from dataclasses import astuple, dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from mgrbench.core.types import BenchError
from mgrbench.metrics.classification import CLIP, METRICS, Metric, Outcome, confusion, per_class, scores

PAPER_TABLES = Path(__file__).parents[1] / "data" / "paper_tables"

COLUMN_OF_CELL = {
    "Recall": "recall",
    "Precision": "precision",
    "F1": "f1",
    "Accuracy": "accuracy_as_printed",
}

# Printed cells that do not follow from the printed matrix, neither rounded nor truncated to the four places
# of the share that the tables give ("0.968" in a table of four places is 0.9680).
INCONSISTENT = {
    (6, "rock/pop", "Accuracy"),
    (7, "reggae", "Precision"),
    (8, "Jiv", "Precision"),
    (10, "disco", "Recall"),
    (10, "disco", "F1"),
} | {
    (10, genre, "Accuracy")
    for genre in (
        "blues",
        "classical",
        "country",
        "disco",
        "hiphop",
        "jazz",
        "metal",
        "pop",
        "reggae",
        "rock",
    )
}

# Follow from the matrix only where the last place is cut off instead of rounded.
TRUNCATED = {(10, "metal", "F1")}


@dataclass(frozen=True)
class PaperTable:
    number: int
    genres: tuple[str, ...]
    counts: np.ndarray
    cells: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, number: int) -> PaperTable:
        with (PAPER_TABLES / f"table{number:02d}.csv").open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        matrix, footer = rows[:-3], rows[-3:]
        cells = {row[0]: tuple(row[1:-1]) for row in footer}
        cells["Recall"] = tuple(row[-1] for row in matrix)
        counts = np.array([[int(count) for count in row[1:-1]] for row in matrix])
        assert len(header) - 2 == len(matrix) == counts.shape[1]
        return cls(number, tuple(row[0] for row in matrix), counts, cells)

    def outcome(self) -> Outcome:
        """One track for every count of the matrix."""
        true, predicted = np.indices(self.counts.shape)
        repeats = self.counts.ravel()
        return Outcome(
            np.repeat(true.ravel(), repeats), np.repeat(predicted.ravel(), repeats), None, len(self.genres)
        )


TABLES = {number: PaperTable.read(number) for number in (6, 7, 8, 10)}

CELLS = [
    pytest.param(number, i, kind, id=f"table{number}-{genre}-{kind}")
    for number, table in TABLES.items()
    for kind in COLUMN_OF_CELL
    for i, genre in enumerate(table.genres)
]


def share(printed: str) -> Decimal:
    """A printed cell as a share with four places: "98.43%" and "0.9843" are both 0.9843."""
    value = Decimal(printed.removesuffix("%")) / (100 if printed.endswith("%") else 1)
    return value.quantize(Decimal("0.0001"))


@pytest.mark.parametrize(("number", "i", "kind"), CELLS)
def test_printed_cell_follows_from_the_printed_matrix(number: int, i: int, kind: str) -> None:
    table = TABLES[number]
    value = Decimal(getattr(per_class(table.counts, table.genres)[i], COLUMN_OF_CELL[kind]))
    printed = share(table.cells[kind][i])
    rounded = value.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    truncated = value.quantize(Decimal("0.0001"), ROUND_DOWN)
    cell = (number, table.genres[i], kind)
    if cell in INCONSISTENT:
        assert printed not in (rounded, truncated), "this cell is consistent: take it off the list"
    elif cell in TRUNCATED:
        assert printed == truncated != rounded
    else:
        assert printed == rounded


def test_every_exception_is_a_cell_of_the_tables() -> None:
    every = {
        (n, genre, kind) for n, table in TABLES.items() for genre in table.genres for kind in table.cells
    }
    assert len(CELLS) == len(every) == 4 * (6 + 10 + 13 + 10)
    assert every >= INCONSISTENT | TRUNCATED


@pytest.mark.parametrize(
    ("number", "right", "tracks"), [(6, 674, 729), (7, 965, 1000), (8, 3992, 4180), (10, 824, 948)]
)
def test_pooled_accuracy_of_the_printed_matrices(number: int, right: int, tracks: int) -> None:
    outcome = TABLES[number].outcome()
    assert np.array_equal(confusion(outcome), TABLES[number].counts)
    assert len(outcome) == tracks
    assert scores(outcome)["accuracy"] == right / tracks


def test_accuracy_of_eq_16_is_not_what_the_tables_print() -> None:
    classical = per_class(TABLES[6].counts, TABLES[6].genres)[0]
    assert classical.accuracy == pytest.approx((729 - 5 - 9) / 729)
    assert classical.accuracy_as_printed == pytest.approx(674 / (674 + 9 + 50))
    eq_16 = [share(c) for c in TABLES[6].cells["Accuracy"]]
    assert all(
        abs(float(p) - g.accuracy) > 0.01
        for p, g in zip(eq_16, per_class(TABLES[6].counts, TABLES[6].genres), strict=True)
    )


def random_outcome(rng: np.random.Generator, tracks: int, genres: int, present: int | None = None) -> Outcome:
    """Random predictions, right more often than not, with only the first ``present`` genres in them."""
    present = genres if present is None else present
    genre = rng.integers(present, size=tracks)
    predicted = np.where(rng.random(tracks) < 0.6, genre, rng.integers(present, size=tracks))
    return Outcome(genre, predicted, rng.dirichlet(np.full(genres, 0.3), size=tracks), genres)


def sklearn_scores(outcome: Outcome) -> dict[str, float]:
    true, predicted = outcome.genre, outcome.predicted
    assert outcome.proba is not None
    clipped = np.clip(outcome.proba / outcome.proba.sum(axis=1, keepdims=True), CLIP, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of genres predicted that never occur, and of clipped rows' sums
        return {
            "accuracy": sklearn_metrics.accuracy_score(true, predicted),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(true, predicted),
            "macro_f1": sklearn_metrics.f1_score(true, predicted, average="macro"),
            "weighted_f1": sklearn_metrics.f1_score(true, predicted, average="weighted"),
            "mcc": sklearn_metrics.matthews_corrcoef(true, predicted),
            "log_loss": sklearn_metrics.log_loss(true, clipped, labels=range(outcome.n_genres)),
        }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("tracks", "genres", "present"), [(300, 10, 10), (40, 10, 7), (7, 13, 13), (50, 2, 2)]
)
def test_scores_are_those_of_scikit_learn(seed: int, tracks: int, genres: int, present: int) -> None:
    outcome = random_outcome(np.random.default_rng(seed), tracks, genres, present)
    assert scores(outcome) == pytest.approx(sklearn_scores(outcome), abs=1e-12)
    every = range(genres)
    expected = sklearn_metrics.precision_recall_fscore_support(
        outcome.genre, outcome.predicted, labels=every, zero_division=0
    )
    got = [
        (g.precision, g.recall, g.f1, g.support) for g in per_class(confusion(outcome), list(map(str, every)))
    ]
    assert np.allclose(np.transpose(got), expected, atol=1e-12)
    assert np.array_equal(
        confusion(outcome), sklearn_metrics.confusion_matrix(outcome.genre, outcome.predicted, labels=every)
    )


def test_macro_f1_over_all_genres_where_all_occur() -> None:
    outcome = random_outcome(np.random.default_rng(0), 500, 10)
    expected = sklearn_metrics.f1_score(
        outcome.genre, outcome.predicted, labels=range(10), average="macro", zero_division=0
    )
    assert scores(outcome)["macro_f1"] == pytest.approx(expected, abs=1e-12)


def test_accuracy_is_the_share_of_right_tracks_not_the_mean_recall() -> None:
    outcome = Outcome([0, 0, 0, 1], [0, 0, 0, 0], None, 2)
    assert scores(outcome)["accuracy"] == 0.75
    assert scores(outcome)["balanced_accuracy"] == 0.5


def test_without_probabilities_there_is_no_log_loss() -> None:
    assert set(METRICS) - set(scores(Outcome([0, 1], [0, 0], None, 2))) == {"log_loss"}


def test_log_loss_in_nats_of_rounded_rows() -> None:
    # 1/3 stored as 0.333: the row sums to 0.999 and is divided by that.
    outcome = Outcome([0, 1], [0, 1], [[0.333, 0.333, 0.333], [0.0, 1.0, 0.0]], 3)
    assert scores(outcome)["log_loss"] == pytest.approx(math.log(3) / 2)


def test_log_loss_of_a_true_genre_given_no_probability_is_finite() -> None:
    assert scores(Outcome([0], [1], [[0.0, 1.0]], 2))["log_loss"] == pytest.approx(-math.log(CLIP))


def test_log_loss_hardly_changes_where_probabilities_are_stored_with_five_digits() -> None:
    outcome = random_outcome(np.random.default_rng(1), 400, 10)
    assert outcome.proba is not None
    stored = np.vectorize(lambda p: float(f"{p:.5g}"))(outcome.proba)
    rounded = Outcome(outcome.genre, outcome.predicted, stored, 10)
    assert scores(rounded)["log_loss"] == pytest.approx(scores(outcome)["log_loss"], abs=1e-5)


@pytest.mark.parametrize(
    ("genre", "predicted"), [([2, 2], [2, 2]), ([2, 2], [1, 1]), ([0, 1, 2], [1, 1, 1]), ([1], [0])]
)
def test_degenerate_outcomes_give_numbers(genre: list[int], predicted: list[int]) -> None:
    outcome = Outcome(genre, predicted, np.eye(4)[predicted], 4)
    values = scores(outcome)
    assert all(math.isfinite(value) for value in values.values())
    assert values["mcc"] == 0
    assert values["macro_f1"] == pytest.approx(sklearn_scores(outcome)["macro_f1"])
    assert all(
        math.isfinite(x) for genre in per_class(confusion(outcome), "abcd") for x in astuple(genre)[1:]
    )


labels = st.integers(2, 6).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1, max_size=40)
    )
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(labels)
def test_perfect_prediction_scores_one(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    n, pairs = drawn
    genre = [true for true, _ in pairs]
    values = scores(Outcome(genre, genre, np.eye(n)[genre], n))
    single = len(set(genre)) == 1
    expected = dict.fromkeys(METRICS, 1.0) | {"mcc": 0.0 if single else 1.0, "log_loss": 0.0}
    assert values == pytest.approx(expected, abs=1e-12)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(labels, st.randoms(use_true_random=False))
def test_renaming_the_genres_permutes_the_classes_and_keeps_the_scores(drawn, random) -> None:
    n, pairs = drawn
    order = list(range(n))
    random.shuffle(order)
    genre, predicted = np.array(pairs).T
    before = Outcome(genre, predicted, None, n)
    after = Outcome(np.take(order, genre), np.take(order, predicted), None, n)
    assert scores(after) == pytest.approx(scores(before), abs=1e-12)
    names = [str(order.index(place)) for place in range(n)]
    renamed = per_class(confusion(after), names)
    expected = per_class(confusion(before), list(map(str, range(n))))
    assert {one.genre: one for one in renamed} == {one.genre: one for one in expected}


@settings(deadline=None, derandomize=True, max_examples=60)
@given(labels)
def test_scores_lie_in_their_ranges_and_agree_with_the_classes(drawn) -> None:
    n, pairs = drawn
    genre, predicted = np.array(pairs).T
    outcome = Outcome(genre, predicted, None, n)
    values, classes = scores(outcome), per_class(confusion(outcome), list(map(str, range(n))))
    assert -1 - 1e-12 <= values["mcc"] <= 1 + 1e-12
    assert all(0 <= values[name] <= 1 + 1e-12 for name in values if name != "mcc")
    assert sum(g.support for g in classes) == len(pairs)
    assert sum(g.recall * g.support for g in classes) / len(pairs) == pytest.approx(values["accuracy"])
    # Eq. 16 counts a wrong track as wrong twice: for its genre and for the one it was taken for.
    assert sum(1 - g.accuracy for g in classes) == pytest.approx(2 * (1 - values["accuracy"]))


def test_order_of_the_tracks_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    outcome = random_outcome(rng, 200, 10)
    assert outcome.proba is not None
    shuffled = rng.permutation(200)
    again = Outcome(outcome.genre[shuffled], outcome.predicted[shuffled], outcome.proba[shuffled], 10)
    assert scores(again) == pytest.approx(scores(outcome), abs=1e-12)


@pytest.mark.parametrize(
    ("genre", "predicted", "proba", "problem"),
    [
        ([], [], None, "no tracks"),
        ([0, 1], [0], None, "differ in length: 2 != 1"),
        ([0, 2], [0, 1], None, "genre has 2; genres are numbered 0 to 1"),
        ([0, 1], [0, -1], None, "predicted has -1"),
        ([0.0, 1.0], [0, 1], None, "genre is float64"),
        ([[0, 1]], [0, 1], None, r"of shape \(1, 2\)"),
        ([0, 1], ["rock", "pop"], None, "predicted is <U4"),
        ([0, 1], [0, 1], [[0.5, 0.5]], r"proba has shape \(1, 2\), not \(2, 2\)"),
        ([0, 1], [0, 1], [[0.5, 0.5], [math.nan, 0.5]], "proba of track 1: genre 0 is nan"),
        ([0, 1], [0, 1], [[0.5, 0.5], [math.inf, 0.5]], "track 1: genre 0 is inf"),
        ([0, 1], [0, 1], [[1.5, -0.5], [0.5, 0.5]], "track 0: genre 0 is 1.5"),
        ([0, 1], [0, 1], [[0.5, 0.5], [0.5, 0.4]], "track 1: the sum is 0.9"),
    ],
)
def test_what_cannot_be_scored_is_refused(genre, predicted, proba, problem: str) -> None:
    with pytest.raises(BenchError, match=problem):
        Outcome(genre, predicted, proba, 2)


@pytest.mark.parametrize(
    "counts", [[[1, 2, 3], [4, 5, 6]], [[0.5, 1], [1, 1]], [[1, -1], [0, 2]], [[0, 0], [0, 0]], [], [3]]
)
def test_what_is_no_confusion_matrix_is_refused(counts) -> None:
    with pytest.raises(BenchError, match="confusion matrix"):
        per_class(counts, "ab")


def test_as_many_names_are_needed_as_a_confusion_matrix_has_genres() -> None:
    with pytest.raises(BenchError, match="3 names of genres for 2 rows"):
        per_class([[1, 0], [2, 3]], "abc")


def test_metric_of_another_package_that_gives_nan_is_named() -> None:
    broken = Metric("hopeful", "Always NaN.", lambda outcome: math.nan)
    with pytest.raises(BenchError, match="metric 'hopeful' gives nan"):
        scores(Outcome([0], [0], None, 2), {**METRICS, "hopeful": broken})


def test_every_metric_describes_itself() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.about.endswith(".")
    assert [name for name, metric in METRICS.items() if not metric.higher_is_better] == ["log_loss"]
