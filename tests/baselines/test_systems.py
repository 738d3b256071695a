"""Networks on short pieces or pooled levels (Yu, Bisharad, Lee & Nam), and Marchand's SVM."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from baselines._neural.pieces import cut
from baselines.leenam2017 import MultiLevel
from mgrbench.core.types import BenchError
from mgrbench.models.checks import check_model
from tests.support.models import builder, built, source_of
from tests.support.neural import seeded_tensor
from tests.support.systems import accuracy_on_synth

QUICK = {"epochs": 2, "batch": 16}
SYSTEMS = {
    "yu2020": ({**QUICK, "frame_rate": 2.0}, ("mel",), (12, 8)),
    "bisharad2019": ({**QUICK, "frame_rate": 2.0}, ("mel",), (12, 8)),
    "leenam2017": (QUICK, ("artist",), (12,)),
    "leenam2017 from the start": ({**QUICK, "pretrained": "off"}, ("mel",), (12, 8)),
    "marchand2016": ({}, ("scale_transform",), (12,)),
}


def test_pieces_are_taken_one_after_the_other():
    values = np.arange(2 * 3 * 10 * 2, dtype=np.float32).reshape(2, 3, 10, 2)
    pieces = cut(values, 4, 2)
    assert pieces.shape == (2, 12, 4, 2)
    for segment in range(3):
        for place, start in enumerate((0, 2, 4, 6)):
            assert np.array_equal(pieces[:, 4 * segment + place], values[:, segment, start : start + 4])
    assert cut(values, 10, 5) is values
    assert cut(values, 99, 5) is values
    assert cut(values, 3, 3).shape == (2, 9, 3, 2)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_keeps_the_contract(name):
    options, features, shape = SYSTEMS[name]
    plugin = name.split()[0]
    checks = check_model(builder(plugin, **options), source_of(plugin).selection, features, shape)
    assert [check for check in checks if check.broken] == []


@pytest.mark.parametrize(("name", "window"), [("yu2020", 65), ("bisharad2019", 65)])
def test_a_network_sees_3_seconds(name, window):
    from tests.support.neural import examples

    model = built(name, epochs=1)
    model.fit(examples(6, mel=(216, 8)), None)
    _, (segment,) = model.profile_target()
    assert segment.shape == (1, window, 8)
    assert len(model.embed(examples(4, seed=9, mel=(216, 8)).inputs)) == 4  # cut, too


def test_levels_are_pooled_over_time():
    """Each level has its maximum among the values, so what is moved in time is found all the same."""
    network = MultiLevel(16, 4).eval()
    quiet = torch.zeros(1, 129, 16)
    early, late = quiet.clone(), quiet.clone()
    early[0, 20], late[0, 52] = (
        seeded_tensor(16),
        seeded_tensor(16),
    )  # 32 frames: a whole step of three pools of 4 / 2
    assert network.pooled(early).shape == (1, 768)
    torch.testing.assert_close(network.pooled(early)[:, :128], network.pooled(late)[:, :128])
    assert not torch.allclose(network.pooled(early), network.pooled(quiet))


def test_gradients_reach_every_level():
    network = MultiLevel(12, 4)
    network(seeded_tensor(6, 200, 12)).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_the_feature_says_which_option_is_wanted():
    from tests.support.neural import examples, fitted

    with pytest.raises(BenchError, match="feature 'mel' has segments of shape"):
        fitted(built("leenam2017", epochs=1), mel=(12, 8))
    assert fitted(built("leenam2017", epochs=1, pretrained="off"), mel=(12, 8)).predict_proba(
        examples(4, mel=(12, 8)).inputs
    ).shape == (4, 3)


@pytest.mark.parametrize("name", ["yu2020", "bisharad2019"])
def test_options_out_of_range_are_refused(name):
    with pytest.raises(BenchError, match="frame_rate is 0"):
        built(name, frame_rate=0)
    with pytest.raises(BenchError, match="epochs is 0"):
        built(name, epochs=0)


@pytest.mark.parametrize(
    ("name", "features", "options", "least"),
    [
        ("marchand2016", (), {}, 0.4),
        ("yu2020", (), {"epochs": 8, "batch": 16, "attention": "linear", "learning_rate": 3e-3}, 1 / 3),
        ("leenam2017", ("mel",), {"epochs": 10, "pretrained": "off"}, 1 / 3),
    ],
)
def test_a_system_tells_the_styles_of_synth_apart(name, features, options, least):
    assert accuracy_on_synth(name, *features, **options) >= least
