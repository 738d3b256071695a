"""``mgrbench plot``: figures of stored runs."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mgrbench.core.types import BenchError
from mgrbench.results.figures import embed, prediction_cloud
from mgrbench.results.predictions import from_probabilities
from tests.support.helpers import (
    GTZAN,
    MEANS,
    MINI,
    MINI_RUN,
    cli,
    done,
    only_run,
    refused,
    unchanged,
    vectors,
    write_plugin,
)

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
    assert "means on toy" in found
    assert "$x^2$ on toy" in found


def nearest_has_the_genre(values, genre):
    """Share of the tracks whose nearest neighbour is of their genre."""
    apart = np.linalg.norm(values[:, None] - values[None], axis=2) + 1e9 * np.eye(len(values))
    return (genre[apart.argmin(axis=1)] == genre).mean()


def test_tracks_of_like_probabilities_lie_together():
    rng = np.random.default_rng(0)
    genre = np.repeat(np.arange(10), 8)
    logits = 6 * np.eye(10)[genre] + rng.normal(scale=0.3, size=(80, 10))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = from_probabilities([str(i) for i in range(80)], 1, genre, proba, GTZAN.genres)
    cloud = prediction_cloud(found)
    points = embed(cloud.values)
    assert nearest_has_the_genre(points, cloud.genre) > 0.95
    assert np.array_equal(points, embed(cloud.values))
    with pytest.raises(BenchError, match="no fold 2"):
        prediction_cloud(found, 2)


EMBEDS = MEANS.replace(
    "def predict_proba",
    """def embed(self, inputs):
        return FEATURES_OF(self.rows(inputs))

    def predict_proba""",
)
"""The small model with high-level features: what ``FEATURES_OF`` makes of the rows."""


def knowing(place, features, name="knows"):
    """Run a model that has features to give."""
    write_plugin(place / f"{name}.py", EMBEDS.replace("FEATURES_OF", features))
    done("run", "-m", f"./{name}.py", *MINI_RUN)
    return name


def test_an_embedding_shows_the_features_of_a_held_out_fold(place, monkeypatch):
    name = knowing(place, "(lambda rows: 10 * rows)")
    drawn = []
    monkeypatch.setattr(
        "mgrbench.results.figures.embed", lambda values, seed: drawn.append(values) or values[:, :2]
    )
    result = done("plot", "embedding", name, "--model", f"./{name}.py", "--fold", "2", "--json")
    assert result.document["shown"] == "12 high-level features of fold 2's 20 test tracks"
    assert result.document["same"] == 1
    tested = [track for position, track in enumerate(MINI) if position % 3 == 1]
    assert drawn[0] == pytest.approx(10 * vectors(tested), rel=1e-5)
    assert "t-SNE of 12 high-level features of fold 2's 20 test tracks" in words(place / "embedding.svg")
    assert "training fold 2 again" in result.err


def test_an_embedding_of_a_model_without_features_says_what_it_shows(place):
    result = done("plot", "embedding", "means", "--json")
    assert result.document["shown"] == "log-probabilities of all folds' 60 test tracks"
    assert "has no high-level features" in result.err
    assert "t-SNE of log-probabilities of all folds' 60 test tracks" in words(place / "embedding.svg")
    name = knowing(place, "abs")
    again = done("plot", "embedding", name, "--of", "predictions", "--fold", "1", "--json")
    assert again.document["shown"] == "log-probabilities of fold 1's 20 test tracks"
    assert again.err == ""


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ("len", "embed gave the shape ()"),
        ("(lambda rows: rows[1:])", "embed gave the shape (19, 12) for 20 tracks"),
        ("(lambda rows: rows * np.nan)", "embed(inputs) gives finite values"),
        ("(lambda rows: 1 / 0)", "division by zero"),
    ],
)
def test_features_that_cannot_be_are_refused(place, features, said):
    name = knowing(place, features)
    with unchanged(place / "runs"):
        result = cli("plot", "embedding", name, "--model", f"./{name}.py")
    assert result.code == 2
    assert said in result.errors[0]
    assert not (place / "embedding.png").exists()


@pytest.mark.parametrize(("shapes", "wide"), [({"mel": (12, 8)}, 64), ({"a": (12, 8), "b": (9,)}, 64)])
def test_fusionnet_gives_its_high_level_features(shapes, wide):
    neural = pytest.importorskip("tests.support.neural")
    model = neural.fitted(neural.built("fusionnet", epochs=1), **shapes)
    inputs = neural.examples(7, seed=99, **shapes).inputs
    features = model.embed(inputs)
    assert features.shape == (7, wide)
    assert np.array_equal(features, model.embed(inputs))
    assert model.embed(inputs.take([3]))[0] == pytest.approx(features[3], abs=1e-4)


def test_other_networks_give_what_their_last_layer_gets():
    neural = pytest.importorskip("tests.support.neural")
    model = neural.fitted(neural.built("cnn", epochs=1))
    inputs = neural.examples(7, seed=99).inputs
    features = model.embed(inputs)
    network, _ = model.profile_target()
    last = [layer for layer in network.modules() if type(layer).__name__ == "Linear"][-1]
    assert features.shape == (7, last.in_features)
    # One segment's probabilities follow from its features.
    one = type(inputs)(inputs.ids, {"mel": inputs.arrays["mel"][:, :1]})
    logits = model.embed(one) @ last.weight.detach().numpy().T + last.bias.detach().numpy()
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert model.predict_proba(one) == pytest.approx(proba, abs=1e-5)


def test_what_cannot_be_drawn_is_said(place):
    done("run", "-m", "majority", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    (place / "ladder.json").write_text("[1]")
    with unchanged(place):
        assert "did you mean confusion" in refused("plot", "confusio", "means")
        assert "draws one run, and 2" in refused("plot", "confusion", "means", "means")
        assert "different exams" in refused("plot", "intervals", "means", "majority")
        assert "has no history.csv" in refused("plot", "curves", "means")
        assert "did you mean means" in refused("plot", "confusion", "mean")
        assert "no features to give" in refused(
            "plot", "embedding", "means", "-m", "./means.py", "--of", "features"
        )
        assert "did you mean features" in refused("plot", "embedding", "means", "--of", "feature")
        assert "no run of gtzan/other" in refused("plot", "confusion", "means", "-s", "gtzan/other")
        assert "no stored ladder" in refused("plot", "ladder", ".")
        assert "no such file" in refused("plot", "ladder", "nowhere")
