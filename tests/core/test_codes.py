"""Codes: which are of a split and which of a run, and what is shown of an unknown one."""

from __future__ import annotations

from mgrbench.core.codes import CODES, about_run, title_of
from mgrbench.splits import audit_split


def test_what_an_audit_finds_is_about_the_split():
    checks = audit_split("synth/random3").checks
    assert {"MGR001", "MGR009"} <= {check.code for check in checks}
    assert not [check.code for check in checks if about_run(check.code)]


def test_what_a_row_can_show_is_about_the_run():
    assert [code for code in CODES if about_run(code)] == [f"MGR10{number}" for number in range(1, 10)]


def test_a_code_of_a_newer_mgrbench_is_kept_on_the_run():
    assert about_run("MGR199")
    assert title_of("MGR199") == "unknown code"
    assert title_of("MGR101") == CODES["MGR101"].title
