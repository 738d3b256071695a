"""The boundary around a plugin's own code: whatever it raises becomes a `BenchError` of one line."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from mgrbench.core.errors import BenchError

_LONGEST = 400
"""Characters of a plugin's message that are shown; scikit-learn's may hold all the values it was given."""


@contextmanager
def boundary(name: str, doing: str) -> Iterator[None]:
    """Turn whatever a plugin's own code raises into a `BenchError` that names its last line.

    A plugin may raise anything, so this is one of the two places where catching every `Exception` is right
    (the contract check is the other), and a script that calls ``sys.exit`` must not end the run without a
    word. ``MGRBENCH_DEBUG=1`` shows the whole traceback. What a plugin prints goes to stderr, since stdout
    holds results and nothing else.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except BenchError:
        raise
    except (Exception, SystemExit) as error:
        if os.environ.get("MGRBENCH_DEBUG"):
            traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1] if frames else None
        place = f" ({Path(last.filename).name}:{last.lineno})" if last else ""
        text = _to_the_point(str(error)) or "no message"
        hint = "correct the plugin; MGRBENCH_DEBUG=1 shows the traceback, `mgrbench check` tries its contract"
        raise BenchError(
            f"{name} failed while {doing}: {type(error).__name__}: {text}{place}", hint
        ) from error


def _to_the_point(message: str) -> str:
    """A message on one line; of one that shows whole arrays, its beginning and its end."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 80]} … {line[-80:]}"
