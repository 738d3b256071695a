"""The formats that lists of tracks come in, each read into rows of cells.

Text (one name a line), CSV and TSV (``,``, ``;``, tab or ``|``, quoted or not), JSON (a list of names or of
objects), JSON lines, and M3U playlists. The ending of the file decides; text that begins like a playlist or a
JSON list is read as one whatever it is called. UTF-8 and UTF-16 with a byte order mark are read, any kind of
line ends, and playlists that are older than UTF-8 (Latin-1).
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgrbench.core.files import reading
from mgrbench.core.types import BenchError

COLUMN_NAMES = (
    "trackid", "tid", "file", "filename", "filepath", "path", "audio", "audiofile", "audiopath", "wav", "mp3",
    "wavfile", "mp3file", "relativepath", "location", "uri", "url", "id", "track", "clip", "song", "name",
)  # fmt: skip
"""What columns of names are called, in small letters without signs; the earlier is the surer."""

_LABEL = re.compile(
    r"(true|main|top|sub|parent)?(label|genre|class|target|category|style|tag)(s|es)?"
    r"(id|ids|idx|index|no|num|number|name|names|top|all|code|encoded|int|str)?|categories|y|ytrue"
)

_PLAYLISTS = (".m3u", ".m3u8")
_TABLES = (".csv", ".tsv", ".tab", ".psv")
_SIGNS = ("\t", ",", ";", "|")


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a list file holds.

    Attributes:
        kind: ``text``, ``CSV``, ``TSV``, ``JSON``, ``JSON lines`` or ``M3U``.
        columns: names of the columns, empty where they have none.
        rows: the cells of each row; in plain text the line itself, then what its signs part it into.
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plain(name: str) -> str:
    """A column's name in small letters without signs, as `COLUMN_NAMES` has it."""
    return re.sub(r"[\W_]", "", name).lower()


def is_label(name: str) -> bool:
    """Whether a column is called like one of class labels, as ``genre_top``, and so can't name tracks."""
    return _LABEL.fullmatch(plain(name)) is not None


def _is_header(cells: Iterable[str]) -> bool:
    """Whether cells are names of columns: one is called like a column of tracks or of labels."""
    return any(plain(cell) in COLUMN_NAMES or is_label(cell) for cell in cells)


def read_list_file(path: Path, *, by_column: bool = False) -> ListFile:
    """Read a list file.

    Args:
        path: the file.
        by_column: whether a column will be asked for, so that plain text is read as columns, too.

    Raises:
        BenchError: with file and line, if it cannot be read, is no text, or is not of its format.
    """
    text, suffix = _text(path), path.suffix.lower()
    start = text.lstrip()
    if suffix in _PLAYLISTS or start.startswith("#EXTM3U"):
        return ListFile("M3U", (), tuple((line,) for _, line in _lines(text)))
    if suffix in {".jsonl", ".ndjson"} or (suffix not in _TABLES and _is_json_lines(start)):
        return _from_values("JSON lines", _json_lines(text, path))
    if suffix == ".json" or (suffix not in _TABLES and start.startswith(('["', "[{", "[\n"))):
        return _from_values("JSON", _json_list(text, path))
    if suffix in _TABLES or by_column or _has_header(text):
        return _table(text, path, "\t" if suffix == ".tsv" else _sign_of(text))
    return ListFile("text", (), tuple((line, *_parted(line)) for _, line in _lines(text)))


def _text(path: Path) -> str:
    with reading(path):
        data = path.read_bytes()
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    with reading(path):
        try:
            text = data.decode("utf-16" if wide else "utf-8-sig")
        except UnicodeDecodeError:
            if path.suffix.lower() != ".m3u" or b"\0" in data:
                raise
            text = data.decode("latin-1")
    if "\0" in text:
        raise BenchError("is no text (it has NUL bytes)", "give a text, CSV, TSV, JSON or M3U file", path)
    # Not splitlines(), which breaks lines at signs that a name may hold.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> Iterable[tuple[int, str]]:
    """Lines with their numbers, without empty ones and comments."""
    for number, line in enumerate(text.split("\n"), start=1):
        if (stripped := line.strip()) and not stripped.startswith("#"):
            yield number, stripped


