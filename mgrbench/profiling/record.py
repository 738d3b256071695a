"""The record of all profiles, ``cost.json``: a session for each machine and way of measuring, a row a model.

Times are in seconds of wall clock, sizes in bytes. What was not measured is null, never 0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mgrbench.core.files import read_text
from mgrbench.core.types import BenchError
from mgrbench.results.names import model_name

SCHEMA_VERSION = 1
COST_FILE = "cost.json"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Part(_Record):
    """Values and operations of one part of a network."""

    parameters: int
    flops: int
    macs_ptflops: int


class Counts(Part):
    """Values and operations of a whole network.

    ``bytes`` are of values and buffers. ``flops`` and ``macs_ptflops`` are those of a forward pass on the
    example of ``input_shapes``; ``uncounted`` says of every other operation how many values it gave.
    """

    trainable: int
    bytes: int
    parts: dict[str, Part]
    uncounted: dict[str, int] = Field(default_factory=dict)
    input_shapes: tuple[tuple[int, ...], ...]


class Timing(_Record):
    """Repeated measurements of one thing, in seconds.

    Attributes:
        first: the first call, apart from the others: it compiles, tunes and fills caches.
        p50, p95: median and 95th percentile of the calls after the warm-up.
        iqr: interquartile range.
        low, high: 95 % interval of the median; null where there were too few repeats for one.
        repeats: number of calls that count.
        capped: whether the time ran out before the interval was narrow enough.
    """

    first: float
    p50: float
    p95: float
    iqr: float
    low: float | None = None
    high: float | None = None
    repeats: int
    capped: bool


class CostRow(_Record):
    """What one model costs.

    Attributes:
        values: ``stored`` where it was measured on a dataset's stored features, ``made up`` where on noise.
        shapes: feature -> shape of a segment.
        train_tracks: tracks that the model was fitted on.
        epochs: epochs that it was fitted for; null where it trains in none.
        fit_seconds: time of that fit. Of a network it only says that it was short.
        step: a training step on a batch of ``batch`` segments: forward, cross-entropy, backward, update.
        forward: a forward pass of the network on such a batch.
        clip: predicting one clip alone.
        clips: predicting ``batch`` clips at a time.
        extraction: computing all its features of one decoded clip.
        held_bytes: arrays that the fitted model holds.
        peak_rss_bytes: largest memory of the process that fitted and predicted, libraries included.
        libraries_rss_bytes: its memory before the model was built.
        peak_gpu_bytes: largest memory that torch had allocated on the GPU, fitting included.
        joules_per_clip: of the whole board, while it predicted ``batch`` clips at a time.
        notes: what could not be measured, and why.
    """

    model: str
    options: dict[str, Any] = Field(default_factory=dict)
    features: tuple[str, ...]
    shapes: dict[str, tuple[int, ...]]
    segments: int
    values: str
    genres: int
    train_tracks: int
    epochs: int | None
    batch: int
    counts: Counts | None = None
    fit_seconds: float | None = None
    step: Timing | None = None
    forward: Timing | None = None
    clip: Timing | None = None
    clips: Timing | None = None
    extraction: Timing | None = None
    held_bytes: int | None = None
    peak_rss_bytes: int | None = None
    libraries_rss_bytes: int | None = None
    peak_gpu_bytes: int | None = None
    joules_per_clip: float | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None
    """Why the model could not be measured; the figures are null then."""

    @property
    def name(self) -> str:
        """The model with the options that were set, as on a leaderboard."""
        return model_name(self.model, self.options)


class Machine(_Record):
    """The machine on which a model was measured, and its settings."""

    device: str
    threads: int
    precision: str
    compiled: bool
    cpu: str
    cpu_mhz: float | None = None
    gpu: str | None = None
    driver: str | None = None
    gpu_clock_mhz: int | None = None
    gpu_memory_clock_mhz: int | None = None
    platform: str
    python: str
    packages: dict[str, str]

    @property
    def key(self) -> str:
        """A checksum of machine and way of measuring; rows of one key may stand in one table."""
        same = (self.device, self.threads, self.precision, self.compiled, self.cpu, self.gpu, self.platform)
        return hashlib.sha256(json.dumps(same).encode()).hexdigest()[:12]


class Session(_Record):
    """Rows measured on one machine by one command.

    Attributes:
        reference: model that every ratio is taken to.
        clip_seconds: length of a clip.
        dataset: the dataset whose genres, segments and clips the models get.
        quick: whether there were too few repeats for figures to be quoted.
    """

    schema_version: int = SCHEMA_VERSION
    machine: Machine
    code: dict[str, str | bool | None]
    dataset: str
    clip_seconds: float
    reference: str
    quick: bool
    rows: tuple[CostRow, ...]
    started_utc: str

    def reference_row(self) -> CostRow | None:
        """The row that ratios are taken to, if it could be measured."""
        return next((row for row in self.rows if row.name == self.reference and not row.error), None)


def read_sessions(folder: Path) -> list[Session]:
    """The sessions of ``cost.json`` in a folder; none where there is no such file.

    Raises:
        BenchError: if it is damaged or of another schema version.
    """
    path = folder / COST_FILE
    if not path.exists():
        return []
    text = read_text(path)
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION:
            hint = f"this version of mgrbench reads version {SCHEMA_VERSION}; profile again"
            raise BenchError("is no table of costs of this version", hint, path)
        return [Session.model_validate(session) for session in found.get("sessions", [])]
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        hint = "profile again, or restore the file"
        raise BenchError(f"is no valid table of costs ({place}: {first['msg']})", hint, path) from error
    except (ValueError, RecursionError) as error:
        raise BenchError("is no JSON", "profile again, or restore the file", path) from error


def merged(sessions: Sequence[Session], new: Session) -> list[Session]:
    """The sessions with the one of the same machine replaced, or a new one added at the end."""
    kept = [session if session.machine.key != new.machine.key else new for session in sessions]
    return kept if new in kept else [*kept, new]


def to_json(sessions: Sequence[Session]) -> str:
    """The text of ``cost.json``."""
    return json.dumps(document(sessions), indent=1, ensure_ascii=False) + "\n"


def document(sessions: Sequence[Session]) -> Mapping[str, Any]:
    """All sessions as plain dictionaries and lists."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sessions": [session.model_dump(mode="json") for session in sessions],
    }
