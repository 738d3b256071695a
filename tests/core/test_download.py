"""Downloading, against a server on this machine: the right file, whatever becomes of the connection."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import socket
import sys
from pathlib import Path

import numpy as np
import pooch
import pytest

from mgrbench.core import download as resuming
from mgrbench.core.download import fetch
from mgrbench.core.files import locked
from mgrbench.core.paths import downloads_root
from mgrbench.core.types import BenchError
from mgrbench.features import register as download
from mgrbench.features.register import cached, get, registered, weights
from tests.support.helpers import cli, done, refused
from tests.support.server import Page, serving

DATA = np.random.default_rng(0).bytes(200_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
OTHER = np.random.default_rng(1).bytes(180_000)
NO_VALIDATOR: dict[str, str] = {}


@pytest.fixture
def server(monkeypatch):
    with serving(monkeypatch) as running:
        running.pages["/x"] = Page(DATA)
        yield running


@pytest.fixture
def target(tmp_path):
    return tmp_path / "folder" / "x.bin"


def part(target: Path) -> Path:
    return target.with_name("x.bin.part")


def left(target: Path) -> list[str]:
    """Names of the files in the target's folder, without the lock."""
    return sorted(path.name for path in target.parent.iterdir() if not path.name.endswith(".lock"))


def problem(url: str, target: Path, sha256: str | None = SHA256, **options) -> str:
    with pytest.raises(BenchError) as caught:
        fetch(url, target, sha256, **options)
    assert caught.value.where in (url, str(target.parent)), caught.value.where
    assert not target.exists()
    return str(caught.value)


# The right file


@pytest.mark.parametrize("data", [DATA, b"x", b""], ids=len)
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("length", [True, False])
def test_the_file_is_there_whole_and_nothing_else(server, target, data, known, length):
    server.pages["/x"] = Page(data, length=length)
    told = []
    digest = hashlib.sha256(data).hexdigest() if known else None
    assert fetch(server.url("/x"), target, digest, progress=lambda *now: told.append(now)) == target
    assert target.read_bytes() == data
    assert left(target) == ["x.bin"]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1:] == ([(len(data), len(data))] if data and length else [])


def test_a_file_that_is_there_is_not_fetched_again(server, target):
    for _ in range(2):
        fetch(server.url("/x"), target, SHA256)
        fetch(server.url("/x"), target, None)
    assert len(server.answers) == 1


def test_a_file_that_was_changed_here_is_fetched_again(server, target):
    fetch(server.url("/x"), target, SHA256).write_bytes(OTHER)
    fetch(server.url("/x"), target, SHA256)
    assert target.read_bytes() == DATA


def test_an_address_that_leads_on_is_followed(server, target):
    server.pages["/old"] = Page(status=302, headers={"Location": "/x"})
    assert fetch(server.url("/old"), target, SHA256).read_bytes() == DATA


def test_it_asks_for_the_bytes_as_they_are(server, target):
    fetch(server.url("/x"), target, SHA256)
    assert server.answers[0].asked["Accept-Encoding"] == "identity"
    server.pages["/x"].headers["Content-Encoding"] = "gzip"
    target.unlink()
    assert "compressed" in problem(server.url("/x"), target)


# The wrong file


@pytest.mark.parametrize("there", [False, True], ids=["new", "a good one is there of another version"])
def test_of_a_wrong_file_nothing_is_kept(server, target, there):
    server.pages["/x"] = Page(OTHER)
    if there:
        target.parent.mkdir()
        target.write_bytes(DATA)
    expected, found = hashlib.sha256(b"new").hexdigest(), hashlib.sha256(OTHER).hexdigest()
    with pytest.raises(BenchError) as caught:
        fetch(server.url("/x"), target, expected)
    assert expected in caught.value.problem
    assert found in caught.value.problem
    assert "\n" not in str(caught.value)
    assert left(target) == (["x.bin"] if there else [])
    assert not there or target.read_bytes() == DATA


@pytest.mark.parametrize("limit", [0, 1, len(DATA) - 1])
@pytest.mark.parametrize("length", [True, False])
def test_a_file_larger_than_expected_is_refused(server, target, limit, length):
    server.pages["/x"].length = length
    told = []
    said = problem(server.url("/x"), target, limit=limit, progress=lambda *now: told.append(now))
    assert f"larger than the {limit} bytes" in said
    assert told == []  # if the server says the size, nothing of the file is taken at all
    assert left(target) == []


def test_a_file_of_just_the_expected_size_is_taken(server, target):
    assert fetch(server.url("/x"), target, SHA256, limit=len(DATA)).is_file()


def test_a_file_that_never_ends_is_left_at_the_limit(server, target):
    server.pages["/x"] = Page(DATA, endless=True, length=False)
    assert "larger than the 1000000 bytes" in problem(server.url("/x"), target, limit=1_000_000)
    assert left(target) == []


