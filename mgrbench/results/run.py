"""The record of a run, as it stands in ``run.json``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mgrbench.results.predictions import Predictions

SCHEMA_VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScoreRecord(_Record):
    """A score with its 95 % interval over artists; null ends where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


class Selection(_Record):
    """What was chosen, and on which part.

    ``chosen`` holds, per fold, what the model says it chose. ``unstated`` is the rule of scored predictions
    whose maker said nothing of it.
    """

    rule: Literal["none", "validation", "test", "unstated"]
    chosen: tuple[dict[str, Any] | None, ...] = ()


class FoldRecord(_Record):
    """One fold: sizes of its parts as the model got them, and its scores."""

    fold: int
    n_train: int
    n_valid: int
    n_test: int
    scores: dict[str, float]


class MeanStd(_Record):
    """Mean over the folds, and the population standard deviation."""

    mean: float
    std: float


class GenreRecord(_Record):
    """How one genre fared, see `mgrbench.metrics.classification.PerClass`."""

    genre: str
    precision: float
    recall: float
    f1: float
    accuracy: float
    accuracy_as_printed: float
    support: int


class Cost(_Record):
    """What the run took: seconds summed over folds, peaks of its processes; null where not measured."""

    parameters: int | None = None
    macs: int | None = None
    fit_seconds: float | None = None
    predict_seconds: float | None = None
    peak_rss_bytes: int | None = None
    peak_gpu_bytes: int | None = None
    device: str | None = None


class Environment(_Record):
    """The machine and the library versions."""

    python: str
    packages: dict[str, str]
    platform: str
    cpu: str
    gpu: str | None = None


class Code(_Record):
    """The state of mgrbench's own code; commit and dirty are null outside of a checkout."""

    version: str
    commit: str | None = None
    dirty: bool | None = None


class Warn(_Record):
    """Something that must be known wherever the run stands: a code of `codes` and its figures."""

    code: str = Field(pattern=r"^MGR\d{3}$")
    detail: str


class Run(_Record):
    """The record of one run, as it stands in ``run.json``."""

    schema_version: int = SCHEMA_VERSION
    model: str
    options: dict[str, Any] = Field(default_factory=dict)
    features: dict[str, str] = Field(default_factory=dict)
    dataset: str
    split: str
    split_sha256: str
    seed: int
    selection: Selection
    folds: tuple[FoldRecord, ...]
    scores: dict[str, ScoreRecord]
    fold_mean_std: dict[str, MeanStd]
    per_class: tuple[GenreRecord, ...]
    confusion: tuple[tuple[int, ...], ...]
    cost: Cost
    environment: Environment
    code: Code
    plugin_sha256: str | None = None
    warnings: tuple[Warn, ...] = ()
    source: Literal["measured", "reported"] = "measured"
    started_utc: str
    finished_utc: str

    predictions: Predictions | None = Field(default=None, exclude=True, repr=False)
    """What the scores are computed from, while in memory; on disk it is a file of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def to_json(self) -> str:
        """The text of ``run.json``."""
        return self.model_dump_json(indent=1) + "\n"
