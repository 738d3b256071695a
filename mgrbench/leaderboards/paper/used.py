"""What a run decided by: the features that each fold used, and FusionNet's rule.

A model that chooses among the features it was given records a ``combination`` in each fold, as FusionNet
does. The features of the run are then only those that it was given.
"""

from __future__ import annotations

from collections import Counter

from mgrbench.results.run import RunRecord

_CHOSEN, _META = "combination", "meta_epoch"
"""What FusionNet records of each fold: the combination, and where a meta-CNN decides, its epoch."""


def features_used(run: RunRecord) -> tuple[frozenset[str], ...]:
    """The features that each fold used, one set a fold.

    A fold without a recorded combination used all features that it was given. A combination that is not made
    of these gives an empty set: what was used is unknown.
    """
    given = frozenset(run.features)
    if len(given) < 2 or not run.selection.chosen:
        return (given,)
    return tuple(_combination(fold[_CHOSEN], given) if _has(fold, _CHOSEN) else given for fold in _folds(run))


def decision(run: RunRecord) -> str:
    """How a run decides: ``single`` (one feature), ``sum`` (sum rule), ``meta`` (meta-CNN), or empty.

    It is empty for a model of several features that records neither of FusionNet's two rules in every fold,
    and for external predictions, whose features are unknown.
    """
    if len(run.features) == 1:
        return "single"
    folds = _folds(run)
    if not folds or not all(_has(fold, _CHOSEN) for fold in folds):
        return ""
    with_meta = {_has(fold, _META) for fold in folds}
    return "" if len(with_meta) > 1 else "meta" if with_meta == {True} else "sum"


def choice_text(run: RunRecord) -> str:
    """Which features the folds chose, for a note; empty where every fold used all that it was given.

    Example: ``its folds chose choi+spectral (5 of 10), choi+ssd_rhythm (3 of 10)``.
    """
    used = features_used(run)
    if set(used) == {frozenset(run.features)}:
        return ""
    if not any(used):
        return "its record does not say which of these features it used"
    texts = Counter(
        "+".join(name for name in run.features if name in one) or "unknown features" for one in used
    )
    if len(texts) == 1:
        return f"every fold chose {next(iter(texts))}"
    counts = ", ".join(f"{text} ({count} of {len(used)})" for text, count in texts.most_common())
    return f"its folds chose {counts}"


def _folds(run: RunRecord) -> tuple[dict[str, object], ...]:
    return tuple(fold or {} for fold in run.selection.chosen)


def _has(fold: dict[str, object], name: str) -> bool:
    return fold.get(name) is not None


def _combination(chosen: object, given: frozenset[str]) -> frozenset[str]:
    """The features of a recorded combination, ``mel+scatter`` or a list of names; empty if they are not."""
    names = chosen.split("+") if isinstance(chosen, str) else chosen
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return frozenset()
    return frozenset(names) if given.issuperset(names) else frozenset()
