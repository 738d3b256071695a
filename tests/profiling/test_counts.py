"""Operations and values of networks against counts by hand, and against what the FusionNet paper prints."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402 - torch may be absent
from torch.nn.functional import scaled_dot_product_attention  # noqa: E402

from baselines.crnn import ConvolutionalRecurrent  # noqa: E402
from baselines.fusionnet.coding import CodingNetwork  # noqa: E402
from baselines.fusionnet.design import Design  # noqa: E402
from baselines.fusionnet.joined import Fused  # noqa: E402
from baselines.fusionnet.meta import MetaNetwork  # noqa: E402
from mgrbench.core.types import BenchError  # noqa: E402
from mgrbench.profiling._components import parts_of  # noqa: E402
from mgrbench.profiling._flops import count_flops  # noqa: E402
from mgrbench.profiling.counts import count  # noqa: E402

RELEASED = Design(
    clusters=10, identical_heads=True, scrambled_layout=True, released_start=True, two_attentions=True
)
SMALL = Design(clusters=3, heads=2, high_level=64)


def counted(network, *shapes):
    return count(network, tuple(torch.zeros(shape) for shape in shapes))


# What the paper prints


@pytest.fixture(scope="module")
def released():
    return counted(CodingNetwork((647, 128), 6, RELEASED), (1, 647, 128))


def test_the_papers_figure_is_the_ptflops_count_of_the_released_network(released):
    assert released.macs_ptflops == 348_020_198
    assert f"{released.macs_ptflops / 1e9:.5f}" == "0.34802"
    assert released.parameters == 23_026_371


@pytest.mark.parametrize(
    ("part", "printed", "macs"),
    [
        ("backbone", "0.3169", "0.31513"),
        ("netvlad", "0.0093", "0.00920"),
        ("attention", "0.0007", "0.00074"),
        ("dense", "0.0231", "0.02295"),
    ],
)
def test_the_papers_shares(released, part, printed, macs):
    own = released.parts[part].macs_ptflops
    assert f"{own / 1e9:.5f}" == macs
    assert f"{0.35 * own / released.macs_ptflops:.4f}" == printed  # shares of the rounded total, as printed


def test_the_meta_network_of_the_paper():
    found = counted(MetaNetwork(5, 13, RELEASED), (1, 5, 1024))
    assert f"{found.macs_ptflops / 1e9:.4f}" == "0.0248"
    assert f"{found.flops / 1e9:.4f}" == "0.6687"


@pytest.mark.parametrize(("time", "published"), [(216, "0.4527"), (647, "0.8603")])
def test_full_counts_are_the_known_ones_and_the_sum_of_residuals(time, published):
    """The known counts leave out NetVLAD's second product, which has K · D · positions multiply-adds."""
    found = counted(CodingNetwork((time, 128), 10, RELEASED), (1, time, 128))
    sums, (rows, bands) = 0, (time, 128)
    for channels in (32, 32, 32, 64, 64):
        rows, bands = rows // 2, bands // 2
        sums += 2 * 10 * channels * rows * bands
    assert f"{(found.flops - sums) / 1e9:.4f}" == published


def test_the_transfer_network():
    found = counted(CodingNetwork((160,), 10, RELEASED), (1, 160))
    assert f"{found.flops / 1e9:.4f}" == "0.2325"


# Traps, against counts by hand


