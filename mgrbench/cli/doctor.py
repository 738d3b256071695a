"""``mgrbench doctor``: what this machine has, what is missing, what to do."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from mgrbench.cli.options import data_root
from mgrbench.cli.output import Json, emit, table


def doctor(as_json: Json = False) -> None:
    """Say what this machine has, what is missing, and what to do about it."""
    findings = [*_software(), _gpu(), *_folders(), *_datasets()]
    document = {"findings": [dict(zip(("what", "state", "todo"), found, strict=True)) for found in findings]}
    columns = [("", "left"), ("", "fold"), ("to do", "fold")]
    emit(document, lambda screen: screen.print(table(columns, findings)), as_json=as_json)


def _software() -> list[tuple[str, str, str]]:
    from mgrbench.core.machine import RECORDED, code_state, cpu_name, package_versions

    state = code_state()
    commit = f", commit {str(state['commit'])[:10]}" if state["commit"] else ""
    dirty = ", with changes" if state["dirty"] else ""
    versions = package_versions()
    absent = [name for name in RECORDED if name not in versions]
    rows = [
        ("mgrbench", f"{state['version']}{commit}{dirty}", ""),
        ("python", sys.version.split()[0], ""),
        ("cpu", cpu_name(), ""),
        ("libraries", ", ".join(f"{name} {version}" for name, version in versions.items()), ""),
    ]
    if "torch" in absent:
        rows.append(("torch", "not installed", "only neural models need it: pip install 'mgrbench[neural]'"))
    return rows


def _gpu() -> tuple[str, str, str]:
    from mgrbench.core.machine import resolve_device

    if resolve_device("auto") == "cuda":
        import torch

        return "gpu", torch.cuda.get_device_name(), ""
    return "gpu", "none that torch can use; everything runs on the CPU", ""


def _folders() -> list[tuple[str, str, str]]:
    from mgrbench.core.paths import store_root

    rows = []
    for what, folder, variable in (
        ("feature store", store_root(), "MGRBENCH_CACHE"),
        ("data", data_root(None, ""), "MGRBENCH_DATA"),
    ):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(there).free / 1e9
        state = f"{_short(folder)} ({'there' if folder.exists() else 'not made yet'}, {free:.0f} GB free)"
        todo = "" if os.access(there, os.W_OK) else f"may not be written: set {variable}"
        if not todo and free < 1:
            todo = f"little space: set {variable} to another place"
        rows.append((what, state, todo))
    return rows


def _datasets() -> list[tuple[str, str, str]]:
    from mgrbench.core.registry import available
    from mgrbench.features.store import FeatureStore

    rows = []
    for plugin in available("datasets"):
        name = plugin.name
        state, sound = _audio(name, data_root(None, name))
        stored = ", ".join(FeatureStore().features(name)) or "no features stored"
        # How to get it is told there: the steps of some are long.
        rows.append((name, f"{state}; {stored}", "" if sound else f"mgrbench data info {name}"))
    return rows


def _audio(name: str, root: Path) -> tuple[str, bool]:
    """What there is of a dataset in its data root, and whether nothing is to be done about that."""
    from mgrbench.core.dataset_plugin import describe_dataset
    from mgrbench.core.errors import BenchError

    try:
        data = describe_dataset(name)
        data = data.at(root)
        found = len(data.tracks(root)) if root.is_dir() else 0
    except BenchError as error:
        lacking = error.where == str(root) and not root.is_dir()
        return "no metadata" if lacking else error.problem, False
    if not found:
        return "no audio", name == "synth"
    return f"{found} of {len(data.tracks())} clips in {_short(root)}", True


def _short(path: Path) -> str:
    home = str(Path.home())
    text = str(path)
    return text.replace(home, "~", 1) if home != "/" and text.startswith(home) else text
