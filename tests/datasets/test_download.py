"""``mgrbench data download``, against a server on this machine, and the unpacking of archives."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core import archives as unpacking
from mgrbench.core import download as resuming
from mgrbench.core.types import BenchError
from mgrbench.datasets import download as fetch
from tests.support.helpers import Result, cli, done, refused, snapshot, unchanged
from tests.support.metadata import FmaTrack, write_fma
from tests.support.server import Page, serving

CLIPS = {f"{number:03d}": np.random.default_rng(number).bytes(50_000) for number in range(1, 7)}
"""Track id -> its clip, long enough to be cut in the middle."""

PLUGIN = '''
"""Toys: six clips, for tests of downloading."""

from dataclasses import replace

from mgrbench.datasets.folder import find_clips
from mgrbench.core.types import Archive, Dataset, Track

CHECKSUMS = {checksums!r}
TRACKS = tuple(Track(i, "rock" if i < "004" else "pop", checksum=CHECKSUMS.get(i)) for i in {ids!r})


def load(root):
    if root is None:
        return TRACKS
    clips = find_clips(DATASET, root)
    return tuple(replace(track, path=clips[track.id]) for track in TRACKS if track.id in clips)


DATASET = Dataset(
    name="toys", about="Toys.", genres=("pop", "rock"), sample_rate=8000, segment_seconds=1.0,
    segments_per_track=1, licence="CC0", homepage="nowhere", citation="nobody", load=load,
    identify=lambda name: next((i for i in CHECKSUMS if name.endswith((i, i + ".mp3"))), None),
    archives=({archives}),
)
'''


def digest(data: bytes, algorithm: str = "md5") -> str:
    return hashlib.new(algorithm, data).hexdigest()


@pytest.fixture
def server(monkeypatch):
    with serving(monkeypatch) as running:
        yield running


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """The pauses that were made, none of which was waited for."""
    made: list[float] = []
    monkeypatch.setattr(fetch.time, "sleep", made.append)
    return made


@pytest.fixture
def toys(tmp_path, monkeypatch, server):
    """Writes the dataset as a plugin with these archives, in the working folder."""
    monkeypatch.chdir(tmp_path)

    def write(*archives: str, checksums: Mapping[str, str | None] | None = None) -> None:
        known = {track: digest(clip) for track, clip in CLIPS.items()} | dict(checksums or {})
        listed = "".join(f"Archive({archive}), " for archive in archives)
        text = PLUGIN.format(checksums=known, ids=tuple(CLIPS), archives=listed)
        (tmp_path / "toys.py").write_text(text)

    return write


@pytest.fixture
def previews(toys, server):
    """The dataset with its clips one by one on the server."""
    for track, clip in CLIPS.items():
        server.pages[f"/mp3/{track}.mp3"] = Page(clip)
    toys(f"{server.url('/mp3/{id}.mp3')!r}, '', open=True")


def get(*options: object) -> Result:
    return cli("data", "download", "./toys.py", "--root", "root", "--json", *options)


def zipped(members: Mapping[str, bytes], **modes: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (modes.get(name, stat.S_IFREG) | 0o644) << 16
            archive.writestr(info, data)
    return stream.getvalue()


def tarred(members: Mapping[str, bytes], kind: bytes = tarfile.REGTYPE, mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, "/etc/passwd", len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


WHOLE = {f"toys/{track}.mp3": clip for track, clip in CLIPS.items()}


# Clips one by one


def test_clips_come_one_by_one_with_a_pause_and_a_second_time_none(previews, server, pauses):
    first = get("--rate", "4")
    assert (first.code, first.document["failures"], len(first.document["fetched"])) == (0, [], 6)
    assert pauses == [0.25] * 5, "before each but the first"
    assert [answer.path for answer in server.answers] == [f"/mp3/{track}.mp3" for track in CLIPS]
    clips = {path.name: path.read_bytes() for path in Path("root").rglob("*.mp3")}
    assert clips == {f"{track}.mp3": clip for track, clip in CLIPS.items()}
    assert {path.name for path in Path("root").rglob("*") if path.is_file()} == set(clips), "nothing else"
    with unchanged(Path("root")):
        again = get()
    assert (again.code, again.document["present"], again.document["fetched"]) == (0, 6, [])
    assert len(server.answers) == 6


def test_what_failed_is_listed_and_tried_again_alone(previews, server, pauses):
    del server.pages["/mp3/002.mp3"]
    server.pages["/mp3/005.mp3"] = Page(CLIPS["004"])  # another clip
    result = get()
    assert result.code == 1
    failed = {failure["what"]: failure["problem"] for failure in result.document["failures"]}
    assert set(failed) == {"002", "005"}
    assert "nothing is there (status 404)" in failed["002"]
    assert digest(CLIPS["005"]) in failed["005"]
    assert len(result.document["fetched"]) == 4
    lines = Path("root/failed.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["002", "005"]
    assert result.document["failed_file"] == str(Path("root/failed.txt"))
    text = cli("data", "download", "./toys.py", "--root", "root")
    assert text.code == 1
    assert "4 were there, 2 failed" in text.out
    assert "002: " in text.out
    assert text.errors == []
    server.answers.clear()
    server.pages |= {f"/mp3/{track}.mp3": Page(CLIPS[track]) for track in ("002", "005")}
    again = get()
    assert (again.code, again.document["ok"]) == (0, True)
    assert [answer.path for answer in server.answers] == ["/mp3/002.mp3", "/mp3/005.mp3"]
    assert not Path("root/failed.txt").exists()


def test_a_clip_that_was_cut_goes_on_where_it_was(previews, server, pauses):
    server.pages["/mp3/003.mp3"].cut = 40_000
    result = get()
    assert "connection was cut after" in result.document["failures"][0]["problem"]
    assert not list(Path("root").rglob("003.mp3"))
    server.pages["/mp3/003.mp3"].cut = None
    server.answers.clear()
    assert get().code == 0
    assert [(answer.status, answer.sent < 50_000) for answer in server.answers] == [(206, True)]
    assert Path("root/rock/003.mp3").read_bytes() == CLIPS["003"]


def test_a_clip_that_is_there_and_is_another_is_fetched_again_to_its_place(previews, server, pauses):
    place = Path("root/my own/002.mp3")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"half of it")
    assert get().code == 0
    assert place.read_bytes() == CLIPS["002"]
    assert len(list(Path("root").rglob("002.mp3"))) == 1


def test_after_many_failures_in_a_row_the_rest_is_left(previews, server, pauses, monkeypatch):
    monkeypatch.setattr(fetch, "PATIENCE", 3)
    for track in ("001", "003", "004", "005"):
        del server.pages[f"/mp3/{track}.mp3"]
    result = get()
    assert len(server.answers) == 5, "one came between the first and the next three"
    problems = {failure["what"]: failure["problem"] for failure in result.document["failures"]}
    assert set(problems) == {"001", "003", "004", "005", "006"}
    assert problems["006"].startswith("not tried: 3 in a row had failed")


def test_plain_http_is_for_clips_whose_checksum_is_known(toys, server, pauses, monkeypatch):
    for track, clip in CLIPS.items():
        server.pages[f"/mp3/{track}.mp3"] = Page(clip)
    toys(f"{server.url('/mp3/{id}.mp3')!r}, '', open=True", checksums={"004": None})
    monkeypatch.setattr(resuming, "SCHEMES", ("https",))
    (failure,) = get().document["failures"]
    assert failure["what"] == "004"
    assert "does not begin with https://" in failure["problem"]


@pytest.mark.parametrize("rate", ["0", "-1", "inf", "nan"])
def test_a_rate_that_is_none_is_refused(previews, rate):
    assert "files a second" in refused("data", "download", "./toys.py", "--root", "root", f"--rate={rate}")


@pytest.mark.parametrize("name", ["..", ".", "", "/", "../x", "a/../b", "..\\x", "C:\\x", "a\0b", " . "])
def test_names_of_files_and_folders_lead_nowhere_else(tmp_path, name):
    plain = fetch.plain_name(name)
    assert (tmp_path / plain).parent == tmp_path
    assert plain not in {"", ".", ".."}
    assert not set(plain) & set("/\\:\0")


def test_an_address_that_leads_up_gives_a_file_in_the_root(toys, server, pauses, tmp_path):
    server.pages["/001"] = Page(CLIPS["001"])
    toys(f"{server.url('/../../{id}')!r}, '', open=True")
    get()
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == CLIPS["001"]]
    assert written == [tmp_path / "root" / "rock" / "001"]


# Archives


@pytest.mark.parametrize(
    ("name", "body"),
    [("toys.zip", zipped(WHOLE)), ("toys.tar.gz", tarred(WHOLE)), ("toys.tar", tarred(WHOLE, mode="w"))],
    ids=["zip", "tar.gz", "tar"],
)
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_an_archive_is_verified_and_unpacked_once(toys, server, name, body, algorithm):
    server.pages[f"/{name}"] = Page(body)
    toys(f"{server.url(f'/{name}')!r}, '{algorithm}:{digest(body, algorithm)}', open=True")
    first = get()
    assert (first.code, first.document["fetched"]) == (0, [name])
    found = {path.name: path.read_bytes() for path in Path("root/toys").iterdir()}
    assert found == {f"{track}.mp3": clip for track, clip in CLIPS.items()}
    assert not Path("root/.downloads", name).exists(), "the archive is not kept beside its content"
    again = get()
    assert (again.code, again.document["present"], len(server.answers)) == (0, 1, 1)


def test_an_archive_of_another_checksum_is_not_unpacked(toys, server):
    server.pages["/toys.zip"] = Page(zipped(WHOLE))
    toys(f"{server.url('/toys.zip')!r}, 'sha1:{'0' * 40}', open=True")
    result = get()
    assert result.code == 1
    assert "does not match" in result.document["failures"][0]["problem"]
    assert not Path("root/toys").exists()
    assert Path("root/failed.txt").read_text().startswith("toys.zip\t")


def test_an_archive_that_was_cut_goes_on_where_it_was(toys, server):
    body = zipped(WHOLE)
    server.pages["/toys.zip"] = page = Page(body, cut=200_000)
    toys(f"{server.url('/toys.zip')!r}, 'sha1:{digest(body, 'sha1')}', open=True")
    assert get().code == 1
    page.cut = None
    assert get().code == 0
    assert [answer.status for answer in server.answers] == [200, 206]
    assert sum(answer.sent for answer in server.answers) < 1.5 * len(body)


def test_only_the_metadata_come_if_that_is_asked(toys, server):
    table, audio = zipped({"meta/tracks.csv": b"1"}), zipped(WHOLE)
    server.pages |= {"/meta.zip": Page(table), "/toys.zip": Page(audio)}
    toys(
        f"{server.url('/meta.zip')!r}, 'sha1:{digest(table, 'sha1')}', open=True, metadata=True",
        f"{server.url('/toys.zip')!r}, 'sha1:{digest(audio, 'sha1')}', open=True",
    )
    assert get("--metadata-only").document["fetched"] == ["meta.zip"]
    assert not Path("root/toys").exists()
    assert (get().document["fetched"], get().document["present"]) == (["toys.zip"], 2)


def test_fma_comes_with_its_metadata_into_a_folder_that_is_then_its_root(server, tmp_path, monkeypatch):
    source = write_fma(tmp_path / "source", [FmaTrack(2, "Pop"), FmaTrack(5, "Rock", "test")])
    table = zipped({"fma_metadata/tracks.csv": source.read_bytes()})
    server.pages["/fma_metadata.zip"] = Page(table)
    from mgrbench.core.types import Archive
    from mgrbench.datasets.collections import fma_small

    archive = Archive(
        server.url("/fma_metadata.zip"), f"sha1:{digest(table, 'sha1')}", open=True, metadata=True
    )
    changed = fma_small.DATASET.__class__(**{**vars(fma_small.DATASET), "archives": (archive,)})
    monkeypatch.setattr(fma_small, "DATASET", changed)
    assert done("data", "download", "fma_small", "--metadata-only", "--json").document["ok"]
    assert (tmp_path / "data" / "fma_small" / "fma_metadata" / "tracks.csv").is_file()
    assert done("data", "info", "fma_small", "--json").document["tracks"] == 2
    assert len(done("split", "show", "fma_small/official", "--json").document["folds"]) == 1


# What may not be fetched


def test_what_may_not_be_fetched_is_told_step_by_step(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "fetch", None)  # nothing may be asked for
    result = cli("data", "download", "gtzan", "--root", tmp_path / "my clips", "--json")
    assert (result.code, result.document["ok"], result.document["fetched"]) == (1, False, [])
    steps = " ".join(result.document["steps"])
    assert "sha256:b28cc067ff6199bd826f5d1a6931458586d64acae7f44b2e882b7a97af057531" in steps
    assert f"mgrbench data verify gtzan --root '{tmp_path}/my clips'" in steps
    text = cli("data", "download", "gtzan", "--root", tmp_path / "my clips")
    assert (text.code, text.errors) == (1, [])
    assert "1. get one of these: https://huggingface.co" in text.out


def test_jamendo_has_steps_of_its_own(tmp_path):
    steps = cli("data", "download", "mtg_jamendo", "--root", tmp_path, "--json").document["steps"]
    assert steps[0] == f"git clone https://github.com/MTG/mtg-jamendo-dataset {tmp_path}/mtg-jamendo-dataset"
    assert steps[-1] == f"mgrbench data verify mtg_jamendo --root {tmp_path}"


def test_nothing_is_to_do_where_all_clips_are_there(toys, tmp_path):
    toys("'https://example.org/toys.zip', ''")
    assert get().code == 1
    for track, clip in CLIPS.items():
        Path("root").mkdir(exist_ok=True)
        Path("root", f"{track}.mp3").write_bytes(clip)
    result = get()
    assert (result.code, result.document["present"], result.document["steps"]) == (0, 6, [])


def test_a_misspelt_dataset_answers_with_the_nearest():
    assert "did you mean fma_small?" in refused("data", "download", "fma_smal")


# Unpacking


def refusal(tmp_path: Path, name: str, body: bytes) -> str:
    """Unpack what must be refused before anything is written; gives the message."""
    (tmp_path / "packed").mkdir(exist_ok=True)
    archive = tmp_path / "packed" / name
    archive.write_bytes(body)
    before = snapshot(tmp_path)
    with pytest.raises(BenchError) as caught:
        unpacking.unpack(archive, tmp_path / "out")
    assert snapshot(tmp_path) == before
    return str(caught.value)


HOSTILE = ("../x", "/tmp/x", "a/../../x", "C:\\x", "..\\x", "C:/x", "\\\\host\\x", "a/..")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_path_out_of_the_folder_is_refused_with_all_the_archive(tmp_path, name):
    assert "leads out of the folder" in refusal(tmp_path, "x.tar.gz", tarred({"good": b"1", name: b"2"}))
    assert "leads out of the folder" in refusal(tmp_path, "x.zip", zipped({"good": b"1", name: b"2"}))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    assert "is a link or a device" in refusal(tmp_path, "x.tar", tarred({"a": b""}, kind, "w"))


def test_links_in_a_zip_are_refused(tmp_path):
    body = zipped({"good": b"1", "a": b"/etc/passwd"}, a=stat.S_IFLNK)
    assert "'a' is encrypted, a link or a device" in refusal(tmp_path, "x.zip", body)


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.tar", "x.tar.xz"])
@pytest.mark.parametrize("body", [b"", b"nonsense" * 100])
def test_what_is_no_archive_is_refused(tmp_path, name, body):
    assert refusal(tmp_path, name, body)


def test_a_hostile_archive_on_a_server_ends_in_the_list_of_failures(toys, server, tmp_path):
    body = tarred({"../../outside.txt": b"x", "clip.mp3": b"y"})
    server.pages["/toys.tar.gz"] = Page(body)
    toys(f"{server.url('/toys.tar.gz')!r}, 'md5:{digest(body)}', open=True")
    result = get()
    assert result.code == 1
    assert "leads out of the folder" in result.document["failures"][0]["problem"]
    assert not list(tmp_path.rglob("outside.txt"))
    assert not list(tmp_path.rglob("clip.mp3"))


def test_an_archive_cut_short_leaves_no_half_file(tmp_path):
    body = tarred({"a": CLIPS["001"], "b": CLIPS["002"]})
    (tmp_path / "x.tar.gz").write_bytes(body[:-20_000])
    with pytest.raises(BenchError):
        unpacking.unpack(tmp_path / "x.tar.gz", tmp_path / "out")
    out = tmp_path / "out"
    assert all(path.read_bytes() in CLIPS.values() for path in out.rglob("*")) if out.exists() else True


def test_an_archive_larger_than_the_disk_is_refused_before_it_is_written(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(unpacking.shutil, "disk_usage", lambda _path: usage)
    (tmp_path / "x.zip").write_bytes(zipped({"a": b"12345678901"}))
    with pytest.raises(BenchError, match=r"needs 0\.0 GB"):
        unpacking.unpack(tmp_path / "x.zip", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_progress_ends_at_all_of_it(tmp_path):
    (tmp_path / "x.zip").write_bytes(zipped(WHOLE | {"empty/": b""}))
    told: list[tuple[int, int]] = []
    assert unpacking.unpack(tmp_path / "x.zip", tmp_path / "out", lambda *now: told.append(now)) == 6
    assert told[-1] == (300_000, 300_000)
    assert sorted(path.name for path in (tmp_path / "out" / "toys").iterdir()) == [f"{i}.mp3" for i in CLIPS]
