"""Files are written whole or not at all, and every way that reading or writing can fail is said in a line."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mgrbench.core.files import digest_of_file, locked, read_text, sha256_of_bytes, write_atomically
from mgrbench.core.types import BenchError

REPOSITORY = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="permissions and signals are those of POSIX systems")


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that runs some code with arguments; it says a line when it is ready."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


# Digests and text


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])
@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_digests_are_those_of_the_standard_library(tmp_path, size, algorithm):
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    (tmp_path / "x").write_bytes(data)
    assert digest_of_file(tmp_path / "x", algorithm) == hashlib.new(algorithm, data).hexdigest()
    assert sha256_of_bytes(data) == hashlib.sha256(data).hexdigest()


def test_text_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "x").write_bytes("\ufeffÉcoute\r\nx\n".encode())
    assert read_text(tmp_path / "x") == "Écoute\nx\n"


@pytest.mark.parametrize("read", [read_text, digest_of_file])
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, read):
    (tmp_path / "file").touch()
    expected = {
        tmp_path / "none": "no such file; check the path",
        tmp_path: "is a folder, not a file; name a file in it",
        tmp_path / "file" / "x": "cannot be read (Not a directory); check the path",
        tmp_path / ("x" * 300): "cannot be read (File name too long); check the path",
    }
    for path, problem in expected.items():
        with pytest.raises(BenchError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: {problem}"


def test_text_that_is_not_utf8_is_said(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BenchError, match=r"x: is not UTF-8 text; save it as UTF-8"):
        read_text(tmp_path / "x")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may do anything")
def test_permissions_are_said(tmp_path):
    (tmp_path / "x").touch(0)
    with pytest.raises(BenchError, match="may not be read; change its permissions"):
        read_text(tmp_path / "x")
    tmp_path.chmod(0o500)
    with pytest.raises(BenchError, match="choose a place you may write to"):
        write_atomically(tmp_path / "y", "")
    tmp_path.chmod(0o700)


def test_an_error_keeps_its_parts_on_the_way_back_from_a_worker():
    error = BenchError("is wrong", "correct it", Path("a") / "b")
    back = pickle.loads(pickle.dumps(error))
    assert (back.problem, back.hint, back.where) == ("is wrong", "correct it", str(Path("a") / "b"))
    assert str(back) == str(error)


# Writing


@pytest.mark.parametrize("data", ["", "Jürgen\nx\r\n", b"", b"\x00\xff\r\n"])
def test_what_is_written_is_what_was_given(tmp_path, data):
    path = tmp_path / "new" / "folders" / "x"
    write_atomically(path, data)
    write_atomically(path, data)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert [file.name for file in path.parent.iterdir()] == ["x"]


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_written_file_has_the_usual_permissions(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "x", "")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "free some space or choose another place; nothing was changed"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "choose a place you may write to"),
        (errno.EIO, "correct that and run the same command again"),
    ],
)
@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, number, hint, step):
    path = tmp_path / "x"
    path.write_text("old")

    def fail(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(step, fail)
    with pytest.raises(BenchError, match=r"x: cannot be written \(") as caught:
        write_atomically(path, "new")
    assert hint in caught.value.hint
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def interrupt(_handle):
        raise KeyboardInterrupt

    (tmp_path / "x").write_text("old")
    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "x", "new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("x", "old")]


def test_a_file_where_a_folder_is_needed_and_the_other_way(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(BenchError, match="a file stands where a folder is needed"):
        write_atomically(tmp_path / "file" / "x", "")
    with pytest.raises(BenchError, match=r"folder: cannot be written \(Is a directory\)"):
        write_atomically(tmp_path / "folder", "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder"]


def test_several_writers_leave_one_whole_file(tmp_path):
    path = tmp_path / "x"
    texts = [str(number) * 100_000 for number in range(8)]
    seen: set[str] = set()

    def write(text: str) -> None:
        for _ in range(5):
            write_atomically(path, text)
            seen.add(read_text(path))

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen <= set(texts)
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@posix
def test_a_process_killed_while_it_writes_leaves_a_whole_file(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom mgrbench.core.files import write_atomically\n"
        "number = 0\nwhile True:\n"
        "    write_atomically(Path(sys.argv[1]), str(number % 10) * 1_000_000)\n"
        "    number += 1\n    print(number, flush=True)\n"
    )
    with python(code, tmp_path / "x") as process:
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    text = read_text(tmp_path / "x")
    assert len(text) == 1_000_000
    assert len(set(text)) == 1


# Locks

HOLDER = (
    "import sys\nfrom pathlib import Path\nfrom mgrbench.core.files import locked\n"
    "with locked(Path(sys.argv[1]), 'the thing'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


def test_a_lock_that_another_process_holds_is_an_error_until_it_ends_however_it_ends(tmp_path):
    lock = tmp_path / "runs" / ".lock"
    with python(HOLDER, lock) as process:
        assert process.stdout.readline() == "held\n"
        message = r"runs: another process is writing the thing; wait until it has finished"
        with pytest.raises(BenchError, match=message), locked(lock, "the thing"):
            pytest.fail("two held it")
        process.kill()
    with locked(lock, "the thing"):
        pass


def test_a_lock_is_held_against_the_same_process_and_freed_after_an_error(tmp_path):
    def fail() -> None:
        with locked(tmp_path / ".lock", "x"):
            with (
                pytest.raises(BenchError, match="another process is writing x"),
                locked(tmp_path / ".lock", "x"),
            ):
                pytest.fail("two held it")
            raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            fail()


def test_a_lock_cannot_stand_below_a_file(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(BenchError, match="a file stands where a folder is needed"),
        locked(tmp_path / "file/x", "x"),
    ):
        pytest.fail("nothing was locked")
