"""The rules that make splits, and the validation part."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrbench.cli import dispatch
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Track
from mgrbench.splits import (
    RULES,
    audit_split,
    draw_validation,
    load_split,
    make_split,
    read_split,
    shipped_splits,
    split_from_text,
)
from mgrbench.splits.file import HEADER_KEYS
from mgrbench.splits.groups import components, groups_per_genre
from mgrbench.splits.load import shipped_folder
from tests.support.tracks import GENRES, plain_tracks, properties, share_something, toy, track_lists

GTZAN = load_dataset("gtzan")
SHIPPED = shipped_splits("gtzan")

# The rules


def test_there_are_seven_splits_of_gtzan():
    names = ("artist3", "artist5", "foleiss3", "kereliuk", "mclnn10", "random10", "released10")
    assert [f"gtzan/{name}" for name in names] == SHIPPED


@pytest.mark.parametrize("name", shipped_splits())
def test_a_shipped_split_is_written_again_by_its_command(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    split = load_split(name)
    program, *arguments = shlex.split(split.provenance["made-by"])
    assert program == "mgrbench"
    assert dispatch(arguments) == 0
    (written,) = tmp_path.rglob("*.tsv")
    assert written == tmp_path / "splits" / f"{name}.tsv"
    assert written.read_bytes() == (shipped_folder() / f"{name}.tsv").read_bytes()
    assert set(HEADER_KEYS) - set(split.provenance) <= {"licence"}


@properties
@given(
    st.sampled_from(["hash", "random", "released"]),
    st.lists(st.integers(2, 25), min_size=3, max_size=3),
    st.integers(2, 8),
    st.integers(0, 2**40),
)
def test_random_rules_deal_every_genre_evenly(rule, sizes, folds, seed):
    tracks = [
        Track(f"{genre}.{n}", genre) for genre, size in zip(GENRES, sizes, strict=True) for n in range(size)
    ]
    dataset = toy(tracks)
    if min(sizes) < folds:
        with pytest.raises(BenchError, match=rf"has {min(sizes)} tracks, fewer than {folds} folds"):
            make_split(dataset, rule, name="x", folds=folds, seed=seed)
        return
    split = make_split(dataset, rule, name="x", folds=folds, seed=seed)
    assert split == make_split(toy(tracks[::-1]), rule, name="x", folds=folds, seed=seed)
    assert split == split_from_text(split.text, "its file")
    parts = split.folds
    assert sorted(track for fold in parts for track in fold.test) == sorted(track.id for track in tracks)
    genre = {track.id: track.genre for track in tracks}
    for name in GENRES:
        counts = [sum(genre[track] == name for track in fold.test) for fold in parts]
        assert max(counts) - min(counts) <= 1


@properties
@given(track_lists(smallest=4), st.integers(2, 4))
def test_no_artist_replica_or_recording_is_on_two_sides_by_the_artist_rule(tracks, folds):
    dataset = toy(tracks)
    fewest = min(map(len, groups_per_genre(components(tracks)).values()))
    if fewest < folds:
        with pytest.raises(BenchError, match=rf"has {fewest} artists, fewer than {folds} folds"):
            make_split(dataset, "artist", name="x", folds=folds)
        return
    split = make_split(dataset, "artist", name="x", folds=folds)
    assert split == make_split(toy(tracks[::-1]), "artist", name="x", folds=folds)
    known = {track.id: track for track in tracks}
    for fold in split.folds:
        assert {*fold.train, *fold.test} == set(known)
        for test in fold.test:
            assert not any(share_something(known[test], known[train]) for train in fold.train)


def test_the_artist_rule_is_even_where_artists_allow_it():
    for fold in make_split(toy(plain_tracks(30, artists=15)), "artist", name="x", folds=5).folds:
        assert Counter(track.split(".")[0] for track in fold.test) == dict.fromkeys(GENRES, 6)


def test_the_seed_matters_to_the_rule_random_alone():
    dataset = toy(plain_tracks(20))
    for rule in RULES[:-1]:
        texts = {make_split(dataset, rule, name="x", folds=4, seed=seed).text for seed in range(3)}
        assert len(texts) == (3 if rule == "random" else 1)


def test_the_rule_hash_is_what_its_description_says():
    import hashlib

    def digest(track: str) -> str:
        return hashlib.sha256(f"gtzan/{track}".encode()).hexdigest()

    split = load_split("gtzan/random10")
    tested = {track: number for number, fold in enumerate(split.folds, start=1) for track in fold.test}
    for genre in GTZAN.genres:
        ids = sorted((track for track in tested if split.genre[track] == genre), key=digest)
        assert [tested[track] for track in ids] == [number % 10 + 1 for number in range(100)]


def test_surplus_replicas_and_severely_faulty_tracks_are_left_out():
    split = make_split(GTZAN, "artist", name="x", folds=3, drop_replicas=True)
    # Of the one set of replicas under two genres, the first is kept here and the other one there.
    assert set(split.genre) ^ set(load_split("gtzan/artist3").genre) == {"metal.00058", "rock.00016"}
    assert audit_split(split, GTZAN).leaks == ()
    assert "--drop-replicas" in split.provenance["made-by"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"rule": "artists"}, r"no rule is called 'artists'; the rules are hash, random"),
        ({"rule": "hash", "folds": 1}, r"1 folds; a split has two or more"),
        ({"rule": "hash", "folds": -3}, r"-3 folds"),
        ({"rule": "artist", "folds": 99}, r"ambient has 20 artists, fewer than 99 folds; choose at most 20"),
        ({"rule": "random", "seed": -1}, r"the seed is -1"),
        ({"rule": "hash", "name": "a/b"}, r"a split can't be called 'a/b'"),
        ({"rule": "hash", "name": ".."}, r"a split can't be called '\.\.'"),
        ({"rule": "hash", "name": ""}, r"a split can't be called ''"),
        ({"rule": "hash", "only": ["nobody"]}, r"no track of toy is left to split"),
        ({"rule": "published"}, r"toy has no published folds called 'x'; it has none"),
        ({"rule": "published", "drop_replicas": True}, r"have the tracks that were published"),
        ({"rule": "published", "only": ["ambient.0"]}, r"have the tracks that were published"),
    ],
)
def test_rules_say_what_they_cannot_do(arguments, problem):
    with pytest.raises(BenchError, match=problem):
        make_split(toy(plain_tracks(20)), **{"name": "x", **arguments})


def test_make_says_which_lines_of_a_list_name_no_track(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    chosen = [track.id for track in GTZAN.tracks() if track.id.endswith(("1", "2"))]
    Path("some.txt").write_text("\n".join(["name", *chosen]))
    command = "split make gtzan --rule random --name some --folds 2 --seed 7 --only some.txt --json"
    assert dispatch(command.split()) == 0
    out, err = capsys.readouterr()
    assert "some.txt: 1 lines name no track of gtzan, as 'name'" in err
    document = json.loads(out)
    split = read_split(Path(document["file"]))
    assert (set(split.genre), split.sha256) == (set(chosen), document["sha256"])
    assert split.provenance["made-by"] == f"mgrbench {command.removesuffix(' --json')}"


# The validation part


@properties
@given(track_lists())
def test_validation_shares_nothing_with_training_and_leaves_every_genre_there(tracks):
    chosen = draw_validation(tracks)
    assert chosen == draw_validation(tracks)
    valid = [track for track in tracks if track.id in chosen]
    train = [track for track in tracks if track.id not in chosen]
    assert len(valid) == len(chosen)
    assert {track.genre for track in train} == {track.genre for track in tracks}
    assert not any(share_something(one, other) for one in valid for other in train)


@pytest.mark.parametrize(("per_genre", "share"), [(80, 8), (40, 8), (8, 8), (6, 6), (4, 4), (5, 5)])
def test_validation_is_an_eighth_where_artists_allow_it(per_genre, share):
    chosen = draw_validation(plain_tracks(per_genre))
    counts = Counter(track.split(".")[0] for track in chosen)
    assert counts == dict.fromkeys(GENRES, per_genre // share)


def test_one_artist_with_most_tracks_is_not_held_out():
    tracks = plain_tracks(40) + [Track(f"ambient.x{n}", "ambient", artist="everywhere") for n in range(60)]
    chosen = draw_validation(tracks)
    assert not any(".x" in track for track in chosen)
    assert 10 <= len(chosen) <= 20


def test_a_genre_of_one_artist_does_not_cost_half_of_all_tracks():
    tracks = plain_tracks(40) + [Track(f"x{n}", "drone", artist="only") for n in range(10)]
    chosen = draw_validation(tracks)
    assert not any(track.startswith("x") for track in chosen)
    assert 24 <= len(chosen) <= 36


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "gtzan/kereliuk"])
def test_validation_parts_of_gtzan_hold_every_genre_and_about_an_eighth(name):
    tracks = {track.id: track for track in GTZAN.tracks()}
    for fold in load_split(name).folds:
        chosen = draw_validation([tracks[i] for i in fold.train])
        assert {tracks[i].genre for i in chosen} == set(GTZAN.genres)
        assert 0.11 < len(chosen) / len(fold.train) < 0.18
        counts = Counter(tracks[i].genre for i in chosen)
        assert max(counts.values()) <= 20
