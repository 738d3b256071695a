"""Unpacking an archive into a folder, and never outside it.

All members are checked before the first is written. An archive with a path out of the folder, a link, a
device or an encrypted file is refused as a whole: no dataset's archive has any, so it is not the right file.
"""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TypeVar

from mgrbench.core.errors import BenchError
from mgrbench.core.files import reading, writing

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""Endings of the archives that can be unpacked."""

_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError,
)  # fmt: skip
_HINT = "nothing of it was unpacked; get the archive again, elsewhere if need be"
_CHUNK = 1 << 20

_Member = TypeVar("_Member")
Progress = Callable[[int, int], None]


def is_archive(name: str) -> bool:
    """Whether a file of this name can be unpacked."""
    return name.lower().endswith(SUFFIXES)


def unpack(archive: Path, folder: Path, progress: Progress | None = None) -> int:
    """Unpack an archive into a folder; files of the same name there are replaced, each whole.

    Args:
        archive: a file that ends in one of `SUFFIXES`.
        folder: where to; made as needed.
        progress: told of the bytes written and of all.

    Returns:
        Number of files.

    Raises:
        BenchError: if the archive is damaged or holds what it must not (nothing is written then), or if the
            disk is full.
    """
    try:
        with reading(archive):
            if archive.name.lower().endswith(".zip"):
                with zipfile.ZipFile(archive) as packed:
                    return _write(_zip_members(packed), folder, packed.open, archive, progress)
            with tarfile.open(archive) as tar:
                return _write(_tar_members(tar), folder, tar.extractfile, archive, progress)
    except _DAMAGED as error:
        hint = "get the archive again, elsewhere if need be"
        raise BenchError(f"is damaged ({error or type(error).__name__})", hint, archive) from error


def _zip_members(packed: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str, int]]:
    """The files of a ZIP archive: member, path, size."""
    members = []
    for info in packed.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.flag_bits & 1 or kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _refusal(packed.filename, info.filename, "is encrypted, a link or a device")
        _check(packed.filename, info.filename)
        if not info.is_dir():
            members.append((info, info.filename, info.file_size))
    return members


def _tar_members(tar: tarfile.TarFile) -> list[tuple[tarfile.TarInfo, str, int]]:
    """The files of a tar archive: member, path, size."""
    members = []
    for info in tar:
        if not (info.isfile() or info.isdir()):
            raise _refusal(tar.name, info.name, "is a link or a device")
        _check(tar.name, info.name)
        if info.isfile():
            members.append((info, info.name, info.size))
    return members


def _check(archive: object, name: str) -> None:
    """Refuse a path that leads out of the folder on any system."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if not name or "\0" in name or posix.is_absolute() or windows.anchor or ".." in windows.parts:
        raise _refusal(archive, name, "leads out of the folder")


def _refusal(archive: object, name: str, problem: str) -> BenchError:
    shown = name if len(name) <= 80 else f"{name[:80]}…"
    return BenchError(f"its member {shown!r} {problem}", _HINT, str(archive))


def _write(
    members: list[tuple[_Member, str, int]],
    folder: Path,
    opened: Callable[[_Member], IO[bytes] | None],
    archive: Path,
    progress: Progress | None,
) -> int:
    total, done = sum(size for _, _, size in members), 0
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    if total > free:
        hint = "free some space or name another folder by --root; nothing of it was unpacked"
        raise BenchError(f"needs {total / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free", hint, archive)
    for member, name, _ in members:
        target = folder / name
        part = target.with_name(f".{target.name}.part")
        source = opened(member)
        if source is None:
            raise _refusal(archive, name, "is no file")
        with source, writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as stream:
                    while chunk := _chunk(source, archive):
                        stream.write(chunk)
                        done += len(chunk)
                        if progress:
                            progress(done, total)
                part.replace(target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    return len(members)


def _chunk(source: IO[bytes], archive: Path) -> bytes:
    with reading(archive):
        return source.read(_CHUNK)
