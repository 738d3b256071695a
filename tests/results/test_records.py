"""Predictions, what is derived from them, and the record of a run: written, read back, damaged."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Fold
from mgrbench.metrics.classification import METRICS, scores
from mgrbench.results.external import read_external
from mgrbench.results.folder import find_runs, is_finished, read_record, run_folder, write_run
from mgrbench.results.predictions import Predictions, from_probabilities, joined, read_predictions
from mgrbench.results.record import Origin, make_run
from mgrbench.results.run import RunRecord, Selection
from mgrbench.results.scoring import derive
from mgrbench.splits import audit_split, make_split

GTZAN = load_dataset("gtzan")
IDS = [track.id for track in GTZAN.tracks() if track.id.endswith(("7", "33"))]
SPLIT = make_split(GTZAN, "hash", name="few", folds=3, only=IDS)
POSITION = {genre: index for index, genre in enumerate(GTZAN.genres)}

properties = settings(deadline=None, derandomize=True, max_examples=20)


def predicted(seed: int = 0, sharpness: float = 3.0, kept: float = 1.0) -> Predictions:
    """What a model that knows something says of the test tracks, or of a share of those of each fold."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, fold in enumerate(SPLIT.folds, start=1):
        ids = fold.test[: max(1, round(kept * len(fold.test)))]
        genre = np.array([POSITION[SPLIT.genre[track]] for track in ids])
        scores = sharpness * rng.normal(size=(len(ids), 10)) + 2 * np.eye(10)[genre]
        proba = np.exp(scores - scores.max(axis=1, keepdims=True))
        parts.append(
            from_probabilities(ids, number, genre, proba / proba.sum(axis=1, keepdims=True), GTZAN.genres)
        )
    return joined(parts)


def same(one: Predictions, other: Predictions) -> bool:
    """Whether two are the same to the bit."""
    return (one.ids, one.genres) == (other.ids, other.genres) and all(
        np.array_equal(a, b)
        for a, b in (
            (one.fold, other.fold),
            (one.outcome.genre, other.outcome.genre),
            (one.outcome.predicted, other.outcome.predicted),
            (one.outcome.proba, other.outcome.proba),
        )
    )


def run_of(predictions: Predictions, **more):
    origin = Origin(
        model="guess",
        selection=Selection(rule="none"),
        parts=dict(enumerate(SPLIT.folds, start=1)),
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        **more,
    )
    return make_run(predictions, GTZAN, SPLIT, origin)


# Predictions


@properties
@given(st.integers(0, 2**32), st.sampled_from([0.0, 1e-3, 1.0, 30.0, 1e4]), st.floats(0.01, 1))
def test_predictions_read_back_to_the_bit_and_score_the_same(tmp_path_factory, seed, sharpness, kept):
    before = predicted(seed, sharpness, kept)
    file = tmp_path_factory.getbasetemp() / "predictions.csv"
    file.write_text(before.to_csv())
    after = read_predictions(file, SPLIT, GTZAN.genres)
    assert same(before, after)
    assert after.to_csv() == before.to_csv()
    assert scores(after.outcome) == scores(before.outcome)
    as_external = read_external(file, GTZAN, SPLIT, allow_missing=True)
    assert same(before, as_external)


def test_probabilities_are_stored_to_five_digits_and_the_likeliest_genre_is_predicted():
    proba = np.array([[1 / 3, 2 / 3 - 1e-7, 1e-7]])
    one = from_probabilities(["a"], 1, np.array([0]), proba, ("x", "y", "z"))
    assert one.to_csv() == "track_id,fold,genre,predicted,p_x,p_y,p_z\na,1,x,y,0.33333,0.66667,1e-07\n"
    assert one.outcome.proba.tolist() == [[0.33333, 0.66667, 1e-7]]
    close = np.array([[0.2000001, 0.2000002, 0.5999997]])[:, [0, 1, 2]]
    assert from_probabilities(["a"], 1, np.array([0]), close, ("x", "y", "z")).outcome.predicted.tolist() == [
        2
    ]


