"""Training on one dataset and testing on another: the classes, what both share, and what comes of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.dataset_plugin import describe_dataset, load_dataset
from mgrbench.core.types import Track
from mgrbench.datasets.fact_tables import facts_file, read_facts
from mgrbench.experiments.transfer.genre_map import genre_map, shipped_maps
from mgrbench.experiments.transfer.joined_dataset import artist_names
from mgrbench.features.importing import import_features
from tests.support.helpers import MEANS, done, refused, with_option, write_plugin

DATASET = '''
"""A made-up dataset of four artists a genre."""
from mgrbench import Dataset, Track

GENRES = {genres!r}
TRACKS = tuple(
    Track(f"{{genre}}{{artist}}.{{number}}", genre, artist=ARTIST(genre, artist) if {named} else None)
    for genre in GENRES for artist in range(4) for number in range(5)
)
DATASET = Dataset(
    name={name!r}, about="", genres=GENRES, sample_rate=22050, segment_seconds=1.0, segments_per_track=1,
    licence="", homepage="", citation="", load=lambda root: TRACKS,
    identify=lambda name: name if name in {{track.id for track in TRACKS}} else None,
)
'''
ONE = "def ARTIST(genre, artist): return f'The {genre} {artist}'\n"
TWO = """
def ARTIST(genre, artist):
    return f"{genre.upper()}-{artist}" if artist < 2 else f"other-{genre}-{artist}"

"""
MAP = "# about: a map\nclass\tone\ttwo\nloud\trock;metal\tRock\nsoft\tfolk\tfolk\n"
TRANSFER = ("transfer", "-m", "./means.py", "--train-on", "./one.py", "--test-on", "./two.py", "-f", "x")


def store(data, name, size=6, seed=0, segments=1):
    """Made-up features in which genres of equal names, whatever their case, lie together."""
    rng = np.random.default_rng(seed)
    ids = [track.id for track in data.tracks()]
    places = {"rock": 0, "metal": 0, "folk": 1, "jazz": 2}
    rows = rng.normal(size=(len(ids), segments, size))
    for row, track in zip(rows, data.tracks(), strict=True):
        row[:, places.get(track.genre.lower(), 3)] += 2
    np.savez("values.npz", ids=np.array(ids), x=rows.astype(np.float32))
    import_features(data, name, Path("values.npz"), "x", segmented=True, replace=True)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with two datasets, their features, a map and a model."""
    monkeypatch.chdir(tmp_path)
    one = ("rock", "metal", "folk", "jazz")
    (tmp_path / "one.py").write_text(ONE + DATASET.format(name="one", genres=one, named=True))
    two = ("Rock", "folk", "polka")
    (tmp_path / "two.py").write_text(TWO + DATASET.format(name="two", genres=two, named=True))
    (tmp_path / "three.py").write_text(TWO + DATASET.format(name="three", genres=two, named=False))
    (tmp_path / "map.tsv").write_text(MAP)
    write_plugin(tmp_path / "means.py", MEANS)
    for name in ("one", "two", "three"):
        store(load_dataset(f"./{name}.py"), "x", seed=len(name))
    return tmp_path


def rows_of(folder):
    return list(csv.DictReader((folder / "predictions.csv").open()))


def test_it_trains_on_the_one_and_tests_the_other(place):
    document = done(*TRANSFER, "--map", "map.tsv", "--json").document
    assert [one["name"] for one in document["classes"]] == ["loud", "soft"]
    assert document["classes"][0] == {"name": "loud", "train": ["rock", "metal"], "test": ["Rock"]}
    assert (document["training_tracks"], document["test_tracks"]) == (60, 40)
    assert document["tracks_without_class"] == {"train": 20, "test": 20}
    folder = place / document["folder"]
    rows = rows_of(folder)
    assert {row["track_id"].split("/")[0] for row in rows} == {"two"}
    right = np.mean([row["genre"] == row["predicted"] for row in rows])
    assert document["scores"]["accuracy"]["value"] == pytest.approx(right)
    assert right > 0.75
    assert json.loads((folder / "transfer.json").read_text()) | {"folder": document["folder"]} == document
    assert np.trace(document["confusion"]) == round(40 * right)
    assert not list((place / "transfers").glob(".rows*"))


