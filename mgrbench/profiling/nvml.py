"""Driver, clocks and energy of a card, from NVIDIA's management library (NVML).

The library comes with the driver and is called directly. A figure is None without a driver, or where the card
doesn't report it. Names and numbers are those of nvml.h.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from dataclasses import dataclass

LIBRARIES = ("libnvidia-ml.so.1", "nvml.dll")
_SUCCESS = 0
_CLOCK_SM, _CLOCK_MEMORY = 1, 2
_TEXT = 96


@dataclass(frozen=True, slots=True)
class Card:
    """One card."""

    library: ctypes.CDLL
    handle: ctypes.c_void_p

    def driver(self) -> str | None:
        """Version of the driver."""
        text = ctypes.create_string_buffer(_TEXT)
        done = self.library.nvmlSystemGetDriverVersion(text, ctypes.c_uint(_TEXT))
        return text.value.decode(errors="replace") if done == _SUCCESS else None

    def clocks(self) -> tuple[int | None, int | None]:
        """Clocks of the processors and of the memory now, in MHz."""
        return self._clock(_CLOCK_SM), self._clock(_CLOCK_MEMORY)

    def joules(self) -> float | None:
        """Energy that the board has used since the driver was loaded."""
        used = ctypes.c_ulonglong()
        done = self.library.nvmlDeviceGetTotalEnergyConsumption(self.handle, ctypes.byref(used))
        return used.value / 1e3 if done == _SUCCESS else None

    def _clock(self, kind: int) -> int | None:
        clock = ctypes.c_uint()
        done = self.library.nvmlDeviceGetClockInfo(self.handle, ctypes.c_uint(kind), ctypes.byref(clock))
        return int(clock.value) if done == _SUCCESS else None


def card(uuid: str, library: ctypes.CDLL | None = None) -> Card | None:
    """The card of this UUID, or None if there is none that NVML knows.

    Args:
        uuid: as torch gives it, with or without ``GPU-`` before it.
        library: the loaded library; None to look for it.
    """
    found = library if library is not None else _loaded()
    if found is None or found.nvmlInit_v2() != _SUCCESS:
        return None
    name = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
    handle = ctypes.c_void_p()
    done = found.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(handle))
    return Card(found, handle) if done == _SUCCESS else None


def _loaded() -> ctypes.CDLL | None:
    for name in LIBRARIES:
        with suppress(OSError):
            return ctypes.CDLL(name)
    return None
