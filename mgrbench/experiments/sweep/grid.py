"""The grid of a sweep: every combination of options, planned for every seed before anything is computed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mgrbench.core.files import sha256_of_bytes
from mgrbench.core.types import BenchError
from mgrbench.evaluation.plan import Plan, make_plan
from mgrbench.evaluation.request import USUAL, Request, Settings


@dataclass(frozen=True, slots=True)
class Axis:
    """An option and the values that it takes in turn."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SweepGrid:
    """Every point of a grid, planned for every seed.

    Attributes:
        model: name of the model's rows.
        axes: the options that vary.
        options: the options that all points have in common.
        seeds: seeds of each point.
        combinations: per point of the grid, in order, axis -> value.
        plans: per point, the plans of its seeds.
    """

    model: str
    axes: tuple[Axis, ...]
    options: Mapping[str, Any]
    seeds: tuple[int, ...]
    combinations: tuple[Mapping[str, Any], ...]
    plans: tuple[tuple[Plan, ...], ...]

    @property
    def name(self) -> str:
        """Name of the sweep's folder, the same only for the same command on the same data."""
        ids = [plan.run_id() for plans in self.plans for plan in plans]
        digest = sha256_of_bytes("\n".join(ids).encode())[:8]
        features = "+".join(self.plans[0][0].features) or "nothing"
        return f"{features}-{'+'.join(axis.name for axis in self.axes)[:80]}-{digest}"


def plan_sweep(
    request: Request, axes: Sequence[Axis], seeds: Sequence[int] = (0,), settings: Settings = USUAL
) -> SweepGrid:
    """Plan each point, and build its model once, so that a bad option is known before anything is computed.

    Args:
        request: what all points have in common; ``seeds`` take the place of its seed.
        axes: what to vary. The last varies fastest; the first point takes the first value of each.
        seeds: seeds of the runs of each point.
        settings: how the runs are carried out.

    Raises:
        BenchError: if the grid is empty or has a value twice, if the model refuses an option, or if anything
            named is not there.
    """
    _check(axes, request.options, seeds)
    points = tuple(
        dict(zip([axis.name for axis in axes], values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    )
    plans = []
    for point in points:
        options = {**request.options, **point}
        first = make_plan(replace(request, options=options, seed=seeds[0]), settings)
        first.check_options()
        request = replace(request, dataset=first.dataset, split=first.split)  # read once for all points
        plans.append(tuple(replace(first, seed=seed) for seed in seeds))
    return SweepGrid(
        plans[0][0].title, tuple(axes), dict(request.options), tuple(seeds), points, tuple(plans)
    )


def describe(setting: Mapping[str, Any]) -> str:
    """``clusters=20, netvlad=on``."""
    return ", ".join(f"{name}={value_text(value)}" for name, value in setting.items())


def value_text(value: object) -> str:
    """A value of an option as it is written on the command line, in printable characters."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value, default=str)


def _check(axes: Sequence[Axis], options: Mapping[str, Any], seeds: Sequence[int]) -> None:
    if not axes:
        raise BenchError("the grid is empty", "give an option and its values, as clusters=10,20")
    names = [axis.name for axis in axes]
    for axis in axes:
        if not axis.name.isidentifier():
            raise BenchError(f"no option can be called {axis.name!r}", "write name=value,value")
        if names.count(axis.name) > 1:
            raise BenchError(f"the grid has {axis.name} twice", f"give all values at once: {axis.name}=…,…")
        if axis.name in options:
            hint = "take it out of the grid or of the options"
            raise BenchError(f"{axis.name} is in the grid and has one value as an option as well", hint)
        if not axis.values:
            raise BenchError(f"{axis.name} has no values", f"write {axis.name}=value,value")
        for one, other in itertools.combinations(axis.values, 2):
            if one == other and isinstance(one, bool) == isinstance(other, bool):  # Python has True == 1
                raise BenchError(f"{axis.name} has the value {value_text(one)} twice", "give it once")
    if not seeds or len(set(seeds)) < len(seeds):
        raise BenchError("a seed is given twice" if seeds else "there is no seed", "give each seed once")
