"""FMA: labels, faults, replicas and the official split from its metadata, in the layouts people have."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from mgrbench.core.dataset_plugin import describe_dataset, load_dataset
from mgrbench.core.types import BenchError
from mgrbench.datasets.collections import _fma
from mgrbench.datasets.collections._fma import CUT_SHORT, NO_AUDIO
from mgrbench.datasets.collections._fma_genres import SMALL, TOP
from mgrbench.splits import audit_split, checked_split, load_split, make_split, split_from_text
from tests.support.helpers import cli, done, refused, write_wav
from tests.support.metadata import FMA_COLUMNS, NUMBER, FmaTrack, fma_tracks, write_fma

SPLIT_PARTS = ("training", "validation", "test")
NAMES = ("fma_small", "fma_medium", "fma_large", "fma_large_161")
TRACKS = (
    FmaTrack(2, "Hip-Hop", "training", artist=1, album=1),
    FmaTrack(5, "Hip-Hop", "test", artist=2, album=-1),
    FmaTrack(10, "Pop", "validation", artist=3, duration=29),
    FmaTrack(133297, "Rock", "training", artist=4, duration=600),
    FmaTrack(98565, "Rock", "test", artist=5),
    FmaTrack(140, "Old-Time / Historic", "training", "medium", artist=6),
    FmaTrack(141, "", "training", "large", artist=7),
    FmaTrack(142, "Jazz", "test", "large", artist=8),
)


@pytest.fixture
def root(tmp_path) -> Path:
    """A data root with metadata and no audio, the usual one of all subsets."""
    folder = tmp_path / "data"
    write_fma(folder / "fma_metadata", TRACKS)
    return folder


def test_the_columns_are_those_of_the_real_file(root):
    with (root / "fma_metadata" / "tracks.csv").open(newline="") as stream:
        head = list(csv.reader(stream))[:3]
    assert [len(line) for line in head] == [53, 53, 53]
    assert len(set(FMA_COLUMNS)) == 52
    assert head[2] == ["track_id"] + [""] * 52


@pytest.mark.parametrize(
    ("name", "ids", "genres"),
    [
        ("fma_small", {2, 5, 10, 133297, 98565}, SMALL),
        ("fma_medium", {2, 5, 10, 133297, 98565, 140}, tuple(TOP.values())),
        ("fma_large", {2, 5, 10, 133297, 98565, 140, 142}, tuple(TOP.values())),
    ],
)
def test_a_subset_holds_those_before_it_and_tracks_without_a_label_are_in_none(root, name, ids, genres):
    dataset = load_dataset(name, root)
    assert [track.id for track in dataset.tracks()] == [f"{number:06d}" for number in sorted(ids)]
    assert dataset.genres == genres
    assert {track.genre for track in dataset.tracks()} <= set(genres)


def test_there_are_8_and_16_top_genres():
    assert (len(SMALL), len(TOP)) == (8, 16)
    assert set(SMALL) < set(TOP.values())
    assert TOP["Old-Time / Historic"] == "old_time_historic"


def test_what_is_known_of_a_track(root):
    tracks = {track.id: track for track in load_dataset("fma_small", root).tracks()}
    first = tracks["000002"]
    assert (first.genre, first.artist, first.album) == ("hip_hop", "1", "1")
    assert (first.seconds, first.faults, first.path) == (30.0, (), None)
    assert tracks["000005"].album is None
    assert (tracks["000010"].seconds, tracks["000010"].faults) == (29.0, ("shorter than 30 s",))
    assert (tracks["133297"].seconds, tracks["133297"].faults) == (None, ("severe: holds no audio",))
    assert tracks["098565"].faults == ("cut short: the track is shorter than its metadata say",)


def test_the_faulty_clips_that_are_known():
    assert frozenset(("099134", "108925", "133297")) == NO_AUDIO
    assert len(CUT_SHORT) == 18
    assert not CUT_SHORT & NO_AUDIO


# The finest genre


def test_the_finest_genre_is_the_label_where_there_is_one(tmp_path):
    rock, psych, space, pop = (NUMBER[name] for name in ("Rock", "Psych-Rock", "Space-Rock", "Pop"))
    said = {1: [rock], 2: [rock, psych], 3: [rock, space], 4: [psych, pop], 5: [space, pop, rock], 6: [pop]}
    tracks = [
        FmaTrack(number + 100 * place, "", split, "large", artist=place, genres=str(own))
        for place, split in enumerate(("training", "validation", "test"))
        for number, own in said.items()
    ]
    tracks.append(FmaTrack(500, "Jazz", "training", "large", genres=f"[{NUMBER['Jazz']}]"))
    write_fma(tmp_path / "fma_metadata", tracks)
    dataset = load_dataset("fma_large_161", tmp_path)
    found = {int(track.id): track.genre for track in dataset.tracks() if int(track.id) < 100}
    assert found == {1: "rock", 2: "psych_rock", 3: "space_rock", 6: "pop"}
    assert dataset.genres == ("pop", "psych_rock", "rock", "space_rock"), "jazz has no test track"
    assert len(dataset.tracks()) == 3 * len(found)


def test_a_genre_that_the_table_lacks_is_an_error(tmp_path):
    write_fma(tmp_path / "fma_metadata", [FmaTrack(1, genres="[999]")])
    assert "lacks the genre 999" in refused("data", "info", "fma_large_161", "--root", tmp_path)


# The official split


def test_the_official_split_is_that_of_the_column(root):
    split = load_split("fma_small/official")
    (fold,) = split.folds
    assert fold.train == ("000002", "133297")
    assert fold.valid == ("000010",)
    assert fold.test == ("000005", "098565")
    assert split == load_split("official", "fma_small")
    checked_split(split, load_dataset("fma_small"))
    audit = audit_split(split)
    assert (audit.test_tracks, audit.artist_in_train) == (2, 0)


def test_the_command_of_the_header_writes_the_split_again(root, tmp_path):
    split = load_split("fma_medium/official")
    made_by = split.provenance["made-by"].split()
    assert made_by[0] == "mgrbench"
    done(*made_by[1:], "--out", tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_text() == split.text


def test_a_split_that_calls_itself_official_and_is_another_is_refused(root):
    split = load_split("fma_small/official")
    moved = split_from_text(split.text.replace("133297\trock\t1\ttrain", "133297\trock\t1\ttest"), "x")
    with pytest.raises(BenchError, match="comes with the metadata, and this is another split"):
        checked_split(moved, load_dataset("fma_small"))


def test_new_splits_are_made_of_the_metadata(root):
    split = make_split(load_dataset("fma_large"), "hash", name="h2", folds=2, only=("000002", "000005"))
    assert split.test_tracks == 2


def test_the_split_is_the_same_whether_it_is_read_or_made(root):
    split = load_split("fma_small/official", root=root)
    assert split == split_from_text(split.text, "x")


def test_a_data_root_may_be_named(tmp_path, monkeypatch, root):
    monkeypatch.setenv("MGRBENCH_DATA", str(tmp_path / "empty"))
    with pytest.raises(BenchError, match="metadata of fma_small are not there"):
        load_split("fma_small/official")
    assert load_split("fma_small/official", root=root).test_tracks == 2
    assert load_split("official", "fma_small", root).test_tracks == 2
    shown = done("split", "show", "fma_small/official", "--root", root, "--json").document
    assert shown["folds"] == [{"train": 2, "valid": 1, "test": 2}]
    assert done("split", "audit", "fma_small/official", "--root", root, "--json").document["test_tracks"] == 2
    made = ("--rule", "published", "--name", "official", "--out", tmp_path / "again.tsv")
    done("split", "make", "fma_small", *made, "--root", root)
    assert (tmp_path / "again.tsv").read_text() == load_split("fma_small/official", root=root).text


def test_official_splits_are_listed_whether_the_metadata_are_there_or_not():
    listed = {entry["name"]: entry for entry in done("list", "splits", "--json").document["splits"]}
    for name in (*(f"{name}/official" for name in NAMES), "mtg_jamendo/split-0"):
        assert listed[name]["origin"] == "metadata"
        assert f"`mgrbench data info {name.partition('/')[0]}`" in listed[name]["about"]
    assert listed["gtzan/artist3"]["origin"] == "built in"


def test_the_doctor_is_short_about_what_is_not_there(tmp_path, monkeypatch, root):
    def said(name):
        findings = done("doctor", "--json").document["findings"]
        return next(finding for finding in findings if finding["what"] == name)

    assert said("fma_small")["state"].startswith("holds none of the 5 clips")
    monkeypatch.setenv("MGRBENCH_DATA", str(tmp_path / "empty"))
    assert said("fma_small") == {
        "what": "fma_small",
        "state": "no metadata; no features stored",
        "todo": "mgrbench data info fma_small",
    }


def test_a_misspelt_split_answers_with_the_nearest(root):
    assert "did you mean fma_small/official?" in refused("split", "show", "fma_small/oficial")


# Where things lie


@pytest.mark.parametrize("place", ["root/fma_metadata", "root", "fma_metadata"])
def test_metadata_are_found_in_the_root_below_it_and_beside_it(tmp_path, place):
    write_fma(tmp_path / place, TRACKS)
    (tmp_path / "root").mkdir(exist_ok=True)
    assert len(load_dataset("fma_small", tmp_path / "root").tracks()) == 5


def test_the_usual_root_is_that_of_the_environment(root):
    assert load_dataset("fma_small").tracks() == load_dataset("fma_small", root).tracks()
    assert describe_dataset("fma_small").tracks() == load_dataset("fma_small").tracks()


def test_clips_are_found_in_the_archives_layout_and_in_others(root):
    write_wav(root / "fma_small" / "000" / "000002.wav")
    write_wav(root / "fma_small" / "loose" / "5.wav")
    write_wav(root / "fma_small" / "notes" / "interview 5.wav")
    tracks = load_dataset("fma_small").tracks(root)
    assert {track.id: track.path for track in tracks} == {
        "000002": "fma_small/000/000002.wav",
        "000005": "fma_small/loose/5.wav",
    }


def test_equal_files_are_replicas_but_for_the_empty_ones(root):
    write_fma(root / "fma_metadata", [*TRACKS, FmaTrack(99134)])
    listed = {2: "a", 5: "a", 10: "b", 133297: "c", 99134: "c", 98565: "d"}
    lines = [f"{letter * 40}  000/{number:06d}.mp3" for number, letter in listed.items()]
    (root / "fma_small").mkdir()
    (root / "fma_small" / "checksums").write_text("\n".join(lines))
    replicas = {track.id: track.replica for track in load_dataset("fma_small", root).tracks()}
    assert replicas == {
        "000002": "sha1-aaaaaaaaaaaa", "000005": "sha1-aaaaaaaaaaaa",
        "000010": None, "133297": None, "099134": None, "098565": None,
    }  # fmt: skip
    assert audit_split(load_split("fma_small/official")).exact_replica_in_train == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("spelling", "track"),
    [("000002", "000002"), ("2", "000002"), ("fma_large\\155\\155320.MP3", "155320"),
     ("000002.mp3.wav", "000002"), ("2.5", None), ("rock2.mp3", None), ("1234567.mp3", None), ("", None)],
)  # fmt: skip
def test_names_of_clips(name, spelling, track):
    assert describe_dataset(name).identify(spelling) == track


# What is wrong


@pytest.mark.parametrize("name", NAMES)
def test_without_metadata_there_are_the_steps(tmp_path, name):
    line = refused("data", "verify", name, "--root", tmp_path)
    assert f"`mgrbench data download {name} --metadata-only`" in line
    assert "https://os.unil.cloud.switch.ch/fma/fma_metadata.zip" in line
    assert str(tmp_path) in line
    assert refused("split", "show", f"{name}/official").count("metadata-only") == 1
    info = done("data", "info", name, "--json").document
    assert (info["tracks"], info["splits"]) == (0, [f"{name}/official"])
    assert "metadata-only" in info["metadata"]
    assert "metadata-only" in done("data", "info", name).out


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("subset", "subsets", r"tracks.csv:2: lacks the column set.subset"),
        ("track_id", "id", r"tracks.csv:3: does not begin with track_id"),
        (",training,small,", ",train,small,", r"tracks.csv:5: has an unknown subset, split or top genre"),
        (",training,small,", ",training,tiny,", "has an unknown subset"),
        ("Hip-Hop", "Hippety-Hop", "Hippety-Hop"),
        ("\n5,", "\n2,", "names the track 000002 again"),
        ("\n5,", "\nfive,", "has no number where one is needed"),
        ("\n5,", "\n7\n5,", "has too few fields"),
        ("\n5,", '\n"5', "CSV|too few fields"),
    ],
)
def test_damaged_metadata_are_refused_with_the_line(root, before, after, problem):
    path = root / "fma_metadata" / "tracks.csv"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(BenchError, match=problem):
        load_dataset("fma_small", root)
    assert cli("data", "info", "fma_small", "--root", root).code == 2


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n"])
def test_a_file_that_is_something_else_is_refused(root, content):
    (root / "fma_metadata" / "tracks.csv").write_bytes(content)
    assert "tracks.csv" in refused("data", "info", "fma_small", "--root", root)


CUT = r"tracks\.csv: holds 5 of the 8000 tracks of FMA small: it is cut short; get fma_metadata\.zip again$"


def test_a_table_without_tracks_that_the_list_of_checksums_names_is_refused(root):
    (root / "fma_small").mkdir()
    (root / "fma_small" / "checksums").write_text(f"{'a' * 40}  000/000002.mp3\n{'b' * 40}  000/000003.mp3\n")
    with pytest.raises(BenchError, match=CUT):
        load_dataset("fma_small", root)
    for command in (("data", "info", "fma_small"), ("split", "show", "fma_small/official")):
        assert "cut short" in refused(*command, "--root", root)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_with_fewer_tracks_than_the_table_of_genres_counts_is_refused(tmp_path, name):
    tracks = [
        FmaTrack(number, genres="[14]", split=split) for number, split in enumerate(SPLIT_PARTS, start=1)
    ]
    write_fma(tmp_path, tracks, counted={14: 3})
    assert len(load_dataset(name, tmp_path).tracks()) == 3
    write_fma(tmp_path, tracks, counted={14: 4})
    with pytest.raises(BenchError, match=r"holds 3 of the .* it is cut short"):
        load_dataset(name, tmp_path)


def test_a_table_of_as_many_tracks_as_were_published_is_whole(tmp_path, monkeypatch):
    """Somebody may keep the lines of one subset alone."""
    write_fma(tmp_path, TRACKS, counted={14: 10_000})
    monkeypatch.setitem(_fma.PUBLISHED, "small", 5)
    assert len(load_dataset("fma_small", tmp_path).tracks()) == 5
    with pytest.raises(BenchError, match="holds 6 of the 25000 tracks of FMA medium"):
        load_dataset("fma_medium", tmp_path)


def test_verify_compares_the_clips_with_the_list_of_checksums(root):
    clips = root / "fma_small" / "000"
    for number in (2, 5):
        write_wav(clips / f"{number:06d}.wav")
        (clips / f"{number:06d}.wav").rename(clips / f"{number:06d}.mp3")
    write_wav(clips / "000010.wav")  # a converted copy: nothing was published of it
    right = hashlib.sha1((clips / "000002.mp3").read_bytes()).hexdigest()
    lines = [f"{right}  000/000002.mp3", f"{'0' * 40}  000/000005.mp3", f"{'0' * 40}  000/000010.mp3"]
    (root / "fma_small" / "checksums").write_text("\n".join(lines))
    report = json.loads(done("data", "verify", "fma_small", "--root", root, "--json").out)
    (finding,) = report["unexpected_checksum"]
    assert (finding["id"], report["checksum_not_known"]) == ("000005", 1)
    assert finding["detail"] == f"SHA-1 {right}, published {'0' * 40}"
    assert [found["id"] for found in report["unexpected_length"]] == ["000005", "000010"]


def test_long_biographies_are_read_and_the_csv_module_left_as_it_was(tmp_path):
    limit = csv.field_size_limit()
    write_fma(tmp_path, TRACKS, bio="x" * (limit + 1))
    assert len(load_dataset("fma_small", tmp_path).tracks()) == 5
    assert csv.field_size_limit() == limit


def test_metadata_that_were_changed_are_read_again(root):
    assert len(load_dataset("fma_small", root).tracks()) == 5
    write_fma(root / "fma_metadata", TRACKS[:3])
    assert len(load_dataset("fma_small", root).tracks()) == 3


# As a dataset among others


def test_info_counts_classes_hours_artists_and_faults(root):
    write_wav(root / "000002.wav")
    document = done("data", "info", "fma_small", "--root", root, "--json").document
    classes = {row["genre"]: row for row in document["classes"]}
    assert document["tracks"] == sum(row["tracks"] for row in classes.values()) == 5
    assert classes["rock"]["faulty"] == 2
    assert classes["pop"]["hours"] == round(29 / 3600, 2)
    assert document["genres"]["hip_hop"] == 2
    assert (document["artists"], document["clips_in_root"], document["metadata"]) == (5, 1, "")
    assert document["faults"]["severe: holds no audio"] == 1
    shown = done("data", "info", "fma_small", "--root", root).out
    assert "hip_hop" in shown
    assert "severe: holds no audio 1" in shown


def test_thousands_of_tracks_are_listed_and_split(tmp_path):
    write_fma(tmp_path / "data", fma_tracks(8000))
    dataset = load_dataset("fma_large")
    assert len(dataset.tracks()) == 8000
    split = load_split("fma_large/official")
    (fold,) = split.folds
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (6400, 800, 800)
    assert audit_split(split, dataset).artist_in_train == 0
