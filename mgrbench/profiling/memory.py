"""Memory of this process, and how much of it a fitted model is.

The peak is Linux's VmHWM. It starts at zero with each program, while the ``ru_maxrss`` of Python's resource
module contains the peak of the process that started it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType, MethodType, ModuleType

import numpy as np

_STATUS = Path("/proc/self/status")


def peak_rss_bytes(status: Path = _STATUS) -> int | None:
    """Largest resident memory of this process so far; None where the system doesn't say."""
    return _status_bytes("VmHWM", status)


def rss_bytes(status: Path = _STATUS) -> int | None:
    """Resident memory of this process now; None where the system doesn't say."""
    return _status_bytes("VmRSS", status)


def _status_bytes(name: str, status: Path) -> int | None:
    if not status.is_file():
        return None
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    line = next((line for line in lines if line.startswith(f"{name}:")), None)
    return None if line is None else int(line.split()[1]) * 1024


def held_bytes(model: object) -> int | None:
    """Bytes of the arrays and tensors that an object holds, directly or through what it holds.

    Arrays that share memory count once. Memory that neither Python nor ``__getstate__`` shows is not counted.
    None if nothing was found.
    """
    seen: set[int] = set()
    memory: dict[int, int] = {}
    kept: list[object] = [model]  # keeps states alive, so that no id is given twice
    place = 0
    while place < len(kept):
        thing = kept[place]
        place += 1
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            owner = thing
            while isinstance(owner.base, np.ndarray):
                owner = owner.base
            memory[owner.__array_interface__["data"][0]] = int(owner.nbytes)
            kept += thing.ravel().tolist() if thing.dtype == object else []
        elif _is_tensor(thing):
            memory[thing.data_ptr()] = int(thing.numel() * thing.element_size())  # type: ignore[attr-defined]
        else:
            kept += _inside(thing)
    return sum(memory.values()) or None


def _is_tensor(thing: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def _inside(thing: object) -> Iterable[object]:
    """What an object is made of."""
    if thing is None or isinstance(
        thing, str | bytes | int | float | complex | type | ModuleType | FunctionType | MethodType | np.dtype
    ):
        return ()
    if isinstance(thing, Mapping):
        return list(thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    try:
        state = thing.__getstate__()
    except (TypeError, AttributeError, ValueError, RuntimeError, NotImplementedError):
        return ()
    return () if state is thing else [state]
