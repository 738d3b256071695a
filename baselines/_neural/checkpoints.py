"""What an unfinished training keeps on disk: tensors and plain numbers, never pickled objects."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import torch

from mgrbench import BenchError
from mgrbench.core.files import reading, write_atomically

_DIGEST_BYTES = 32
"""A file begins with a digest of the rest: torch reads changed tensors without noticing."""


class Checkpoints:
    """Files of a folder by name; without a folder nothing is kept and nothing found.

    Args:
        folder: made when the first file is written. It must be of one run and fold: what was kept under other
            options is refused, not used.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, name: str, identity: str) -> dict[str, Any] | None:
        """What was kept under a name; None if nothing was.

        Raises:
            BenchError: if the file is damaged, or was written by a training of another identity.
        """
        path = self._path(name)
        if path is None or not path.is_file():
            return None
        with reading(path):
            raw = path.read_bytes()
        digest, data = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        hint = "remove it, and training begins anew"
        if digest != _digest(data):
            raise BenchError("is a damaged checkpoint", hint, path)
        try:
            kept = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError) as error:
            raise BenchError("is no checkpoint of tensors and numbers", hint, path) from error
        written_by, content = kept["identity"], kept["content"]
        if written_by != identity:
            hint = "remove it, or give this training a folder of its own"
            raise BenchError("is the checkpoint of a training with other settings", hint, path)
        return dict(content)

    def save(self, name: str, identity: str, content: dict[str, Any]) -> None:
        """Keep tensors, numbers, texts, and lists and dictionaries of them, whole or not at all.

        Raises:
            BenchError: if the disk is full or the place may not be written.
        """
        if (path := self._path(name)) is not None:
            stream = io.BytesIO()
            torch.save({"identity": identity, "content": content}, stream)
            data = stream.getvalue()
            write_atomically(path, _digest(data) + data)

    def forget(self, name: str) -> None:
        """Remove what was kept under a name."""
        if (path := self._path(name)) is not None:
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{name}.pt"


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()
