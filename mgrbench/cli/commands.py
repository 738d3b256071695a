"""What all commands have in common: an option that takes one value can't be given two."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperOption

from mgrbench.core.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(TyperCommand):
    """A command that refuses what click lets pass: of an option given twice it would take the last."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read the arguments.

        Raises:
            BenchError: if an option stands twice that is not repeatable.
        """
        given = self.make_parser(ctx).parse_args(args=list(args))[2]
        for option, times in Counter(given).items():
            takes_one = isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
            if times > 1 and takes_one:
                hint = "it takes one value; give it once"
                raise BenchError(f"{max(option.opts, key=len)} is given {times} times", hint)
        left: list[str] = super().parse_args(ctx, args)
        return left


class Commands(typer.Typer):
    """A tree of such commands."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:  # noqa: ANN401
        """Add a command, as typer does."""
        return super().command(name, **{"cls": Command} | settings)
