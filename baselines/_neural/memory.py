"""Memory of a training on the CPU: freed blocks are kept for the next step.

A step allocates and frees the same large tensors as the step before. The C library of Linux (glibc) hands
each block above 32 MB back to the system at once and asks for it anew. The system then clears it page by
page. For FusionNet's 46 million values that takes about as long as computing with them.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import lru_cache

# Names and numbers of malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_LARGEST = 2**31 - 1


@lru_cache(maxsize=1)
def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees; whether that could be arranged.

    Values are the same with and without. Elsewhere than on Linux with glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        kept = (
            mallopt(_M_MMAP_MAX, 0),
            mallopt(_M_TRIM_THRESHOLD, _LARGEST),
            mallopt(_M_TOP_PAD, 2**28),
        )
        return all(kept)
    return False
