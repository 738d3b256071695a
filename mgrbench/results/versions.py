"""The library versions that runs were made with, and those that differ from most runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mgrbench.results.run import RunRecord


def versions_of(run: RunRecord) -> Mapping[str, str]:
    """The libraries a run was made with; none where they are unknown: it was scored from a file (MGR105)."""
    return {} if any(warning.code == "MGR105" for warning in run.warnings) else run.environment.packages


def other_versions(versions: Sequence[Mapping[str, str]]) -> list[str]:
    """Of each run the libraries whose version is not the commonest among them; ``""`` if every one is.

    For example ``"numpy 1.26.4 (2.4.6)"``, the commonest version in brackets. A build's suffix (``+cpu``)
    does not count. Of equally common versions that of the earlier run is the usual one.
    """
    plain = [{name: found.partition("+")[0] for name, found in packages.items()} for packages in versions]
    counts: dict[str, Counter[str]] = {}
    for packages in plain:
        for name, version in packages.items():
            counts.setdefault(name, Counter())[version] += 1
    usual = {name: count.most_common(1)[0][0] for name, count in counts.items()}
    return [
        ", ".join(
            f"{name} {version} ({usual[name]})"
            for name, version in sorted(packages.items())
            if version != usual[name]
        )
        for packages in plain
    ]
