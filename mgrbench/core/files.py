"""Writing files so that a crash, a full disk or a second process never leaves half of one."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mgrbench.core.errors import BenchError

_CHUNK = 1 << 20

ARRAY_ERRORS = (
    ValueError, EOFError, OSError, MemoryError, OverflowError, KeyError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
"""What `numpy.load` raises at array files that are damaged, pickled or absurdly large."""


def sha256_of_bytes(data: bytes) -> str:
    """Hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of a file, read in chunks.

    Raises:
        BenchError: if the file cannot be read.
    """
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with reading(path), path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def algorithm_of(digest: str) -> str:
    """Which algorithm made a hexadecimal digest, told by its length: ``"md5"``, ``"sha1"`` or ``"sha256"``.

    Raises:
        BenchError: if none did.
    """
    if (name := {32: "md5", 40: "sha1", 64: "sha256"}.get(len(digest))) is None:
        raise BenchError(
            f"{digest[:80]!r} is no checksum", "give an MD5, SHA-1 or SHA-256 in hexadecimal digits"
        )
    return name


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the operating system says against reading ``path`` into a `BenchError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise BenchError("no such file", "check the path", path) from error
    except IsADirectoryError as error:
        raise BenchError("is a folder, not a file", "name a file in it", path) from error
    except PermissionError as error:
        raise BenchError("may not be read", "change its permissions", path) from error
    except UnicodeDecodeError as error:
        raise BenchError("is not UTF-8 text", "save it as UTF-8", path) from error
    except OSError as error:
        raise BenchError(f"cannot be read ({error.strerror or error})", "check the path", path) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system says against writing ``path`` into a `BenchError`."""
    try:
        yield
    except OSError as error:
        hints = {
            errno.ENOSPC: "free some space or choose another place; nothing was changed",
            errno.EDQUOT: "free some space or choose another place; nothing was changed",
            errno.EACCES: "choose a place you may write to",
            errno.EROFS: "choose a place you may write to",
            errno.ENOTDIR: "a file stands where a folder is needed: choose another place",
            errno.EEXIST: "a file stands where a folder is needed: choose another place",
        }
        hint = hints.get(error.errno or 0, "correct that and run the same command again")
        raise BenchError(f"cannot be written ({error.strerror or error})", hint, path) from error


def read_text(path: Path) -> str:
    """A UTF-8 text file without its byte order mark, should it have one.

    Raises:
        BenchError: if it is missing, unreadable or not UTF-8.
    """
    with reading(path):
        return path.read_text(encoding="utf-8-sig")


def write_atomically(path: Path, data: str | bytes) -> None:
    r"""Write a file whole or not at all: beside it, synced, then renamed over it.

    Text is UTF-8 with ``\n`` line ends. Folders are made as needed.

    Raises:
        BenchError: if the disk is full or the place may not be written; the old file is untouched.
    """
    raw = data.encode("utf-8") if isinstance(data, str) else data
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(raw)
                stream.flush()
                os.fsync(stream.fileno())
            part.chmod(0o666 & ~_umask())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold ``path`` as a lock file, or say at once that another process holds it.

    The operating system lets go of the lock when the process ends, however it ends, so a killed run
    leaves nothing to clean up.

    Raises:
        BenchError: if another process holds the lock.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            hint = "wait until it has finished, then run the same command again"
            raise BenchError(f"another process is writing {what}", hint, path.parent) from error
    try:
        yield
    finally:
        lock.release()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