def lstm_flops(batch, steps, width, state, layers, directions, gates):
    total = 0
    for layer in range(layers):
        incoming = width if layer == 0 else directions * state
        total += directions * 2 * batch * steps * gates * state * (incoming + state)
    return total


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.layer = kind(8, 16, batch_first=True, **options)

    def forward(self, values):
        return self.layer(values)[0]


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (2, 2)])
def test_recurrent_layers(kind, gates, layers, directions):
    network = Recurrent(kind, num_layers=layers, bidirectional=directions == 2)
    found = counted(network, (3, 10, 8))
    assert found.flops == lstm_flops(3, 10, 8, 16, layers, directions, gates)
    assert list(found.parts) == ["recurrent"]
    values = sum(parameter.numel() for parameter in network.parameters())
    assert found.macs_ptflops == 3 * 10 * values
    assert any("sigmoid" in name or "tanh" in name for name in found.uncounted)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_transformer_layer_hides_nothing_in_its_fast_path(mode):
    batch, steps, width, wide = 2, 10, 16, 32
    network = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 4, wide, batch_first=True), 2)
    getattr(network, mode)()
    projections = 4 * 2 * batch * steps * width * width
    attention = 2 * 2 * batch * steps * steps * width
    dense = 2 * 2 * batch * steps * width * wide
    assert counted(network, (batch, steps, width)).flops == 2 * (projections + attention + dense)
    assert torch.backends.mha.get_fastpath_enabled()  # as it was


class Attention(nn.Module):
    def __init__(self, fused):
        super().__init__()
        self.fused = fused

    def forward(self, q, k, v):
        if self.fused:
            return scaled_dot_product_attention(q, k, v)
        return torch.bmm(torch.bmm(q, k.transpose(1, 2)).softmax(dim=2), v)


def test_attention_is_counted_alike_however_it_is_written():
    batch, queries, keys, width, values = 3, 7, 11, 8, 5
    shapes = (batch, queries, width), (batch, keys, width), (batch, keys, values)
    by_hand = 2 * batch * queries * keys * (width + values)
    plain = counted(Attention(fused=False), *shapes)
    fused = counted(Attention(fused=True), *((batch, 1, *shape[1:]) for shape in shapes))
    assert plain.flops == fused.flops == by_hand
    assert list(fused.parts) == ["attention"]


class Fourier(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, values):
        if self.kind == "stft":
            window = torch.hann_window(512, device=values.device)
            return torch.stft(values, 512, 128, window=window, return_complex=True).abs()
        if self.kind == "rfft":
            return torch.fft.rfft(values).abs()
        if self.kind == "fft":
            return torch.fft.fft(values + 0j).abs()
        if self.kind == "fft2":
            return torch.fft.fft2(values + 0j).abs()
        return torch.fft.irfft(values + 0j)


@pytest.mark.parametrize(
    ("kind", "shape", "expected"),
    [
        ("rfft", (4, 256), 2.5 * 4 * 256 * 8),
        ("fft", (4, 256), 5 * 4 * 256 * 8),
        ("fft2", (4, 16, 32), 5 * 4 * 512 * 9),
        ("irfft", (4, 129), 2.5 * 4 * 256 * 8),
        ("stft", (2, 22050), 2.5 * 2 * (1 + 22050 // 128) * 512 * 9),
        ("fft", (3, 100), 5 * 3 * 100 * math.log2(100)),
        ("fft", (3, 1), 0),
    ],
)
def test_fourier_transforms_by_their_formula(kind, shape, expected):
    assert counted(Fourier(kind), shape).flops == round(expected)


def test_convolutions_and_linear_layers_by_hand():
    network = nn.Sequential(
        nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6 * 4 * 4, 5, bias=False),
        nn.BatchNorm1d(5, affine=False),
    )
    found = counted(network, (1, 4, 16, 16))
    values = 6 * 8 * 8
    assert found.flops == 2 * values * 9 * 2 + 2 * 96 * 5
    backbone = values * (9 * 2 + 1) + 2 * values + values + values
    assert found.parts["backbone"].macs_ptflops == backbone
    assert found.parts["dense"].macs_ptflops == 96 * 5 + 5
    assert found.macs_ptflops == backbone + 96 * 5 + 5
    assert found.parts["dense"].parameters == 96 * 5


def test_a_transposed_convolution_by_hand():
    found = counted(nn.ConvTranspose1d(3, 5, 4, stride=2), (1, 3, 10))
    assert found.macs_ptflops == 10 * 3 * 4 * 5 + 5 * 22
    assert found.flops == 2 * 10 * 3 * 4 * 5


def test_an_activation_counts_the_same_on_either_side_of_a_pool():
    behind = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.ELU())
    before = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ELU(), nn.MaxPool2d(2))
    apart = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.BatchNorm2d(2), nn.ELU())
    sizes = [counted(one, (1, 1, 8, 8)).macs_ptflops for one in (behind, before, apart)]
    assert sizes[0] == sizes[1] == 128 * 10 + 128 + 128
    assert sizes[2] == 128 * 10 + 128 + 2 * 32 + 32  # something is between: it is no pooled activation


