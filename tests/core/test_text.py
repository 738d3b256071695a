"""Names and values as text."""

from __future__ import annotations

import pytest

from mgrbench.core.text import did_you_mean, interval_text, spreadsheet_cell
from mgrbench.core.types import Score


def test_a_misspelt_name_is_answered_with_the_nearest():
    known = ["gtzan", "homburg", "ismir2004"]
    assert did_you_mean("gtzn", known) == "did you mean gtzan?"
    assert did_you_mean("gtzn", iter(known), "there are others") == "did you mean gtzan?"


def test_a_name_in_other_capitals_is_the_nearest():
    assert did_you_mean("c", ["gamma", "C"]) == "did you mean C?"
    assert did_you_mean("GTZAN", ["gtzan2", "gtzan"]) == "did you mean gtzan?"


def test_a_name_that_is_near_to_none_gets_the_other_hint():
    assert did_you_mean("x", ["gtzan"], "there is gtzan") == "there is gtzan"
    assert did_you_mean("gtzan", [], "there is none") == "there is none"
    assert did_you_mean("x", ["gtzan"]) == ""


def test_several_near_names_stand_in_one_hint():
    assert did_you_mean("svm", ["svm_rbf", "svm_lin", "knn"], most=3, cutoff=0.5) in {
        "did you mean svm_rbf or svm_lin?",
        "did you mean svm_lin or svm_rbf?",
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "-svm", "@sum", "\tx", "\rx"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(text):
    assert spreadsheet_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "svm_rbf", "a=1", "'=1", "-1", "-0.5e-3", "0.5"])
def test_other_cells_stay_as_they_are(text):
    assert spreadsheet_cell(text) == text


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Score(0.8421, 0.807, 0.876), ".842 [.807, .876]"),
        (Score(1.0, 0.9996, 1.0), "1.000 [1.000, 1.000]"),
        (Score(-0.05, -0.1, 0.0), "-.050 [-.100, .000]"),
        (Score(0.5), ".500"),
    ],
)
def test_an_interval_has_no_zero_before_the_point(score, text):
    assert interval_text(score) == text
