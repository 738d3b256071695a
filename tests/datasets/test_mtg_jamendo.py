"""MTG-Jamendo, single-label: tracks of one genre tag, its genres, its five splits, from its own tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgrbench.core.dataset_plugin import describe_dataset, load_dataset
from mgrbench.core.types import BenchError
from mgrbench.datasets.collections import mtg_jamendo
from mgrbench.datasets.collections.mtg_jamendo import FEWEST, SPLITS
from mgrbench.splits import audit_split, checked_split, load_split
from tests.support.helpers import done, refused, write_wav
from tests.support.metadata import JAMENDO_HEAD, jamendo_line, jamendo_rows, write_jamendo


@pytest.fixture
def few(monkeypatch):
    """Two tracks make a genre, so that tables can be small."""
    monkeypatch.setattr(mtg_jamendo, "FEWEST", 2)


@pytest.fixture
def root(tmp_path, few) -> Path:
    """A data root with a clone's tables: metal and folk in each part, jazz in two, ska in one."""
    tags = {
        214: ["metal"], 215: ["metal"], 216: ["metal"], 217: ["folk"], 218: ["folk"], 219: ["folk"],
        220: ["jazz"], 221: ["jazz"], 222: ["ska"], 223: ["folk", "metal"], 224: ["metal", "rock", "pop"],
        1056334: ["metal"],
    }  # fmt: skip
    parts = dict(zip(tags, ["train", "validation", "test"] * 4, strict=True))
    parts[221] = "train"
    del parts[1056334]
    lines = {number: jamendo_line(number, own, number) for number, own in tags.items()}
    write_jamendo(tmp_path / "data" / "mtg-jamendo-dataset" / "data", lines, parts)
    return tmp_path / "data"


def test_tracks_of_one_tag_count_and_genres_that_each_part_of_each_split_has(root):
    dataset = load_dataset("mtg_jamendo")
    assert dataset.genres == ("folk", "metal")
    genres = {int(track.id[6:]): track.genre for track in dataset.tracks()}
    assert genres == {
        214: "metal", 215: "metal", 216: "metal", 217: "folk", 218: "folk", 219: "folk", 1056334: "metal",
    }  # fmt: skip
    first = dataset.tracks()[0]
    assert (first.id, first.artist, first.album) == ("track_0000214", "artist_000214", "album_000214")
    assert (first.seconds, first.faults, first.replica) == (200.5, (), None)


def test_a_genre_needs_the_stated_number_of_tracks(root, monkeypatch):
    monkeypatch.setattr(mtg_jamendo, "FEWEST", 4)
    assert load_dataset("mtg_jamendo").genres == ("metal",)
    monkeypatch.setattr(mtg_jamendo, "FEWEST", FEWEST)
    with pytest.raises(BenchError, match=f"no genre has {FEWEST} tracks"):
        load_dataset("mtg_jamendo")


@pytest.mark.parametrize("name", SPLITS)
def test_the_official_splits(root, name):
    split = load_split(f"mtg_jamendo/{name}")
    (fold,) = split.folds
    assert fold.train == ("track_0000214", "track_0000217")
    assert fold.valid == ("track_0000215", "track_0000218")
    assert fold.test == ("track_0000216", "track_0000219")
    checked_split(split, load_dataset("mtg_jamendo"))
    assert audit_split(split).artist_in_train == 0


def test_lists_with_tracks_of_several_tags_are_audited_by_artist(root, tmp_path):
    """The tables of the repository themselves, and one of 223 and 224, whose artists are in training."""
    folder = root / "mtg-jamendo-dataset" / "data"
    parts = [folder / "splits" / "split-0" / f"autotagging_genre-{part}.tsv" for part in ("train", "test")]
    words = ("-d", "mtg_jamendo", "--root", root, "--json")
    document = done("split", "audit", "--train", parts[0], "--test", parts[1], *words, "--strict").document
    assert [(one["names"], one["matched"]) for one in document["lists"]] == [(5, 5), (3, 3)]
    assert document["test_tracks"] == 3
    checks = {check["code"]: check for check in document["checks"]}
    assert checks["MGR001"]["status"] == "ok"
    assert checks["MGR004"]["detail"].endswith(
        "4 are tracks that mtg_jamendo leaves out, audited all the same"
    )
    assert document["folds"][0]["test_per_genre"] == {"metal": 1, "folk": 1}

    rows = (folder / "autotagging_genre.tsv").read_text().replace("artist_000223", "artist_000214")
    (folder / "autotagging_genre.tsv").write_text(rows)
    (tmp_path / "train.txt").write_text("14/214.mp3\n")
    (tmp_path / "test.txt").write_text("23/223.mp3\n24/224.mp3\n")
    lists = ("--train", tmp_path / "train.txt", "--test", tmp_path / "test.txt")
    document = done("split", "audit", *lists, *words).document
    assert (document["artist_in_train"], document["artist_in_train_same_genre"]) == (1, 1)
    assert document["checks"][0]["detail"] == "artist: 1 of 2 test tracks (50.0%)"


