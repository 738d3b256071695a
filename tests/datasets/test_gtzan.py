"""The GTZAN dataset: its facts, its published folds, and finding its clips under any layout."""

from __future__ import annotations

import csv
import os
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from mgrbench.core.types import BenchError, PublishedFolds, Track
from mgrbench.datasets.collections.gtzan import DATASET, GENRES, identify
from mgrbench.datasets.fact_tables import facts_file, read_facts, read_folds
from mgrbench.datasets.folder import find_clips, scan_folder

TRACKS = {track.id: track for track in DATASET.tracks()}
FOLDS = DATASET.published()


def place(root: Path, *names: str) -> Path:
    """Files of these names under ``root``; finding clips never looks into them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


# Facts


def test_the_thousand_tracks_stand_in_order_with_a_hundred_in_each_genre():
    assert list(TRACKS) == [f"{genre}.{number:05d}" for genre in GENRES for number in range(100)]
    assert all(track.genre == track.id.split(".")[0] for track in TRACKS.values())
    assert list(GENRES) == sorted(GENRES)
    assert {track.seconds for track in TRACKS.values()} == {30.0}
    assert {track.path for track in TRACKS.values()} == {None}


def test_artists_are_known_for_983_tracks():
    assert sum(track.artist is not None for track in TRACKS.values()) == 983
    assert Counter(a for t in TRACKS.values() for a in t.artists)["bob-marley"] == 36
    assert TRACKS["reggae.00087"].artists == {"lauryn-hill", "bob-marley"}
    assert TRACKS["pop.00014"].artists == frozenset()


def test_replicas_are_46_sets_of_96_tracks_and_lie_inside_recordings():
    replicas = [t for t in TRACKS.values() if t.replica]
    recordings = [t for t in TRACKS.values() if t.recording]
    assert len(replicas) == 96
    assert len({t.replica for t in replicas}) == 46
    assert len(recordings) == 150
    assert len({t.recording for t in recordings}) == 70
    for name in {t.replica for t in replicas}:
        members = {t.recording for t in replicas if t.replica == name}
        assert len(members) == 1
        assert None not in members


def test_tracks_of_equal_checksum_are_replicas_of_each_other():
    checksums = Counter(track.checksum for track in TRACKS.values())
    assert len(checksums) == 986
    assert all(c is not None and len(c) == 32 for c in checksums)
    for checksum in (c for c, n in checksums.items() if n > 1):
        sets = {track.replica for track in TRACKS.values() if track.checksum == checksum}
        assert len(sets) == 1
        assert None not in sets


def test_faults_are_plain_words():
    faults = Counter(fault.split(" of ")[0].split(" as ")[0] for t in TRACKS.values() for fault in t.faults)
    assert faults == {
        "exact replica": 96,
        "probably the same recording": 34,
        "probably another version": 26,
        "severely distorted": 2,
        "undecodable in common WAV copies": 1,
    }
    assert TRACKS["jazz.00054"].faults == ("undecodable in common WAV copies",)
    assert TRACKS["disco.00050"].faults == ("exact replica of disco.00051, disco.00070",)
    assert TRACKS["rock.00099"].faults == ()


def test_the_dataset_describes_itself():
    assert (DATASET.name, DATASET.sample_rate, DATASET.segment_seconds, DATASET.segments_per_track) == (
        "gtzan",
        22050,
        10.0,
        3,
    )
    assert DATASET.licence == "none stated"
    for archive in DATASET.archives:
        algorithm, colon, digest = archive.checksum.partition(":")
        assert (algorithm, colon, len(digest)) == ("sha256", ":", 64)
    dead = ("http://opihi.cs.uvic.ca", "http://marsyas.info")
    assert not any(archive.url.startswith(dead) for archive in DATASET.archives)


def test_reading_the_facts_takes_no_time():
    def seconds() -> float:
        start = time.perf_counter()
        read_facts(facts_file("gtzan_tracks.tsv"), ())
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.05


# Published folds


def leak(tested: Collection[Track], trained: Collection[Track]) -> tuple[int, int, int]:
    """Test tracks whose artist, exact replica, recording is in training: the definition, word for word."""
    artists = {artist for track in trained for artist in track.artists}
    replicas = {track.replica for track in trained} - {None}
    recordings = {track.recording for track in trained} - {None}
    return (
        sum(bool(track.artists & artists) for track in tested),
        sum(track.replica in replicas for track in tested),
        sum(track.recording in recordings for track in tested),
    )


def leaks(folds: PublishedFolds) -> tuple[int, ...]:
    """The three counts summed over the folds."""
    parts = {part for _, part in folds.rows.values()}
    cuts = [1] if "train" in parts else sorted({fold for fold, _ in folds.rows.values()})
    counts = []
    for cut in cuts:
        tested = [TRACKS[i] for i, row in folds.rows.items() if row == (cut, "test")]
        trained = [TRACKS[i] for i, row in folds.rows.items() if row != (cut, "test")]
        counts.append(leak(tested, trained))
    return tuple(map(sum, zip(*counts, strict=True)))


@pytest.mark.parametrize(
    ("split", "tracks", "expected"),
    [
        ("foleiss3", 948, (190, 2, 20)),
        ("kereliuk", 930, (28, 0, 1)),
        ("mclnn10", 1000, (831, 88, 142)),
        ("artist3", 948, (0, 0, 0)),
        ("artist5", 948, (0, 0, 0)),
    ],
)
def test_published_folds_leak_as_measured(split, tracks, expected):
    folds = FOLDS[split]
    assert len(folds.rows) == tracks
    assert set(folds.rows) <= set(TRACKS)
    assert leaks(folds) == expected
    assert set(folds.provenance) == {"about", "source", "licence", "cite", "rules"}
    assert all(folds.provenance.values())


@pytest.mark.parametrize(
    ("split", "sizes"),
    [
        ("foleiss3", {(1, "test"): 315, (2, "test"): 316, (3, "test"): 317}),
        ("kereliuk", {(1, "train"): 443, (1, "valid"): 197, (1, "test"): 290}),
        ("mclnn10", {(fold, "test"): 100 for fold in range(1, 11)}),
        ("artist3", {(fold, "test"): 316 for fold in range(1, 4)}),
        ("artist5", dict(zip([(f, "test") for f in range(1, 6)], (202, 186, 187, 187, 186), strict=True))),
    ],
)
def test_published_folds_have_their_sizes(split, sizes):
    assert Counter(FOLDS[split].rows.values()) == sizes


def test_mclnn10_is_stratified():
    assert set(Counter((t.split(".")[0], row) for t, row in FOLDS["mclnn10"].rows.items()).values()) == {10}


def test_artist_folds_leave_out_one_too_many_of_every_replica_and_the_two_most_distorted():
    for split in ("artist3", "artist5"):
        kept = [TRACKS[track] for track in FOLDS[split].rows]
        sets = Counter(track.replica for track in kept if track.replica)
        assert len(sets) == 46
        assert set(sets.values()) == {1}
        left_out = {t.id for t in TRACKS.values() if not t.replica} - {t.id for t in kept}
        assert left_out == {"pop.00037", "reggae.00086"}
        assert {"severely distorted"} == {TRACKS[track].faults[-1] for track in left_out}


def test_facts_equal_the_tables_they_come_from(shared_data):
    folder = shared_data.parent / "facts"
    if not folder.is_dir():
        pytest.skip("the tables of facts are not at hand")
    with (folder / "gtzan_tracks.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            track = TRACKS[row["track_id"]]
            assert (track.genre, track.artist or "", track.replica or "", track.recording or "") == (
                row["label"],
                row["artist_ids"],
                row["exact_group"],
                row["song_group"],
            )
            assert track.checksum == row["md5_wav_mirdata"]
    columns = {name: f"{name}_fold" for name in FOLDS} | {"kereliuk": "kereliuk_filtered"}
    with (folder / "gtzan_splits.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            for name, column in columns.items():
                fold, part = FOLDS[name].rows.get(row["track_id"], ("", ""))
                assert row[column] == (part if name == "kereliuk" else str(fold))


# Names


@pytest.mark.parametrize(
    "pattern",
    [
        "{genre}.{number}",
        "{genre}.{number}.au",
        "genres/{genre}/{genre}.{number}.wav",
        "./{genre}_{number}.wav",
        "Data\\genres_original\\{genre}\\{genre}-{number}.FLAC",
        "{genre} {number}.mp3",
        "{genre}{number}.ogg",
        "gtzan_{genre}_{number}",
        "{genre}.{number}.au.wav",
        " {genre}.{number}\n",
    ],
)
def test_every_track_is_known_in_every_spelling(pattern):
    for track in TRACKS:
        genre, number = track.split(".")
        for spelling in (genre, genre.upper(), genre.capitalize()):
            assert identify(pattern.format(genre=spelling, number=number)) == track


@pytest.mark.parametrize(
    "name",
    ["hip-hop.00003", "Hip Hop_00003.au", "hip_hop/hip_hop.00003.wav", "HIP.HOP.00003", "hip-hop00003"],
)
def test_hiphop_has_many_spellings(name):
    assert identify(name) == "hiphop.00003"


def test_a_clip_in_another_genres_folder_keeps_its_id():
    assert identify("rock/metal.00058.wav") == "metal.00058"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "blues",
        "blues.1000",
        "blues.00100",
        "blues.01000",
        "blues.100000",
        "blues.7",
        "blues.000007",
        "notblues.00001",
        "blues.00001x",
        "blues.00001.png",
        "blues.00001.3.wav",
        "blues.00001 (1).wav",
        "._blues.00001.wav",
        "blues/00001.wav",
        "blues.00001/cover.wav",
        "blues..00001",
        "hip--hop.00001",
        "blues.٠٠٠٠١",
        "ſoul.00001",
        "blueſ.00001",
        "genres/blues.00001/",
        "soul.00001.wav",
    ],
)
def test_other_names_are_nobodys(name):
    assert identify(name) is None


# Layouts


@pytest.mark.parametrize(
    "names",
    [
        ["genres/blues/blues.00000.au", "genres/hiphop/hiphop.00001.au"],
        ["genres_original/blues/blues.00000.wav", "genres_original/hiphop/hiphop.00001.wav"],
        ["Data/genres_original/blues/blues.00000.wav", "Data/genres_original/hiphop/hiphop.00001.wav"],
        ["blues_00000.wav", "hiphop_00001.wav"],
        ["blues.00000.mp3", "hiphop.00001.ogg"],
        ["Blues/Blues.00000.FLAC", "Hip Hop/Hip Hop.00001.FLAC"],
        ["BLUES/00/blues.00000.WAV", "hip-hop/hip-hop.00001.Mp3"],
    ],
)
def test_clips_are_found_in_any_layout(tmp_path, names):
    root = place(tmp_path / "gtzan", *names, "Data/images/blues00000.png", "features_30_sec.csv")
    assert [(t.id, t.path) for t in DATASET.tracks(root)] == [
        ("blues.00000", names[0]),
        ("hiphop.00001", names[1]),
    ]


def test_found_tracks_keep_their_facts_and_only_wav_files_a_checksum(tmp_path):
    root = place(tmp_path, "disco.00050.wav", "disco.00051.WAV", "disco.00070.au")
    first, second, third = DATASET.tracks(root)
    assert first == replace(TRACKS["disco.00050"], path="disco.00050.wav")
    assert second.checksum == TRACKS["disco.00051"].checksum
    assert third == replace(TRACKS["disco.00070"], path="disco.00070.au", checksum=None)


def test_of_several_files_the_first_ending_and_then_the_first_path_is_taken(tmp_path):
    root = place(
        tmp_path,
        "a/blues.00000.wav",
        "b/blues.00000.au",
        "c/blues.00000.AU",
        "z/rock.00000.wav",
        "y/rock_00000.WAV",
        "rock.00000.mp3",
    )
    assert find_clips(DATASET, root) == {"blues.00000": "b/blues.00000.au", "rock.00000": "y/rock_00000.WAV"}


def test_hidden_files_are_passed_over_and_others_are_named(tmp_path):
    root = place(
        tmp_path / ".hidden root",
        "blues/blues.00000.wav",
        "blues/._blues.00001.wav",
        ".cache/blues.00002.wav",
        "__MACOSX/blues.00003.wav",
        "blues/notblues.00004.wav",
        "blues/blues.00005.txt",
    )
    scan = scan_folder(DATASET, root)
    assert scan.clips == {"blues.00000": "blues/blues.00000.wav"}
    assert scan.unrecognised == ("blues/notblues.00004.wav",)


def test_links_are_followed_but_not_in_circles(tmp_path):
    clips = place(tmp_path / "elsewhere", "blues.00000.wav")
    root = tmp_path / "root"
    root.mkdir()
    try:
        (root / "linked").symlink_to(clips, target_is_directory=True)
        (clips / "back").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    assert find_clips(DATASET, root) == {"blues.00000": "linked/blues.00000.wav"}


def test_a_root_given_with_a_trailing_slash_or_as_here(tmp_path, monkeypatch):
    place(tmp_path, "x/blues.00000.wav")
    monkeypatch.chdir(tmp_path)
    for root in (Path(), Path("x") / "..", Path(f"{tmp_path}/")):
        assert find_clips(DATASET, root) == {"blues.00000": "x/blues.00000.wav"}


def test_ten_thousand_files_are_scanned_quickly(tmp_path):
    for folder in range(10):
        (tmp_path / str(folder)).mkdir()
        for number in range(1000):
            os.close(os.open(tmp_path / str(folder) / f"{number:06d}.wav", os.O_CREAT))
    start = time.perf_counter()
    assert len(scan_folder(DATASET, tmp_path).unrecognised) == 10_000
    assert time.perf_counter() - start < 2


# Errors


def test_a_root_that_is_missing_says_how_to_get_the_audio(tmp_path):
    with pytest.raises(
        BenchError, match=r"nowhere: no such folder; .*--root or MGRBENCH_DATA.*data info gtzan"
    ):
        DATASET.tracks(tmp_path / "nowhere")


def test_a_root_that_is_a_file_says_so(tmp_path):
    place(tmp_path, "genres.tar.gz")
    with pytest.raises(BenchError, match=r"genres\.tar\.gz: is a file, not a folder"):
        DATASET.tracks(tmp_path / "genres.tar.gz")


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        (["README"], "no audio files at all"),
        (["b/2.mp3", "a/1.wav"], r"2 other audio files, 'a/1\.wav' the first"),
    ],
)
def test_a_root_without_clips_says_what_it_holds(tmp_path, names, seen):
    with pytest.raises(
        BenchError, match=rf"holds none of the 1000 clips of gtzan \({seen}\); name the folder"
    ):
        DATASET.tracks(place(tmp_path, *names))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may read anything")
def test_a_folder_that_may_not_be_read_is_an_error(tmp_path):
    place(tmp_path, "blues/blues.00000.wav")
    (tmp_path / "blues").chmod(0)
    try:
        with pytest.raises(BenchError, match="blues: may not be read"):
            DATASET.tracks(tmp_path)
    finally:
        (tmp_path / "blues").chmod(0o700)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r":1: lacks the column 'track_id'"),
        ("# about: x\n", r":2: lacks the column 'track_id'"),
        ("# about\ntrack_id\n", r":1: is no '# key: value'"),
        ("# a: x\n# a: y\ntrack_id\n", r":2: is no '# key: value' with a new key"),
        ("track_id\tartist\n", r":1: lacks the column 'genre'"),
        ("track_id\tgenre\tgenre\n", r":1: names a column twice"),
        ("# a: x\ntrack_id\tgenre\na\tb\na\n", r":4: has 1 fields where there are 2 columns"),
        ("track_id\tgenre\na\tb\tc\n", r":2: has 3 fields"),
        ("track_id\tgenre\na\tb\n\n", r":3: has 1 fields"),
        ("track_id\tgenre\na\tb\na\tb\n", r":3: the track id 'a' is empty or stands twice"),
        ("track_id\tgenre\n\tb\n", r":2: the track id '' is empty"),
    ],
)
def test_a_broken_fact_table_is_named_with_its_line(tmp_path, text, problem):
    file = tmp_path / "facts.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BenchError, match=rf"facts\.tsv{problem}"):
        read_facts(file, ("genre",))


def test_fields_of_a_fact_table_are_taken_as_they_stand(tmp_path):
    file = tmp_path / "facts.tsv"
    file.write_bytes('\ufeff# about: a: b\r\ntrack_id\ttitle\r\nx\t"Linz", Finale\r\n'.encode())
    table = read_facts(file, ("title",))
    assert table.header == {"about": "a: b"}
    assert table.rows == ({"track_id": "x", "title": '"Linz", Finale'},)


HEAD = "# about: x\n" + "".join(f"# s.{key}: x\n" for key in ("about", "source", "licence", "cite", "rules"))


def test_folds_are_read_from_numbers_and_parts(tmp_path):
    file = tmp_path / "folds.tsv"
    file.write_text(f"{HEAD}track_id\ts\na\t2\nb\t\nc\tvalid\n", encoding="utf-8")
    assert read_folds(file)["s"].rows == {"a": (2, "test"), "c": (1, "valid")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{HEAD}track_id\ts\na\t0\n", r":8: s '0' is neither a fold nor"),
        (f"{HEAD}track_id\ts\na\tTest\n", r":8: s 'Test' is neither"),
        (f"{HEAD}track_id\ts\na\t²\n", r":8: s '²' is neither"),
        (f"{HEAD}track_id\ts\tt\na\t1\t1\n", r": the header lacks the line '# t\.about:'"),
        (f"{HEAD}track_id\na\n", r": the header has an unknown line '# s\.about:'"),
    ],
)
def test_a_broken_table_of_folds_is_named(tmp_path, text, problem):
    file = tmp_path / "folds.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BenchError, match=rf"folds\.tsv{problem}"):
        read_folds(file)
