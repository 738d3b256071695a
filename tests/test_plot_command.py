"""``mgrbench plot``: figures of stored runs."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mgrbench.drawings import embed
from mgrbench.predictions import from_probabilities
from tests.helpers import GTZAN, MINI_RUN, copied, done, only_run, prepare, refused, unchanged

pytest.importorskip("matplotlib")

HISTORY = "fold,epoch,train_loss,valid_loss,valid_accuracy\n1,1,2,3,.2\n1,2,1,2,.4\n2,1,2,3,.1\n2,2,1,2,.3\n"
LADDER = {
    "dataset": "gtzan",
    "models": ["svm_rbf"],
    "features": {},
    "options": {},
    "folds": 5,
    "seeds": [0],
    "training_per_genre": {"blues": 1},
    "missing_tracks": 0,
    "rungs": [
        {"name": name, "note": "", "left_out": None, "artist_in_training": 0.0}
        for name in ("clips", "artists")
    ],
    "steps": [
        {
            "model": "svm_rbf", "rung": name,
            "accuracy": {"value": value, "low": value - 0.1, "high": value + 0.1},
            "per_seed": [value], "per_segment": None, "drop": None, "inside": None, "runs": [],
        }
        for name, value in (("clips", 0.7), ("artists", 0.5))
    ],
    "warnings": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    return copied(prepared, tmp_path, monkeypatch)


def words(path):
    """The words of a drawing, from the comments that matplotlib leaves beside their outlines."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    return [node.text.strip() for node in ET.parse(path, parser).iter() if node.tag is ET.Comment]


def size(path):
    """Width and height of a PNG file in pixels."""
    return struct.unpack(">II", path.read_bytes()[16:24])


@pytest.mark.parametrize("kind", ["confusion", "intervals", "embedding", "curves", "ladder"])
def test_every_kind_gives_a_png_and_an_svg_the_same_each_time(place, kind):
    (only_run(place / "runs") / "history.csv").write_text(HISTORY)
    (place / "ladder.json").write_text(json.dumps(LADDER))
    named = "." if kind == "ladder" else "means"
    files = done("plot", kind, named, "--json").document["files"]
    assert files == [f"{kind}.png", f"{kind}.svg"]
    first = [(place / file).read_bytes() for file in files]
    assert min(size(place / files[0])) > 200
    done("plot", kind, named, "--out", "again.png")
    assert [(place / f"again.{ending}").read_bytes() for ending in ("png", "svg")] == first


def test_a_confusion_matrix_says_its_counts(place):
    done("plot", "confusion", "means")
    found = words(place / "confusion.svg")
    assert set(GTZAN.genres) <= set(found)
    counts = [
        count
        for row in json.loads((only_run(place / "runs") / "run.json").read_text())["confusion"]
        for count in row
    ]
    assert sorted(int(word) for word in found if word.isdecimal()) == sorted(filter(None, counts))


def test_intervals_name_their_runs_and_dollars_stay_dollars(place):
    done("run", "-m", "majority", *MINI_RUN, "--name", "$x^2$")
    done("plot", "intervals", "means", "$x^2$")
    found = words(place / "intervals.svg")
    assert "means, toy" in found
    assert "$x^2$, toy" in found


def test_tracks_of_like_probabilities_lie_together():
    rng = np.random.default_rng(0)
    genre = np.repeat(np.arange(10), 8)
    logits = 6 * np.eye(10)[genre] + rng.normal(scale=0.3, size=(80, 10))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = from_probabilities([str(i) for i in range(80)], 1, genre, proba, GTZAN.genres)
    points = embed(found)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + 1e9 * np.eye(80)
    assert (genre[apart.argmin(axis=1)] == genre).mean() > 0.95
    assert np.array_equal(points, embed(found))


def test_what_cannot_be_drawn_is_said(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    (place / "ladder.json").write_text("[1]")
    with unchanged(place):
        assert "did you mean confusion" in refused("plot", "confusio", "means")
        assert "draws one run, and 2" in refused("plot", "confusion", "means", "means")
        assert "different exams" in refused("plot", "intervals", "means", "majority")
        assert "has no history.csv" in refused("plot", "curves", "means")
        assert "did you mean means" in refused("plot", "confusion", "mean")
        assert "no stored ladder" in refused("plot", "ladder", ".")
        assert "no such file" in refused("plot", "ladder", "nowhere")
