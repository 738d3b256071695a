"""The wheel: what is in it, and that it works installed in an empty environment, away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mgrbench import __version__
from mgrbench.core.registry import available
from mgrbench.splits import metadata_splits, shipped_splits
from tests.support.shared import made_once

REPOSITORY = Path(__file__).resolve().parent.parent
MINUTE = 60

pytestmark = pytest.mark.slow

Command = Callable[..., str]


def run(*command: object, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program as a stranger would: nothing of this checkout in its environment."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MGRBENCH"))
    }
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=15 * MINUTE,
    )
    if check:
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from this checkout."""

    def build(out: Path) -> None:
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, REPOSITORY, cwd=out)

    (file,) = made_once(tmp_path_factory, "wheel", build).glob("*.whl")
    return file


@pytest.fixture(scope="module")
def mgrbench(wheel, tmp_path_factory) -> Command:
    """The command of a wheel that is installed in an empty environment."""
    folder = made_once(tmp_path_factory, "installed", partial(install, wheel))
    programs = programs_of(folder)

    def call(*arguments: str) -> str:
        return run(programs / "mgrbench", *arguments, cwd=folder).stdout

    where = run(programs / "python", "-c", "import mgrbench; print(mgrbench.__file__)", cwd=folder).stdout
    assert Path(where.strip()).is_relative_to(folder / "venv")
    return call


def programs_of(folder: Path) -> Path:
    """Where the programs of the environment in a folder lie."""
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin")


def install(wheel: Path, folder: Path) -> None:
    """Make an empty environment in a folder, and install a wheel and what it needs there."""
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = programs_of(folder) / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    constraints = REPOSITORY / "constraints.txt"
    constrained = ("-c", constraints) if constraints.is_file() else ()
    reached = run(
        *pip, "download", "--no-deps", "-d", folder, "filelock", *constrained, cwd=folder, check=False
    )
    if reached.returncode:
        pytest.skip(f"no package index can be reached: {reached.stderr.strip().splitlines()[-1]}")
    # Compiling all files of all packages takes most of the time, and a few of them are imported.
    run(*pip, "install", "--quiet", "--no-compile", wheel, *constrained, cwd=folder)


def names(kind: str, text: str) -> list[str]:
    """The names in the JSON document of ``mgrbench list``."""
    return [entry["name"] for entry in json.loads(text)[kind]]


def test_the_wheel_holds_packages_facts_and_splits_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if not name.endswith("/")}
        for name in shipped_splits():
            packed = archive.read(f"mgrbench/_splits/{name}.tsv")
            assert packed == (REPOSITORY / "splits" / f"{name}.tsv").read_bytes()
        metadata = archive.read(f"mgrbench-{__version__}.dist-info/METADATA").decode()
    for folder in ("mgrbench", "baselines"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(REPOSITORY).as_posix() in files
    tops = {name.split("/")[0] for name in files}
    assert tops == {"mgrbench", "baselines", f"mgrbench-{__version__}.dist-info"}
    assert not {name for name in files if "__pycache__" in name or "tests" in name.split("/")}
    assert "Requires-Python: <3.14,>=3.11" in metadata
    assert not [
        line
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist: torch") and "extra" not in line
    ]


def test_it_answers_and_lists_what_the_checkout_lists(mgrbench):
    assert mgrbench("--version").strip() == f"mgrbench {__version__}"
    for kind in ("models", "datasets", "features"):
        here = [plugin.name for plugin in available(kind) if plugin.origin == "built in"]
        assert names(kind, mgrbench("list", kind, "--json")) == here
    assert names("splits", mgrbench("list", "splits", "--json")) == sorted(
        [*shipped_splits(), *metadata_splits()]
    )


def test_it_audits_a_split_and_writes_it_again(mgrbench, tmp_path):
    audit = json.loads(mgrbench("split", "audit", "gtzan/artist3", "--json", "--strict"))
    assert (audit["test_tracks"], audit["artist_in_train"]) == (948, 0)
    out = tmp_path / "artist3.tsv"
    mgrbench("split", "make", "gtzan", "--rule", "published", "--name", "artist3", "--out", str(out))
    assert out.read_bytes() == (REPOSITORY / "splits" / "gtzan" / "artist3.tsv").read_bytes()


def test_its_models_find_the_libraries_they_need(mgrbench):
    assert json.loads(mgrbench("check", "lda", "--json"))["ok"]
