"""The audit of a split: what leaks, against a comparison of all pairs and as measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrbench.cli import dispatch
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError, Fold, Track
from mgrbench.splits import audit_folds, audit_split, read_track_list
from tests.support.tracks import GENRES, properties, toy, track_lists

GTZAN = load_dataset("gtzan")


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
    assert details["MGR006"] == (
        "leak",
        "2 tracks are named twice: reggae.00087, blues.00000; not checked for 2 of 12 names",
    )
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
