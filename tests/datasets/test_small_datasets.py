"""ISMIR2004, Extended Ballroom, Ballroom and Homburg: facts, splits and their leaks, names of clips."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Dataset, Track
from mgrbench.datasets.shipped import index_names, known_tracks, parts_of, plain
from mgrbench.features.store import FeatureStore
from mgrbench.splits import (
    Audit,
    audit_split,
    load_split,
    make_split,
    shipped_splits,
)
from tests.support.helpers import cli, done, refused

NAMES = ("ballroom", "extballroom", "homburg", "ismir2004")
DATASETS = {name: load_dataset(name) for name in (*NAMES, "gtzan")}
TRACKS = {name: {track.id: track for track in data.tracks()} for name, data in DATASETS.items()}
SPLITS = [split for name in NAMES for split in shipped_splits(name)]


def place(root: Path, *names: str) -> Path:
    """Files of these names under ``root``; finding clips never looks into them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.fixture(scope="module")
def tables(request: pytest.FixtureRequest) -> Callable[[str], list[dict[str, str]]]:
    """Reader of the tables that the facts come from, where these are at hand."""
    folder = request.getfixturevalue("shared_data").parent / "facts"
    if not folder.is_dir():
        pytest.skip("the tables of facts are not at hand")

    def read(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    return read


# Facts


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("ballroom", (111, 60, 82, 98, 86, 86, 65, 110)),
        ("extballroom", (455, 507, 350, 53, 497, 470, 47, 468, 65, 464, 252, 529, 23)),
        ("homburg", (145, 120, 113, 222, 47, 319, 116, 300, 504)),
        ("ismir2004", (959, 344, 78, 135, 304, 367)),
    ],
)
def test_every_genre_has_its_tracks_in_order(name, counts):
    data, tracks = DATASETS[name], TRACKS[name]
    assert Counter(track.genre for track in tracks.values()) == dict(zip(data.genres, counts, strict=True))
    assert list(tracks) == sorted(tracks)
    assert list(data.genres) == sorted(data.genres)
    assert {track.path for track in tracks.values()} == {None}
    assert data.load(None) is data.load(None)  # read once


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_says_what_a_user_needs(name):
    data = DATASETS[name]
    assert data.licence
    assert data.homepage.startswith("http")
    assert re.search(r"\b(2004|2005|2006|2016)\b", data.citation)
    assert data.sample_rate == 22050
    nominal = {track.seconds for track in data.tracks()}
    (seconds,) = nominal
    if seconds is not None:
        assert seconds == data.segment_seconds * data.segments_per_track
    assert set(data.published()) <= {split.partition("/")[2] for split in shipped_splits(name)}
    document = done("data", "info", name, "--json").document
    assert (document["name"], document["tracks"]) == (name, len(TRACKS[name]))


def test_placeholders_are_no_artist():
    tracks = TRACKS["extballroom"].values()
    assert sum(track.artist is None for track in tracks) == 303
    names = {artist for track in tracks for artist in track.artists}
    assert len(names) == 2084
    assert not names & {"various", "various-artists", "unknown", "casa-musica", "casa-mucica", ""}


@pytest.mark.parametrize(
    ("name", "replicas", "recordings"),
    [("extballroom", (513, 249), (823, 370)), ("ballroom", (8, 4), (26, 13)), ("homburg", (0, 0), (0, 0))],
)
def test_replicas_lie_inside_recordings_and_are_named_as_faults(name, replicas, recordings):
    tracks = TRACKS[name]

    def sets(attribute: str) -> tuple[int, int]:
        values = [value for track in tracks.values() if (value := getattr(track, attribute))]
        return len(values), len(set(values))

    assert (sets("replica"), sets("recording")) == (replicas, recordings)
    inside: dict[str, set[str | None]] = {}
    for track in tracks.values():
        if track.replica:
            inside.setdefault(track.replica, set()).add(track.recording)
        assert bool(track.faults) == bool(track.recording)
        for fault in track.faults:
            assert re.match(
                r"(exact|time-stretched|karaoke) replica of|another version of|the same rec", fault
            )
            named = [word.strip(",") for word in fault.split() if word.strip(",") in tracks]
            assert named
            assert {tracks[other].recording for other in named} == {track.recording}
    assert all(len(found) == 1 and None not in found for found in inside.values())


