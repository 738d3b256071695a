"""Splits: the reader and its errors, the rules that make splits, the validation part, and the audit."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.cli import dispatch
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Dataset, Fold, Track
from mgrbench.splits import (
    RULES,
    audit_folds,
    audit_split,
    draw_validation,
    is_shipped,
    load_split,
    make_split,
    read_split,
    read_track_list,
    shipped_splits,
    split_from_text,
    split_of_rows,
)
from mgrbench.splits.file import COLUMNS, HEADER_KEYS, PARTS, SplitRow
from mgrbench.splits.groups import components, groups_per_genre
from mgrbench.splits.load import shipped_folder

GTZAN = load_dataset("gtzan")
SHIPPED = shipped_splits("gtzan")
HEAD = "# name: toy/split\n" + "\t".join(COLUMNS) + "\n"
GENRES = ("ambient", "bolero", "chorinho")

properties = settings(deadline=None, max_examples=60, derandomize=True)


def toy(tracks: Iterable[Track]) -> Dataset:
    """A dataset of these tracks, known by their ids and by ``<id>.wav`` in any folder."""
    known = {track.id: track for track in tracks}

    def identify(name: str) -> str | None:
        stem = name.rpartition("/")[2].removesuffix(".wav")
        return stem if stem in known else None

    return Dataset(
        name="toy",
        about="Made-up tracks.",
        genres=GENRES,
        sample_rate=8000,
        segment_seconds=1.0,
        segments_per_track=1,
        licence="none",
        homepage="",
        citation="nobody, 2000",
        load=lambda root: tuple(known.values()),
        identify=identify,
    )


def plain_tracks(per_genre: int, artists: int = 1000) -> list[Track]:
    return [
        Track(f"{genre}.{number}", genre, artist=f"{genre}-{number % artists}", album=f"album-{number}")
        for genre in GENRES
        for number in range(per_genre)
    ]


@st.composite
def track_lists(draw: st.DrawFn, smallest: int = 0, largest: int = 40) -> list[Track]:
    """Tracks that share artists (several on some, none on others), replica sets and recordings."""

    def one_of(letter: str, up_to: int) -> st.SearchStrategy[str]:
        return st.integers(1, up_to).map(lambda number: f"{letter}{number}")

    artist = st.lists(one_of("a", draw(st.integers(1, 12))), max_size=2, unique=True).map(";".join)
    optional = st.none() | st.none() | st.none()
    fields = draw(
        st.lists(
            st.tuples(st.sampled_from(GENRES), artist, optional | one_of("x", 6), optional | one_of("r", 6)),
            min_size=smallest,
            max_size=largest,
        )
    )
    return [
        Track(f"t{number:03d}", genre, artist=artist or None, replica=replica, recording=recording)
        for number, (genre, artist, replica, recording) in enumerate(fields)
    ]


def share_something(one: Track, other: Track) -> bool:
    """Whether two tracks must not be on two sides: the definition, word for word."""
    return bool(
        one.artists & other.artists
        or (one.replica and one.replica == other.replica)
        or (one.recording and one.recording == other.recording)
    )


# The reader


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"toy\.tsv: names no track"),
        ("# name: toy/split\n", r"toy\.tsv: names no track"),
        (HEAD, r"toy\.tsv: names no track"),
        ("a\tb\t1\ttest\tx\n", r"toy\.tsv:1: has the columns 'a b 1 test x'; the columns .* are track_id"),
        (HEAD.replace("\t", ","), r"toy\.tsv:2: has the columns 'track_id,genre"),
        (HEAD + "a\tb\t1\ttest\n", r"toy\.tsv:3: has 4 values: 'a\\tb\\t1\\ttest'"),
        (HEAD + "a\tb\t1\ttest\tx\ty\n", r"toy\.tsv:3: has 6 values"),
        (HEAD + "# late: comment\n", r"toy\.tsv:3: has 1 values: '# late: comment'"),
        (HEAD + "a b 1 test x\n", r"toy\.tsv:3: has 1 values"),
        (HEAD + "a\tb\t0\ttest\tx\n", r"toy\.tsv:3: has the fold '0'; folds are counted from 1"),
        (HEAD + "a\tb\t-1\ttest\tx\n", r"toy\.tsv:3: has the fold '-1'"),
        (HEAD + "a\tb\t1.0\ttest\tx\n", r"toy\.tsv:3: has the fold '1\.0'"),
        (HEAD + "a\tb\t²\ttest\tx\n", r"toy\.tsv:3: has the fold '²'"),
        (HEAD + "a\tb\t٣\ttest\tx\n", r"toy\.tsv:3: has the fold '٣'"),
        (HEAD + f"a\tb\t{'9' * 5000}\ttest\tx\n", r"toy\.tsv:3: has the fold '9{20}'"),
        (HEAD + "a\tb\t\ttest\tx\n", r"toy\.tsv:3: has the fold ''"),
        (HEAD + "a\tb\t1\tTest\tx\n", r"toy\.tsv:3: has the part 'Test'; a part is one of train, valid"),
        (HEAD + "a\tb\t1\t\tx\n", r"toy\.tsv:3: has the part ''"),
        (HEAD + "\tb\t1\ttest\tx\n", r"toy\.tsv:3: lacks a track id or a genre"),
        (HEAD + "a\t \t1\ttest\tx\n", r"toy\.tsv:3: lacks a track id or a genre"),
        (HEAD + "a\tb\t1\ttest\tx\n\na\tb\t1\ttest\tx\n", r"toy\.tsv:5: names a twice in fold 1"),
        (HEAD + "a\tb\t1\ttrain\tx\na\tb\t1\ttest\tx\n", r"toy\.tsv:4: names a twice in fold 1"),
        (HEAD + "a\tb\t1\ttrain\tx\na\tc\t2\ttest\tx\n", r"toy\.tsv:4: describes a in two ways"),
        (HEAD + "a\tb\t1\ttrain\tx\na\tb\t2\ttest\ty\n", r"toy\.tsv:4: describes a in two ways"),
        (HEAD + "a\tb\t2\ttest\tx\n", r"toy\.tsv:3: is of fold 2, and there is no fold 1"),
        (
            HEAD + "a\tb\t1\ttest\tx\nb\tb\t4\ttest\tx\nc\tb\t3\ttest\tx\n",
            r"toy\.tsv:5: is of fold 3, and there is no fold 2",
        ),
        (HEAD + "a\tb\t1\ttest\tx\n", r"toy\.tsv: has test tracks in one fold and no training tracks"),
        (
            HEAD + "a\tb\t1\ttest\tx\nb\tb\t2\ttest\tx\na\tb\t2\ttest\tx\n",
            r"toy\.tsv:5: tests a in fold 2, as fold 1 did",
        ),
        (HEAD + "a\tb\t1\ttrain\tx\n", r"toy\.tsv: has no test tracks in fold 1"),
        (HEAD + "a\tb\t1\tvalid\tx\nb\tb\t1\ttest\tx\n", r"toy\.tsv: has no training tracks in fold 1"),
        (
            HEAD + "a\tb\t1\ttrain\tx\nb\tb\t1\ttest\tx\na\tb\t2\ttrain\tx\n",
            r"toy\.tsv: has no test tracks in fold 2",
        ),
        ("# name: a/b\n" + HEAD, r"toy\.tsv:2: says '# name:' twice"),
    ],
)
def test_a_malformed_split_file_is_refused_with_file_and_line(tmp_path, text, problem):
    file = tmp_path / "toy.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BenchError, match=problem) as caught:
        read_split(file)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


BODY = "\t".join(COLUMNS) + "\na\tb\t1\ttest\tx\nc\tb\t2\ttest\ty\n"


@pytest.mark.parametrize(
    "name", ["toy", "a/b/c", "/b", "a/", "../b", "a/..", "a/.b", "a b/c", "a\\b/c", "a/*"]
)
def test_a_name_that_would_lead_out_of_its_folder_is_refused(tmp_path, name):
    (tmp_path / "toy.tsv").write_text(f"# name: {name}\n{BODY}")
    with pytest.raises(BenchError, match=r"toy\.tsv: has the name .*; a name is dataset/split"):
        read_split(tmp_path / "toy.tsv")


def test_a_file_without_a_name_is_refused(tmp_path):
    (tmp_path / "toy.tsv").write_text(f"# about: x\n# a comment\n{BODY}")
    with pytest.raises(BenchError, match=r"has no line '# name: dataset/split'"):
        read_split(tmp_path / "toy.tsv")


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "latin.tsv").write_bytes("# name: toy/é\n".encode("latin-1"))
    (tmp_path / "file").touch()
    for name, problem in {
        "none.tsv": "no such file",
        "latin.tsv": "is not UTF-8",
        "file/x.tsv": "cannot be read",
        f"{'x' * 300}.tsv": "cannot be read",
    }.items():
        with pytest.raises(BenchError, match=rf"{name[-9:]}: {problem}"):
            read_split(tmp_path / name)
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(BenchError, match="is a folder"):
        read_split(tmp_path / "folder.tsv")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    text = f"# name: toy/split\n# about: b: c\n{BODY}"
    (tmp_path / "a.tsv").write_bytes(text.encode())
    (tmp_path / "b.tsv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_split(tmp_path / "a.tsv") == read_split(tmp_path / "b.tsv")
    assert read_split(tmp_path / "a.tsv").provenance == {"name": "toy/split", "about": "b: c"}


def test_k_folds_train_on_all_the_rest_and_stated_folds_on_what_they_say():
    rest = split_from_text(HEAD + "a\tb\t1\ttest\t\nc\tb\t2\ttest\t\nd\tb\t3\ttest\t\n", "x")
    assert rest.folds[1] == Fold(("a", "d"), (), ("c",))
    assert rest.test_tracks == 3
    stated = split_from_text(HEAD + "a\tb\t1\ttrain\t\nc\tb\t1\ttest\t\nd\tb\t1\tvalid\t\n", "x")
    assert stated.folds == (Fold(("a",), ("d",), ("c",)),)


def test_a_track_id_that_begins_like_a_comment_is_a_track():
    split = split_from_text(HEAD + "#1\tb\t1\ttest\t\nc\tb\t2\ttest\t\n", "x")
    assert split.folds[0].test == ("#1",)


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"), min_size=1, max_size=8)
names = words.filter(str.strip)


@st.composite
def split_rows(draw: st.DrawFn) -> list[SplitRow]:
    """Rows of a k-fold split or of one that states its parts."""
    ids = draw(st.lists(names, min_size=4, max_size=10, unique=True))
    about = [(draw(names), draw(st.just("") | words)) for _ in ids]
    folds = draw(st.integers(2, 3))
    if draw(st.booleans()):
        return [
            SplitRow(track, genre, number % folds + 1, "test", artist)
            for number, (track, (genre, artist)) in enumerate(zip(ids, about, strict=True))
        ]
    return [
        SplitRow(
            track,
            genre,
            fold,
            ("train", "test")[number] if number < 2 else draw(st.sampled_from(PARTS)),
            artist,
        )
        for fold in range(1, folds + 1)
        for number, (track, (genre, artist)) in enumerate(zip(ids, about, strict=True))
        if number < 2 or draw(st.booleans())
    ]


def folds_of(rows: Iterable[SplitRow]) -> list[Fold]:
    """The folds that rows stand for, in the order of a split file."""
    ordered = sorted(rows, key=lambda row: (row.fold, PARTS.index(row.part), row.track_id))
    k_fold = all(row.part == "test" for row in ordered)
    return [
        Fold(
            *(
                tuple(
                    row.track_id
                    for row in ordered
                    if (row.fold == fold and row.part == part)
                    or (k_fold and part == "train" and row.fold != fold)
                )
                for part in PARTS
            )
        )
        for fold in sorted({row.fold for row in ordered})
    ]


@properties
@given(split_rows(), st.dictionaries(st.sampled_from(HEADER_KEYS[1:]), st.text(max_size=20)), st.randoms())
def test_what_is_written_reads_back_the_same(tmp_path_factory, rows, header, random):
    shuffled = random.sample(rows, len(rows))
    made = split_of_rows({"name": "toy/x", **header}, shuffled)
    text = made.text
    file = tmp_path_factory.getbasetemp() / "round_trip.tsv"
    file.write_bytes(text.encode())
    split = read_split(file)
    assert split == made == split_from_text(text, "elsewhere")
    assert (split.name, split.text) == ("toy/x", text)
    assert list(split.folds) == folds_of(rows)
    assert split.genre == {row.track_id: row.genre for row in rows}
    assert split.artist == {row.track_id: row.artist for row in rows}
    said = {key: " ".join(value.split()) for key, value in header.items()}
    assert split.provenance == {"name": "toy/x"} | {key: value for key, value in said.items() if value}
    assert split_of_rows(split.provenance, rows) == made


@pytest.mark.parametrize("sign", ["\t", "\n", "\r"])
def test_what_could_not_be_read_back_is_not_written(sign):
    for row in (SplitRow(f"a{sign}", "b", 1, "test", ""), SplitRow("a", "b", 1, "test", f"{sign}x")):
        with pytest.raises(BenchError, match="has a tab or a line break in it"):
            split_of_rows({"name": "toy/x"}, [row])
    with pytest.raises(ValueError, match="unknown header keys"):
        split_of_rows({"name": "toy/x", "made_by": "x"}, [])


# Names of splits


def test_a_split_is_loaded_by_its_name_or_its_file():
    split = load_split("gtzan/artist3")
    assert split == load_split("artist3", "gtzan") == load_split(shipped_folder() / "gtzan" / "artist3.tsv")
    assert is_shipped(split)
    assert split.dataset == "gtzan"


def test_a_changed_copy_of_a_shipped_split_is_not_the_shipped_one(tmp_path):
    (tmp_path / "artist3.tsv").write_text(load_split("gtzan/artist3").text.replace("# rules", "# Rules"))
    assert not is_shipped(read_split(tmp_path / "artist3.tsv"))


@pytest.mark.parametrize(
    ("name", "dataset", "problem"),
    [
        ("gtzan/artst3", None, r"no split is called 'gtzan/artst3'; did you mean gtzan/artist3\?"),
        ("artst3", "gtzan", r"did you mean gtzan/artist3\?"),
        ("artist3", None, r"did you mean \w+/artist3\?"),
        ("gtzan/zzzzzzzzzz", "gtzan", r"no split is called"),
        ("gtzan/artist3", "synth", r"gtzan/artist3 is a split of gtzan, not of synth"),
        ("x", "/absolute/file.py", r"no split is called '/absolute/file\.py/x'|no split is called 'x'"),
        ("*/*", "*", r"no split is called"),
        ("../gtzan/artist3", None, r"no split is called"),
    ],
)
def test_a_split_that_is_not_there_is_an_error_with_the_nearest(name, dataset, problem):
    with pytest.raises(BenchError, match=problem):
        load_split(name, dataset)


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


# The audit


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("random10", (1000, 837, 86, 140)),
        ("released10", (1000, 827, 86, 138)),
        ("mclnn10", (1000, 831, 88, 142)),
        ("foleiss3", (948, 190, 2, 20)),
        ("kereliuk", (290, 28, 0, 1)),
        ("artist3", (948, 0, 0, 0)),
        ("artist5", (948, 0, 0, 0)),
    ],
)
def test_the_seven_splits_of_gtzan_leak_as_measured(name, expected, capsys):
    audit = audit_split(f"gtzan/{name}")
    keys = ("test_tracks", "artist_in_train", "exact_replica_in_train", "same_recording_in_train")
    assert tuple(getattr(audit, key) for key in keys) == expected
    assert audit.leaky == any(expected[1:])
    assert dispatch(["split", "audit", f"gtzan/{name}", "--json", "--strict"]) == (3 if audit.leaky else 0)
    document = json.loads(capsys.readouterr().out)
    assert tuple(document[key] for key in keys) == expected
    assert [check["code"] for check in document["checks"]] == [f"MGR00{number}" for number in range(1, 10)]
    assert all(set(check) == {"code", "status", "detail"} for check in document["checks"])
    assert [check["status"] == "leak" for check in document["checks"][:3]] == [n > 0 for n in expected[1:]]


def brute_force(folds: Iterable[Fold], tracks: Mapping[str, Track]) -> list[tuple[int, str, list[str], ...]]:
    """Every test track with each training track of its fold that gives it away, found pair by pair."""
    found = []
    for number, fold in enumerate(folds, start=1):
        training = sorted({i for i in (*fold.train, *fold.valid) if i in tracks})
        for test in (tracks[i] for i in fold.test if i in tracks):
            artist = [i for i in training if tracks[i].artists & test.artists]
            replica = [i for i in training if test.replica and tracks[i].replica == test.replica]
            recording = [i for i in training if test.recording and tracks[i].recording == test.recording]
            if artist or replica or recording:
                found.append((number, test.id, artist, replica, recording))
    return found


@properties
@given(track_lists(smallest=3), st.data())
def test_the_audit_finds_what_a_comparison_of_all_pairs_finds(tracks, data):
    known = {track.id: track for track in tracks}
    part = st.lists(st.sampled_from([*known, "stranger"]), unique=True).map(tuple)
    folds = data.draw(st.lists(st.builds(Fold, part, part, part), min_size=1, max_size=3))
    audit = audit_folds("made", folds, toy(tracks))
    expected = brute_force(folds, known)
    found = [
        (leak.fold, leak.track_id, *map(list, (leak.same_artist, leak.replicas, leak.same_recording)))
        for leak in audit.leaks
    ]
    assert found == expected
    assert audit.test_tracks == sum(i in known for fold in folds for i in fold.test)
    counts = (audit.artist_in_train, audit.exact_replica_in_train, audit.same_recording_in_train)
    assert counts == tuple(sum(bool(row[column]) for row in expected) for column in (2, 3, 4))
    status = {check.code: check.status for check in audit.checks}
    for code, count in zip(("MGR001", "MGR002", "MGR003"), counts, strict=True):
        assert (status[code] == "leak") == (count > 0)
    both = any(
        set(fold.test) & {*fold.train, *fold.valid} - {"stranger"}
        or set(fold.train) & set(fold.valid) - {"stranger"}
        for fold in folds
    )
    assert (status["MGR006"] == "leak") == both
    assert audit.leaky == (both or any(counts))
    used = {i for fold in folds for i in (*fold.train, *fold.valid, *fold.test)}
    assert (status["MGR004"] == "note") == ("stranger" in used)
    assert (status["MGR005"] == "note") == (not set(known) <= used)
    for fold, result in zip(folds, audit.folds, strict=True):
        assert result.valid_artist_in_train == sum(
            any(known[i].artists & known[j].artists for j in fold.train if j in known)
            for i in fold.valid
            if i in known
        )


def test_an_audit_says_where_nothing_is_known():
    tracks = [Track(f"{genre}.{n}", genre) for genre in GENRES for n in range(4)]
    audit = audit_folds("made", [Fold(("ambient.0",), (), ("bolero.1",))], toy(tracks))
    details = {check.code: (check.status, check.detail) for check in audit.checks}
    for code in ("MGR001", "MGR002", "MGR003"):
        assert details[code][0] == "note"
        assert "nothing is known of it in this dataset" in details[code][1]
    assert not audit.leaky
    assert details["MGR007"][0] == "note"
    assert details["MGR005"] == (
        "note",
        "10 of 12 tracks are left out: ambient.1, ambient.2, ambient.3, bolero.0, bolero.2 and 5 more",
    )


def test_a_track_of_several_artists_shares_one_of_them():
    fold = Fold(("reggae.00000",), (), ("reggae.00087",))
    (leak,) = audit_folds("made", [fold], GTZAN).leaks
    assert leak.same_artist == ("reggae.00000",)


def test_lists_of_names_in_any_spelling_are_audited(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("train.txt").write_text("# training\nblues.00000\n\ngenres/blues/blues.00001.au\nreggae.00000.wav\n")
    Path("valid.csv").write_text("file,label\ndisco_00050.wav,disco\n")
    Path("test.txt").write_text(
        "blues_00002.au\treggae\nreggae.00087\n./disco/disco.00051.wav\nblues.00000\nHip-Hop.00000.mp3\n"
        "reggae.00087\nnobody.00001\nbolero.wav;x\n"
    )
    command = "split audit --train train.txt --valid valid.csv --test test.txt -d gtzan --json --tracks"
    assert dispatch(command.split()) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["test_tracks"] == 5
    assert {leak["track_id"]: leak["same_artist"] for leak in document["leaks"]} == {
        "blues.00000": ["blues.00000", "blues.00001"],
        "blues.00002": ["blues.00000", "blues.00001"],
        "disco.00051": ["disco.00050"],
        "reggae.00087": ["reggae.00000"],
    }
    assert (document["artist_in_train"], document["exact_replica_in_train"]) == (4, 1)
    details = {check["code"]: (check["status"], check["detail"]) for check in document["checks"]}
    assert details["MGR004"] == (
        "note",
        "2 names are no track of gtzan: nobody.00001, bolero.wav;x",
    )
    assert details["MGR005"][1].startswith("992 of 1000 tracks are left out")
    assert details["MGR006"] == ("leak", "2 tracks are named twice: reggae.00087, blues.00000")
    assert dispatch([*command.split(), "--strict"]) == 3


def test_a_track_that_a_list_names_twice_counts_once_and_is_no_leak(tmp_path):
    (tmp_path / "list.txt").write_text("blues.00000\nblues.00000.wav\nBLUES.00000\nblues.00001\n")
    listed = read_track_list(tmp_path / "list.txt", GTZAN)
    assert (listed.ids, listed.unknown, listed.repeated) == (
        ("blues.00000", "blues.00001"),
        (),
        ("blues.00000",),
    )
    fold = Fold(listed.ids, (), ("rock.00000",))
    audit = audit_folds("made", [fold], GTZAN, repeated=listed.repeated)
    check = next(check for check in audit.checks if check.code == "MGR006")
    assert (check.status, check.detail) == ("note", "1 tracks are named twice: blues.00000")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"list\.txt: names no track of gtzan \(it is empty\); write one id"),
        ("# only\n\n", r"it is empty"),
        ("a\nb\n", r"names no track of gtzan \(its first line is 'a'\)"),
    ],
)
def test_a_list_without_a_track_is_refused(tmp_path, text, problem):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(BenchError, match=problem):
        read_track_list(tmp_path / "list.txt", GTZAN)


def test_a_split_file_of_a_dataset_in_a_file_is_audited(tmp_path, capsys):
    (tmp_path / "toys.py").write_text(
        "from mgrbench import Dataset, Track\n"
        "TRACKS = tuple(Track(f't{n}', 'ab'[n % 2], artist=f'a{n % 4}') for n in range(8))\n"
        "DATASET = Dataset(name='toys', about='', genres=('a', 'b'), sample_rate=8000, segment_seconds=1.0,\n"
        "    segments_per_track=1, licence='', homepage='', citation='', load=lambda root: TRACKS,\n"
        "    identify=lambda name: name if name in {t.id for t in TRACKS} else None)\n"
    )
    plugin, out = str(tmp_path / "toys.py"), str(tmp_path / "x.tsv")
    assert (
        dispatch(["split", "make", plugin, "--rule", "artist", "--name", "x", "--folds", "2", "--out", out])
        == 0
    )
    capsys.readouterr()
    assert dispatch(["split", "audit", out, "--dataset", plugin, "--json", "--strict"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["dataset"], document["test_tracks"], document["artist_in_train"]) == ("toys", 8, 0)
    assert audit_split(Path(out), load_dataset(plugin)).test_tracks == 8
