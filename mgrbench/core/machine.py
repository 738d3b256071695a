"""What a run was made with: the machine, the library versions, and the state of mgrbench's own code."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mgrbench.core.version import __version__

RECORDED = ("numpy", "scipy", "scikit-learn", "librosa", "soundfile", "soxr", "kymatio", "torch")
"""Distributions whose versions stand in every run record."""

DEVICES = ("auto", "cpu", "cuda")
"""Names that a user may give a device; ``cuda:1`` and so on name one of several GPUs."""


def package_versions(names: tuple[str, ...] = RECORDED) -> dict[str, str]:
    """Installed versions of these distributions; those that are not installed are left out."""
    return {name: found for name in names if (found := _version(name)) is not None}


@functools.cache
def _version(name: str) -> str | None:
    """Cached, since a distribution's whole description is parsed to find it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    """The processor's name as the system tells it, and the number of cores."""
    info = Path("/proc/cpuinfo")
    name = platform.processor() or platform.machine()
    if info.is_file():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"


def gpu_name() -> str | None:
    """The name of the GPU that torch would use; None without one, and where nothing has imported torch."""
    torch = sys.modules.get("torch")
    return str(torch.cuda.get_device_name()) if torch and torch.cuda.is_available() else None


@functools.cache
def code_state() -> dict[str, str | bool | None]:
    """Version of mgrbench, and its commit and whether files differ from it, where it runs from a checkout."""
    root = Path(__file__).resolve().parent.parent.parent
    commit, dirty = None, None
    if (root / ".git").exists():
        commit = _git(root, "rev-parse", "HEAD")
        changes = _git(root, "status", "--porcelain", "--", "mgrbench", "baselines", "splits")
        dirty = None if changes is None else bool(changes)
    return {"version": __version__, "commit": commit, "dirty": dirty}


def resolve_device(device: str) -> str:
    """``auto`` -> ``cuda`` where torch finds a GPU, else ``cpu``; without a driver torch is not imported."""
    if device != "auto":
        return device
    if not Path("/proc/driver/nvidia/version").exists() and os.name != "nt":
        return "cpu"
    try:
        import torch
    except ImportError:
        return "cpu"
    return "cuda" if torch.cuda.is_available() else "cpu"


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-C", str(root), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
