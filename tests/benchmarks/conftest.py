"""What `make bench` writes: a table of every ratio that the benchmarks measured."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mgrbench.core.files import write_atomically
from mgrbench.core.machine import RECORDED, code_state, cpu_name, package_versions

HEAD = """\
# Performance

Written by `make bench`, never by hand. Both ways of a row were timed by turns in one run on one machine, the
shortest time of each counts, and the ratio says how many times ours goes into the other: above 1 we are
faster (or smaller). The absolute times are this machine's, the ratios should hold on others.

{machine}

| what | ours | the other way | ratio | cores |
|---|--:|---|--:|--:|
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--performance", metavar="FILE", help="write the measured ratios to a Markdown table")


def pytest_configure(config: pytest.Config) -> None:
    if file := config.getoption("--performance"):
        config.pluginmanager.register(PerformanceTable(Path(file)))


@pytest.fixture(autouse=True)
def rows_for_the_table(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pass what a benchmark put down on to the report of its test."""
    measured = request.getfixturevalue("benchmark") if "benchmark" in request.fixturenames else None
    yield
    for row in measured.extra_info.get("compared", []) if measured else []:
        request.node.user_properties.append(("compared", row))


class PerformanceTable:
    """Collects the rows of all benchmarks and writes the file when the last one is over."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.rows: list[dict[str, Any]] = []
        self.absent: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self.rows += [row for name, row in report.user_properties if name == "compared"]
        if report.outcome != "passed":
            self.absent.append(f"{report.nodeid.rpartition('/')[2]} {report.outcome}")

    def pytest_sessionfinish(self) -> None:
        if not self.rows:
            return
        lines = [line_of(row) for row in self.rows]
        if self.absent:
            lines += ["", f"Not measured, or not as fast as promised: {', '.join(self.absent)}."]
        write_atomically(self.file, HEAD.format(machine=machine()) + "\n".join(lines) + "\n")


def machine() -> str:
    """Processor, system and versions, one item a line."""
    versions = package_versions(("mgrbench", "joblib", *RECORDED))
    state = code_state()
    commit = f" at commit {str(state['commit'])[:12]}" if state["commit"] else ""
    changed = " with changes" if state["dirty"] else ""
    return "\n".join(
        (
            f"- {cpu_name()}; {platform.system()}, Python {platform.python_version()}",
            f"- {', '.join(f'{name} {version}' for name, version in versions.items())}{commit}{changed}",
        )
    )


def line_of(row: dict[str, Any]) -> str:
    """A row of the table in Markdown."""
    other = f"{amount(row['other'], row['unit'])}: {row['other_way']}" if row["other"] else ""
    digits = 0 if row["ratio"] >= 100 else 1
    ratio = f"{row['ratio']:.{digits}f} ×" if row["other"] else ""
    return f"| {row['what']} | {amount(row['ours'], row['unit'])} | {other} | {ratio} | {row['cores']} |"


def amount(value: float, unit: str) -> str:
    """A measured value in three digits, with a unit that suits its size."""
    if unit == "s" and value < 1:
        value, unit = value * 1e3, "ms"
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