# Every network


NETWORKS = {
    "map": (lambda: CodingNetwork((40, 33), 4, SMALL), [(2, 40, 33)]),
    "vector": (lambda: CodingNetwork((12,), 4, SMALL), [(2, 12)]),
    "bare": (
        lambda: CodingNetwork((40, 33), 4, Design(netvlad=False, attention=False, high_level=64)),
        [(2, 40, 33)],
    ),
    "fused": (
        lambda: Fused(
            [CodingNetwork((40, 33), 4, SMALL), CodingNetwork((12,), 4, SMALL)],
            [1, 1],
            MetaNetwork(2, 4, SMALL),
        ),
        [(2, 3, 40, 33), (2, 1, 12)],
    ),
    "crnn": (lambda: ConvolutionalRecurrent((40, 33), 4), [(2, 40, 33)]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parts_add_up_and_counting_changes_nothing(name):
    make, shapes = NETWORKS[name]
    network = make().train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    found = counted(network, *shapes)
    for figure in ("parameters", "flops", "macs_ptflops"):
        assert sum(getattr(part, figure) for part in found.parts.values()) == getattr(found, figure) > 0
    assert network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
    assert found.parameters == sum(value.numel() for value in network.parameters())
    assert "other" not in found.parts


@pytest.mark.parametrize("name", NETWORKS)
def test_operations_grow_with_the_batch(name):
    make, shapes = NETWORKS[name]
    one, three = (counted(make(), *((n, *shape[1:]) for shape in shapes)) for n in (1, 3))
    assert three.flops == 3 * one.flops
    assert three.macs_ptflops == 3 * one.macs_ptflops


def test_parts_of_the_released_network():
    parts = parts_of(CodingNetwork((40, 33), 4, SMALL))
    assert parts["high_level.1.blocks.0.norm"] == "backbone"
    assert parts["high_level.1.codings.3"] == "netvlad"
    assert parts["high_level.1.attention.projections"] == "attention"
    assert {parts[f"high_level.{place}"] for place in (2, 3, 4)} == {"dense"}
    assert parts["classifier.0"] == parts["classifier.1"] == "dense"


def test_frozen_and_shared_values():
    layer = nn.Linear(4, 4)
    network = nn.Sequential(layer, nn.ReLU(), layer, nn.Linear(4, 2))
    network[3].weight.requires_grad_(False)
    network.register_buffer("offset", torch.zeros(5, dtype=torch.float64))
    found = counted(network, (1, 4))
    assert (found.parameters, found.trainable, found.bytes) == (30, 22, 30 * 4 + 5 * 8)


def test_what_is_not_counted_is_listed_with_its_size():
    network = nn.Sequential(nn.Linear(4, 6), nn.Sigmoid())
    found = count_flops(network, [torch.zeros(5, 4)])
    assert dict(found.uncounted) == {"sigmoid": 30}


def test_a_network_that_looks_at_values_is_refused_with_a_reason():
    class Peeking(nn.Module):
        def forward(self, values):
            return values if values.sum().item() > 0 else -values

    with pytest.raises(BenchError, match="the network can't be counted"):
        counted(Peeking(), (2, 3))
