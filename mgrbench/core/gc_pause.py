"""Pausing Python's garbage collector while many objects are made that are all kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Pause the collector, for example while a hundred thousand tracks are read.

    Whenever enough new objects are there, the collector searches all of them for reference cycles. Where all
    are kept, it searches the same ones again and again. Objects in no cycle are freed all the same.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