def test_the_parts_of_ismir2004_are_those_of_the_contest():
    tracks = TRACKS["ismir2004"].values()
    assert Counter(track.id.partition("/")[0] for track in tracks) == dict.fromkeys(
        ("development", "evaluation", "training"), 729
    )
    # No name of the other parts can meet a number: whether they are the same artists can't be told.
    assert {track.anonymous for track in tracks if track.id.startswith("development")} == {True}
    numbered = {artist for track in tracks if track.anonymous for artist in track.artists}
    named = {artist for track in tracks if not track.anonymous for artist in track.artists}
    assert (len(numbered), len(named), len(numbered & named)) == (128, 128, 0)


def test_facts_equal_the_tables_they_come_from(tables):
    for name in NAMES:
        rows = tables(f"{name}_tracks.csv")
        assert len(rows) == len(TRACKS[name])
        for row in rows:
            track = TRACKS[name][row["track_id"]]
            artist = "" if row.get("artist_is_placeholder") == "1" else row.get("artist_id", "")
            checksum = row.get("md5_mp3") or row.get("md5_wav_mirdata")
            assert (track.genre, track.artist or "", track.checksum, track.album) == (
                row["label"],
                artist,
                checksum,
                row.get("album_id"),
            )
        for split, folds in DATASETS[name].published().items():
            if f"{split}_fold" in rows[0]:
                given = {row["track_id"]: row[f"{split}_fold"] for row in rows if row[f"{split}_fold"]}
                assert {track: str(fold) for track, (fold, _) in folds.rows.items()} == given


def test_the_annotated_pairs_of_extended_ballroom_are_in_one_set(tables):
    tracks = TRACKS["extballroom"]
    for row in tables("extballroom_relations.csv"):
        one, other = tracks[row["track_id"]], tracks[row["other_id"]]
        assert one.recording == other.recording is not None
        if row["relation"] != "version":
            assert one.replica == other.replica is not None


@pytest.mark.parametrize(("split", "column"), [("random10", "hash10_fold"), ("released10", "authors10_fold")])
def test_the_rules_give_the_published_columns_of_extended_ballroom(tables, split, column):
    folds = load_split(f"extballroom/{split}").folds
    found = {track: str(number) for number, fold in enumerate(folds, start=1) for track in fold.test}
    assert found == {row["track_id"]: row[column] for row in tables("extballroom_tracks.csv")}


# Splits


def test_the_splits_that_ship():
    expected = [
        "ballroom/album10",
        "ballroom/mclnn10",
        *(f"extballroom/{name}" for name in ("artist10", "foleiss10", "random10", "released10")),
        "homburg/artist10",
        "homburg/mclnn10",
        *(f"ismir2004/{name}" for name in ("artist3", "artist5", "development", "official")),
    ]
    assert expected == SPLITS


@cache
def audited(split: str) -> Audit:
    """The audit of a split that ships."""
    return audit_split(split)


def leaks(split: str, kind: Callable[[Track], Iterable[Hashable]]) -> int:
    """Test tracks that share something of this kind with a training track: the definition, word for word."""
    tracks = TRACKS[split.partition("/")[0]]
    count = 0
    for fold in load_split(split).folds:
        training = {key for i in (*fold.train, *fold.valid) for key in kind(tracks[i])}
        count += sum(bool(training & set(kind(tracks[i]))) for i in fold.test)
    return count


KINDS: dict[str, Callable[[Track], Iterable[Hashable]]] = {
    "artist_in_train": lambda track: track.artists,
    "artist_in_train_same_genre": lambda track: [(artist, track.genre) for artist in track.artists],
    "same_album_in_train": lambda track: [track.album] if track.album else [],
    "exact_replica_in_train": lambda track: [track.replica] if track.replica else [],
    "same_recording_in_train": lambda track: [track.recording] if track.recording else [],
}


