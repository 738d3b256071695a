"""The command line: the only room that prints, reads arguments or sets exit codes.

Exit status 0: done. 2: the input is at fault, said in one line. 1: anything else. A command's heavy imports
are inside its function, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from mgrbench.core.errors import BenchError

_INTERRUPTED = 130
"""What typer gives back for Ctrl-C."""


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        # Names hold signs that not every terminal has, and file names even bytes that are no text.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(dispatch(sys.argv[1:]))


def dispatch(arguments: Sequence[str]) -> int:
    """Run a command line; gives its exit status."""
    from mgrbench.cli.app import app

    try:
        result = app(list(arguments), prog_name="mgrbench", standalone_mode=False)
    except BenchError as error:
        return _refuse(str(error), arguments)
    except _click_exception() as error:
        return _misused(error, arguments)
    except (KeyboardInterrupt, typer.Abort):
        result = _INTERRUPTED
    except BrokenPipeError:  # `mgrbench … | head`
        from mgrbench.cli.output import silence_stdout

        silence_stdout()
        return 1
    if result == _INTERRUPTED:
        typer.echo("\ninterrupted; the same command goes on from what is finished", err=True)
        return 1
    return result if isinstance(result, int) else 0


def _click_exception() -> type[Exception]:
    """The class of all errors in the use of the command line.

    typer carries click inside from some version on and depended on it before; this finds it in both.
    """
    return next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _misused(error: Exception, arguments: Sequence[str]) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()  # type: ignore[attr-defined]
        return 2
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "mgrbench"
    message = str(error.format_message())  # type: ignore[attr-defined]
    return _refuse(f"{message.rstrip('.')}; see `{command} --help`", arguments)


def _refuse(problem: str, arguments: Sequence[str]) -> int:
    from mgrbench.cli.output import refuse

    refuse(problem, as_json="--json" in arguments)
    return 2
