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

if TYPE_CHECKING:
    from mgrbench.boards import leaderboard
    from mgrbench.comparison import compare
    from mgrbench.evaluation import evaluate
    from mgrbench.imports import import_features
    from mgrbench.registry import load_dataset
    from mgrbench.runs import Run
    from mgrbench.score import score_file
    from mgrbench.splits import audit_split, load_split
    from mgrbench.types import BenchError, Examples, Inputs

__version__ = "0.1.0"

__all__ = [
    "BenchError",
    "Examples",
    "Inputs",
    "Run",
    "__version__",
    "audit_split",
    "compare",
    "evaluate",
    "import_features",
    "leaderboard",
    "load_dataset",
    "load_split",
    "score_file",
]

_HOMES = {
    "BenchError": "mgrbench.types",
    "Examples": "mgrbench.types",
    "Inputs": "mgrbench.types",
    "Run": "mgrbench.runs",
    "audit_split": "mgrbench.splits",
    "compare": "mgrbench.comparison",
    "evaluate": "mgrbench.evaluation",
    "import_features": "mgrbench.imports",
    "leaderboard": "mgrbench.boards",
    "load_dataset": "mgrbench.registry",
    "load_split": "mgrbench.splits",
    "score_file": "mgrbench.score",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mgrbench' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
