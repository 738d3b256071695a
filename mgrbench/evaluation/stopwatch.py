"""How long a training takes, including the time before interruptions."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

from mgrbench.core.errors import BenchError
from mgrbench.core.files import read_text, write_atomically


class Stopwatch:
    """Wall-clock seconds since its start, and those that an interrupted training took before.

    Args:
        folder: where a model keeps its unfinished training; None if it keeps none.

    Raises:
        BenchError: if the seconds kept there are damaged.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / "seconds.json"
        self._before = self._kept()
        self._start = time.perf_counter()

    def seconds(self) -> float:
        """Seconds so far."""
        return self._before + time.perf_counter() - self._start

    def keep(self) -> None:
        """Write them beside the kept training; a model that has kept none would begin again."""
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
            raise BenchError("holds no seconds of a training", hint, self._file)
        return seconds