def test_what_the_dataset_leaves_out_is_no_track_of_a_split(root, tmp_path):
    dataset = load_dataset("mtg_jamendo")
    assert {int(track.id[6:]): track.genre for track in dataset.left_out} == {
        220: "jazz", 221: "jazz", 222: "ska", 223: "folk;metal", 224: "metal;rock;pop",
    }  # fmt: skip
    split = load_split("mtg_jamendo/split-0")
    text = split.text.replace("/split-0", "/mine", 1).replace("track_0000214", "track_0000223")
    (tmp_path / "mine.tsv").write_text(text)
    line = refused("split", "audit", tmp_path / "mine.tsv")
    assert (
        "names 'track_0000223', which is no track of mtg_jamendo; mtg_jamendo leaves this track out" in line
    )
    (tmp_path / "only.txt").write_text("214\n215\n217\n218\n223\n")
    made = (
        "split",
        "make",
        "mtg_jamendo",
        "--rule",
        "hash",
        "--name",
        "m",
        "--folds",
        "2",
        "--only",
        tmp_path / "only.txt",
    )
    assert "1 lines name no track of mtg_jamendo, as '223'" in done(*made, "--out", tmp_path / "m.tsv").err


def test_the_command_of_the_header_writes_the_split_again(root, tmp_path):
    split = load_split("split-3", "mtg_jamendo")
    done(*split.provenance["made-by"].split()[1:], "--out", tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_text() == split.text


@pytest.mark.parametrize("clip", ["audio/14/214.wav", "audio-low/14/214.low.wav", "track_0000214.flac"])
def test_clips_are_found_in_full_and_in_low_quality(root, clip):
    write_wav(root / clip)
    (track,) = load_dataset("mtg_jamendo").tracks(root)
    assert (track.id, track.path) == ("track_0000214", clip)


@pytest.mark.parametrize(
    ("name", "track"),
    [("14/214.mp3", "track_0000214"), ("track_1056334", "track_1056334"),
     ("34/1056334.low.mp3", "track_1056334"), ("214", "track_0000214"),
     ("a214.mp3", None), ("21/4x.mp3", None), ("", None)],
)  # fmt: skip
def test_names_of_clips(name, track):
    assert describe_dataset("mtg_jamendo").identify(name) == track


@pytest.mark.parametrize(("kind", "ending"), [("audio", "mp3"), ("audio-low", "low.mp3")])
def test_bitwise_equal_files_are_replicas(root, kind, ending):
    listed = {"a": "14/214", "b": "15/215", "c": "17/217"} | {"d": "16/216"}
    lines = [f"{letter * 64} {path}.{ending}" for letter, path in listed.items()]
    lines.append(f"{'a' * 64} 34/1056334.{ending}")
    folder = root / "mtg-jamendo-dataset" / "data" / "download"
    folder.mkdir()
    (folder / f"raw_30s_{kind}_sha256_tracks.txt").write_text("\n".join(lines))
    replicas = {track.id: track.replica for track in load_dataset("mtg_jamendo").tracks() if track.replica}
    assert replicas == dict.fromkeys(("track_0000214", "track_1056334"), "sha256-aaaaaaaaaaaa")


@pytest.mark.parametrize(
    "place", ["root/data", "root", "root/mtg-jamendo-dataset/data", "mtg-jamendo-dataset/data"]
)
def test_the_clone_may_be_the_root_lie_in_it_or_beside_it(tmp_path, few, place):
    lines, parts = jamendo_rows(200, tags=2)
    write_jamendo(tmp_path / place, lines, parts)
    (tmp_path / "root").mkdir(exist_ok=True)
    assert len(load_dataset("mtg_jamendo", tmp_path / "root").tracks()) == 100


# What is wrong


def test_without_metadata_there_are_the_steps(tmp_path):
    line = refused("split", "show", "mtg_jamendo/split-0")
    assert "git clone https://github.com/MTG/mtg-jamendo-dataset" in line
    assert "git clone" in refused("data", "info", "mtg_jamendo", "--root", tmp_path)
    info = done("data", "info", "mtg_jamendo", "--json").document
    assert info["splits"] == [f"mtg_jamendo/{name}" for name in SPLITS]
    assert "git clone" in info["metadata"]


GOOD = jamendo_line(214, ["metal"], 214)


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        ("", "1 fields"),
        (GOOD.rpartition("\t")[0], "5 fields"),
        (GOOD.replace("track_0000214", "214"), "track id '214'"),
        (GOOD.replace("track_0000214", "track_0000215"), "track id 'track_0000215'.* stands twice"),
        (GOOD.replace("200.5", "long"), "duration 'long'"),
        (GOOD.replace("genre---", "mood/theme---"), "tag 'mood/theme---metal'"),
        (GOOD.replace("metal", ""), "tag 'genre---'"),
    ],
)
def test_damaged_lines_are_refused(root, after, problem):
    table = root / "mtg-jamendo-dataset" / "data" / "autotagging_genre.tsv"
    text = table.read_text()
    assert GOOD in text
    table.write_text(text.replace(GOOD, after, 1))
    with pytest.raises(BenchError, match=rf"autotagging_genre.tsv:[23]: .*{problem}"):
        load_dataset("mtg_jamendo")


