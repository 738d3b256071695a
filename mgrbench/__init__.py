"""A benchmark for music genre recognition whose numbers can be believed.

The Python interface mirrors the command line::

    import mgrbench

    run = mgrbench.evaluate("svm_rbf", dataset="gtzan", split="artist3", features=["choi"])
    print(run.scores["accuracy"])

Names are imported when they are first used, so that ``import mgrbench`` itself is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mgrbench.core.version import __version__

if TYPE_CHECKING:
    from mgrbench.core.audio import Clip
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.core.errors import BenchError
    from mgrbench.core.types import (
        Archive,
        Dataset,
        Examples,
        FeatureSpec,
        FloatArray,
        Fold,
        GenreModel,
        Inputs,
        Metadata,
        PublishedFolds,
        Score,
        Split,
        Track,
    )
    from mgrbench.evaluation.evaluate import evaluate
    from mgrbench.features.importing import import_features
    from mgrbench.leaderboards import leaderboard
    from mgrbench.metrics.classification import Metric, Outcome
    from mgrbench.models.estimator import EstimatorModel
    from mgrbench.models.options import fixed, option
    from mgrbench.models.references import Printed, Reference
    from mgrbench.results.compare import compare
    from mgrbench.results.run import Run
    from mgrbench.results.score_file import score_file
    from mgrbench.splits import audit_split, load_split

__all__ = [
    "Archive",
    "BenchError",
    "Clip",
    "Dataset",
    "EstimatorModel",
    "Examples",
    "FeatureSpec",
    "FloatArray",
    "Fold",
    "GenreModel",
    "Inputs",
    "Metadata",
    "Metric",
    "Outcome",
    "Printed",
    "PublishedFolds",
    "Reference",
    "Run",
    "Score",
    "Split",
    "Track",
    "__version__",
    "audit_split",
    "compare",
    "evaluate",
    "fixed",
    "import_features",
    "leaderboard",
    "load_dataset",
    "load_split",
    "option",
    "score_file",
]

HOMES = {
    "Archive": "mgrbench.core.types",
    "BenchError": "mgrbench.core.errors",
    "Clip": "mgrbench.core.audio",
    "Dataset": "mgrbench.core.types",
    "EstimatorModel": "mgrbench.models.estimator",
    "Examples": "mgrbench.core.types",
    "FeatureSpec": "mgrbench.core.types",
    "FloatArray": "mgrbench.core.types",
    "Fold": "mgrbench.core.types",
    "GenreModel": "mgrbench.core.types",
    "Inputs": "mgrbench.core.types",
    "Metadata": "mgrbench.core.types",
    "Metric": "mgrbench.metrics.classification",
    "Outcome": "mgrbench.metrics.classification",
    "Printed": "mgrbench.models.references",
    "PublishedFolds": "mgrbench.core.types",
    "Reference": "mgrbench.models.references",
    "Run": "mgrbench.results.run",
    "Score": "mgrbench.core.types",
    "Split": "mgrbench.core.types",
    "Track": "mgrbench.core.types",
    "audit_split": "mgrbench.splits",
    "compare": "mgrbench.results.compare",
    "evaluate": "mgrbench.evaluation.evaluate",
    "fixed": "mgrbench.models.options",
    "import_features": "mgrbench.features.importing",
    "leaderboard": "mgrbench.leaderboards",
    "load_dataset": "mgrbench.core.dataset_plugin",
    "load_split": "mgrbench.splits",
    "option": "mgrbench.models.options",
    "score_file": "mgrbench.results.score_file",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name when it is first used (PEP 562)."""
    if name not in HOMES:
        raise AttributeError(f"module 'mgrbench' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return sorted(__all__)