@pytest.mark.parametrize(
    ("split", "tests", "expected"),
    [
        ("ismir2004/official", 729, (729, 729, 727, 0, 0)),
        ("ismir2004/development", 729, (0, 0, 0, 0, 0)),
        ("ismir2004/artist3", 1458, (0, 0, 0, 0, 0)),
        ("ismir2004/artist5", 1458, (0, 0, 0, 0, 0)),
        ("extballroom/foleiss10", 4180, (1621, 89, 4179, 162, 441)),
        ("extballroom/released10", 4180, (2247, 1839, 4179, 463, 759)),
        ("extballroom/random10", 4180, (2257, 1851, 4179, 461, 759)),
        ("extballroom/artist10", 4180, (0, 0, 4157, 0, 0)),
        ("ballroom/mclnn10", 698, (0, 0, 698, 8, 24)),
        ("ballroom/album10", 698, (0, 0, 0, 0, 0)),
        ("homburg/mclnn10", 1886, (673, 622, 0, 0, 0)),
        ("homburg/artist10", 1886, (0, 0, 0, 0, 0)),
    ],
)
def test_the_splits_leak_as_measured(split, tests, expected):
    audit = audited(split)
    assert audit.test_tracks == tests
    for (name, kind), figure in zip(KINDS.items(), expected, strict=True):
        assert getattr(audit, name) == leaks(split, kind) == figure, name
    # What the header says of it in figures is what the audit finds.
    about = load_split(split).provenance["about"]
    if "leak" in about and "have an artist" in about:
        assert [int(figure) for figure in re.findall(r"(\d+) of \d+ test tracks", about)] == [expected[0]]


def test_the_measured_leaks_are_those_of_the_tables(tables):
    columns = {
        "foleiss10_fold": "foleiss10",
        "authors10_fold": "released10",
        "hash10_fold": "random10",
        "artist10_fold": "artist10",
        "mclnn10_fold": "mclnn10",
        "official training->evaluation": "official",
        "artist5_fold (training+evaluation)": "artist5",
    }
    attributes = {
        "artist": "artist_in_train",
        "artist (placeholders ignored)": "artist_in_train",
        "artist (from file name)": "artist_in_train",
        "artist within class": "artist_in_train_same_genre",
        "album": "same_album_in_train",
        "album token": "same_album_in_train",
        "annotated duplicate (any relation)": "same_recording_in_train",
        "annotated exact/time/karaoke duplicate": "exact_replica_in_train",
    }
    rows = [row for row in tables("leakage_other_datasets.csv") if row["dataset"] in NAMES]
    assert len(rows) == 26
    for row in rows:
        audit = audited(f"{row['dataset']}/{columns[row['split']]}")
        figure = getattr(audit, attributes[row["shared_attribute"]])
        assert (figure, audit.test_tracks) == (
            int(row["test_tracks_sharing_with_train"]),
            int(row["test_tracks"]),
        )


def test_the_official_split_of_ismir2004_is_that_of_the_papers_table():
    split = load_split("ismir2004/official")
    (fold,) = split.folds
    assert (len(fold.train), len(fold.valid)) == (729, 0)
    tested = Counter(split.genre[track] for track in fold.test)
    assert [tested[genre] for genre in DATASETS["ismir2004"].genres] == [319, 115, 26, 45, 101, 123]
    other = load_split("ismir2004/development").folds[0]
    assert other.train == fold.train
    assert not set(other.test) & set(fold.test)


def test_anonymous_artists_are_not_passed_off_as_disjoint():
    audit = audited("ismir2004/development")
    check = next(check for check in audit.checks if check.code == "MGR001")
    assert (check.status, audit.artist_not_comparable) == ("note", 729)
    assert not audited("ismir2004/official").artist_not_comparable


@pytest.mark.parametrize("split", ["ballroom/mclnn10", "homburg/mclnn10", "homburg/artist10"])
def test_folds_are_of_one_size(split):
    sizes = [len(fold.test) for fold in load_split(split).folds]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("split", SPLITS)
def test_every_genre_is_in_every_part_of_every_fold(split):
    loaded = load_split(split)
    for fold in loaded.folds:
        for part in (fold.train, fold.test):
            assert {loaded.genre[track] for track in part} == set(DATASETS[loaded.dataset].genres)


