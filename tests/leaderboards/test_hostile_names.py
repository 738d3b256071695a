"""Names, options and records that look like markup, formulas or commands stay text."""

from __future__ import annotations

import csv
import json
import re

import pytest

from tests.support.boards import markdown_table, score
from tests.support.helpers import MEANS, MINI_RUN, done, only_run, write_plugin

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "=cmd()",
    '=HYPERLINK("http:x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "a|b",
    "a\\|b",
    "`code`",
    "**bold** _it_",
    "[link](http:x)",
    "![image](x)",
    "# heading",
    "&lt;b&gt;",
    "~~gone~~",
    "$x^2$",
    'quote"d, with, commas',
    "'apostrophe",
    "[red]rich[/red]",
    "naïve Ünïcode ♫ 日本",
)


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
def test_hostile_names_stay_text(place, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "160")  # wide enough that no name is folded
    score(place, name, 60)
    done("leaderboard", "build")
    done("leaderboard", "check")
    folder = place / "leaderboards"

    page = (folder / "gtzan" / "mini.md").read_text()
    table = markdown_table(page)
    assert len({len(row) for row in table}) == 1
    cell = table[2][1]
    assert re.sub(r"\\(.)", r"\1", cell) == " ".join(name.split())
    index = markdown_table((folder / "README.md").read_text())
    assert len({len(row) for row in index}) == 1
    for text in (cell, index[2][4]):
        bare = re.sub(r"\\[^A-Za-z0-9 ]", "", text)
        assert not re.search(r"[<>`*\[\]|#~$]|&\w+;", bare), text

    rows = list(csv.reader((folder / "gtzan" / "mini.csv").read_text().splitlines()))
    assert rows[1][1].removeprefix("'") == name.removeprefix("'")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)

    document = json.loads((folder / "gtzan" / "mini.json").read_text())
    assert document["ranked"][0]["model"] == name
    assert name in done("leaderboard", "show", "gtzan/mini").out


def test_hostile_options_and_features_stay_text(place):
    write_plugin(place / "open.py", MEANS.replace("seed, device)", "seed, device, **options)"))
    (place / "hostile.npz").write_bytes((place / "toy.npz").read_bytes())
    options = ["-o", "a|b=<b>|</b>", "-o", "@x==cmd()", "-o", "n=NaN"]
    done("run", "-m", "open.py", *MINI_RUN, *options)
    done("leaderboard", "build")
    done("leaderboard", "check")
    table = markdown_table((place / "leaderboards" / "gtzan" / "mini.md").read_text())
    assert len({len(row) for row in table}) == 1
    (cell,) = (row[1] for row in table if row[1].startswith("open"))
    assert not re.search(r"(?<!\\)[<>|]", cell)
    again = done("run", "-m", "open.py", *MINI_RUN, *options, "--json").document
    assert again["options"] == {"a|b": "<b>|</b>", "@x": "=cmd()", "n": "NaN"}


def test_hostile_text_in_a_record_stays_text(place):
    file = only_run(place / "runs") / "run.json"
    document = json.loads(file.read_text())
    document["code"]["version"] = "=cmd()"
    document["finished_utc"] = "@x"
    document["features"] = {"=a|b<c>": "0" * 64}
    document["warnings"] = [{"code": "MGR103", "detail": "|<script>|\n# x"}]
    file.write_text(json.dumps(document))
    done("leaderboard", "build")
    page = (place / "leaderboards" / "gtzan" / "mini.md").read_text()
    assert len({len(row) for row in markdown_table(page)}) == 1
    assert "<script>" not in page
    assert "\n# x" not in page
    rows = list(csv.reader((place / "leaderboards" / "gtzan" / "mini.csv").read_text().splitlines()))
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_hostile_text_of_a_split_stays_text(place):
    text = (place / "mini.tsv").read_text()
    about = "Mine<script>|`x` [a](b)"
    (place / "mine.tsv").write_text(
        text.replace("gtzan/mini", "gtzan/mine").replace("# about: A small split", f"# about: {about}")
    )
    done("run", "-m", "majority", "-d", "gtzan", "-s", "mine.tsv", "-f", "toy")
    done("leaderboard", "build")
    page = (place / "leaderboards" / "gtzan" / "mine.md").read_text()
    assert "Mine\\<script\\>" in page
    assert "<script>" not in page
