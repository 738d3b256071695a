"""FusionNet as the bench sees it: any features in, probabilities out, and every switch does something."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines import fusionnet, fusionnet_backbone
from baselines._neural.training import train
from mgrbench.core.types import BenchError, Examples, Inputs
from tests.support.models import source_of
from tests.support.neural import SMALL_FUSION, built, examples, fitted, predicted, timeless

TWO = {"mel": (12, 8), "choi": (6,)}
THREE = {**TWO, "ssd": (5,)}
SWITCHES = [name for name, default in source_of("fusionnet_released").defaults().items() if default is True]


@pytest.fixture(scope="module")
def fused():
    return fitted(built("fusionnet", candidates=2), **THREE)


def test_the_defaults_are_the_papers_and_the_released_ones():
    paper, released = (source_of(name).defaults() for name in ("fusionnet", "fusionnet_released"))
    names = ("clusters", "heads", "center_loss_weight", "batch", "epochs")
    assert [paper[name] for name in names] == [20, 10, 0.001, 16, 400]
    assert [released[name] for name in names] == [10, 10, 1e-4, 16, 400]
    assert len(SWITCHES) == 12


def test_one_feature_needs_no_meta_network():
    model = fitted(built("fusionnet"))
    assert [row["network"] for row in model.history] == ["mel", "mel"]
    assert set(model.chosen) == {"epochs"}
    network, inputs = model.profile_target()
    assert network(*inputs).shape == (1, 3)


def test_several_features_go_through_sum_rule_and_meta_network(fused):
    assert len(fused.sum_rule) == 4
    assert fused.chosen["combination"] in {entry["combination"] for entry in fused.chosen["candidates"]}
    assert [entry["combination"] for entry in fused.chosen["candidates"]] == [
        "+".join(tuple(THREE)[i] for i in entry.members) for entry in fused.sum_rule[:2]
    ]
    networks = list(dict.fromkeys(row["network"] for row in fused.history))
    assert networks[:3] == list(THREE)
    assert {"mel.inner1", "mel.inner2"} <= set(networks)
    assert sum(name.startswith("meta-") for name in networks) == 2


def test_what_is_profiled_is_what_predicts(fused):
    network, inputs = fused.profile_target()
    assert network(*inputs).shape == (1, 3)
    names = fused.chosen["combination"].split("+")
    test = examples(7, seed=99, **THREE).inputs
    with torch.inference_mode():
        logits = network(*(torch.from_numpy(test.arrays[name]) for name in names))
    np.testing.assert_allclose(logits.softmax(dim=1).numpy(), predicted(fused, **THREE), atol=1e-5)


def one_segment_of_choi(part):
    """The examples with one segment of ``choi``, so that the features differ in their weights."""
    arrays = {name: a[:, :1] if name == "choi" else a for name, a in part.inputs.arrays.items()}
    return Examples(Inputs(part.inputs.ids, arrays), part.genre, part.artist)


def alone(part, name):
    return Examples(Inputs(part.inputs.ids, {name: part.inputs.arrays[name]}), part.genre, part.artist)


@pytest.mark.parametrize(("model", "weight"), [("fusionnet", 1), ("fusionnet_released", 2)])
def test_without_candidates_the_best_combination_decides_by_the_sum_rule(model, weight):
    parts = [
        one_segment_of_choi(part)
        for part in (examples(**TWO), examples(9, seed=50, **TWO), examples(7, seed=99, **TWO))
    ]
    train, valid, test = parts
    both = built(model, candidates=0).fit(train, valid)
    assert {row["network"] for row in both.history} == set(TWO)  # no meta-CNN, no out-of-fold networks
    assert both.chosen["combination"] == "mel+choi"
    mel, choi = (
        built(model).fit(alone(train, name), alone(valid, name)).predict_proba(alone(test, name).inputs)
        for name in TWO
    )
    proba = both.predict_proba(test.inputs)
    np.testing.assert_allclose(proba, (weight * mel + choi) / (weight + 1), atol=1e-6)
    network, _ = both.profile_target()
    with torch.inference_mode():
        logits = network(*(torch.from_numpy(values) for values in test.inputs.arrays.values()))
    np.testing.assert_allclose(logits.softmax(dim=1).numpy(), proba, atol=1e-5)
    assert both.embed(test.inputs).shape == (7, 2 * 64)


def test_features_may_have_different_numbers_of_segments(fused):
    test = examples(7, seed=99, **THREE).inputs
    single = {name: array[:, :1] if name == "choi" else array for name, array in test.arrays.items()}
    proba = fused.predict_proba(type(test)(test.ids, single))
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)


def test_out_of_fold_features_are_of_networks_that_had_not_seen_the_track(monkeypatch):
    part = examples(**TWO)
    track_of = {
        values.tobytes(): track
        for track, values in zip(part.inputs.ids, part.inputs.arrays["mel"], strict=True)
    }
    seen = {}

    def watched(objective, segments, valid, settings, place, name):
        if name.startswith("mel"):
            seen[name] = {track_of[values.tobytes()] for values in segments.values}
        return train(objective, segments, valid, settings, place, name)

    monkeypatch.setattr("baselines.fusionnet.model.train", watched)
    model = built("fusionnet").fit(part, examples(9, seed=50, **TWO))
    assert seen["mel"] == set(part.inputs.ids)
    held = [set(part.inputs.ids) - seen[f"mel.inner{number}"] for number in (1, 2)]
    assert held[0] | held[1] == seen["mel"]
    artist = dict(zip(part.inputs.ids, part.artist, strict=True))
    assert not {artist[track] for track in held[0]} & {artist[track] for track in held[1]}
    assert model.chosen["combination"] == "mel+choi"


def test_high_level_features_are_standardised_by_the_out_of_fold_ones(fused):
    network, _ = fused.profile_target()
    normalise = network.meta.normalise
    assert normalise.mean.shape == (len(network.coding), 64)


WHOLE: list[fusionnet.FusionNet] = []


@pytest.mark.parametrize("stop", [("mel", 1), ("choi", 2), ("mel.inner2", 1), ("meta-mel+choi", 1)])
def test_an_interrupted_fit_ends_as_an_uninterrupted_one(tmp_path, stop):
    def model():
        return built("fusionnet", meta_epochs=2)

    if not WHOLE:
        WHOLE.append(fitted(model(), **TWO))
    (whole,) = WHOLE

    def interrupt(row):
        if (row["network"], row["epoch"]) == stop:
            raise KeyboardInterrupt

    stopped = model()
    stopped.checkpoint, stopped.on_epoch = tmp_path / "kept", interrupt
    with pytest.raises(KeyboardInterrupt):
        fitted(stopped, **TWO)
    resumed = model()
    resumed.checkpoint = tmp_path / "kept"
    fitted(resumed, **TWO)
    assert predicted(resumed, **TWO).tobytes() == predicted(whole, **TWO).tobytes()
    assert timeless(resumed.history) == timeless(whole.history)
    assert resumed.chosen == whole.chosen


@pytest.mark.parametrize("name", SWITCHES)
def test_every_released_quirk_changes_the_result(name):
    def answer(**options):
        return predicted(fitted(built("fusionnet_released", **{**SHORT, **options}), **TWO), **TWO)

    if name not in ANSWERS:
        ANSWERS[name] = answer(**{name: "off"})
    ANSWERS.setdefault("all on", answer())
    changed = not np.array_equal(ANSWERS[name], ANSWERS["all on"])
    assert changed == (name not in RANKING_ONLY)


SHORT = {"epochs": 1}
ANSWERS: dict[str, np.ndarray] = {}
RANKING_ONLY = {"unequal_sum"}
"""With two features there is one combination, so what ranks combinations changes nothing."""


def test_the_unequal_sum_weighs_segments():
    ranks = []
    for switch in ("on", "off"):
        model = built("fusionnet_released", **SHORT, unequal_sum=switch)
        train_part, valid = examples(**TWO), examples(9, seed=50, **TWO)
        for part in (train_part, valid):
            part.inputs.arrays["choi"] = part.inputs.arrays["choi"][:, :1]
        model.fit(train_part, valid)
        ranks.append(model.sum_rule)
    assert ranks[0] != ranks[1]


@pytest.mark.parametrize("option", ["netvlad", "attention"])
def test_the_ablation_has_four_different_networks(option):
    sizes = {
        sum(p.numel() for p in fitted(model).profile_target()[0].parameters())
        for model in (built("fusionnet"), built("fusionnet", **{option: "off"}), built("fusionnet_backbone"))
    }
    assert len(sizes) == 3


def test_the_backbone_is_fusionnet_with_both_off():
    off = {"netvlad": "off", "attention": "off", "high_level": 1024}
    first = predicted(fitted(built("fusionnet", **off)))
    assert np.array_equal(first, predicted(fitted(built("fusionnet_backbone"))))
    assert fusionnet_backbone.FEATURES == fusionnet.FEATURES == ("mel",)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"clusters": 0}, "clusters is 0; give a whole number from 1"),
        ({"heads": 1.5}, r"heads is 1\.5"),
        ({"high_level": 32}, "high_level is 32; give a whole number from 64"),
        ({"center_loss_weight": -1}, "center_loss_weight is -1; give a number from 0"),
        ({"activation": "elo"}, "activation is 'elo'; choose from elu, relu"),
        ({"netvlad": "of"}, "netvlad is 'of'; say on or off"),
        ({"inner_folds": 1}, "inner_folds is 1; give a whole number from 2"),
    ],
)
def test_options_out_of_range_are_refused(options, problem):
    with pytest.raises(BenchError, match=problem):
        built("fusionnet", **options)


def test_what_cannot_be_fitted_or_predicted_is_refused(fused):
    with pytest.raises(BenchError, match="there is no validation part"):
        built("fusionnet").fit(examples(**TWO), None)
    with pytest.raises(BenchError, match="before it was fitted"):
        predicted(built("fusionnet"))
    with pytest.raises(BenchError, match=r"feature 'mel' has segments of \(12, 9\), fitted on \(12, 8\)"):
        predicted(fused, **{**THREE, "mel": (12, 9)})
    assert SMALL_FUSION["inner_folds"] == 2
