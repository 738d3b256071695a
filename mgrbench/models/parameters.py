"""The parameters of a scikit-learn classifier class, those that it hides behind ``**kwargs`` too.

Classes of other packages follow scikit-learn's conventions in part. ``xgboost.XGBClassifier`` names one
parameter in its signature and passes the others to its base class. So a signature alone neither says whether
a class has a seed nor whether it has an option. ``get_params`` and the signatures of the base classes do.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from mgrbench.core.boundary import boundary
from mgrbench.core.types import BenchError
from mgrbench.models.options import REQUIRED, SEED_NAMES, Option

_JOBS = "n_jobs"


def estimator_options(classifier: type[Any]) -> tuple[Option, ...]:
    """What a user may choose of a classifier class: all of its parameters but the seed.

    Args:
        classifier: a class that follows scikit-learn's conventions.
    """
    known = _parameters(classifier)
    return tuple(Option(name, default=known[name]) for name in known if name not in SEED_NAMES)


def seeded(classifier: type[Any], settings: Mapping[str, Any], seed: int) -> Any:  # noqa: ANN401
    """A new classifier that has the seed, and that works on one core unless the settings say otherwise.

    The seed becomes ``random_state``, ``seed`` or ``random_seed``, whichever the class has, and the
    ``random_state`` of every part that it is made of.

    Args:
        classifier: its class.
        settings: parameters that the user chose.
        seed: seed of the run.
    """
    named = _signature(classifier)
    given = dict(settings)
    if _JOBS in named:
        given.setdefault(_JOBS, 1)
    if own := next((name for name in SEED_NAMES if name in named), None):
        given[own] = seed
    estimator = classifier(**given)
    # What the signature does not name may be set by the class itself: naming it twice would be refused.
    values = estimator.get_params()
    hidden = {name: default for name, default in _parameters(classifier).items() if name not in named}
    values |= {name: getattr(estimator, name, None) for name in hidden if name not in values}
    later: dict[str, Any] = {name: seed for name in values if name.endswith("__random_state")}
    if own is None and (own := next((name for name in SEED_NAMES if name in values), None)):
        later[own] = seed
    if _JOBS in hidden and _JOBS not in settings and values.get(_JOBS) is None:
        later[_JOBS] = 1
    _set(estimator, later)
    return estimator


def _set(estimator: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Set parameters; one that ``get_params`` leaves out is an attribute by scikit-learn's convention."""
    settable = estimator.get_params()
    estimator.set_params(**{name: value for name, value in values.items() if name in settable})
    for name, value in values.items():
        if name not in settable:
            setattr(estimator, name, value)


def _parameters(classifier: type[Any]) -> dict[str, Any]:
    """All parameters of a class with their defaults; `REQUIRED` where there is none."""
    found: dict[str, Any] = {}
    for base in classifier.__mro__:
        if base is object or "__init__" not in vars(base):
            continue
        taken = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        for one in taken:
            if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL):
                found.setdefault(one.name, one.default)
        if not any(one.kind is one.VAR_KEYWORD for one in taken):
            break
    if REQUIRED not in found.values():
        try:
            with boundary(classifier.__name__, "being built"):
                found |= {
                    name: value
                    for name, value in classifier().get_params(deep=False).items()
                    if name not in found
                }
        except BenchError:  # its own checks may ask for an option; building it for a run says so
            pass
    return found


def _signature(classifier: type[Any]) -> set[str]:
    parameters = inspect.signature(classifier).parameters.values()
    return {one.name for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)}
