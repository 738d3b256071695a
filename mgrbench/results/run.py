"""A run: its record, as it stands in ``run.json``, and its predictions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from mgrbench.core.types import Score
from mgrbench.metrics.classification import PerClass
from mgrbench.results.predictions import Predictions

SCHEMA_VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Selection(_Record):
    """On which part the model was selected, and what it chose.

    ``chosen`` holds what the model chose in each fold, in the model's own words. The rule ``unstated`` is for
    scored predictions whose author did not say.
    """

    rule: Literal["none", "validation", "test", "unstated"]
    chosen: tuple[dict[str, Any] | None, ...] = ()


class FoldRecord(_Record):
    """One fold: the number of tracks in each part that the model was given, and its scores.

    ``n_split`` is the number of training and validation tracks that the split has in the fold. It is null in
    older records.
    """

    fold: int
    n_train: int
    n_valid: int
    n_test: int
    n_split: int | None = None
    scores: dict[str, float]


class MeanStd(_Record):
    """Mean over the folds, and the population standard deviation; None for a single fold."""

    mean: float
    std: float | None


class Cost(_Record):
    """What the run cost: seconds summed over the folds, peaks of any process; null where not measured."""

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
    """A warning that every table shows beside the run: a code of `mgrbench.core.codes` and its details."""

    code: str = Field(pattern=r"^MGR\d{3}$")
    detail: str


class RunRecord(_Record):
    """The record of a run, as it stands in ``run.json``.

    Attributes:
        options: options of the model that are not the default.
        features: name of a feature -> its fingerprint in the feature store.
        split: name of the split with its dataset, ``"gtzan/artist3"``.
        scores: metric -> value over the test tracks of all folds, with its 95 % interval over artists
            (over tracks where no artists are known).
        fold_mean_std: metric -> mean and standard deviation of the folds' values (see `MeanStd`).
        confusion: number of tracks, rows are true genres, columns predicted ones.
        plugin_sha256: checksum of the model's source, or of a file of scored predictions.
        warnings: what must be known of the run and of its split.
        started_utc, finished_utc: ISO 8601, to the second.
    """

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
    scores: dict[str, Score]
    fold_mean_std: dict[str, MeanStd]
    per_class: tuple[PerClass, ...]
    confusion: tuple[tuple[int, ...], ...]
    cost: Cost
    environment: Environment
    code: Code
    plugin_sha256: str | None = None
    warnings: tuple[Warn, ...] = ()
    source: Literal["measured", "reported"] = "measured"
    started_utc: str
    finished_utc: str

    @field_validator("fold_mean_std")
    @classmethod
    def _without_spread_of_one(cls, found: dict[str, MeanStd], info: ValidationInfo) -> dict[str, MeanStd]:
        """Read a record that was written when a single fold still had a standard deviation of 0."""
        if len(info.data.get("folds", ())) != 1:
            return found
        return {
            name: MeanStd(mean=one.mean, std=None) if one.std == 0 else one for name, one in found.items()
        }

    def to_json(self) -> str:
        """The text of ``run.json``."""
        return self.model_dump_json(indent=1) + "\n"


class Run(RunRecord):
    """A run: all that its record says, and the predictions that its scores are computed from.

    The predictions are a file of their own, so that `RunRecord.to_json` leaves them out.
    """

    predictions: Predictions = Field(exclude=True, repr=False)

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
