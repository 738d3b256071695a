"""Tests of mgrbench.

Every test finds the same terminal, whatever started the tests. rich and typer read it from the environment,
typer once, when it is imported: so it is set here, before a test imports anything. The same holds for the
number of threads, which numpy and torch read: one, where every core has a process that runs tests.
"""

import os

TERMINAL = {"COLUMNS": "80", "LINES": "25", "TERM": "xterm-256color"}
READ_BY_RICH = (
    "COLORTERM",
    "FORCE_COLOR",
    "JUPYTER_COLUMNS",
    "JUPYTER_LINES",
    "NO_COLOR",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)
READ_BY_TYPER = (
    "GITHUB_ACTIONS",
    "PY_COLORS",
    "TERMINAL_WIDTH",
    "TYPER_STANDARD_TRACEBACK",
    "TYPER_USE_RICH",
    "_TYPER_FORCE_DISABLE_TERMINAL",
    "_TYPER_STANDARD_TRACEBACK",
)
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
for name in (*READ_BY_RICH, *READ_BY_TYPER):
    os.environ.pop(name, None)
os.environ.update(TERMINAL)
