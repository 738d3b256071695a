"""How the text of ``--option name=value`` is read."""

from __future__ import annotations

import pytest

from mgrbench.cli.output import option_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10), ("1e-3", 1e-3), ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("-.5", -0.5), ("+0.5", 0.5),
        ("5.e-4", 5e-4), (".65E1", 6.5), ("true", True), ("null", None), ("[1, 2]", [1, 2]),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text, value):
    found = option_value(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["scale", ".", "..5", "1.2.3", ".5x", "1e999", "NaN", "inf", "on", "", "v.1", "٣."]
)
def test_any_other_text_stays_text(text):
    assert option_value(text) == text
