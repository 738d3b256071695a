"""The finished folds of an unfinished run, on disk: a killed run loses at most the fold that it was at."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mgrbench.core.files import read_text, write_atomically
from mgrbench.core.types import BenchError
from mgrbench.evaluation.answers import checked_probabilities
from mgrbench.evaluation.fold import FoldResult


class FoldJournal:
    """``<run folder>/folds/NN.json``, one per finished fold, each written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "folds"

    def write(self, result: FoldResult) -> None:
        """Write a finished fold; its numbers are read back to the bit.

        Raises:
            BenchError: if the disk is full or the place may not be written.
        """
        document = asdict(result) | {"proba": result.proba.tolist()}
        write_atomically(self._file(result.number), json.dumps(document))
        shutil.rmtree(self.checkpoint(result.number), ignore_errors=True)

    def checkpoint(self, number: int) -> Path:
        """Folder in which a model may keep the training of an unfinished fold; removed with its end."""
        return self.folder / f"{number:02d}.checkpoint"

    def read(self, number: int, tracks: int, genres: int) -> FoldResult | None:
        """A finished fold; None if it isn't there.

        Args:
            number: the fold, counted from 1.
            tracks: number of its test tracks.
            genres: number of genres.

        Raises:
            BenchError: if its file is damaged.
        """
        path = self._file(number)
        if not path.is_file():
            return None
        try:
            document = json.loads(read_text(path))
            document["proba"] = np.array(document["proba"], dtype=np.float64)
            checked_probabilities(document["proba"], tracks, genres, "the fold")
            document["history"] = tuple(document["history"])
            return FoldResult(**document)
        except (ValueError, TypeError, KeyError, BenchError) as error:
            problem = error.problem if isinstance(error, BenchError) else error
            hint = "remove it, and the fold is computed again"
            raise BenchError(f"is damaged ({problem})", hint, path) from error

    def clear(self) -> None:
        """Remove all folds."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:02d}.json"
