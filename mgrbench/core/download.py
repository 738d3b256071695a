"""One file over HTTPS, verified by its checksum; a cut download is resumed.

What comes is kept in a part file. A second file beside it keeps the address and the validator (ETag, else
Last-Modified) of what the server was sending. The next attempt asks for the rest alone (``Range``) on
condition that the server still has the same file (``If-Range``, RFC 9110 section 13.1.5). A server that has
another one by now, or knows no ranges, answers with all of it, and the part begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mgrbench.core.errors import BenchError
from mgrbench.core.files import locked, writing

if TYPE_CHECKING:
    import requests

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do, here in bytes."""

SCHEMES = ("https",)
"""What an address, and any that it leads on to, may begin with."""

LIMIT = 1 << 25
"""Bytes that a file of unknown size may have at most: several times the largest part of a known pack."""

TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and then for each piece of the answer."""

CHUNK = 1 << 14  # of an unfinished chunk nothing is kept, so it is what a cut may cost
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-[0-9]+/([0-9]+)")
_AGAIN = "run the same command again"
_MOVED = (
    "another file lies at this address by now: get the right one elsewhere, and tell mgrbench's developers"
)


@dataclass(frozen=True, slots=True)
class Resuming:
    """A downloader for `pooch.retrieve` that keeps what came before a cut.

    Attributes:
        part: where the bytes are kept until all are there.
        limit: bytes that the file may have at most.
        progress: told of the bytes, where the server says how many there are.
        plain: whether the address may be plain HTTP, for a file whose checksum is known.
    """

    part: Path
    limit: int
    progress: Progress | None = None
    plain: bool = False

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Get the file at ``url`` and move it to ``output_file``.

        Raises:
            BenchError: if the server does not send it, if it is too large, or if the connection is cut; the
                next call resumes a cut one.
            OSError: if the disk is full or the place may not be written.
        """
        import requests

        try:
            self._receive(url)
        except requests.exceptions.InvalidSchema as error:
            problem = f"is, or leads on to, an address that does not begin with {self._schemes[0]}://"
            raise BenchError(problem, "correct the address, or get the file yourself", url) from error
        except requests.Timeout as error:
            hint = f"{_AGAIN}, later if need be"
            raise BenchError(f"no answer within {max(TIMEOUT):g} seconds", hint, url) from error
        except requests.RequestException as error:
            hint = f"check address, network and proxy, then {_AGAIN}"
            raise BenchError(f"cannot be reached ({type(error).__name__})", hint, url) from error
        self.part.replace(output_file)
        self._validator_file.unlink(missing_ok=True)

    @property
    def _schemes(self) -> tuple[str, ...]:
        return (*SCHEMES, "http") if self.plain else SCHEMES

    @property
    def _validator_file(self) -> Path:
        return self.part.with_name(f"{self.part.name}.validator")

    def _receive(self, url: str) -> None:
        """Ask for the rest of the file, or for all of it, and write what comes to the part."""
        import requests

        have, validator = self._kept(url)
        asked = {"Accept-Encoding": "identity", "User-Agent": "mgrbench"}  # ranges of the file, not of a gzip
        if have:
            asked |= {"Range": f"bytes={have}-", "If-Range": validator}
        with requests.Session() as session:
            session.adapters.clear()  # an address of another scheme, also one led on to, finds none
            for scheme in self._schemes:
                session.mount(f"{scheme}://", requests.adapters.HTTPAdapter())
            with session.get(url, headers=asked, stream=True, timeout=TIMEOUT) as response:
                if response.status_code != requests.codes.requested_range_not_satisfiable:
                    self._write(response, url, *self._span(response, url, have))
                    return
        self._discard()  # the part is no beginning of the file
        if not have:
            raise BenchError("the server refuses to send it (status 416)", "get the file elsewhere", url)
        self._receive(url)

    def _kept(self, url: str) -> tuple[int, str]:
        """How many bytes are there already, and the validator of what they are the beginning of."""
        if not (self.part.is_file() and self._validator_file.is_file()):
            return 0, ""
        noted = self._validator_file.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(noted) != 2 or noted[0] != url or not re.fullmatch("[!-~]([ -~]*[!-~])?", noted[1]):
            return 0, ""
        return self.part.stat().st_size, noted[1]

    def _span(self, response: requests.Response, url: str, have: int) -> tuple[int, int | None]:
        """Where in the file an answer begins, and how long the file is, if the server says so."""
        status = response.status_code
        if status in (404, 410):
            hint = "the file was moved or removed: get it elsewhere, and tell mgrbench's developers"
            raise BenchError(f"nothing is there (status {status})", hint, url)
        if status not in (200, 206):
            raise BenchError(f"the server answers with status {status}", f"{_AGAIN} later", url)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise BenchError("the server sends it compressed, unasked", "get the file elsewhere", url)
        if status == 200:
            length = response.headers.get("Content-Length", "")
            return 0, int(length) if length.isdecimal() else None
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if not match or int(match[1]) != have or not have:
            self._discard()
            raise BenchError("the server sends another part of it than asked for", _AGAIN, url)
        return have, int(match[2])

    def _write(self, response: requests.Response, url: str, done: int, total: int | None) -> None:
        """Write an answer behind the first ``done`` bytes; with 0 the part and its validator begin anew."""
        import requests

        self._check(total or 0, url)
        with self.part.open("ab" if done else "wb") as stream:
            if not done:
                self._note(response, url)
            try:
                for chunk in response.iter_content(CHUNK):
                    done += len(chunk)
                    self._check(done, url)
                    stream.write(chunk)
                    if total and self.progress:
                        self.progress(done, total)
            except requests.RequestException as error:
                raise self._cut(url, done, total) from error
        if total is not None and done != total:
            raise self._cut(url, done, total)

    def _note(self, response: requests.Response, url: str) -> None:
        """Keep the validator; a weak ETag is none, since files that share it may differ in some bytes."""
        tag = response.headers.get("ETag", "")
        validator = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
        if validator:
            self._validator_file.write_text(f"{url}\n{validator}\n", encoding="utf-8")
        else:
            self._validator_file.unlink(missing_ok=True)

    def _check(self, size: int, url: str) -> None:
        if size > self.limit:
            self._discard()
            raise BenchError(f"is larger than the {self.limit} bytes expected at most", _MOVED, url)

    def _cut(self, url: str, done: int, total: int | None) -> BenchError:
        of = f" of {total}" if total else ""
        hint = f"{_AGAIN}: it goes on from there" if self._validator_file.is_file() else _AGAIN
        return BenchError(f"the connection was cut after {done}{of} bytes", hint, url)

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self._validator_file.unlink(missing_ok=True)