# A cut connection


@pytest.mark.parametrize("cut", [1, 50_000, 123_456, len(DATA) - 1])
def test_after_a_cut_only_the_rest_is_asked_for(server, target, cut):
    server.pages["/x"].cut = cut
    said = problem(server.url("/x"), target)
    kept = part(target).stat().st_size
    assert f"cut after {kept} of {len(DATA)} bytes; run the same command again: it goes on from there" in said
    assert cut - resuming.CHUNK < kept <= cut
    assert part(target).read_bytes() == DATA[:kept]

    server.pages["/x"].cut = None
    told = []
    fetch(server.url("/x"), target, SHA256, progress=lambda *now: told.append(now))
    assert target.read_bytes() == DATA
    assert left(target) == ["x.bin"]
    again = server.answers[1]
    if kept:
        assert again.asked["Range"] == f"bytes={kept}-"
        assert again.status == 206
    assert again.sent == len(DATA) - kept
    assert told[0][0] > kept


def test_many_cuts_end_in_the_whole_file(server, target):
    server.pages["/x"].cut = 40_000
    while not target.exists():
        with contextlib.suppress(BenchError):
            fetch(server.url("/x"), target, SHA256)
        assert len(server.answers) < 20
    assert target.read_bytes() == DATA
    assert len(server.answers) <= len(DATA) // (40_000 - resuming.CHUNK) + 1


def test_a_server_that_says_when_it_changed_the_file_is_resumed_too(server, target):
    server.pages["/x"] = Page(DATA, {"Last-Modified": "Thu, 01 Jun 2017 00:00:00 GMT"}, cut=100_000)
    problem(server.url("/x"), target)
    server.pages["/x"].cut = None
    fetch(server.url("/x"), target, SHA256)
    assert server.answers[1].status == 206


@pytest.mark.parametrize("headers", [NO_VALIDATOR, {"ETag": 'W/"1"'}], ids=["no validator", "a weak one"])
def test_without_a_validator_the_file_begins_anew(server, target, headers):
    server.pages["/x"] = Page(DATA, headers, cut=100_000)
    assert problem(server.url("/x"), target).endswith("run the same command again")
    server.pages["/x"].cut = None
    fetch(server.url("/x"), target, SHA256)
    assert "Range" not in server.answers[1].asked
    assert target.read_bytes() == DATA


def test_a_server_that_knows_no_ranges_sends_it_anew(server, target):
    server.pages["/x"] = Page(DATA, ranges=False, cut=100_000)
    problem(server.url("/x"), target)
    server.pages["/x"].cut = None
    fetch(server.url("/x"), target, SHA256)
    assert "Range" in server.answers[1].asked
    assert server.answers[1].status == 200
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("body", [OTHER, OTHER[:1000]], ids=["another", "a shorter one"])
def test_a_file_that_changed_between_is_never_joined_to_the_old_one(server, target, body):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target, None)
    server.pages["/x"] = Page(body, {"ETag": '"2"'})
    assert fetch(server.url("/x"), target, None).read_bytes() == body


def test_a_part_from_another_address_is_not_gone_on_with(server, target):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target, None)
    server.pages["/y"] = Page(OTHER)
    assert fetch(server.url("/y"), target, None).read_bytes() == OTHER
    assert "Range" not in server.answers[1].asked


@pytest.mark.parametrize(
    "noted", ["", "x", "{url}\n", '{url}\n "1"\n', '{url}\n"\u00e9"\n', '{url}\n"1"\nx\n', "\udcff"]
)
def test_a_damaged_validator_is_as_good_as_none(server, target, noted):
    part(target).parent.mkdir()
    part(target).write_bytes(OTHER[:1000])
    text = noted.format(url=server.url("/x"))
    part(target).with_name("x.bin.part.validator").write_bytes(text.encode(errors="surrogateescape"))
    assert fetch(server.url("/x"), target, SHA256).read_bytes() == DATA


def test_a_part_that_is_all_of_the_file_or_more_begins_anew(server, target):
    """As when the process was killed after the last byte."""
    for extra in (b"", b"x"):
        server.pages["/x"].cut = 100_000
        target.unlink(missing_ok=True)
        problem(server.url("/x"), target)
        part(target).write_bytes(DATA + extra)
        server.pages["/x"].cut = None
        assert fetch(server.url("/x"), target, SHA256).read_bytes() == DATA
    assert [answer.status for answer in server.answers] == [200, 416, 200] * 2


@pytest.mark.parametrize("said", ["bytes 0-199999/200000", "bytes */200000", "bytes x", "bytes 1-2/*", ""])
def test_another_part_than_asked_for_is_refused(server, target, said):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target)
    server.pages["/x"].headers["Content-Range"] = said
    server.pages["/x"].cut = None
    assert "another part" in problem(server.url("/x"), target)
    assert left(target) == []
    del server.pages["/x"].headers["Content-Range"]
    assert fetch(server.url("/x"), target, SHA256).read_bytes() == DATA


