"""The one error that is raised on purpose, and its one special case."""

from __future__ import annotations

from pathlib import Path


class BenchError(Exception):
    """The only exception raised on purpose: what is wrong, where, and what to do.

    The command line prints it as one line and exits with status 2.

    Args:
        problem: what is wrong, with the value at fault in it.
        hint: what the user can do about it.
        where: the file at fault, with its line where that helps.
    """

    def __init__(self, problem: str, hint: str, where: Path | str | None = None) -> None:
        self.problem = problem
        self.hint = hint
        self.where = None if where is None else str(where)
        super().__init__(f"{self.where}: {problem}; {hint}" if self.where else f"{problem}; {hint}")

    def __reduce__(self) -> tuple[type[BenchError], tuple[str, str, str | None]]:
        """Survive the way back from a worker process with all three parts."""
        return type(self), (self.problem, self.hint, self.where)


class MissingExtraError(BenchError):
    """A library that only some commands need is not installed.

    Who can do without it, as a command whose figure is not its main result, catches this error alone.
    """
