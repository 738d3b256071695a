"""Which cells of a list are taken for tracks, where labels, folds and rows have numbers, too, as ids do."""

from __future__ import annotations

import json
import re

import pytest

from mgrbench.core.errors import BenchError
from mgrbench.core.types import Dataset, Track
from mgrbench.splits import read_track_list
from tests.support.helpers import GTZAN

TRACKS = tuple(
    Track(f"{number:06d}", "ab"[number % 2], artist=f"artist {number // 4}") for number in range(2, 66)
)
IDS = [track.id for track in TRACKS]
KNOWN = frozenset(IDS)


def identify(name):
    """As the FMA collection does: any number, or a file called so."""
    match = re.fullmatch(r"0*([0-9]{1,6})(\.mp3)?", name.rpartition("/")[2])
    return f"{int(match[1]):06d}" if match else None


NUMBERED = Dataset(
    "numbered", "Ids are numbers.", ("a", "b"), 8000, 1.0, 1, "", "", "",
    load=lambda root: TRACKS, identify=identify,
)  # fmt: skip


def label(track):
    """A class from 2 to 9, so that every label is a track's id as well."""
    return 2 + int(track) % 8


def read(tmp_path, name, text, dataset=NUMBERED):
    (tmp_path / name).write_text(text)
    return read_track_list(tmp_path / name, dataset)


def lines(form, ids=IDS, head=""):
    return head + "".join(
        form.format(id=i, number=int(i), label=label(i), row=n) + "\n" for n, i in enumerate(ids)
    )


HEADS = ("label", "Genre", "genre_top", "class", "Class ID", "target", "labels", "category", "y")


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("name", "sign"), [("x.csv", ","), ("x.tsv", "\t"), ("x.txt", ",")])
def test_a_column_of_labels_names_no_track(tmp_path, head, name, sign):
    read_well = read(tmp_path, name, lines(f"{{id}}.mp3{sign}{{label}}", head=f"path{sign}{head}\n"))
    assert (read_well.column, list(read_well.ids)) == ("path", IDS)
    problem = (
        rf"numbered \(the first cell of its column 'path' is 'mels/000002\.npy'; '{head}' holds labels\)"
    )
    with pytest.raises(BenchError, match=problem):
        read(tmp_path, name, lines(f"mels/{{id}}.npy{sign}{{label}}", head=f"path{sign}{head}\n"))
    with pytest.raises(BenchError, match="names no track"):
        read(tmp_path, name, lines(f"{{label}}{sign}x", head=f"{head}{sign}note\n"))
    # Whoever names the column means it.
    (tmp_path / name).write_text(lines(f"{{id}}{sign}x", head=f"{head}{sign}note\n"))
    assert list(read_track_list(tmp_path / name, NUMBERED, head).ids) == IDS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("segments.csv", lines("{id}-0,{label}", head="track_id,genre\n")),
        ("index.csv", lines("{row},mels/{id}.npy", head=",path\n")),
        ("rows.csv", lines("{row},mels/{id}.npy", [*IDS, *IDS, *IDS], head="id,file\n")),
        ("no_head.csv", lines("{label},mels/{id}.npy")),
        ("no_head.txt", lines("{label},mels/{id}.npy")),
        ("behind.txt", lines("mels/{id}.npy;{label}")),
        ("artists.csv", lines("{number},x", head="artist_id,note\n")),
        ("objects.json", json.dumps([{"label": label(i), "wav_path": f"{i}.npy"} for i in IDS])),
    ],
)
def test_numbers_beside_names_that_are_not_understood_are_no_ids(tmp_path, name, text):
    with pytest.raises(BenchError, match="names no track of numbered") as caught:
        read(tmp_path, name, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one.txt", lines("{number}")),
        ("one.csv", lines("{number}")),
        ("two.csv", lines("{number},Rock")),
        ("two.txt", lines("{number};Rock")),
        ("label_first.txt", lines("{label},{id}.mp3")),
        ("pandas.csv", lines("{number},{label}", head=",genre_top\n")),
        ("by_id.csv", lines("{label},{number}", head="genre,id\n")),
        ("index.csv", lines("{row},{id}.mp3,{label}", head=",filename,label\n")),
        ("url.csv", lines("https://example.org/{number}.zip,{number}", head="url,id\n")),
    ],
)
def test_numbers_that_are_ids_are_read(tmp_path, name, text):
    found = read(tmp_path, name, text)
    assert (list(found.ids), found.unknown) == (IDS, ())


# Several names on a line

MINI = [f"{genre}/{genre}.{number:05d}.wav" for genre in ("blues", "rock", "metal") for number in range(4)]


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("printed.txt", str(MINI), 1),
        ("tuple.txt", str(tuple(MINI)), 1),
        ("spaces.txt", " ".join(MINI), 1),
        ("windows.txt", "; ".join(name.replace("/", "\\") for name in MINI), 1),
        ("folders.txt", ", ".join(f"/my music/{name}" for name in MINI), 1),
        ("one_line.csv", ",".join(MINI), 1),
        ("four.csv", "\n".join(",".join(MINI[at : at + 4]) for at in range(0, 12, 4)), 3),
        ("five.csv", "\n".join(",".join(MINI[at : at + 5]) for at in range(0, 12, 5)), 3),
        ("four.tsv", "\n".join("\t".join(MINI[at : at + 4]) for at in range(0, 12, 4)), 3),
        ("four.txt", "\n".join("  ".join(MINI[at : at + 4]) for at in range(0, 12, 4)), 3),
        ("cells.csv", "files,genre\n" + f'"{" ".join(MINI)}",x\n', 1),
        ("cells.json", json.dumps([{"tracks": MINI[:6]}, {"tracks": MINI[6:]}]), 2),
        ("lists.json", json.dumps([MINI[:6], MINI[6:]]), 2),
    ],
)
def test_several_names_on_a_line_count_one_by_one(tmp_path, name, text, rows):
    found = read(tmp_path, name, text, GTZAN)
    assert [f"{i.partition('.')[0]}/{i}.wav" for i in found.ids] == MINI
    assert (found.names, found.unknown, found.rows) == (12, (), rows)


def test_an_unknown_name_among_several_is_told(tmp_path):
    found = read(
        tmp_path, "x.txt", "blues.00000.wav, who.wav, rock.00001.wav\nmetal.00002.wav\nx, y\n", GTZAN
    )
    assert found.ids == ("blues.00000", "rock.00001", "metal.00002")
    assert (found.names, found.unknown) == (6, ("who.wav", "x", "y"))
    found = read(tmp_path, "x.csv", "blues.00000,rock.00001\nwho,rock.00002\nblues.00003,\n", GTZAN)
    assert (found.names, found.unknown, found.column) == (5, ("who",), "1, 2")


@pytest.mark.parametrize("line", ["a b/2 x/000010.mp3", "12 3", "2, 4 ; 6", "000010.mp3 000010.mp3"])
def test_a_number_in_a_name_is_no_second_name(tmp_path, line):
    found = read(tmp_path, "x.txt", f"000007.mp3\n{line}\n")
    expected = {"a b/2 x/000010.mp3": 2, "12 3": 3, "2, 4 ; 6": 4, "000010.mp3 000010.mp3": 2}[line]
    assert found.names == expected