def test_a_table_with_other_columns_is_refused(root):
    table = root / "mtg-jamendo-dataset" / "data" / "autotagging_genre.tsv"
    table.write_text(table.read_text().replace(JAMENDO_HEAD, JAMENDO_HEAD.replace("TAGS", "TAG")))
    assert "has not the columns" in refused("data", "info", "mtg_jamendo", "--root", root)


def test_a_split_file_that_is_missing_or_names_a_track_twice_is_refused(root):
    folder = root / "mtg-jamendo-dataset" / "data" / "splits" / "split-2"
    test = folder / "autotagging_genre-test.tsv"
    test.write_text(f"{test.read_text()}{GOOD}\n")
    assert "names track_0000214, which is in another part too" in refused(
        "split", "show", "mtg_jamendo/split-0"
    )
    test.unlink()
    line = refused("split", "show", "mtg_jamendo/split-0")
    assert "autotagging_genre-test.tsv: no such file" in line


def test_a_table_that_was_cut_after_a_line_is_refused(root):
    table = root / "mtg-jamendo-dataset" / "data" / "autotagging_genre.tsv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-2]))  # without the last two, of which one is in no split
    assert "lacks 1 tracks that the split files name, the first track_0000224: it is cut short" in refused(
        "data", "info", "mtg_jamendo", "--root", root
    )
    assert "cut short" in refused("split", "show", "mtg_jamendo/split-0", "--root", root)
    table.write_text("".join(lines[:-1]))
    assert done("data", "info", "mtg_jamendo", "--root", root)


def test_a_split_file_that_was_cut_after_a_line_is_refused(root):
    file = root / "mtg-jamendo-dataset" / "data" / "splits" / "split-3" / "autotagging_genre-train.tsv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-2]))
    assert "split-3: names 9 of the 11 tracks that all splits name: a file is cut short" in refused(
        "data", "info", "mtg_jamendo", "--root", root
    )


def test_thousands_of_tracks_are_listed_and_split(tmp_path):
    lines, parts = jamendo_rows(4000)
    write_jamendo(tmp_path / "data" / "data", lines, parts)
    dataset = load_dataset("mtg_jamendo")
    assert len(dataset.genres) == 20
    assert len(dataset.tracks()) == 2000
    audit = audit_split("mtg_jamendo/split-4")
    assert (audit.test_tracks, audit.artist_in_train) == (400, 0)
