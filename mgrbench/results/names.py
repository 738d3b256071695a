"""What can be said of runs only once they stand beside others: their names, and what they were made with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mgrbench.results.run import RunRecord


def run_names(runs: Sequence[RunRecord]) -> list[str]:
    """A name for each run; where two have the same model, options and features, also its seed."""
    names = [run_name(run) for run in runs]
    many = Counter(names)
    seeded = [
        f"{name}, seed {run.seed}" if many[name] > 1 else name for name, run in zip(names, runs, strict=True)
    ]
    still = Counter(seeded)
    return [
        f"{name}, {run.finished_utc}" if still[name] > 1 else name
        for name, run in zip(seeded, runs, strict=True)
    ]


def run_name(run: RunRecord) -> str:
    """The model with its options and features, for example ``svm_rbf (C=1) on choi``."""
    options = ", ".join(f"{name}={value}" for name, value in run.options.items())
    model = f"{run.model} ({options})" if options else run.model
    return f"{model} on {'+'.join(run.features)}" if run.features else model
