"""What a split file says of tracks against what the dataset says: ids, genres, artists, and the words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import mgrbench
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.errors import BenchError
from mgrbench.metrics.clusters import resampled
from mgrbench.splits import audit_split, load_split, settled, split_from_text
from tests.support.helpers import GTZAN, done, refused

FILLED = load_split("gtzan/artist3")


def changed(edit, name="mine"):
    """The split gtzan/artist3 under another name, with each row's cells edited."""
    lines = []
    for line in FILLED.text.replace("# name: gtzan/artist3", f"# name: gtzan/{name}").splitlines():
        cells = line.split("\t")
        lines.append("\t".join(edit(cells)) if len(cells) == 5 and cells[0] != "track_id" else line)
    return "\n".join([*lines, ""])


def blank(cells):
    return [*cells[:4], ""]


def test_blank_artists_are_those_of_the_dataset():
    split = split_from_text(changed(blank), "x.tsv")
    assert not any(split.artist.values())
    assert settled(split, GTZAN).artist == FILLED.artist
    assert settled(FILLED, GTZAN) is FILLED


@pytest.mark.parametrize(
    ("cell", "edit", "needle"),
    [
        (0, "{}.wav", r"names '(\S+)\.wav', which is no track of gtzan .* gtzan calls it \1: write that"),
        (0, "x{}", r"names 'x\S+', which is no track of gtzan \(one of 948 such names\); ids look like"),
        (4, "x{}", r"gtzan/mine says that (\S+) is by 'x(.*)'; gtzan says \2: correct the split file"),
        (4, "{};bach", r"says that (\S+) is by '(.*);bach'; gtzan says \2: correct"),
    ],
)
def test_a_file_that_says_otherwise_is_refused(tmp_path, cell, edit, needle):
    def edited(cells):
        return [edit.format(value) if place == cell else value for place, value in enumerate(cells)]

    split = split_from_text(changed(edited), "x.tsv")
    for use in (settled, audit_split, mgrbench.audit_split):
        with pytest.raises(BenchError) as caught:
            use(split, GTZAN)
    (tmp_path / "x.tsv").write_text(split.text)
    line = refused("split", "audit", tmp_path / "x.tsv", "--strict")
    assert line == f"error: {caught.value}"
    assert re.search(needle, line), line


def test_the_order_of_several_artists_says_nothing():
    def reverse(cells):
        return [*cells[:4], "; ".join(reversed(cells[4].split(";")))]

    assert any(";" in artist for artist in FILLED.artist.values())
    assert settled(split_from_text(changed(reverse), "x.tsv"), GTZAN).artist == FILLED.artist


def test_the_artists_of_a_file_count_where_the_dataset_knows_none():
    album = load_split("ballroom/album10")
    assert settled(album, load_dataset("ballroom")).artist == album.artist
    assert resampled(album) == "tracks"
    named = replace(album, artist=dict.fromkeys(album.artist, "one"))
    assert settled(named, load_dataset("ballroom")) == named
    assert resampled(named) == "artists"
    assert resampled(FILLED) == "artists"


def scored(place, split, rows):
    (place / "p.csv").write_text("track_id,predicted\n" + "".join(f"{i},{genre}\n" for i, genre in rows))
    return done("score", "p.csv", "-d", "gtzan", "-s", split, "--name", "m", "--json").document


def test_a_blank_artist_column_changes_no_interval(tmp_path, monkeypatch):
    """Without artists this interval was [.623, .684]: three times too narrow."""
    monkeypatch.chdir(tmp_path)
    wrong = {artist for n, artist in enumerate(dict.fromkeys(FILLED.artist.values())) if n % 3 == 0}
    rows = [
        (i, "rock" if FILLED.artist[i] in wrong else FILLED.genre[i])
        for fold in FILLED.folds
        for i in fold.test
    ]
    (tmp_path / "blank.tsv").write_text(changed(blank, "blank"))
    (tmp_path / "filled.tsv").write_text(changed(list, "filled"))
    blanks, filled = (scored(tmp_path, f"{name}.tsv", rows) for name in ("blank", "filled"))
    assert blanks["scores"] == filled["scores"]
    text = done("leaderboard", "show", "gtzan/blank").out
    assert "277 groups by artist" in text


def test_no_page_says_over_artists_where_nobody_knows_any(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    split = load_split("ballroom/album10")
    ids = [i for fold in split.folds for i in fold.test]
    (tmp_path / "p.csv").write_text("track_id,predicted\n" + "".join(f"{i},{split.genre[i]}\n" for i in ids))
    worse = "".join(f"{i},{split.genre[ids[0]]}\n" for i in ids)
    (tmp_path / "q.csv").write_text(f"track_id,predicted\n{worse}")
    for file, name in (("p.csv", "one"), ("q.csv", "two")):
        done("score", file, "-d", "ballroom", "-s", "album10", "--name", name)
    done("leaderboard", "build", "--out", "boards", "--format", "md,html,latex")
    shown = [done("leaderboard", "show", "ballroom/album10").out, done("compare", "one", "two").out]
    files = [
        file for file in (tmp_path / "boards").rglob("album10.*") if file.suffix in {".md", ".html", ".tex"}
    ]
    assert len(files) == 3
    for text in (*shown, *(file.read_text() for file in files)):
        flat = " ".join(text.split())
        assert "over artists" not in flat
        assert "by artist" not in flat
        assert "have their artist in training" not in flat
    assert "test over tracks" in shown[1]
    assert "interval over tracks" in (tmp_path / "boards" / "ballroom" / "album10.md").read_text()
    assert done("compare", "one", "two", "--json").document["intervals_over"] == "tracks"
