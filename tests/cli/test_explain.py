"""Codes: each has a page that says enough, and every code that the code or a guide names is known."""

from __future__ import annotations

import re

import pytest

from mgrbench.core.codes import CODES
from tests.support.helpers import REPOSITORY, cli, done, refused

CODE = re.compile(r"MGR\d{3}")


def spoken_of() -> dict[str, set[str]]:
    """Code -> the files of the project that name it."""
    files = [
        *(REPOSITORY / "mgrbench").rglob("*.py"),
        *(REPOSITORY / "baselines").rglob("*.py"),
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "leaderboards").glob("*/*.md"),
    ]
    found: dict[str, set[str]] = {}
    for file in files:
        for code in CODE.findall(file.read_text(encoding="utf-8")):
            found.setdefault(code, set()).add(file.relative_to(REPOSITORY).as_posix())
    return found


def test_every_code_that_is_spoken_of_is_known():
    unknown = {code: files for code, files in spoken_of().items() if code not in CODES}
    assert not unknown


def test_every_code_is_given_by_something():
    """A code that only its definition names is one that nothing finds."""
    own = {"mgrbench/core/codes.py"}
    files = {
        code: {name for name in names if name.endswith(".py")} - own for code, names in spoken_of().items()
    }
    assert not [code for code in CODES if not files.get(code)]


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_what_why_and_what_to_do(code):
    page = CODES[code]
    for text in (page.means, page.matters, page.hint):
        assert text[0].isupper() or text.startswith("mgrbench")
        assert text.endswith(".")
        assert 30 < len(text) < 600
        assert text == " ".join(text.split())
    shown = done("explain", code).out
    assert shown.startswith(f"{code}: {page.title}")
    flat = " ".join(shown.split())
    assert all(text in flat for text in (page.means, page.matters, page.hint))


def test_commands_that_pages_name_exist():
    for page in CODES.values():
        for command in re.findall(r"`mgrbench ([a-z ]+)", " ".join((page.means, page.matters, page.hint))):
            words = command.split()
            groups = {"split", "features", "leaderboard", "data"}
            assert cli(*words[: 2 if words[0] in groups else 1], "--help").code == 0, command


def test_the_list_and_the_pages_as_json():
    shown = done("explain").out
    assert all(code in shown for code in CODES)
    document = done("explain", "--json").document
    assert list(document["codes"]) == list(CODES)
    one = done("explain", "mgr103", "MGR001", "--json").document["codes"]
    assert list(one) == ["MGR103", "MGR001"]
    assert one["MGR103"] == {
        "title": CODES["MGR103"].title,
        "means": CODES["MGR103"].means,
        "matters": CODES["MGR103"].matters,
        "mend": CODES["MGR103"].hint,
    }


def test_eighty_columns_are_enough(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in ((), tuple(CODES)):
        assert max(map(len, done("explain", *arguments).out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("code", "needle"),
    [
        ("MGR17", "did you mean MGR107?"),
        ("103", "did you mean MGR103?"),
        ("artist", "lists the codes"),
        ("", "lists the codes"),
        ("\x1b[31m", "lists the codes"),
    ],
)
def test_unknown_codes_are_refused(code, needle):
    line = refused("explain", code)
    assert needle in line
    assert "\x1b" not in line
