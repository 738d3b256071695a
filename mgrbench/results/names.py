"""What runs are called in tables and figures: the model, its options, its features.

A whole name is ``svm_rbf (C=1) on choi+mel`` in every table, figure and comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mgrbench.results.run import RunRecord


def options_text(options: Mapping[str, Any]) -> str:
    """``C=1, gamma=2``; empty without options."""
    return ", ".join(f"{name}={value}" for name, value in options.items())


def model_name(model: str, options: Mapping[str, Any]) -> str:
    """``svm_rbf (C=1)``: a model with the options that were set."""
    text = options_text(options)
    return f"{model} ({text})" if text else model


def on_features(name: str, features: Iterable[str]) -> str:
    """``svm_rbf on choi+mel``: a name with the features; the name alone without any."""
    text = "+".join(features)
    return f"{name} on {text}" if text else name


def run_name(run: RunRecord) -> str:
    """``svm_rbf (C=1) on choi+mel``: the model of a run with its options and features."""
    return on_features(model_name(run.model, run.options), run.features)


def run_names(runs: Sequence[RunRecord]) -> list[str]:
    """A name for each run, with the seed where two names are the same, and the time where they still are."""
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
