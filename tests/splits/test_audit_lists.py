"""A stranger's lists in every format and spelling, what the audit counts, and the table of all audits."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.core.types import BenchError, Dataset, Fold, Track
from mgrbench.splits import (
    audit_folds,
    draw_validation,
    load_split,
    read_track_list,
    shipped_splits,
)
from mgrbench.splits.audit_table import BEGIN, END, LEAKS, audit_all, check_overview, write_overview
from tests.support.helpers import GTZAN, REPOSITORY, cli, done, refused, unchanged

IDS = ("blues.00000", "hiphop.00003", "rock.00099", "disco.00050")
SPELLINGS = {
    "ids": IDS,
    "files": tuple(f"{track}.wav" for track in IDS),
    "paths": (
        "/data/genres/blues/blues.00000.au",
        "./Hip-Hop_00003.mp3",
        "../x/ROCK 00099.flac",
        "disco00050",
    ),
    "Windows paths": tuple(rf"C:\music\{track[:-6]}\{track}.wav" for track in IDS),
    "URIs": (
        "file:///home/me/my%20music/blues.00000.au",
        "file://host/Hip%20Hop.00003.wav",
        "https://example.org/rock.00099.mp3?token=a%2Fb#t=3",
        "file:disco%2E00050.wav",
    ),
    "percent signs": ("a%20b/blues.00000.wav", "hip%2Dhop.00003", "100%/rock.00099", "%64isco.00050"),
    "names with signs": ("a, b; c/blues.00000.au", '"hiphop.00003"', "'x|y'/rock.00099", "ü/disco.00050.wav"),
}


def as_csv(names, sign=",", head=("nr", "file_name", "genre")):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=sign)
    writer.writerows([head, *[(number, name, "x") for number, name in enumerate(names)]])
    return stream.getvalue()


FORMATS = {
    "names.txt": "\n".join,
    "names": lambda names: "# a comment\n\n" + "\n".join(f"  {name}  " for name in names) + "\n\n",
    "names.csv": as_csv,
    "semicolons.csv": lambda names: as_csv(names, ";"),
    "names.tsv": lambda names: as_csv(names, "\t"),
    "bars.psv": lambda names: as_csv(names, "|"),
    "no_head.csv": lambda names: "".join(as_csv(names).splitlines(keepends=True)[1:]),
    "one_column.csv": lambda names: "\n".join('"' + name.replace('"', '""') + '"' for name in names),
    "with_head.txt": lambda names: as_csv(names, "\t", ("genre", "Track ID", "Note")),
    "list.json": lambda names: json.dumps(list(names), indent=2),
    "list_without_ending": lambda names: json.dumps(list(names)),
    "objects.json": lambda names: json.dumps([{"genre": "x", "path": name} for name in names]),
    "inside.json": lambda names: json.dumps({"version": 1, "tracks": list(names)}),
    "lines.jsonl": lambda names: "\n".join(json.dumps({"label": 3, "track_id": name}) for name in names),
    "lines_of.json": lambda names: "\n".join(json.dumps({"file": name}) for name in names),
    "strings.ndjson": lambda names: "\n".join(map(json.dumps, names)),
    "list.m3u8": lambda names: "#EXTM3U\n" + "".join(f"#EXTINF:30,A - B\n{name}\n" for name in names),
    "list.m3u": "\n".join,
    "playlist": lambda names: "#EXTM3U\n#PLAYLIST:x\n" + "\n".join(names),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_every_spelling(tmp_path, name, spelling):
    file = tmp_path / name
    file.write_text(FORMATS[name](SPELLINGS[spelling]), encoding="utf-8")
    read = read_track_list(file, GTZAN)
    assert read.ids == IDS
    assert (read.names, read.matched, read.unknown, read.repeated) == (4, 4, (), ())


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.encode("utf-16"),
    ],
    ids=["BOM and CRLF", "CR", "UTF-16"],
)
def test_byte_order_marks_and_line_ends_change_nothing(tmp_path, name, encoded):
    plain, other = tmp_path / f"a{name}", tmp_path / f"b{name}"
    text = FORMATS[name]([*SPELLINGS["names with signs"], "nobody.wav", IDS[0]])
    plain.write_bytes(text.encode())
    other.write_bytes(encoded(text))
    read = read_track_list(other, GTZAN)
    assert read == read_track_list(plain, GTZAN)
    assert (read.ids, read.unknown, read.repeated) == (IDS, ("nobody.wav",), (IDS[0],))


def test_an_old_playlist_may_be_latin_1(tmp_path):
    (tmp_path / "old.m3u").write_bytes("Müller\\blues.00000.mp3\n".encode("latin-1"))
    assert read_track_list(tmp_path / "old.m3u", GTZAN).ids == ("blues.00000",)


def test_names_with_accents_match_however_they_are_composed(tmp_path):
    dataset = Dataset(
        "toy", "Toy.", ("x",), 8000, 1.0, 1, "", "", "",
        load=lambda root: [Track("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "x")], identify=lambda name: None,
    )  # fmt: skip
    (tmp_path / "x.txt").write_text("cafe\N{COMBINING ACUTE ACCENT}\n", encoding="utf-8")
    assert read_track_list(tmp_path / "x.txt", dataset).matched == 1


# Columns


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("id,path\n0,blues.00000.wav\n1,rock.00001.wav\n", "path"),  # ids that are only numbers
        ("other_id,track_id\nrock.00001,blues.00000\nrock.00002,nobody\n", "track_id"),  # by name
        ("file,track_id\nblues.00000.wav,blues.00000\n", "track_id"),  # the surer name
        ("file,track_id\nblues.00000.wav,17\n", "file"),
        ("a,b\nx,blues.00000\n", "2"),  # no names: where the tracks are
        (",0\n0,blues.00000\n", "2"),  # as pandas writes a series
        ("x,blues.00000\ny,rock.00001\n", "2"),
        ("#track_id,genre\nblues.00000,blues\n# end,\n", "track_id"),
    ],
)
def test_the_column_is_guessed(tmp_path, text, column):
    (tmp_path / "x.csv").write_text(text)
    read = read_track_list(tmp_path / "x.csv", GTZAN)
    assert read.column == column
    assert read.ids[0] == "blues.00000"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("similar", "rock.00001"),
        ("Similar", "rock.00001"),
        ("2", "rock.00001"),
        ("1", "blues.00000"),
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.txt"])
def test_the_column_can_be_named_or_counted(tmp_path, column, expected, name):
    (tmp_path / name).write_text("track_id,similar\nblues.00000,rock.00001\n")
    assert read_track_list(tmp_path / name, GTZAN, column).ids == (expected,)


@pytest.mark.parametrize(
    ("column", "needle"),
    [
        ("similer", r"has no column 'similer'; did you mean 'similar'\?"),
        ("zzz", "its columns are track_id, similar"),
        ("0", "has no column '0'"),
        ("3", "has no column '3'"),
        ("9" * 9999, "has no column"),
        ("", "has no column ''"),
    ],
)
def test_a_column_that_is_not_there_is_refused(tmp_path, column, needle):
    (tmp_path / "x.csv").write_text("track_id,similar\nblues.00000,rock.00001\n")
    with pytest.raises(BenchError, match=needle):
        read_track_list(tmp_path / "x.csv", GTZAN, column)


# What cannot be read


@pytest.mark.parametrize(
    ("name", "data", "needle"),
    [
        ("x.txt", b"", "names no track of gtzan (it is empty)"),
        ("x.m3u", b"#EXTM3U\n", "it is empty"),
        ("x.csv", b"\n\n", "it is empty"),
        ("x.json", b"[]", "it is empty"),
        ("x.txt", b"nobody\n", "names no track of gtzan (its first line is 'nobody'); write one id"),
        ("x.csv", b"a,b\nc,d\n", "names no track of gtzan"),
        ("x.txt", "Müller\n".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
        ("x.m3u8", "Müller\n".encode("latin-1"), "is not UTF-8 text"),
        ("x.txt", b"blues.00000\0\n", "is no text (it has NUL bytes)"),
        ("x.m3u", b"\x89PNG\r\n\x1a\n\0\0\xff", "is not UTF-8 text"),
        ("x.xlsx", b"PK\x03\x04\x14\0\x06\0\xff\xfe", "is not UTF-8 text"),
        ("x.txt", b"\xff\xfea", "is not UTF-8 text"),
        ("x.csv", b'file\nblues.00000\n"rock.00001\n', "x.csv:4: is no CSV here (unexpected end of data)"),
        ("x.csv", b'file\n"blues.00000"x,\n', "x.csv:2: is no CSV here"),
        ("x.csv", b"file\n" + b"a" * 200_000, "x.csv:2: is no CSV here (field larger"),
        ("x.json", b'["blues.00000",\n', "is no JSON"),
        ("x.json", b'[\n"blues.00000",\n}\n', "x.json:3: is no JSON"),
        ("x.json", b'{"a": 1}', "no track of gtzan"),
        ("x.json", b'{"a": [1],\n"b": [2]}', "is JSON, but no list (dict)"),
        ("x.json", b'"blues.00000"', "is JSON, but no list (str)"),
        ("x.json", b"[" * 100_000, "is no JSON (is nested too deeply"),
        ("x.json", b"[" + b"9" * 10_000 + b"]", "is no JSON (is nested too deeply or has a number too long)"),
        ("x.jsonl", b'{"file": "blues.00000"}\n{"file": \n', "x.jsonl:2: is no JSON"),
        ("x.json", b'[null, true, {"a": [1]}, [2], 1e999]', "names no track of gtzan"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_in_one_line(tmp_path, name, data, needle):
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.txt").write_text("blues.00001\n")
    with unchanged(tmp_path):
        line = refused(
            "split", "audit", "--train", tmp_path / "good.txt", "--test", tmp_path / name, "-d", "gtzan"
        )
    assert needle in line


def test_places_that_are_no_file_are_refused(tmp_path):
    for path, needle in ((tmp_path / "none.csv", "no such file"), (tmp_path, "is a folder")):
        assert needle in refused("split", "audit", "--train", path, "--test", path, "-d", "gtzan")


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.sampled_from(["x.txt", "x.csv", "x.tsv", "x.json", "x.jsonl", "x.m3u", "x.m3u8", "x"]),
    st.binary(max_size=60) | st.text(',;|\t"{}[]:#%\\\nab0', max_size=60).map(str.encode),
    st.none() | st.text(max_size=4),
)
def test_whatever_bytes_come_they_are_a_list_or_refused(tmp_path_factory, name, noise, column):
    file = tmp_path_factory.getbasetemp() / f"fuzz_{name}"
    file.write_bytes(b"blues.00000\n" + noise)
    try:
        read = read_track_list(file, GTZAN, column)
    except BenchError as error:
        assert "\n" not in error.problem  # noqa: PT017
        return
    assert read.matched + len(read.unknown) == read.names
    assert set(read.ids) <= {track.id for track in GTZAN.tracks()}


# What the command says


@pytest.fixture
def lists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("train.csv").write_text("nr,path\n1,genres\\blues\\blues.00000.au\n2,who.wav\n3,disco.00050.wav\n")
    Path("test.m3u").write_text("#EXTM3U\nblues.00001.mp3\ndisco.00051.mp3\n\x1b[31mred\u202e[bold]\n")
    return ("split", "audit", "--train", "train.csv", "--test", "test.m3u", "-d", "gtzan")


def test_it_says_what_it_could_match_and_what_not(lists, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = done(*lists).out
    assert "train: train.csv (CSV, column path): 3 lines, 2 of 3 names matched, 2 tracks" in text
    assert "  not matched: who.wav" in text
    assert "test: test.m3u (M3U): 3 lines, 2 of 3 names matched, 2 tracks" in text
    assert r"not matched: \x1b[31mred\u202e[bold]" in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    document = done(*lists, "--json").document
    assert document["lists"][0] == {
        "part": "train", "file": "train.csv", "format": "CSV", "column": "path", "lines": 3, "names": 3,
        "matched": 2, "tracks": 2, "unknown": ["who.wav"], "repeated": [],
    }  # fmt: skip
    assert [each["part"] for each in document["lists"]] == ["train", "test"]
    assert (document["test_tracks"], document["exact_replica_in_train"]) == (2, 1)


def test_a_column_is_of_lists_and_of_all_of_them(lists):
    Path("test.csv").write_text("path,x\nblues.00001,\n")
    arguments = (*lists[:5], "test.csv", *lists[6:])
    assert done(*arguments, "--column", "path", "--json").document["test_tracks"] == 1
    assert "did you mean 'path'?" in refused(*arguments, "--column", "pat")
    assert "--column is of lists" in refused("split", "audit", "gtzan/artist3", "--column", "x")


# Verdicts need the names


def listed(place, known, unknown, *, part, start=0):
    """A list of tracks of GTZAN, each by an artist of its own, and of names that are none."""
    artists: dict[str, str] = {}
    for track in GTZAN.tracks():
        if track.artist and not (track.replica or track.recording or ";" in track.artist):
            artists.setdefault(track.artist, track.id)
    names = [*list(artists.values())[start : start + known], *(f"own_{n}.wav" for n in range(unknown))]
    (place / f"{part}.txt").write_text("\n".join(names))
    return (f"--{part}", place / f"{part}.txt")


@pytest.mark.parametrize(
    ("known", "unknown", "enough"), [(100, 0, True), (99, 1, True), (98, 2, False), (5, 45, False)]
)
@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_no_check_says_ok_of_a_part_of_the_names(tmp_path, known, unknown, enough, part):
    sizes = {"train": (100, 0), "valid": (20, 0), "test": (20, 0)} | {part: (known, unknown)}
    command, start = ["split", "audit", "-d", "gtzan"], 0
    for each, size in sizes.items():
        command += listed(tmp_path, *size, part=each, start=start)
        start += size[0]
    document = done(*command, "--json").document
    assert document["partial"] is not enough
    checks = {check["code"]: check for check in document["checks"]}
    codes = ("MGR001", "MGR002", "MGR003", "MGR006", "MGR008")
    expected = "ok" if enough else "note"
    assert {checks[code]["status"] for code in codes} == {expected}
    names = sum(map(sum, sizes.values()))
    assert all(
        (f"not checked for {unknown} of {names} names" in checks[code]["detail"]) is not enough
        for code in codes
    )
    strict = cli(*command, "--strict")
    assert strict.code == (0 if enough else 3)
    assert ("was checked in part only" in strict.err) is not enough


def test_a_leak_among_few_names_is_a_leak_and_says_how_few(tmp_path):
    (tmp_path / "train.txt").write_text("blues.00000\nwho\n")
    (tmp_path / "test.txt").write_text("blues.00001\n")
    command = (
        "split",
        "audit",
        "--train",
        tmp_path / "train.txt",
        "--test",
        tmp_path / "test.txt",
        "-d",
        "gtzan",
    )
    check = done(*command, "--json").document["checks"][0]
    assert check["status"] == "leak"
    assert check["detail"] == "artist: 1 of 1 test tracks (100.0%); not checked for 1 of 3 names"
    assert cli(*command, "--strict").code == 3


def test_an_ok_says_of_how_many_tracks_the_artist_is_unknown():
    tracks = [
        Track("a", "x", artist="bach"),
        *(Track(f"t{n}", "x", artist="byrd" if n else None) for n in range(4)),
    ]
    check = audit_folds("made", [Fold(("a",), (), ("t0", "t1"))], toy(tracks)).checks[0]
    assert (check.status, check.detail) == (
        "ok",
        "artist: 0 of 2 test tracks (0.0%); of 1 the artist is unknown",
    )
    check = audit_folds("made", [Fold(("a",), (), ("t0",))], toy(tracks)).checks[0]
    assert check.status == "note"


def test_the_head_counts_lines_names_and_tracks(tmp_path):
    (tmp_path / "train.txt").write_text("blues.00000, blues.00001, blues.00000, who\n")
    (tmp_path / "test.json").write_text('["rock.00001", "rock.00002"]')
    command = (
        "split",
        "audit",
        "--train",
        tmp_path / "train.txt",
        "--test",
        tmp_path / "test.json",
        "-d",
        "gtzan",
    )
    text = done(*command).out
    assert "train: train.txt (text): 1 line, 3 of 4 names matched, 2 tracks" in text
    assert "test: test.json (JSON): 2 entries, 2 of 2 names matched, 2 tracks" in text


# Albums, and artists within a genre


def toy(tracks):
    known = {track.id: track for track in tracks}
    return Dataset(
        "toy", "Toy.", ("x", "y"), 8000, 1.0, 1, "", "", "",
        load=lambda root: tuple(known.values()), identify=lambda name: None,
    )  # fmt: skip


@st.composite
def some_tracks(draw):
    letters = st.none() | st.sampled_from("abcd")
    fields = draw(
        st.lists(st.tuples(st.sampled_from("xy"), letters, letters, st.booleans()), min_size=2, max_size=20)
    )
    return [
        Track(f"t{n:02d}", genre, artist=artist, album=album, anonymous=anonymous)
        for n, (genre, artist, album, anonymous) in enumerate(fields)
    ]


@settings(deadline=None, derandomize=True, max_examples=80)
@given(some_tracks(), st.data())
def test_albums_and_artists_within_a_genre_are_counted_as_defined(tracks, data):
    known = {track.id: track for track in tracks}
    side = {track: data.draw(st.sampled_from(["train", "valid", "test"])) for track in known}
    fold = Fold(*(tuple(i for i in known if side[i] == part) for part in ("train", "valid", "test")))
    training = [known[i] for i in (*fold.train, *fold.valid)]
    audit = audit_folds("made", [fold], toy(tracks))
    tests = [known[i] for i in fold.test]
    album = [t for t in tests if t.album and any(t.album == o.album for o in training)]
    within = [t for t in tests if any(t.artists & o.artists and t.genre == o.genre for o in training)]
    assert audit.same_album_in_train == audit.folds[0].same_album_in_train == len(album)
    assert audit.artist_in_train_same_genre == len(within)
    assert {leak.track_id for leak in audit.leaks if leak.same_album} == {track.id for track in album}
    artists = any(track.artist for track in tracks)
    status = {check.code: check.status for check in audit.checks}["MGR009"]
    assert (status == "leak") == (bool(album) and not artists)
    kinds = {track.anonymous for track in training if track.artist}
    untold = [t for t in tests if t.artist and kinds and t.anonymous not in kinds]
    assert audit.artist_not_comparable == len(untold)


def test_anonymised_artists_are_not_called_disjoint():
    tracks = [Track("a", "x", artist="bach"), Track("b", "x", artist="artist_1", anonymous=True)]
    check = audit_folds("made", [Fold(("a",), (), ("b",))], toy(tracks)).checks[0]
    assert (check.code, check.status) == ("MGR001", "note")
    assert check.detail.endswith("cannot be told of 1 whose artists are anonymised")


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("abcdefghijkl")), min_size=8, max_size=40))
def test_validation_holds_out_whole_albums_where_no_artist_is_known(fields):
    tracks = [Track(f"t{n:02d}", genre, album=album) for n, (genre, album) in enumerate(fields)]
    chosen = draw_validation(tracks)
    sides = [{track.album for track in tracks if (track.id in chosen) == held} for held in (True, False)]
    assert not sides[0] & sides[1]


# All audits in one table


@pytest.fixture(scope="module")
def audits():
    return audit_all()


def test_the_table_has_every_split_and_the_figures_of_its_own_audit(audits, monkeypatch):
    monkeypatch.setattr("mgrbench.splits.audit_table.audit_all", lambda *_: audits)
    monkeypatch.setenv("COLUMNS", "80")
    splits = done("split", "audit", "--all", "--json").document["splits"]
    assert [split["name"] for split in splits] == shipped_splits()
    for split, audit in zip(splits, audits, strict=True):
        assert (split["test_tracks"], split["folds"]) == (audit.test_tracks, len(audit.folds))
        for fact, field in LEAKS:
            expected = getattr(audit, field) if fact in audit.known else None
            untold = fact in {"artist", "album"} and audit.artist_not_comparable == audit.test_tracks
            assert split[field] == (None if untold else expected)
    text = done("split", "audit", "--all").out
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text.partition("\n")[2]
    for name in shipped_splits():
        assert f"  {name.partition('/')[2]} " in text


def test_one_dataset_of_the_table():
    splits = done("split", "audit", "--all", "-d", "gtzan", "--json").document["splits"]
    assert [split["name"] for split in splits] == shipped_splits("gtzan")
    assert cli("split", "audit", "--all", "-d", "gtzan", "--strict").code == 3
    assert "no split of 'gtzn' comes with mgrbench" in refused("split", "audit", "--all", "-d", "gtzn")


def test_a_readme_shows_the_table_and_goes_stale(audits, tmp_path, monkeypatch):
    monkeypatch.setattr("mgrbench.splits.audit_table.audit_all", lambda *_: audits)
    readme = tmp_path / "README.md"
    readme.write_text(f"# x\n{BEGIN}\nold\n{END}\nrest\n")
    command = ("split", "audit", "--all", "--readme", readme)
    assert f"{readme}:3: is not what the splits give" in refused(*command, "--check")
    done(*command)
    text = readme.read_text()
    assert text.startswith(f"# x\n{BEGIN}\n")
    assert text.endswith(f"{END}\nrest\n")
    assert "| gtzan/foleiss3 | 3 | 948 | 190 (20.0%) | 175 (18.5%) | 2 (0.2%) | 20 (2.1%) | – |" in text
    with unchanged(tmp_path):
        done(*command, "--check")
        done(*command)
    readme.write_text(text.replace("190 (20.0%)", "0"))
    assert "is not what the splits give" in refused(*command, "--check")


def test_a_table_needs_its_place_before_anything_is_audited(tmp_path, monkeypatch):
    monkeypatch.setattr("mgrbench.splits.audit_table.audit_all", lambda *_: pytest.fail("it audited"))
    readme = tmp_path / "README.md"
    readme.write_text(f"{END}\n{BEGIN}\n")
    for act in (write_overview, check_overview):
        with unchanged(tmp_path), pytest.raises(BenchError, match="has no place for the audits"):
            act(readme)


@pytest.mark.parametrize(
    ("arguments", "needle"),
    [
        (("gtzan/artist3", "--all"), "--all takes no split"),
        (("--all", "--audio"), "--all takes no split"),
        (("--all", "--check"), "--check has nothing to check"),
        (("gtzan/artist3", "--readme", "x.md"), "--readme and --check go with --all"),
        (("--all", "--readme", "no_such.md"), "no such file"),
        (("--all", "-d", "gtzan", "--readme", "x.md"), "the table in a file has all splits"),
    ],
)
def test_what_does_not_go_together_is_said(arguments, needle):
    assert needle in refused("split", "audit", *arguments)


def test_the_readme_of_the_project_has_the_table_of_its_splits(audits, monkeypatch):
    monkeypatch.setattr("mgrbench.splits.audit_table.audit_all", lambda *_: audits)
    assert check_overview(REPOSITORY / "README.md") == audits


def test_the_parts_of_a_fold_are_told_by_name(tmp_path):
    fold = load_split("gtzan/kereliuk").folds[0]
    for part in ("train", "valid", "test"):
        (tmp_path / f"{part}.txt").write_text("\n".join(getattr(fold, part)))
    files = [word for part in ("train", "valid", "test") for word in (f"--{part}", tmp_path / f"{part}.txt")]
    document = done("split", "audit", *files, "-d", "gtzan", "--json").document
    assert (document["test_tracks"], document["artist_in_train"]) == (290, 28)
    assert [each["names"] for each in document["lists"]] == [443, 197, 290]