def test_lacking_tracks_are_refused_or_left_out_and_told(place):
    for name, lacking in (("one", 15), ("two", 4)):
        data = load_dataset(f"./{name}.py")
        tracks = data.tracks()[lacking:]
        values = np.random.default_rng(0).normal(size=(len(tracks), 4)).astype(np.float32)
        np.savez(place / "few.npz", ids=np.array([track.id for track in tracks]), x=values)
        import_features(data, "few", place / "few.npz", "x")
    command = (*TRANSFER[:-1], "few", "--map", "map.tsv")
    assert "few lacks 15 of 60 tracks of one" in refused(*command)
    document = done(*command, "--allow-missing", "--json").document
    assert document["missing_tracks"] == {"train": 15, "test": 4}
    assert (document["training_tracks"], document["test_tracks"]) == (45, 36)
    shown = " ".join(done(*command, "--allow-missing").out.split())
    assert "Tracks left out because a feature lacks them: 15 of one, 4 of two." in shown
    assert "left out because a feature" not in done(*TRANSFER, "--map", "map.tsv").out


def test_artists_of_one_name_are_found_and_their_tracks_scored_apart(place):
    document = done(*TRANSFER, "--map", "map.tsv", "--json").document
    met = document["artist_names"]
    # "The rock 0" and "ROCK-0" are one name; artists 0 and 1 of rock and folk are in both, 2 and 3 are not
    assert (met["n_known"], met["n_strange"], met["n_unknown"]) == (20, 20, 0)
    rows = rows_of(place / document["folder"])
    known = [r for r in rows if r["track_id"].split("/")[1].split(".")[0][-1] in "01"]
    assert met["known"]["value"] == pytest.approx(np.mean([r["genre"] == r["predicted"] for r in known]))
    assert "MGR001" in {warning["code"] for warning in document["warnings"]}


def test_where_no_artists_are_known_none_are_compared(place):
    command = [word.replace("two", "three") for word in TRANSFER]
    document = done(*command, "--json").document
    assert document["artist_names"] is None
    assert document["map"] == "genres of equal names"
    assert [one["name"] for one in document["classes"]] == ["rock", "folk"]


def test_the_same_command_again_computes_nothing(place):
    first = done(*TRANSFER, "--map", "map.tsv", "--json")
    folder = place / first.document["folder"]
    stamp = (folder / "run.json").stat().st_mtime_ns
    assert done(*TRANSFER, "--map", "map.tsv", "--json").out == first.out
    assert (folder / "run.json").stat().st_mtime_ns == stamp


def test_the_other_way_round_the_same_map_holds(place):
    command = ("transfer", "-m", "./means.py", "--train-on", "./two.py", "--test-on", "./one.py", "-f", "x")
    document = done(*command, "--map", "map.tsv", "--json").document
    assert document["classes"][0] == {"name": "loud", "train": ["Rock"], "test": ["rock", "metal"]}
    assert document["test_tracks"] == 60


def test_a_run_within_the_test_dataset_stands_beside_it(place):
    for rule in ("artist", "random"):
        done(
            "split",
            "make",
            "./two.py",
            "--rule",
            rule,
            "--folds",
            "2",
            "--name",
            rule,
            "--out",
            f"{rule}.tsv",
        )
        done("run", "-m", "./means.py", "-d", "./two.py", "-s", f"{rule}.tsv", "-f", "x")
    document = done(*TRANSFER, "--map", "map.tsv", "--json").document
    (within,) = document["within"]  # the random split leaks, so it is no comparison
    assert (within["split"], within["tracks"]) == ("two/artist", 40)
    theirs = {r["track_id"]: r for r in rows_of(place / within["run"]) if r["genre"] != "polka"}
    right = {i: r["genre"] == r["predicted"] for i, r in theirs.items()}
    assert within["accuracy"]["value"] == pytest.approx(np.mean(list(right.values())))
    lost = within["accuracy"]["value"] - document["scores"]["accuracy"]["value"]
    assert within["lost"]["value"] == pytest.approx(lost)
    (place / within["run"] / "split.tsv").write_text((place / "random.tsv").read_text())
    assert "is two/random, beside a run on two/artist" in refused(*TRANSFER, "--map", "map.tsv")