def test_a_rest_that_ends_too_early_is_a_cut(server, target):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target)
    kept = part(target).stat().st_size
    server.pages["/x"] = Page(DATA, {"ETag": '"1"', "Content-Range": f"bytes {kept}-299999/300000"})
    assert "cut after 200000 of 300000 bytes" in problem(server.url("/x"), target)


def test_an_old_validator_does_not_stand_for_a_new_part(server, target):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target, None)
    server.pages["/x"] = Page(OTHER, NO_VALIDATOR, cut=100_000)
    problem(server.url("/x"), target, None)
    server.pages["/x"] = Page(DATA)
    assert fetch(server.url("/x"), target, None).read_bytes() == DATA


def test_damage_in_the_kept_part_is_found(server, target):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target)
    server.pages["/x"].cut = None
    part(target).write_bytes(bytes([DATA[0] ^ 1]) + part(target).read_bytes()[1:])
    assert "does not match" in problem(server.url("/x"), target)
    assert left(target) == []
    assert fetch(server.url("/x"), target, SHA256).read_bytes() == DATA


# What goes wrong otherwise


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "nothing is there"), (410, "nothing is there"), (503, "status 503"), (416, "416")],
)
def test_what_the_server_refuses_is_said(server, target, status, said):
    server.pages["/x"].status = status
    assert said in problem(server.url("/x"), target)
    assert left(target) == []


def test_a_refusal_on_the_way_keeps_what_has_come(server, target):
    server.pages["/x"].cut = 100_000
    problem(server.url("/x"), target)
    kept = part(target).read_bytes()
    server.pages["/x"].status = 503
    problem(server.url("/x"), target)
    assert part(target).read_bytes() == kept


def test_no_network_is_said(server, target):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "cannot be reached" in problem(f"http://127.0.0.1:{port}/x", target)
    assert "cannot be reached" in problem("http://", target)