def damaged(change) -> str:
    rows = [line.split(",") for line in predicted().to_csv().splitlines()]
    change(rows)
    return "\n".join(map(",".join, rows)) + "\n"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda rows: rows.clear(),
            r"is not a file of predictions for this dataset; its columns must be track_id,",
        ),
        (lambda rows: rows.__delitem__(slice(1, None)), r"is damaged"),
        (lambda rows: rows[0].__setitem__(4, "p_soul"), r"is not a file of predictions for this dataset"),
        (lambda rows: rows[3].pop(), r"is damaged"),
        (lambda rows: rows[3].__setitem__(1, "x"), r"is damaged"),
        (lambda rows: rows[3].__setitem__(1, "9" * 30), r"is damaged"),
        (lambda rows: rows[3].__setitem__(1, "1.0"), r"is damaged"),
        (lambda rows: rows[3].__setitem__(5, ""), r"is damaged"),
        (lambda rows: rows[3].__setitem__(5, "nan"), r"proba of track 2"),
        (lambda rows: rows[3].__setitem__(5, "0.9"), r"proba of track 2"),
        (lambda rows: rows[3].__setitem__(5, "-0.1"), r"proba of track 2"),
        (lambda rows: rows[3].__setitem__(3, "soul"), r"has the genre 'soul'; the genres are blues"),
        (lambda rows: rows[3].__setitem__(2, "rock"), r"has the genre rock; the split says blues"),
        (
            lambda rows: rows[3].__setitem__(0, "soul.00001"),
            r"soul\.00001 is no test track of fold 1 of gtzan/few",
        ),
        (lambda rows: rows[3].__setitem__(1, "2"), r"is no test track of fold 2"),
        (lambda rows: rows.append(rows[1]), r"is predicted twice in fold 1; keep one of the rows"),
        (lambda rows: rows[3].__setitem__(0, '"'), r"is damaged"),
        (lambda rows: rows[3].__setitem__(0, '"' + "x" * 200_000), r"is damaged"),
    ],
)
def test_damaged_predictions_are_refused(tmp_path, change, problem):
    (tmp_path / "predictions.csv").write_text(damaged(change))
    with pytest.raises(BenchError, match=rf"predictions\.csv: .*{problem}") as caught:
        read_predictions(tmp_path / "predictions.csv", SPLIT, GTZAN.genres)
    assert "\n" not in str(caught.value)


def test_a_quotation_mark_that_is_not_closed_is_a_line_not_a_traceback(tmp_path):
    (tmp_path / "p.csv").write_text('track_id,predicted\n"' + "x" * 200_000)
    with pytest.raises(BenchError, match=r"p\.csv:\d+: is no table \(field larger than field limit"):
        read_external(tmp_path / "p.csv", GTZAN, SPLIT)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.floats(0, 1, exclude_max=True), st.text(max_size=3), st.integers(0, 3))
def test_whatever_text_changes_predictions_are_read_or_refused_in_one_line(
    tmp_path_factory, place, new, gone
):
    text = predicted(kept=0.2).to_csv()
    at = int(place * len(text))
    file = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    file.write_bytes((text[:at] + new + text[at + gone :]).encode())
    for read in (
        lambda: read_predictions(file, SPLIT, GTZAN.genres),
        lambda: read_external(file, GTZAN, SPLIT, allow_missing=True),
    ):
        try:
            found = read()
        except BenchError:  # refused
            continue
        assert set(found.ids) <= set(IDS)
        derive(found, SPLIT)


# What is derived


@properties
@given(st.integers(0, 2**32), st.floats(0.05, 1))
def test_what_is_derived_follows_from_the_definitions(seed, kept):
    predictions = predicted(seed, kept=kept)
    derived = derive(predictions, SPLIT)
    right = predictions.outcome.genre == predictions.outcome.predicted
    assert set(derived.scores) == set(METRICS)
    assert derived.scores["accuracy"].value == pytest.approx(right.mean())
    for number in (1, 2, 3):
        direct = scores(predictions.of_fold(number))
        assert derived.fold_scores[number] == pytest.approx(direct, abs=1e-12)
    for name, folds in derived.fold_mean_std.items():
        values = [fold[name] for fold in derived.fold_scores.values()]
        assert (folds.mean, folds.std) == pytest.approx((np.mean(values), np.std(values)))
    for score in derived.scores.values():
        assert (score.low is None) == (score.high is None)
        if score.low is not None:
            assert score.low <= score.value + 0.2
            assert score.low <= score.high
    matrix = np.array(derived.confusion)
    assert matrix.sum() == len(predictions)
    assert [row.genre for row in derived.per_class] == list(GTZAN.genres)
    assert [row.support for row in derived.per_class] == matrix.sum(axis=1).tolist()
    assert np.isfinite([score.value for score in derived.scores.values()]).all()


def test_the_same_predictions_give_the_same_intervals_in_any_order_of_work():
    first, second = predicted(1), predicted(2)
    before = derive(first, SPLIT).scores
    derive(second, SPLIT)
    assert derive(first, SPLIT).scores == before


def test_without_probabilities_only_what_needs_none_is_scored():
    predictions = predicted()
    outcome = type(predictions.outcome)(predictions.outcome.genre, predictions.outcome.predicted, None, 10)
    bare = Predictions(predictions.ids, predictions.fold, outcome, predictions.genres)
    derived, whole = derive(bare, SPLIT), derive(predictions, SPLIT)
    assert set(derived.scores) == {name for name, metric in METRICS.items() if not metric.needs_proba}
    assert all(derived.scores[name] == whole.scores[name] for name in derived.scores)
    assert bare.to_csv().splitlines()[0] == "track_id,fold,genre,predicted"


# Records


