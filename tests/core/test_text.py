"""Names and values as text."""

from __future__ import annotations

import pytest

from mgrbench.core.text import did_you_mean, spreadsheet_cell


def test_a_misspelt_name_is_answered_with_the_nearest():
    known = ["gtzan", "homburg", "ismir2004"]
    assert did_you_mean("gtzn", known) == "did you mean gtzan?"
    assert did_you_mean("gtzn", iter(known), "there are others") == "did you mean gtzan?"


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