def test_the_table_fits_a_terminal(place, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done("split", "make", "./two.py", "--rule", "artist", "--folds", "2", "--name", "a", "--out", "a.tsv")
    done("run", "-m", "./means.py", "-d", "./two.py", "-s", "a.tsv", "-f", "x")
    out = done(*TRANSFER, "-m", "majority", "--map", "map.tsv").out
    assert max(map(len, out.splitlines())) <= 80 + len(" transfers/one-to-two/transfer/majority/x")
    assert "artist's name in training" in out
    assert "two/a" in out


def test_recordings_in_both_are_left_out_of_training_or_test_or_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ballroom", "extballroom"):
        store(load_dataset(name), "x")
    table = read_facts(facts_file("ballroom_tracks.tsv"), ("extballroom",)).rows
    pairs = {row["track_id"]: row["extballroom"] for row in table if row["extballroom"]}
    assert len(pairs) == 253
    command = ("transfer", "-m", "majority", "--train-on", "extballroom", "--test-on", "ballroom", "-f", "x")
    sizes = {}
    for drop in ("train", "test", "none"):
        document = done(*command, "--drop-shared", drop, "--out", drop, "--json").document
        rows = (tmp_path / document["folder"] / "split.tsv").read_text().splitlines()
        parts = dict(line.split("\t")[0::3] for line in rows if not line.startswith(("#", "track_id")))
        trained = {i.split("/")[1] for i, part in parts.items() if part == "train"}
        tested = {i.split("/")[1] for i, part in parts.items() if part == "test"}
        both = [i for i, other in pairs.items() if i in tested and other in trained]
        assert bool(both) == (drop == "none")
        assert ("MGR002" in {one["code"] for one in document["warnings"]}) == (drop == "none")
        sizes[drop] = (document["training_tracks"], document["test_tracks"])
    assert sizes["train"][1] == sizes["none"][1] == 698
    assert sizes["test"][0] == sizes["none"][0]
    assert sizes["train"][0] <= sizes["none"][0] - 240
    assert sizes["test"][1] <= 698 - 240


@pytest.mark.parametrize("path", shipped_maps(), ids=lambda path: path.stem)
def test_shipped_maps_name_genres_that_there_are_and_hold_both_ways(path):
    columns = next(line for line in path.read_text().splitlines() if line[0] != "#").split("\t")[1:]
    firsts, seconds = (column.split(",") for column in columns)
    for one in firsts:
        for other in seconds:
            first, second = describe_dataset(one), describe_dataset(other)
            there, back = genre_map(first, second), genre_map(second, first)
            assert path.stem in there.source
            assert len(there.classes) >= 2
            assert set(there.train) <= set(first.genres)
            assert set(there.test) <= set(second.genres)
            assert (there.train, there.test) == (back.test, back.train)
            if other != "fma_small":  # which has but half of the genres
                rows = path.read_text().strip().splitlines()[2:]
                assert there.classes == tuple(row.split("\t")[0] for row in rows)


@pytest.mark.parametrize(
    ("artist", "name"),
    [
        ("The Beatles", "beatles"),
        ("beyonce", "beyonce"),
        ("Beyoncé", "beyonce"),
        ("the-the", "the"),
        ("the", "the"),
        ("AC/DC", "acdc"),
        ("50-cent", "50cent"),
        ("1234", "fma/1234"),
        ("椎名", "fma/椎名"),
    ],
)
def test_artists_are_compared_by_plain_names(artist, name):
    assert artist_names(Track("1", "a", artist=artist), "fma")[0] == [name]


def test_numbers_in_place_of_names_are_names_of_nobody():
    assert artist_names(Track("1", "a", artist="artist_3", anonymous=True), "x") == (["x/artist_3"], False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no map of genres"),
        ("class\tone\n", "has no column 'two'"),
        ("class\tone\ttwo\nloud\trock\n", "map.tsv:2: has 2 fields"),
        ("class\tone\ttwo\na\trokc\tRock\nb\tfolk\tfolk\n", "did you mean rock?"),
        ("class\tone\ttwo\na\trock\tRock\nb\trock\tfolk\n", "gives rock to two classes"),
        ("class\tone\ttwo\na\trock\tRock\na\tfolk\tfolk\n", "names a class twice"),
        ("class\tone\ttwo\na\trock\tRock\nb\tfolk\t\n", "1 classes have genres of both"),
        ("class\tone\ttwo\na\x1b[2J\trock\tRock\nb\tfolk\tfolk\n", "without a name"),
    ],
)
def test_bad_maps_are_answered_in_one_line(place, text, said):
    (place / "map.tsv").write_text(text)
    line = refused(*TRANSFER, "--map", "map.tsv", "--out", "out")
    assert said in line
    assert "\x1b" not in line
    assert not (place / "out").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--test-on", "./one.py"), "one is both trained and tested on"),
        (("--test-on", "./four.py"), "no such file"),
        (("-f", "y"), "the feature 'y' of one is not in the store"),
        (("-f", "segmented"), "differ in shape: (2, 6) != (1, 6)"),
        (("--drop-shared", "both"), "drop_shared is 'both'"),
        (("--map", "none.tsv"), "no such file"),
        (("-o", "depth=3"), "depth"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_nothing_is_left(place, changed, said):
    store(load_dataset("./one.py"), "segmented", segments=2)
    store(load_dataset("./two.py"), "segmented")
    assert said in refused(*with_option((*TRANSFER, "--map", "map.tsv"), *changed), "--out", "out")
    assert not (place / "out").exists()


def test_datasets_without_a_common_genre_are_told_how_to_write_a_map(place):
    line = refused(*TRANSFER[:3], "--train-on", "synth", "--test-on", "./two.py", "-f", "x")
    assert "write a map with the columns class, synth and two" in line