def test_a_server_that_says_nothing_is_left(server, target, monkeypatch):
    monkeypatch.setattr(resuming, "TIMEOUT", (1.0, 0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "no answer" in problem(f"http://127.0.0.1:{silent.getsockname()[1]}/x", target)


@pytest.mark.parametrize("there", ["ftp://127.0.0.1/x", "file:///etc/hostname", "https://127.0.0.1/x"])
def test_other_schemes_are_refused_also_on_the_way(server, target, there):
    """Here http stands for https, so this holds that https does not lead on to http."""
    server.pages["/x"] = Page(status=302, headers={"Location": there})
    assert "does not begin with" in problem(server.url("/x"), target)
    assert "does not begin with" in problem(there, target)


def test_only_https_is_taken_where_no_test_says_otherwise(target):
    assert resuming.SCHEMES == ("https",)
    assert "does not begin with https://" in problem("http://127.0.0.1:9/x", target)


def test_addresses_that_lead_in_a_circle_are_left(server, target):
    server.pages["/x"] = Page(status=302, headers={"Location": "/x"})
    assert "TooManyRedirects" in problem(server.url("/x"), target)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is played by /dev/full")
def test_a_full_disk_is_said(server, target):
    target.parent.mkdir()
    part(target).symlink_to("/dev/full")
    with pytest.raises(BenchError, match=r"cannot be written \(No space left on device\); free some space"):
        fetch(server.url("/x"), target, SHA256)
    assert not target.exists()


def test_a_folder_that_cannot_be_made_is_said(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match="a file stands where a folder is needed"):
        fetch(server.url("/x"), tmp_path / "file" / "x", SHA256)


def test_two_at_once_do_not_mix(server, target):
    target.parent.mkdir()
    with locked(target.with_name(".x.bin.lock"), "x.bin"):
        assert "another process is writing x.bin" in problem(server.url("/x"), target)
    assert server.answers == []


def test_pooch_says_nothing(server, target, monkeypatch):
    logger = pooch.get_logger()
    logger.setLevel("INFO")
    monkeypatch.setattr(logger.handlers[0], "stream", io.StringIO())
    fetch(server.url("/x"), target, None)
    assert logger.handlers[0].stream.getvalue() == ""


# The register


def test_the_register_names_files_that_can_be_verified():
    lines = registered()
    assert len({(line.of, line.name) for line in lines}) == len(lines) > 0
    for line in lines:
        assert not line.url or line.url.startswith("https://raw.githubusercontent.com/")
        assert line.checksum or any(other.of == line.of and other.name == "values" for other in lines)
    for line in weights():
        assert line.checksum
        assert line.bytes
    assert {line.name for line in weights()} == {"choi_keras2_model_best.hdf5", "choi_weights_theano.hdf5"}


def test_the_registered_weights_are_the_real_ones(shared_data):
    for line in weights():
        data = (shared_data / line.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (line.bytes, line.checksum)


def test_downloads_lie_in_the_cache_folder(tmp_path, monkeypatch):
    assert downloads_root() == tmp_path / "cache" / "downloads"
    monkeypatch.delenv("MGRBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    if sys.platform.startswith("linux"):
        assert downloads_root() == tmp_path / "home" / "mgrbench" / "downloads"
    assert downloads_root().name == "downloads"


@pytest.fixture
def register(server, tmp_path, monkeypatch):
    """A register with a weight file that is served and one that has no address."""
    lines = [
        "# about: made up",
        "of\tname\tchecksum\tbytes\turl\tnote",
        f"weights\ta.bin\t{SHA256}\t{len(DATA)}\t{server.url('/x')}\tthe first",
        f"weights\tb.bin\t{SHA256}\t{len(DATA)}\t\tfrom its author",
    ]
    path = tmp_path / "register.tsv"
    path.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(download, "REGISTER", path)
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no line"),
        ("weights\ta.bin\t\t", "no line"),
        ("weights\ta.bin\t\t\t\t", "there twice"),
        ("weights\t../a\t\t\t\t", "no line"),
        ("weights\t.hidden\t\t\t\t", "no line"),
        ("../x/y\ta\t\t\t\t", "no line"),
        ("x/..\ta\t\t\t\t", "no line"),
        ("weights\tc\tabc\t\t\t", "no line"),
        ("weights\tc\t\t-1\t\t", "no line"),
        ("weights\tc\t\t\tfile:///etc/hostname\t", "no line"),
    ],
)
def test_a_damaged_register_is_said_with_its_line(register, line, said):
    register.write_text(register.read_text() + line + "\n")
    with pytest.raises(BenchError) as caught:
        registered()
    assert said in caught.value.problem
    assert caught.value.where == f"{register}:5"


@pytest.mark.parametrize("text", ["", "# about: x\n", "name\turl\n"])
def test_a_register_without_columns_is_said(register, text):
    register.write_text(text)
    with pytest.raises(BenchError, match="has not the columns of, name"):
        registered()


def test_weights_are_verified_each_time_they_are_used(register):
    with pytest.raises(BenchError, match=r"not at hand; run `mgrbench features download weights a\.bin`"):
        cached("a.bin")
    path = get(weights("a.bin")[0])
    assert cached("a.bin") == path
    path.write_bytes(OTHER)
    with pytest.raises(BenchError, match=f"expected SHA-256 {SHA256}, found .*; remove it, then run"):
        cached("a.bin")
    assert cached("a.bin" if get(weights("a.bin")[0]) else "").read_bytes() == DATA


def test_weights_without_an_address_are_taken_where_the_user_puts_them(register):
    with pytest.raises(BenchError, match=r"put it at .*b\.bin or name it by --weights FILE \(from its"):
        get(weights("b.bin")[0])
    path = downloads_root() / "weights" / "b.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert get(weights("b.bin")[0]) == cached("b.bin") == path


def test_a_registered_size_is_the_limit(register, server):
    server.pages["/x"] = Page(DATA + b"x")
    with pytest.raises(BenchError, match=f"larger than the {len(DATA)} bytes"):
        get(weights("a.bin")[0])


# The command line


def test_the_command_fetches_all_weights_that_have_an_address(register):
    result = done("features", "download", "weights")
    first, second = result.out.splitlines()
    assert first == f"a.bin: {cached('a.bin')}"
    assert second.startswith("b.bin: no address of it is known: get it yourself")
    assert "fetching a.bin: 200000/200000" in result.err.splitlines()


def test_the_command_gives_one_document(register):
    files = done("features", "download", "weights", "--json").document["downloaded"]
    assert [file["path"] for file in files] == [str(cached("a.bin")), None]
    (file,) = done("features", "download", "weights", "a.bin", "--json").document["downloaded"]
    assert file == {"name": "a.bin", "sha256": SHA256, "about": "the first", "path": str(cached("a.bin"))}


def test_the_command_refuses_in_one_line(register, server):
    assert "get it yourself" in refused("features", "download", "weights", "b.bin")
    assert "there are a.bin, b.bin" in refused("features", "download", "weights", "c.bin")
    server.pages["/x"].cut = 100_000
    assert "it goes on from there" in refused("features", "download", "weights", "a.bin")
    server.pages["/x"].cut = None
    assert cli("features", "download", "weights", "a.bin").code == 0
    assert server.answers[1].status == 206


def test_weights_reach_no_listing_of_features(register):
    done("features", "download", "weights")
    assert done("features", "info", "--json").document["features"] == []
    assert cached("a.bin").is_relative_to(os.environ["MGRBENCH_CACHE"])
