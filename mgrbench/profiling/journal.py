"""The rows of an unfinished profile on disk: an interruption costs at most the model being measured then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mgrbench.core.files import read_text, sha256_of_bytes, writing
from mgrbench.core.machine import code_state, package_versions
from mgrbench.models.source import model_source
from mgrbench.profiling.measure import machine
from mgrbench.profiling.record import CostRow, Machine
from mgrbench.profiling.task import Task

UNFINISHED_FILE = "cost.unfinished.jsonl"


class Unfinished:
    """``<folder>/cost.unfinished.jsonl``: one line for each measured model.

    A row is used again for the same task only: the same source of the model, settings, versions of mgrbench
    and its libraries, and machine. A damaged line, as one that was being written when the process died, is
    ignored, and its model is measured again.

    Attributes:
        path: the file.
        taken: names of the rows that were used again.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / UNFINISHED_FILE
        self.taken: list[str] = []

    def find(self, task: Task) -> tuple[CostRow, Machine] | None:
        """The row of a task and the machine it was measured on, if it is there."""
        wanted = _identity(task)
        for document in self._documents():
            if document.get("task") == wanted:
                try:
                    found = (
                        CostRow.model_validate(document["row"]),
                        Machine.model_validate(document["machine"]),
                    )
                except (KeyError, ValidationError):
                    continue
                self.taken.append(task.name)
                return found
        return None

    def keep(self, task: Task, row: CostRow, where: Machine) -> None:
        """Add a measured row.

        Raises:
            BenchError: if the disk is full or the place may not be written.
        """
        document = {"task": _identity(task), "row": row.model_dump(mode="json")}
        document["machine"] = where.model_dump(mode="json")
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                # The line end comes first, since the line before may lack its own.
                stream.write("\n" + json.dumps(document, ensure_ascii=False) + "\n")

    def clear(self) -> None:
        """Forget all rows."""
        with writing(self.path):
            self.path.unlink(missing_ok=True)

    def _documents(self) -> Iterator[dict[str, Any]]:
        for line in read_text(self.path).split("\n") if self.path.is_file() else []:
            try:
                document = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict):
                yield document


def _identity(task: Task) -> str:
    """A checksum of all that a row depends on: task, the model's source, versions, machine."""
    code = code_state()
    facts = {
        "task": asdict(task),
        "source": model_source(task.model).source_sha256,
        "code": [code["version"], code["commit"]],
        "packages": package_versions(),
        "machine": machine(task, None).key,
    }
    return sha256_of_bytes(json.dumps(facts, sort_keys=True, default=str).encode())