def _parted(line: str) -> tuple[str, ...]:
    cells = re.split(r"[\t,;|]", line)
    return tuple(cell.strip(" \"'") for cell in cells) if len(cells) > 1 else (line.strip(" \"'"),)


def _has_header(text: str) -> bool:
    """Whether the first line names several columns."""
    _, first = next(iter(_lines(text)), (0, ""))
    cells = _parted(first)
    return len(cells) > 1 and _is_header(cells)


def _sign_of(text: str) -> str:
    """The sign between the columns: of the usual ones that which the first line has most."""
    _, first = next(iter(_lines(text)), (0, ""))
    return max(_SIGNS, key=first.count) if any(sign in first for sign in _SIGNS) else ","


def _table(text: str, path: Path, sign: str) -> ListFile:
    kind = {"\t": "TSV", "|": "PSV"}.get(sign, "CSV")
    try:
        rows = _csv_rows(text, sign, quoted=True)
    except csv.Error as error:
        # Tab-separated files are often written without any quoting, and names may begin with a quote.
        if sign != "\t":
            line = f"{path}:{error.args[1]}"
            raise BenchError(f"is no CSV here ({error.args[0]})", "close the quotes", line) from error
        rows = _csv_rows(text, sign, quoted=False)
    if not rows:
        return ListFile(kind, (), ())
    width = max(map(len, rows))
    padded = tuple((*row, *[""] * (width - len(row))) for row in rows)
    if _is_header(padded[0]):
        return ListFile(kind, tuple(cell.lstrip("#").strip() for cell in padded[0]), padded[1:])
    return ListFile(kind, (), padded)


def _csv_rows(text: str, sign: str, *, quoted: bool) -> list[tuple[str, ...]]:
    quoting: Any = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(text.split("\n"), delimiter=sign, quoting=quoting, strict=True, skipinitialspace=True)
    rows: list[tuple[str, ...]] = []
    try:
        for cells in reader:
            row = tuple(cell.strip() for cell in cells)
            comment = row and row[0].startswith("#") and (rows or plain(row[0]) not in COLUMN_NAMES)
            if any(row) and not comment:
                rows.append(row)
    except csv.Error as error:
        raise csv.Error(str(error), reader.line_num) from error
    return rows


def _json_list(text: str, path: Path) -> list[Any]:
    values = _parsed(text, str(path))
    if isinstance(values, dict):
        lists = [value for value in values.values() if isinstance(value, list)]
        values = lists[0] if len(lists) == 1 else values
    if not isinstance(values, list):
        hint = "give a list of names, or of objects that have one"
        raise BenchError(f"is JSON, but no list ({type(values).__name__})", hint, path)
    return values


def _is_json_lines(start: str) -> bool:
    """Whether the first line is an object by itself; such files are often called ``.json``, too."""
    first, _, rest = start.partition("\n")
    try:
        return isinstance(json.loads(first), dict) and (bool(rest.strip()) or "[" not in first)
    except (ValueError, RecursionError):
        return False


def _json_lines(text: str, path: Path) -> list[Any]:
    return [_parsed(line, f"{path}:{number}") for number, line in _lines(text)]


def _parsed(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = getattr(error, "msg", None) or "is nested too deeply or has a number too long"
        line = getattr(error, "lineno", 1)
        place = where if line == 1 else f"{where}:{line}"
        raise BenchError(f"is no JSON ({problem})", "correct it there", place) from error


def _from_values(kind: str, values: Sequence[Any]) -> ListFile:
    objects = [value for value in values if isinstance(value, dict)]
    if not objects:
        return ListFile(kind, (), tuple((_cell(value),) for value in values))
    columns = tuple(dict.fromkeys(key for value in objects for key in value))
    rows = [
        tuple(_cell(value.get(key, "")) for key in columns)
        if isinstance(value, dict)
        else (_cell(value), *[""] * (len(columns) - 1))
        for value in values
    ]
    return ListFile(kind, columns, tuple(rows))


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
