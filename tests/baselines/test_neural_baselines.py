"""Every neural baseline keeps the contract, learns by heart what it is given, and repeats to the bit."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

from baselines.bigru import AttentiveRecurrent
from baselines.cnn import MelCNN
from baselines.crnn import ConvolutionalRecurrent
from mgrbench.core.types import BenchError
from mgrbench.models.checks import check_model
from tests.support.neural import MODELS, built, count, examples, fitted, predicted, seeded_tensor, timeless

SINGLE = ("cnn", "crnn", "bigru")
ATTENTIONS = ("cnn", "linear", "serial", "none")
HEART = {"cnn": 40, "crnn": 60, "bigru": 60, "fusionnet": 40, "fusionnet_backbone": 40}
"""Epochs in which each learns twenty clips by heart."""


@pytest.mark.parametrize("name", MODELS)
def test_a_plugin_says_what_it_is(name):
    module = importlib.import_module(f"baselines.{name}")
    assert (module.FEATURES, module.SELECTION) == (("mel",), "validation")


@pytest.mark.parametrize("name", MODELS)
def test_a_model_keeps_the_contract(name):
    def build(n_genres, seed, device):
        return built(name, n_genres, seed)

    checks = check_model(build, "validation", ("mel",), (12, 8))
    assert [check for check in checks if check.broken] == []
    assert "better than chance" in {check.name for check in checks}


@pytest.mark.parametrize("name", ["fusionnet", "fusionnet_released"])
def test_fusion_keeps_the_contract(name):
    def build(n_genres, seed, device):
        return built(name, n_genres, seed)

    checks = check_model(build, "validation", ("mel", "choi"), {"mel": (12, 8), "choi": (6,)})
    assert [check for check in checks if check.broken] == []


@pytest.mark.parametrize("name", HEART)
def test_twenty_clips_are_learnt_by_heart(name):
    part = examples(20, segments=1, spread=0.0, mel=(16, 12))  # without a profile: noise to tell them by
    model = built(name, epochs=HEART[name], patience=0, batch=20, learning_rate=3e-3)
    model.fit(part, None)
    assert np.mean(model.predict_proba(part.inputs).argmax(axis=1) == part.genre) >= 0.95


def test_the_released_network_learns_by_heart_what_it_can():
    part = examples(20, segments=1, spread=3.0, mel=(16, 12))
    model = built("fusionnet_released", epochs=40, batch=20)
    model.fit(part, None)
    assert np.mean(model.predict_proba(part.inputs).argmax(axis=1) == part.genre) >= 0.95


@pytest.mark.parametrize("name", MODELS)
def test_the_seed_and_no_global_generator_decides_everything(name):
    torch.manual_seed(1)
    first = fitted(built(name))
    torch.manual_seed(2)
    second, other = fitted(built(name)), fitted(built(name, seed=1))
    assert predicted(first).tobytes() == predicted(second).tobytes()
    assert timeless(first.history) == timeless(second.history)
    assert not np.allclose(predicted(first), predicted(other))


@pytest.mark.parametrize("name", SINGLE)
def test_an_interrupted_fit_ends_as_an_uninterrupted_one(tmp_path, name):
    def interrupt(row):
        raise KeyboardInterrupt

    whole = fitted(built(name))
    stopped, resumed = built(name), built(name)
    stopped.checkpoint = resumed.checkpoint = tmp_path
    stopped.on_epoch = interrupt
    with pytest.raises(KeyboardInterrupt):
        fitted(stopped)
    assert predicted(fitted(resumed)).tobytes() == predicted(whole).tobytes()
    assert [row["epoch"] for row in resumed.history] == [1, 2]


@pytest.mark.parametrize("name", SINGLE)
def test_the_chosen_epoch_is_the_best_on_the_validation_tracks(name):
    model = fitted(built(name, epochs=5))
    best = max(row["valid_accuracy"] for row in model.history)
    assert model.history[model.chosen["epoch"] - 1]["valid_accuracy"] == best


@pytest.mark.parametrize("name", SINGLE)
def test_what_is_profiled_is_what_predicts(name):
    model = fitted(built(name))
    network, inputs = model.profile_target()
    assert network(*inputs).shape == (1, 3)
    test = examples(4, segments=1, seed=9).inputs
    logits = network(torch.from_numpy(test.arrays["mel"][:, 0]))
    np.testing.assert_allclose(logits.softmax(dim=1).detach().numpy(), model.predict_proba(test), atol=1e-6)


@pytest.mark.parametrize(
    "network",
    [
        MelCNN(4),
        ConvolutionalRecurrent((36, 12), 4),
        *(AttentiveRecurrent((36, 12), 4, attention) for attention in ATTENTIONS),
    ],
)
def test_gradients_reach_every_value(network):
    network(seeded_tensor(6, 200, 12)).square().sum().backward()
    assert [
        name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()
    ] == []


def test_attention_weighs_all_times_and_sums_to_1():
    for attention in ATTENTIONS:
        network = AttentiveRecurrent((36, 12), 4, attention)
        segments = seeded_tensor(3, 36, 12)
        states, _ = network.recurrent(segments)
        weights = network.weights(segments, states)
        assert weights.shape == (3, 36, 1)
        assert torch.allclose(weights.sum(dim=1), torch.ones(3, 1), atol=1e-6)
        assert (weights > 0).all()


def test_sizes_are_those_of_the_specifications():
    assert count(MelCNN(10)) == 583_594
    assert len({count(AttentiveRecurrent((128, 128), 10, attention)) for attention in ATTENTIONS}) == 4
    network = ConvolutionalRecurrent((1366, 96), 50)
    maps = network.blocks(torch.zeros(2, 1, 1366, 96))
    assert maps.shape == (2, 128, 14, 1)


@pytest.mark.parametrize("name", SINGLE)
def test_features_that_do_not_fit_are_refused(name):
    with pytest.raises(BenchError, match=r"feature 'choi' has segments of shape \(6,\)"):
        fitted(built(name), choi=(6,))
    with pytest.raises(BenchError, match="takes one feature and was given mel, cqt"):
        fitted(built(name), mel=(12, 8), cqt=(12, 6))
    with pytest.raises(BenchError, match="before it was fitted"):
        predicted(built(name))
    with pytest.raises(BenchError, match="attention is 'x'; choose from cnn"):
        built("bigru", attention="x")