def test_whole_albums_are_dealt_where_no_artist_is_known():
    split = load_split("ballroom/album10")
    for fold in split.folds:
        albums = [{TRACKS["ballroom"][i].album for i in part} for part in (fold.train, fold.test)]
        assert not albums[0] & albums[1]


def with_albums(*albums: str | None) -> Dataset:
    """A dataset of one genre and a track of each of these albums."""
    tracks = tuple(Track(f"t{n}", "tango", album=album) for n, album in enumerate(albums))
    return replace(DATASETS["ballroom"], name="toy", genres=("tango",), load=lambda root: tracks)


def test_a_track_of_unknown_album_counts_as_one_and_the_header_says_so():
    split = make_split(with_albums("x", "x", None, "a;b", "a"), "album", name="x", folds=2)
    assert "of 1 tracks the album is unknown: each counts as one by itself" in split.provenance["rules"]
    assert sum({"t0", "t1"} <= set(fold.test) for fold in split.folds) == 1
    assert split.artist == dict.fromkeys(split.genre, "")


def test_the_rule_album_needs_albums():
    with pytest.raises(BenchError, match="nothing is known of the albums of toy; choose another rule"):
        make_split(with_albums(None, None), "album", name="x", folds=2)
    with pytest.raises(BenchError, match="tango has 2 albums, fewer than 3 folds; choose at most 2"):
        make_split(with_albums("x", "x", "y"), "album", name="x", folds=3)
    line = refused("split", "make", "homburg", "--rule", "album", "--name", "x")
    assert "nothing is known of the albums of homburg" in line


def test_a_split_with_anonymous_artists_says_what_that_means():
    split = make_split(DATASETS["ismir2004"], "artist", name="x", folds=2)
    assert "the artists of 729 tracks are anonymised" in split.provenance["rules"]


# Names


def respelt(dataset: str, track: str) -> Iterator[str]:
    """Ways to write a track's name."""
    if dataset == "ismir2004":
        yield from respelt_path(track)
        return
    stem = track.rpartition("/")[2]
    genre = TRACKS[dataset][track].genre
    for spelt in (stem, stem.upper(), stem.lower(), stem.replace("_", " "), stem.replace("-", "_")):
        yield from (
            spelt,
            f" {spelt}\n",
            f"./{spelt}.WAV",
            f"{genre}/{spelt}.mp3.wav",
            f"{genre}_{spelt}.flac",
        )
        yield f"C:\\music\\{dataset}\\{genre.upper()}\\{spelt}.Ogg"
        yield f"{dataset}_{spelt}.au"