def fetch(
    url: str,
    target: Path,
    checksum: str | None,
    *,
    limit: int = LIMIT,
    progress: Progress | None = None,
    plain: bool = False,
) -> Path:
    """Get a file, unless it is there already.

    What came before a connection was cut is kept beside the target, and the next call goes on from there.

    Args:
        url: its address.
        target: where to put it; folders are made.
        checksum: its SHA-256, or ``algorithm:hexdigest``. None takes what comes, and takes a file that is
            there as it is: whoever calls must then verify the content.
        limit: bytes that it may have at most.
        progress: told of the bytes done and of all.
        plain: whether the address may be plain HTTP; only for a file whose checksum is known.

    Returns:
        The target.

    Raises:
        BenchError: if the file has another checksum or is too large (nothing of it is kept), if the server
            does not send it, if the connection is cut, if the disk is full, or if another process is fetching
            it.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")  # the progress shows what it does
    part = target.with_name(f"{target.name}.part")
    downloader = Resuming(part, limit, progress, plain=plain and checksum is not None)
    with writing(target), locked(target.with_name(f".{target.name}.lock"), target.name):
        try:
            pooch.retrieve(url, checksum, target.name, target.parent, downloader=downloader)
        except ValueError as error:  # "SHA256 hash of … does not match …: expected … but got …. Deleted …"
            problem = str(error).partition(" Deleted")[0].rstrip(".")
            hint = "run the same command again; if that does not help, get the file elsewhere"
            raise BenchError(problem, hint, url) from error
    return target
