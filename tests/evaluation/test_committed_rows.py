"""Committed rows are found again by the command that made them, whatever has moved in the code since."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.machine import package_versions
from mgrbench.features.importing import import_features
from mgrbench.features.store import FeatureStore
from tests.support.helpers import REPOSITORY, done

RUNS = REPOSITORY / "leaderboards" / "runs"
ROWS = 20
UNDECODABLE = "jazz.00054"
"""The clip of GTZAN that the published log-mel spectrograms lack."""


def records() -> Iterator[tuple[Path, dict]]:
    for file in sorted(RUNS.glob("*/*/*/*/run.json")):
        yield file.parent, json.loads(file.read_text("utf-8"))


def chosen() -> list[Path]:
    """Twenty rows, evenly over all, and the first of every model that is not among them."""
    found = [(folder, record["model"]) for folder, record in records() if record["features"]]
    some = [found[at * len(found) // ROWS] for at in range(ROWS)]
    first = {model: folder for folder, model in reversed(found)}
    models = {model for _, model in some}
    return [folder for folder, _ in some] + [first[model] for model in sorted(first.keys() - models)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up values under the fingerprints of the real ones, which a run's id rests on."""
    root = tmp_path_factory.mktemp("store")
    recorded = {
        (record["dataset"], name): fingerprint
        for _, record in records()
        for name, fingerprint in record["features"].items()
    }
    for (dataset, feature), fingerprint in recorded.items():
        lacks = {UNDECODABLE} if feature.startswith("mel") else set()
        ids = [track.id for track in load_dataset(dataset).tracks() if track.id not in lacks]
        np.savez(root / "made_up.npz", ids=ids, x=np.zeros((len(ids), 2), np.float32))
        import_features(load_dataset(dataset), feature, root / "made_up.npz", "x", store=FeatureStore(root))
        manifest = FeatureStore(root).folder(dataset, feature) / "manifest.json"
        text = json.loads(manifest.read_text("utf-8")) | {"fingerprint": fingerprint}
        manifest.write_text(json.dumps(text), "utf-8")
    return root


def command_of(folder: Path, record: dict) -> list[object]:
    own = folder / "split.tsv"
    command = [
        "run",
        "-m",
        record["model"],
        "-d",
        record["dataset"],
        "--seed",
        record["seed"],
        "--allow-missing",
    ]
    command += ["-s", own if own.is_file() else record["split"].split("/")[1]]
    for feature in record["features"]:
        command += ["-f", feature]
    for name, value in record["options"].items():
        command += ["--option", f"{name}={value}"]
    if record["selection"]["rule"] == "test":
        command += ["--option", "selection=test"]
    return command


@pytest.mark.parametrize("folder", chosen(), ids=lambda folder: folder.relative_to(RUNS).as_posix())
def test_a_committed_row_is_found_again(store, folder, tmp_path, monkeypatch):
    record = json.loads((folder / "run.json").read_text("utf-8"))
    if record["environment"]["packages"] != package_versions():
        pytest.skip("the row was made with other versions of the libraries than are installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MGRBENCH_CACHE", str(store))
    shutil.copytree(folder, tmp_path / "out" / folder.relative_to(RUNS))
    again = done(*command_of(folder, record), "--out", "out", "--json")
    assert "is stored already" in again.err
    assert again.document["scores"] == record["scores"]
