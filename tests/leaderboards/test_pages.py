"""The static site: what is on a page, that text stays text, and, in a real browser, sorting and filtering."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from tests.support.helpers import MINI_RUN, copied, done, only_run, refused, snapshot

HOSTILE = ("<script>alert(1)<", "<img src=x onerror=alert(1)>", '"onmouseover="x', "=cmd()", r"\input{x}")


class Page(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def site(place):
    done("leaderboard", "build", "--format", "html,latex")
    return place / "leaderboards" / "site"


def rename(place, name):
    """Give the only run's model another name, as a hostile contributor could."""
    file = only_run(place / "runs") / "run.json"
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"model": name, "options": {name: name}}))


def test_a_page_for_every_split_an_index_and_latex(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    folder = site(place)
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html")) == [
        "gtzan/kereliuk.html",
        "gtzan/mini.html",
        "index.html",
    ]
    links = {attrs["href"] for tag, attrs in Page((folder / "index.html").read_text()).tags if tag == "a"}
    assert {"gtzan/kereliuk.html", "gtzan/mini.html"} <= links
    assert (place / "leaderboards" / "gtzan" / "mini.tex").read_text().count("means") == 1
    done("leaderboard", "check", "--format", "html,latex")


def test_a_page_asks_nothing_of_anyone_and_says_so_to_the_browser(place):
    for path in site(place).rglob("*.html"):
        tags = Page(path.read_text()).tags
        assert not [tag for tag, _ in tags if tag in {"img", "iframe", "object", "embed", "base"}]
        assert all(not attrs.get("src") for _, attrs in tags)
        assert [attrs["href"] for tag, attrs in tags if tag == "link"] == ["data:,"]
        assert not [attrs for tag, attrs in tags if tag == "a" and ":" in attrs["href"]]
        (policy,) = (attrs for tag, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
        assert policy["content"].startswith("default-src 'none'")


def test_tables_and_drawings_can_be_heard(place):
    page = Page((site(place) / "gtzan" / "mini.html").read_text())
    assert ("html", {"lang": "en"}) in page.tags
    drawings = [tag for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(drawings) == len([tag for tag, _ in page.tags if tag == "desc"]) == 3
    heads = [attrs for tag, attrs in page.tags if tag == "th"]
    assert all(attrs.get("scope") in {"col", "row"} for attrs in heads)
    said = "".join(page.words)
    assert "Audit" in said
    assert "Commonest mistakes" in said


def test_the_numbers_of_a_page_are_those_of_the_run(place):
    run = json.loads((only_run(place / "runs") / "run.json").read_text())
    text = (site(place) / "gtzan" / "mini.html").read_text()
    assert f'data-v="{run["scores"]["accuracy"]["value"]:.6f}"' in text
    cells = re.findall(r'text-anchor="middle"[^>]*>(\d+)</text>', text)
    counts = [count for row in run["confusion"] for count in row if count]
    assert [int(cell) for cell in cells if cell != "0"][-len(counts) :] == counts


def test_learning_curves_are_drawn_from_numbers_only(place):
    history = only_run(place / "runs") / "history.csv"
    history.write_text("fold,epoch,train_loss,valid_loss\n1,1,2,3\n1,2,1,2\n1,<b>,x,nan\n<i>,1,1,1\n")
    text = (site(place) / "gtzan" / "mini.html").read_text()
    assert text.count("<polyline") == 2
    assert "Learning curves of means" in text
    assert "<i>" not in text
    history.write_text("nothing\n")
    assert "<polyline" not in (site(place) / "gtzan" / "mini.html").read_text()


def test_a_page_explains_the_codes_of_its_split_and_says_how_it_was_made(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "random10", "-f", "toy")
    text = (site(place) / "gtzan" / "random10.html").read_text()
    explained = re.findall(r'<dt id="(MGR\d+)">', text)
    assert explained[:3] == ["MGR001", "MGR002", "MGR003"]
    assert "mgrbench split make gtzan --rule hash --name random10" in text


def test_every_row_with_a_history_has_its_learning_curves(place):
    done("run", "-m", "majority", *MINI_RUN)
    lines = "fold,epoch,train_loss,valid_accuracy\n1,1,2,.3\n1,2,1,.2\n2,1,3,.1\n2,2,2,.4\n"
    for folder in (file.parent for file in (place / "runs").rglob("run.json")):
        (folder / "history.csv").write_text(lines)
    curves = (site(place) / "gtzan" / "mini.html").read_text().split("<h2>Learning curves</h2>")[1]
    assert curves.count("<polyline") == 8
    assert all(f"{name}, seed 0</summary>" in curves for name in ("means on toy", "majority on toy"))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(place, name):
    plain = Page((site(place) / "gtzan" / "mini.html").read_text())
    rename(place, name)
    text = (site(place) / "gtzan" / "mini.html").read_text()
    page = Page(text)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags], "not one element more or less"
    known = {key for _, attrs in plain.tags for key in attrs}
    assert {key for _, attrs in page.tags for key in attrs} == known
    assert html.escape(name, quote=False) in text.replace("&#34;", '"').replace("&#39;", "'").replace(
        "&quot;", '"'
    )
    assert r"\input" not in (place / "leaderboards" / "gtzan" / "mini.tex").read_text()


def test_check_sees_a_changed_or_stale_page(place):
    page = site(place) / "gtzan" / "mini.html"
    before = snapshot(place / "leaderboards")
    assert snapshot(site(place).parent) == before
    page.write_text(page.read_text().replace("means", "beans", 1))
    assert "mini.html" in refused("leaderboard", "check", "--format", "html")
    site(place)
    (page.parent / "old.html").write_text("x")
    assert "no run gives" in refused("leaderboard", "check", "--format", "html")


# --- in a browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

WATCH = """<script>
window.seen = [];
addEventListener("error", (event) => seen.push("error: " + event.message));
addEventListener("securitypolicyviolation", (event) => seen.push("violation: " + event.blockedURI));
</script>"""

ACT = """<script>
const rows = () => [...document.querySelector("#main").tBodies[0].rows];
const column = (n) => rows().filter((row) => !row.hidden).map((row) => row.cells[n].textContent);
const head = (n) => document.querySelectorAll("#main thead button")[n];
const count = () => document.getElementById("count").textContent;
const set = (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const paper = () => getComputedStyle(document.body).backgroundColor;
const said = { first: column(1), count: count() };
head(1).click(); said.up = column(1); said.sort = head(1).parentElement.ariaSort;
head(1).click(); said.down = column(1);
head(4).click(); said.accuracy = column(4);
head(0).click(); said.rank = column(0);
set("words", "maj"); said.found = column(1); said.left = count();
set("words", ""); set("feature", "toy"); said.feature = column(1);
document.getElementById("theme").click(); said.theme = [document.documentElement.dataset.theme, paper()];
document.getElementById("theme").click(); said.theme.push(paper());
said.focus = document.querySelectorAll("#main thead button").length;
said.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
said.seen = seen;
said.wide = document.documentElement.scrollWidth <= innerWidth;
const out = document.createElement("pre");
out.id = "said";
out.textContent = JSON.stringify(said);
document.body.append(out);
</script>"""


@pytest.fixture(scope="module")
def said(prepared, tmp_path_factory):
    """What a page in headless Chromium is after clicks and keys, and what the browser complained of."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        copied(prepared, folder, patch)
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        for model in ("majority", "lda"):
            done("run", "-m", model, *MINI_RUN)
        page = site(folder) / "gtzan" / "mini.html"
    text = page.read_text().replace("<title>", f"{WATCH}<title>", 1).replace("</body>", f"{ACT}</body>", 1)
    page.write_text(text)
    ran = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--window-size=390,800", f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    dumped = re.search(r'<pre id="said">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert dumped, ran.stdout[-2000:] + ran.stderr[-2000:]
    return json.loads(html.unescape(dumped[1])) | {"log": ran.stderr}


def test_a_click_on_a_heading_sorts(said):
    assert len(said["first"]) == 3
    assert said["up"] == sorted(said["first"]) == said["down"][::-1]
    assert said["sort"] == "ascending"
    assert said["accuracy"] == sorted(said["accuracy"])
    assert said["rank"] == sorted(said["rank"])


def test_words_and_features_filter(said):
    assert said["count"] == "3 of 3 rows"
    assert said["found"] == ["majority"]
    assert said["left"] == "1 of 3 rows"
    assert len(said["feature"]) == 3


def test_headings_are_buttons_and_the_theme_changes(said):
    assert said["focus"] == 9
    theme, dark, light = said["theme"]
    assert theme in {"dark", "light"}
    assert dark != light


def test_no_error_no_request_and_no_sideways_scrolling_on_a_phone(said):
    assert said["seen"] == []
    assert said["requests"] == []
    assert "CONSOLE" not in said["log"]
    assert said["wide"]