@pytest.mark.parametrize("kept", [1.0, 0.3])
@pytest.mark.parametrize("sharpness", [0.0, 1.0, 1e4])
def test_a_record_reads_back_the_same(tmp_path, sharpness, kept):
    predictions = predicted(sharpness=sharpness, kept=kept)
    run = run_of(
        predictions, options={"C": 1, "name": "é", "deep": [1, {"a": None}]}, features={"x": "abc"}, seed=7
    )
    folder = run_folder(tmp_path, "gtzan", "few", "guess", "id")
    write_run(folder, run)
    back = read_record(folder)
    assert back == RunRecord.model_validate(run.model_dump())
    assert back.to_json() == run.to_json()
    assert is_finished(folder)
    assert list(find_runs(tmp_path)) == [folder]
    assert "predictions" not in json.loads((folder / "run.json").read_text())
    assert [fold.n_test for fold in back.folds] == [len(fold.test) for fold in SPLIT.folds]


def codes(run) -> set[str]:
    return {warning.code for warning in run.warnings}


def test_a_record_says_what_is_known_against_it():
    assert codes(run_of(predicted())) == {
        check.code for check in audit_split(SPLIT, GTZAN).checks if check.status == "leak"
    }
    assert "MGR001" in codes(run_of(predicted()))
    partial = run_of(predicted(kept=0.5))
    assert "MGR104" in codes(partial)
    detail = next(warning.detail for warning in partial.warnings if warning.code == "MGR104")
    assert detail == f"{len(predicted(kept=0.5))} of the split's {SPLIT.test_tracks} test tracks"


@pytest.mark.parametrize(("right", "warned"), [(True, False), (False, True)])
def test_a_guess_that_does_worse_than_the_commonest_genre_is_said_so(right, warned):
    parts = []
    for number, fold in enumerate(SPLIT.folds, start=1):
        counts = Counter(SPLIT.genre[track] for track in fold.train)
        commonest = max(GTZAN.genres, key=lambda genre: (counts[genre], -POSITION[genre]))
        genre = np.array([POSITION[SPLIT.genre[track]] for track in fold.test])
        said = np.full(len(genre), POSITION[commonest]) if right else (genre + 1) % 10
        parts.append(from_probabilities(fold.test, number, genre, np.eye(10)[said], GTZAN.genres))
    assert ("MGR106" in codes(run_of(joined(parts)))) == warned


def test_only_whole_runs_are_found(tmp_path):
    with pytest.raises(
        BenchError, match="no such folder; give the folder that `mgrbench run --out` wrote to"
    ):
        list(find_runs(tmp_path / "none"))
    predictions = predicted()
    folder = run_folder(tmp_path, "gtzan", "few", "guess", "id")
    folder.mkdir(parents=True)
    (folder / "predictions.csv").write_text(predictions.to_csv())
    assert not is_finished(folder)
    assert list(find_runs(tmp_path)) == []
    with pytest.raises(BenchError, match=r"run\.json: no such file"):
        read_record(folder)


def written(folder: Path) -> Path:
    predictions = predicted(kept=0.2)
    write_run(folder, run_of(predictions))
    return folder / "run.json"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema_version": 2}, r"has the schema version 2; this version of mgrbench reads version 1"),
        ({"seed": "x"}, r"is no valid run record \(seed: .*integer"),
        ({"new": 1}, r"is no valid run record \(new: Extra inputs"),
        ({"selection": {"rule": "luck"}}, r"is no valid run record \(selection\.rule:"),
        ({"warnings": [{"code": "X", "detail": ""}]}, r"is no valid run record \(warnings\.0\.code"),
        ({"scores": {"accuracy": {"value": "x"}}}, r"is no valid run record \(scores\.accuracy\.value"),
        ({"scores": {"accuracy": {"value": 1, "p": 1}}}, r"is no valid run record \(scores\.accuracy\.p"),
        ({"per_class": [{"genre": "pop"}]}, r"is no valid run record \(per_class\.0\.precision"),
    ],
)
def test_a_record_of_another_form_is_refused(tmp_path, change, problem):
    file = written(tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(BenchError, match=rf"run\.json: {problem}"):
        read_record(tmp_path)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.floats(0, 1, exclude_max=True), st.binary(max_size=3), st.integers(0, 3), st.booleans())
def test_whatever_bytes_change_a_record_is_read_or_refused_in_one_line(
    tmp_path_factory, place, new, gone, cut
):
    folder = tmp_path_factory.getbasetemp() / "record"
    data = RECORD
    at = int(place * len(data))
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_bytes(data[:at] if cut else data[:at] + new + data[at + gone :])
    try:
        read_record(folder)
    except BenchError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


RECORD = run_of(predicted(kept=0.2)).to_json().encode()


def test_folds_say_what_the_model_got():
    parts = {
        number: Fold(fold.train[5:], fold.train[:5], fold.test) for number, fold in enumerate(SPLIT.folds, 1)
    }
    origin = Origin("m", Selection(rule="validation"), parts, datetime.now(UTC))
    run = make_run(predicted(), GTZAN, SPLIT, origin)
    assert [(fold.fold, fold.n_train, fold.n_valid) for fold in run.folds] == [
        (number, len(fold.train) - 5, 5) for number, fold in enumerate(SPLIT.folds, start=1)
    ]
    assert run.started_utc.endswith("Z")
    assert run.split_sha256 == SPLIT.sha256
