"""How long a training took, over all its interruptions."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

from mgrbench.core.errors import BenchError
from mgrbench.core.files import read_text, write_atomically


class Stopwatch:
    """Wall-clock seconds since it was made, and those that an interrupted training had taken before.

    Args:
        folder: where a model keeps its unfinished training; None if it keeps none, and begins anew.

    Raises:
        BenchError: if what was kept there is damaged.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / "seconds.json"
        self._before = self._kept()
        self._start = time.perf_counter()

    def seconds(self) -> float:
        """Seconds so far."""
        return self._before + time.perf_counter() - self._start

    def keep(self) -> None:
        """Keep them beside the training; nothing where the model has kept none, since it would begin anew."""
        if self._file is not None and self._file.parent.is_dir():
            write_atomically(self._file, json.dumps(self.seconds()))

    def _kept(self) -> float:
        if self._file is None or not self._file.is_file():
            return 0.0
        try:
            seconds = float(json.loads(read_text(self._file)))
        except (ValueError, TypeError):
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            hint = f"remove {self._file.parent.name}, and the fold is trained again"
            raise BenchError("is no time of a training", hint, self._file)
        return seconds
