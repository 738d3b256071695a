"""Fixtures that several test files use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mgrbench.datasets.collections import synth
from tests.support.helpers import copied, prepare
from tests.support.shared import made_once

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real features and clips, which are never part of the project."""
    folder = Path(os.environ.get("MGRBENCH_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real music data not at hand: {folder} is missing (set MGRBENCH_TEST_DATA)")
    return folder


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the user's own feature store and data folder."""
    monkeypatch.setenv("MGRBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MGRBENCH_DATA", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `prepare` makes, once for all tests; a file that needs other things has its own."""
    return made_once(tmp_path_factory, "prepared", prepare)


@pytest.fixture(scope="session")
def synth_audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of ``synth`` with its audio, in a folder of datasets."""
    return made_once(tmp_path_factory, "datasets", lambda folder: synth.generate(folder / "synth")) / "synth"


@pytest.fixture
def place(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what was prepared, which a test works in and may change; running a plugin leaves no file."""
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    return copied(prepared, tmp_path, monkeypatch)
