"""Real GTZAN features and clips, where they are at hand: the figures that others measured too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mgrbench
from mgrbench.features.extract import extract
from mgrbench.features.store import FeatureStore


def imported(shared_data: Path, name: str, file: str, array: str) -> None:
    mgrbench.import_features(mgrbench.load_dataset("gtzan"), name, shared_data / file, array)


@pytest.mark.parametrize(
    ("split", "choi", "ssd"),
    [
        ("random10", 0.913, 0.720),
        ("artist3", 0.842, 0.541),
        ("artist5", 0.848, 0.540),
        ("kereliuk", 0.838, 0.528),
    ],
)
def test_rbf_svm_scores_what_a_plain_script_does(
    shared_data: Path, split: str, choi: float, ssd: float
) -> None:
    # The scripts break ties of votes by the order of genres, we by the margins: half a point.
    imported(shared_data, "choi", "gtzan_choi.npz", "convnet")
    imported(shared_data, "ssd", "gtzan_handcrafted.npz", "ssd")
    for feature, expected in (("choi", choi), ("ssd", ssd)):
        run = mgrbench.evaluate("svm_rbf", "gtzan", split, [feature])
        assert run.scores["accuracy"].value == pytest.approx(expected, abs=0.006)


def test_published_features_bring_their_caveat(shared_data: Path) -> None:
    imported(shared_data, "anything", "gtzan_choi.npz", "convnet")
    run = mgrbench.evaluate("majority", "gtzan", "kereliuk", ["anything"])
    assert "label-sorted batches" in next(w.detail for w in run.warnings if w.code == "MGR103")


def test_several_features_together_are_joined(shared_data: Path) -> None:
    imported(shared_data, "ssd", "gtzan_handcrafted.npz", "ssd")
    imported(shared_data, "tonal", "gtzan_handcrafted.npz", "tonal")
    alone = mgrbench.evaluate("svm_rbf", "gtzan", "artist3", ["ssd"]).scores["accuracy"].value
    both = mgrbench.evaluate("svm_rbf", "gtzan", "artist3", ["ssd", "tonal"]).scores["accuracy"].value
    assert both > alone


@pytest.mark.parametrize("folder", ["gtzan_audio_30s", "gtzan_audio_17s"])
def test_audio_goes_all_the_way_to_the_store(shared_data: Path, tmp_path: Path, folder: str) -> None:
    dataset = mgrbench.load_dataset("gtzan")
    clips = {track.id: track for track in dataset.tracks(shared_data / folder) if track.id.endswith("00000")}
    for track in clips.values():
        source = shared_data / folder / str(track.path)
        (tmp_path / source.name).symlink_to(source.resolve())
    done = extract(dataset, ["melstats"], tmp_path)
    assert done.computed == {"melstats": 10}
    assert not done.problems
    values = FeatureStore().open("gtzan", "melstats").rows(sorted(clips))
    assert values.shape == (10, 3, 168)
    assert np.isfinite(values).all()
    assert len(np.unique(values[:, 0, 0])) == 10