def respelt_path(track: str) -> Iterator[str]:
    part, *folders, file = track.split("/")
    stem = file.removesuffix(".mp3")
    path = "/".join([*folders, stem])
    yield from (track, track.upper(), f"ISMIR04/{part}/{path}.wav", f"{part}\\{path}.MP3".replace("/", "\\"))
    yield from (f"{path}.flac", f"anything/{path.replace('_', ' ')}.mp3", f"{part}/{path.replace('/', '-')}")
    if part == "development":
        yield from (file, f"tracks/{file}", f"development/world/{file}")
    else:
        yield from (
            "/".join([*folders[1:], file]),
            f"evaluation/{path}.ogg",
            f"rock pop/{'/'.join(folders[1:])}/{file}",
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_track_is_known_in_every_spelling(name):
    identify = DATASETS[name].identify
    for track in TRACKS[name]:
        for spelling in respelt(name, track):
            assert identify(spelling) == track, spelling


@pytest.mark.parametrize("name", DATASETS)
def test_no_dataset_takes_the_tracks_of_another_for_its_own(name):
    for other in NAMES:
        if other == name:
            continue
        for track in TRACKS[other]:
            for spelling in (track, f"{other}/{track}.wav"):
                assert DATASETS[name].identify(spelling) is None


@pytest.mark.parametrize(
    ("name", "strangers"),
    [
        (
            "extballroom",
            ["100600", "1006010", "10060", "Media-100601.wav", "x100601.mp3", "100601 (1).mp3", "100601/",
             "100601.3.wav", "Tango100601.mp3", "100601/cover.wav", "100601.png", "polka_100601.mp3",
             "\u0661\u0660\u0660\u0666\u0660\u0661.mp3", "Waltz_Tango_100601.mp3"],
        ),
        (
            "ballroom",
            ["Media-10360", "Media-1036011", "103601.mp3", "Media-103601 (1).wav", "Media-103601.beats",
             "My-Media-103601.wav", "Albums-Latin_Jam-99.wav", "Media-103601/", "Samba/.wav"],
        ),
        (
            "homburg",
            ["Colours.mp3", "50_Minutes.mp3", "50_Minutes-Colours-2.mp3", "50_Minutes-Colours.txt", "-",
             "The_50_Minutes-Colours.mp3", "50_Minutes-Colours.mp3/", "rock/.mp3"],
        ),
        (
            "ismir2004",
            ["2-so_easy.mp3", "return_back/2-so_easy.mp3", "domased/2-so_easy.mp3", "artist_16.mp3",
             "evaluation/artist_16_album_1_track_3.mp3", "Training/x/artist_16_album_1_track_3.mp3",
             "artist_16_album_1_track_33.mp3", "xdomased/return_back/2-so_easy.mp3", "development/",
             "domased/return_back/2-so_easy/cover.mp3"],
        ),
    ],
)  # fmt: skip
def test_other_names_are_nobodys(name, strangers):
    for stranger in ("", ".", "/", "...", "a\0b", "🎵.mp3", "é" * 5000, *strangers):
        assert DATASETS[name].identify(stranger) is None, stranger


@pytest.mark.parametrize(
    "written",
    [
        "kruhovy\u0301",
        "kruhov\u00fd",
        b"kruhov\xfd".decode("utf-8", "surrogateescape"),
        b"kruhov\xfd".decode("utf-8", "replace"),
        "kruhovÃ½",
        "kruhov_",
    ],
)
def test_a_letter_that_an_archive_spoilt_does_no_harm(written):
    found = DATASETS["ismir2004"].identify(f"strojovna_07/dirnix/5-{written}_objazd.mp3")
    assert found is not None
    assert found.startswith("evaluation/electronic/strojovna_07/dirnix/5-kruhov")


def test_a_spelling_that_could_mean_two_tracks_means_none():
    index = index_names([("A_b", "1"), ("a-B", "2"), ("a b c", "1"), ("A.B.C", "1"), ("!", "3")])
    assert index == {"a-b-c": "1"}
    assert plain("Ünder-_score ") == "nder-score"
    assert parts_of("a/b/") == []


# Layouts


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("extballroom", {"100601": "Waltz/100601.mp3", "100701": "Foxtrot/100701.mp3"}),
        ("extballroom", {"100601": "Waltz_100601.wav", "100610": "Viennese Waltz-100610.wav"}),
        ("extballroom", {"100601": "extendedballroom/audio/100601.ogg", "103601": "cha-cha/103601.flac"}),
        ("ballroom", {"Albums-Fire-08": "BallroomData/ChaChaCha/Albums-Fire-08.wav"}),
        ("ballroom", {"Media-105119": "audio/ballroom_Media-105119.flac"}),
        ("ballroom", {"Albums-AnaBelen_Veneo-03": "Rumba-International/Albums-AnaBelen_Veneo-03.wav"}),
        ("homburg", {"alternative/50_Minutes-Colours": "alternative/50_Minutes-Colours.mp3"}),
        ("homburg", {"alternative/50_Minutes-Colours": "all/Alternative - 50 Minutes - Colours.wav"}),
        (
            "ismir2004",
            {
                "development/artist_16_album_1_track_3.mp3": "development/artist_16_album_1_track_3.mp3",
                "training/electronic/domased/return_back/2-so_easy.mp3": (
                    "training/electronic/domased/return_back/2-so_easy.mp3"
                ),
            },
        ),
        (
            "ismir2004",
            {
                "training/electronic/domased/return_back/2-so_easy.mp3": (
                    "tracks/electronic-domased-return_back-2-so_easy.wav"
                ),
            },
        ),
    ],
)
def test_clips_are_found_in_any_layout(tmp_path, name, files):
    root = place(tmp_path / name, *files.values(), "readme.txt", "spectrograms/100601.png", "._100601.mp3")
    assert {track.id: track.path for track in DATASETS[name].tracks(root)} == files


