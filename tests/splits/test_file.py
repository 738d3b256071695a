"""Split files and their names: what is read, what is refused with its line, and what is written."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrbench.core.types import BenchError, Fold
from mgrbench.splits import is_shipped, load_split, read_split, split_from_text, split_of_rows
from mgrbench.splits.file import COLUMNS, HEADER_KEYS, PARTS, SplitRow
from mgrbench.splits.load import shipped_folder
from tests.support.tracks import properties

HEAD = "# name: toy/split\n" + "\t".join(COLUMNS) + "\n"

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
