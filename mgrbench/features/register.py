"""The register of published weight files and feature packs, and the local copy of each.

The register, ``downloads.tsv``, has a line for each file: what it belongs to, its name, its checksum, its
address. Copies lie in ``downloads/`` beside the stored features.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mgrbench.core.download import LIMIT, Progress, fetch
from mgrbench.core.errors import BenchError
from mgrbench.core.files import digest_of_file, read_text
from mgrbench.core.paths import downloads_root

REGISTER = Path(__file__).with_name("downloads.tsv")
WEIGHTS = "weights"
"""What weight files belong to; feature packs belong to their dataset and feature."""


COLUMNS = ("of", "name", "checksum", "bytes", "url", "note")
_LINE = re.compile(  # names are those of folders and files, so none may lead elsewhere
    r"(weights|\w[\w-]*/\w[\w.-]*)\t(\w[\w.-]*)\t([0-9a-f]{64}|)\t([0-9]{1,15}|)\t(https?://[!-~]+|)\t([^\t]*)"
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of the register.

    Attributes:
        of: ``"weights"``, or dataset and feature: ``"gtzan/choi"``.
        name: what the file is called here.
        checksum: its SHA-256; empty where only the values that it gives are known. Of the line ``values``,
            which is no file, the fingerprint of a pack.
        bytes: its size, if known.
        url: its address; empty where none is known.
        note: what it is.
    """

    of: str
    name: str
    checksum: str
    bytes: int | None
    url: str
    note: str

    @property
    def path(self) -> Path:
        """Where the file lies once it has been fetched."""
        return downloads_root() / self.of / self.name

    @property
    def how(self) -> str:
        """How to get a weight file, as a hint."""
        if self.url:
            return (
                f"run `mgrbench features download {WEIGHTS} {self.name}`, or name your copy by --weights FILE"
            )
        own = f"get it yourself, then put it at {self.path} or name it by --weights FILE"
        return f"no address of it is known: {own} ({self.note})"


def registered() -> list[Registered]:
    """All lines of the register, in its order.

    Raises:
        BenchError: with file and line, if a line is damaged or there twice.
    """
    lines = read_text(REGISTER).splitlines()
    first = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    hint = "correct the line, or install mgrbench anew if you never changed it"
    if lines[first : first + 1] != ["\t".join(COLUMNS)]:
        raise BenchError(f"has not the columns {', '.join(COLUMNS)}", hint, f"{REGISTER}:{first + 1}")
    found: dict[tuple[str, str], Registered] = {}
    for number, line in enumerate(lines[first + 1 :], start=first + 2):
        match = _LINE.fullmatch(line)
        if match is None or match.group(1, 2) in found:
            problem = "is there twice" if match else f"is no line of a register: {line[:60]!r}"
            raise BenchError(problem, hint, f"{REGISTER}:{number}")
        of, name, checksum, size, url, note = match.groups()
        found[of, name] = Registered(of, name, checksum, int(size) if size else None, url, note)
    return list(found.values())


def weights(name: str | None = None) -> list[Registered]:
    """The registered weight files, or the one of this name.

    Raises:
        BenchError: if there is none of this name.
    """
    lines = [line for line in registered() if line.of == WEIGHTS]
    chosen = [line for line in lines if name in (None, line.name)]
    if name and not chosen:
        known = ", ".join(line.name for line in lines) or "none"
        raise BenchError(f"no weight file is called {name!r}", f"there are {known}")
    return chosen


def cached(name: str) -> Path:
    """A registered weight file that was fetched before, its checksum verified now.

    Raises:
        BenchError: if it is not there, with how to get it, or if it is another file.
    """
    (line,) = weights(name)
    if not line.path.is_file():
        raise BenchError(f"the weight file {name} is not at hand", line.how)
    found = digest_of_file(line.path)
    if found != line.checksum:
        problem = f"is another file: expected SHA-256 {line.checksum}, found {found}"
        raise BenchError(problem, f"remove it, then {line.how}", line.path)
    return line.path


def get(line: Registered, progress: Progress | None = None) -> Path:
    """The local copy of a line of the register, downloaded unless it is there already.

    Raises:
        BenchError: if there is neither a copy nor an address, or as `mgrbench.core.download.fetch` does.
    """
    if not line.url:
        return cached(line.name)
    return fetch(line.url, line.path, line.checksum or None, limit=line.bytes or LIMIT, progress=progress)
