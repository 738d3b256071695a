"""Where the published weight files of pretrained networks lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mgrbench import BenchError

VARIABLE = "MGRBENCH_WEIGHTS"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A published weight file.

    Attributes:
        name: what it is called in the folder that the environment variable ``MGRBENCH_WEIGHTS`` names.
        sha256: its checksum; empty where that is not known.
        published: where it was published, if it is none of those that mgrbench knows to fetch.
    """

    name: str
    sha256: str = ""
    published: str = ""

    def find(self) -> Path:
        """The file in the folder ``MGRBENCH_WEIGHTS``, or else among the downloaded ones.

        Raises:
            BenchError: if no folder is named and it is not among the downloaded ones.
        """
        from mgrbench.features.register import cached

        folder = os.environ.get(VARIABLE)
        if folder:
            return Path(folder) / self.name
        if self.published:
            hint = f"name your copy by --weights FILE, or its folder by {VARIABLE}; it is {self.published}"
            raise BenchError(f"the weight file {self.name} is not at hand", hint)
        return cached(self.name)
