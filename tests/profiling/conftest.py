"""One profile of small models, which the tests of profiling read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.helpers import MEANS, Result, done, store_vectors, write_plugin
from tests.support.profiles import BOARD, BROKEN, DYING, QUICKLY, TINY
from tests.support.shared import made_once


@pytest.fixture(scope="session")
def profiled(tmp_path_factory):
    """A folder with plugins, features and the profile of three models, one of which fails."""
    pytest.importorskip("torch")
    made = made_once(tmp_path_factory, "profiled", profile)
    return made / "place", Result(0, *((made / name).read_text() for name in ("out", "err")))


def profile(made):
    """Profile three models in the folder ``place``, and keep what was said beside it."""
    folder = made / "place"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        store_vectors(folder)
        for name, source in (("tiny", TINY), ("means", MEANS), ("broken", BROKEN), ("dying", DYING)):
            write_plugin(folder / f"{name}.py", source)
        Path("tables/gtzan").mkdir(parents=True)
        Path("tables/gtzan/artist3.json").write_text(json.dumps(BOARD))
        Path("README.md").write_text("# Mine\n<!-- cost:begin -->\n<!-- cost:end -->\nafter\n")
        models = ["-m", "./means.py", "-m", "./broken.py:Broken"]
        result = done(
            "profile", *models, "-f", "toy", *QUICKLY, "--out", "tables", "--readme", "README.md", "--json"
        )
    (made / "out").write_text(result.out)
    (made / "err").write_text(result.err)


@pytest.fixture
def folder(profiled, tmp_path, monkeypatch):
    shutil.copytree(profiled[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MGRBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path
