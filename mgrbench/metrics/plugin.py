"""Metrics by name: the built-in ones, and those of users, packages and files."""

from __future__ import annotations

from collections.abc import Sequence

from mgrbench.core.errors import BenchError
from mgrbench.core.registry import load
from mgrbench.metrics.classification import METRICS, Metric


def load_metrics(names: Sequence[str]) -> dict[str, Metric]:
    """The built-in metrics, and those of these names behind them.

    Args:
        names: names of installed plugins, or ``./file.py:function``.

    Raises:
        BenchError: if there is no such metric, or if it has the name of a built-in one.
    """
    metrics = dict(METRICS)
    for name in names:
        metric = load_metric(name)
        if metric.name in METRICS:
            raise BenchError(f"{name} has the name of a built-in metric", "give it another name")
        metrics[metric.name] = metric
    return metrics


def load_metric(name: str) -> Metric:
    """The metric of a plugin: a `Metric`, or a function of an outcome.

    A function is described by the first line of its docstring.

    Raises:
        BenchError: if there is none of this name, or if it is neither.
    """
    loaded = load("metrics", name)
    value = loaded.value
    if isinstance(value, Metric):
        return value
    if callable(value):
        about = (value.__doc__ or "").strip().partition("\n")[0]
        return Metric(loaded.plugin.name, about, value)
    hint = "name a function of a mgrbench.Outcome, or a mgrbench.Metric"
    raise BenchError(f"{name} is not a metric", hint)
