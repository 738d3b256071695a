"""FusionNet's networks: sizes to the digit, equal to the equations, and nothing that doesn't learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from baselines.fusionnet.attention import ChannelAttention, HeadAttention
from baselines.fusionnet.coding import CodingNetwork
from baselines.fusionnet.design import ACTIVATIONS, Design
from baselines.fusionnet.losses import CentredObjective, CentreLoss
from baselines.fusionnet.meta import MetaNetwork
from baselines.fusionnet.netvlad import NetVLAD, laid_out
from mgrbench.core.types import BenchError
from tests.support.neural import count, seeded_tensor

RELEASED = Design(
    clusters=10,
    identical_heads=True,
    scrambled_layout=True,
    released_start=True,
    two_attentions=True,
)
SMALL = Design(clusters=3, heads=2, high_level=64)
SMALL_RELEASED = replace(RELEASED, clusters=3, heads=2, high_level=64)


# Sizes


@pytest.mark.parametrize(("genres", "parameters"), [(6, 23_026_371), (10, 23_030_471), (13, 23_033_546)])
@pytest.mark.parametrize("shape", [(216, 128), (647, 128)])
def test_the_released_coding_network_has_its_published_size_for_any_length(genres, parameters, shape):
    with torch.device("meta"):
        assert count(CodingNetwork(shape, genres, RELEASED)) == parameters


def test_the_released_meta_network_has_its_published_size():
    with torch.device("meta"):
        assert count(MetaNetwork(5, 13, RELEASED)) == 20_186_467


def test_the_papers_own_settings_double_the_size():
    with torch.device("meta"):
        released = count(CodingNetwork((216, 128), 10, Design(identical_heads=True)))
        own = count(CodingNetwork((216, 128), 10, Design()))
    assert released == 45_972_601
    assert own == released - 3 * (10 * 10 + 10) + 3 * 10 * (20 * 20 + 20)


def test_the_released_shapes():
    network = CodingNetwork((216, 128), 10, RELEASED).eval()
    coder = network.high_level[1]
    with torch.no_grad():
        assert coder.codes(torch.zeros(2, 216, 128)).shape == (2, 224, 10)
        assert coder(torch.zeros(2, 216, 128)).shape == (2, 22_400)
        assert network.high_level(torch.zeros(2, 216, 128)).shape == (2, 1024)
        assert CodingNetwork((160,), 10, RELEASED).high_level[1](torch.zeros(2, 160)).shape == (2, 10_240)


@pytest.mark.parametrize("shape", [(216, 84), (1, 1), (31, 5), (40, 300), (7,), (1,), (228,)])
@pytest.mark.parametrize("design", [SMALL, SMALL_RELEASED, Design(netvlad=False, heads=2, high_level=64)])
def test_sizes_follow_the_feature(shape, design):
    logits = CodingNetwork(shape, 4, design)(seeded_tensor(3, *shape))
    assert logits.shape == (3, 4)
    assert torch.isfinite(logits).all()


def test_features_of_other_axes_are_refused():
    with pytest.raises(BenchError, match=r"a segment has 3 axes, shape \(2, 3, 4\)"):
        CodingNetwork((2, 3, 4), 4, SMALL)


# NetVLAD


def literal_vlad(layer, feature_map):
    """Equations 1 to 5, position by position."""
    weight, bias, centres = (p.detach().double() for p in (layer.weight, layer.bias, layer.centres))
    codings = []
    for sample in feature_map.double().flatten(start_dim=2):
        coding = torch.zeros_like(centres)
        for feature in sample.T:
            local = feature / feature.norm()
            assigned = torch.exp(weight @ local + bias)
            assigned = assigned / assigned.sum()
            for k in range(len(centres)):
                coding[k] += assigned[k] * (local - centres[k])
        coding = torch.stack([row / row.norm() for row in coding])
        codings.append(coding / coding.norm())
    return torch.stack(codings)


@pytest.mark.parametrize("released", [False, True])
def test_netvlad_is_the_literal_loop(released):
    torch.manual_seed(0)
    layer = NetVLAD(6, 4, released_start=released)
    with torch.no_grad():
        layer.bias += seeded_tensor(4)
    feature_map = seeded_tensor(3, 6, 5, 4, seed=1)
    assert torch.allclose(layer(feature_map).double(), literal_vlad(layer, feature_map), atol=1e-6)


def test_netvlad_knows_no_order_of_positions_but_of_clusters():
    layer = NetVLAD(6, 4)
    feature_map = seeded_tensor(2, 6, 35)
    shuffled = feature_map[:, :, torch.randperm(35)]
    assert torch.allclose(layer(feature_map), layer(shuffled), atol=1e-6)
    repeated = torch.cat([feature_map, feature_map], dim=2)  # twice as long, the same mixture
    assert torch.allclose(layer(feature_map), layer(repeated), atol=1e-6)
    order = torch.tensor([2, 0, 3, 1])
    before = layer(feature_map)
    for parameter in layer.parameters():
        parameter.data = parameter.data[order]
    assert torch.allclose(layer(feature_map), before[:, order], atol=1e-6)


def test_the_start_follows_the_centres():
    for released in (False, True):
        layer = NetVLAD(6, 4, alpha=0.7, released_start=released)
        length = layer.centres.norm(dim=1)
        assert torch.allclose(layer.weight, 1.4 * layer.centres)
        assert torch.allclose(layer.bias, -0.7 * (length if released else length**2))
    assert (layer.centres >= 0).all()


def test_a_transpose_and_the_released_view():
    coding = torch.arange(6.0).view(1, 2, 3)
    assert torch.equal(laid_out(coding)[0], coding[0].T)
    assert torch.equal(laid_out(coding, scrambled=True)[0], torch.arange(6.0).view(3, 2))


# Attention


def softmax(scores):
    exponential = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def literal_attention(tokens, f, g, h, gamma):
    """Equations 6 to 10 for one head; f, g, h are (weight, bias)."""
    queries, keys, offers = (tokens @ weight.T + bias for weight, bias in (f, g, h))
    return gamma * softmax(queries @ keys.T) @ offers + tokens


def blocks(linear, size):
    """The projections of a linear layer, each as (weight, bias)."""
    weight, bias = linear.weight.detach().double().numpy(), linear.bias.detach().double().numpy()
    return [(weight[i : i + size], bias[i : i + size]) for i in range(0, len(weight), size)]


def test_every_head_is_equations_6_to_10_with_projections_of_its_own():
    torch.manual_seed(0)
    layer = HeadAttention(width=4, heads=3)
    layer.gamma.data.fill_(0.6)
    tokens = seeded_tensor(2, 7, 4)
    projections = blocks(layer.projections, 4)
    outputs = layer(tokens).detach().numpy()
    assert outputs.shape == (2, 3, 7, 4)
    for sample, rows in enumerate(tokens.double().numpy()):
        for head in range(3):
            expected = literal_attention(rows, *projections[head::3], 0.6)
            np.testing.assert_allclose(outputs[sample, head], expected, atol=1e-6)
    assert not np.allclose(outputs[:, 0], outputs[:, 1])


def test_the_released_attention_is_equations_6_to_10_over_entries_of_copies():
    torch.manual_seed(0)
    layer = ChannelAttention(heads=3)
    layer.gamma.data.fill_(0.6)
    entries = seeded_tensor(2, 5, 4)
    outputs = layer(entries).detach().numpy()
    assert outputs.shape == (2, 3, 5, 4)
    for sample, table in enumerate(entries.double().numpy()):
        tokens = np.repeat(table.reshape(-1, 1), 3, axis=1)
        expected = literal_attention(tokens, *blocks(layer.projections, 3), 0.6)
        np.testing.assert_allclose(outputs[sample], expected.T.reshape(3, 5, 4), atol=1e-6)


@pytest.mark.parametrize("layer", [HeadAttention(4, 3), ChannelAttention(3)])
def test_attention_moves_with_its_rows_and_starts_as_the_identity(layer):
    rows = seeded_tensor(2, 7, 4)
    assert torch.equal(layer(rows), rows[:, None].expand(-1, 3, -1, -1))
    layer.gamma.data.fill_(0.6)
    order = torch.randperm(7)
    assert torch.allclose(layer(rows)[:, :, order], layer(rows[:, order]), atol=1e-6)


# Loss


def test_the_centre_loss_is_half_the_mean_squared_distance():
    loss = CentreLoss(3, 5)
    features, genre = seeded_tensor(4, 5), torch.tensor([2, 0, 2, 1])
    centres = loss.centres.detach().double().numpy()
    rows = features.double().numpy()
    distances = [np.sum((rows[i] - centres[genre[i]]) ** 2) for i in range(4)]
    assert loss(features, genre).item() == pytest.approx(0.5 * np.mean(distances), rel=1e-5)
    released = CentreLoss(3, 5, released=True)
    released.centres.data.copy_(loss.centres)
    assert released(features, genre).item() == pytest.approx(np.mean(distances), rel=1e-5)
    assert not released.centres.requires_grad


def test_a_softmax_before_the_loss_has_the_known_floor():
    sure = nn.Module()
    sure.high_level, sure.classifier = nn.Identity(), nn.Identity()
    logits = 1000.0 * torch.eye(10)
    twice = CentredObjective(sure, 10, 10, weight=0.0, softmax_twice=True)
    once = CentredObjective(sure, 10, 10, weight=0.0)
    assert twice(logits, torch.arange(10))[0].item() == pytest.approx(1.461, abs=5e-4)
    assert once(logits, torch.arange(10))[0].item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("shape", [(40, 33), (12,)])
@pytest.mark.parametrize(
    "design",
    [SMALL, SMALL_RELEASED, *(Design(clusters=2, heads=2, high_level=64, activation=a) for a in ACTIVATIONS)],
)
def test_gradients_reach_every_value_and_the_centres(shape, design):
    torch.manual_seed(0)
    network = CodingNetwork(shape, 4, design)
    objective = CentredObjective(network, 4, design.high_level, weight=0.1)
    network.high_level[1].attention.gamma.data.fill_(0.5)  # at 0 nothing flows into the projections
    objective(seeded_tensor(8, *shape), torch.arange(8) % 4)[0].backward()
    silent = [
        name for name, value in objective.named_parameters() if value.grad is None or not value.grad.any()
    ]
    assert silent == []
    assert "centre_loss.centres" in dict(objective.named_parameters())


@pytest.mark.parametrize("design", [SMALL, SMALL_RELEASED])
def test_gradients_reach_every_value_of_the_meta_network(design):
    network = MetaNetwork(2, 4, design)
    for layer in (network.attention, network.second_attention):
        if layer is not None:
            layer.gamma.data.fill_(0.5)
    network(seeded_tensor(4, 2, 64)).square().sum().backward()
    silent = [
        name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()
    ]
    assert silent == []