@pytest.mark.parametrize(
    ("name", "track", "ending"), [("extballroom", "100601", "mp3"), ("ballroom", "Albums-Fire-08", "wav")]
)
def test_only_files_as_they_are_handed_out_have_a_checksum(tmp_path, name, track, ending):
    known = TRACKS[name][track]
    assert known.checksum is not None
    for other in ("mp3", "wav", "flac"):
        root = place(tmp_path / other, f"{track}.{other}")
        (found,) = DATASETS[name].tracks(root)
        assert found == replace(
            known, path=f"{track}.{other}", checksum=known.checksum if other == ending else None
        )


@pytest.mark.parametrize(
    ("name", "preferred"),
    [("extballroom", ".mp3"), ("homburg", ".mp3"), ("ismir2004", ".mp3"), ("ballroom", ".wav")],
)
def test_of_several_copies_that_which_was_handed_out_is_taken(tmp_path, name, preferred):
    track = next(iter(TRACKS[name]))
    stem = track.removesuffix(".mp3")
    root = place(tmp_path, *(f"{stem}{ending}" for ending in DATASETS[name].audio_suffixes))
    (found,) = DATASETS[name].tracks(root)
    assert (found.id, found.path) == (track, f"{stem}{preferred}")


@pytest.mark.parametrize("name", NAMES)
def test_a_root_without_clips_says_what_it_holds_and_where_they_are_to_be_had(tmp_path, name):
    place(tmp_path, "blues.00000.wav")
    with pytest.raises(
        BenchError, match=rf"holds none of the \d+ clips of {name} \(1 other audio files.*data info"
    ):
        DATASETS[name].tracks(tmp_path)


def test_a_dataset_whose_facts_are_missing_says_so():
    with pytest.raises(BenchError, match=r"nobody_tracks\.tsv: no such file"):
        known_tracks("nobody", None)


def test_listing_datasets_reads_no_facts(monkeypatch):
    from mgrbench.datasets import fact_tables as _facts

    monkeypatch.setattr(_facts, "read_text", lambda path: pytest.fail(f"{path} is read"))
    assert set(NAMES) <= {row["name"] for row in cli("list", "datasets", "--json").document["datasets"]}


# Real features


@pytest.mark.parametrize(
    ("name", "file", "array", "tracks", "values"),
    [
        ("extballroom", "extballroom_choi.npz", "convnet", 4180, 160),
        ("extballroom", "extballroom_periodicity.npz", "pedf", 4180, 596),
        ("ismir2004", "ismir2004_training_39d.npz", "handcrafted", 727, 39),
    ],
)
def test_real_features_are_imported_by_the_ids_of_the_datasets(
    shared_data, name, file, array, tracks, values
):
    path = shared_data / file
    document = done("features", "import", name, "real", "--file", path, "--array", array, "--json").document
    assert (document["tracks"], document["shape"]) == (tracks, [1, values])
    with np.load(path, allow_pickle=False) as archive:
        ids, first = archive["ids"].tolist(), archive[array][0]
    assert set(ids) <= set(TRACKS[name])
    np.testing.assert_array_equal(FeatureStore().open(name, "real").rows(ids[:1])[0, 0], first)


# What one is told


@pytest.mark.parametrize("name", DATASETS)
def test_info_says_how_to_get_the_audio(name):
    steps = done("data", "info", name, "--json").document["to_get_it"]
    assert any(f"mgrbench data {word} {name}" in steps[-1] for word in ("download", "verify"))
    shown = "".join(done("data", "info", name).out.split())  # a long path is broken where the line ends
    assert all("".join(step.split()) in shown for step in steps)


def test_info_gives_no_figure_for_what_is_not_known():
    ballroom = done("data", "info", "ballroom", "--json").document["classes"]
    assert {row["artists"] for row in ballroom} == {None}
    assert min(row["hours"] for row in ballroom) > 0
    ismir = done("data", "info", "ismir2004", "--json").document
    assert {row["hours"] for row in ismir["classes"]} == {ismir["hours"]} == {None}
    assert min(row["artists"] for row in ismir["classes"]) > 0
