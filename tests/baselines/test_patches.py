"""Costa et al., Nanni et al. 2018: robust patterns, patches, summed scores, pretrained convolutions."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("skimage")

import torch
from scipy.special import softmax
from skimage.feature import local_binary_pattern

from baselines._handcrafted.image_texture import lbp_codes, lbp_size, rlbp_codes, without_single_bits
from baselines._handcrafted.sum_rule import standardised
from baselines._neural import alexnet as _imagenet
from baselines._neural.alexnet import ImageNetwork
from baselines._neural.patches import PatchNetwork
from baselines._neural.pieces import PieceNetwork, cut
from baselines._neural.settings import Training, sgd
from baselines.nanni2016 import Options as TextureOptions
from baselines.nanni2016 import visual_acoustic
from mgrbench.core.types import BenchError, Inputs
from mgrbench.models.checks import check_model
from tests.support import models
from tests.support.neural import count, examples, fitted, seeded_tensor
from tests.support.systems import accuracy_on_synth

QUICK = {"epochs": 2, "batch": 16, "zones": 2}
SHAPES = {"mel": (20, 12), "rhythm": (9,)}


def built(name, genres=3, seed=0, **options):
    return models.built(name, genres, seed, **QUICK | options)


# Robust patterns


@pytest.mark.parametrize(
    ("noisy", "filtered"),
    [
        ("00010000", "00000000"),  # one bright neighbour among dark ones
        ("11101111", "11111111"),  # one dark one among bright ones
        ("10000000", "00000000"),  # the circle closes
        ("01111111", "11111111"),
        ("00110000", "00110000"),  # two side by side are no noise
        ("11001111", "11001111"),
        ("11110100", "11111000"),  # both of 1 0 1 0 at once
        ("00101110", "00011110"),
        ("00000000", "00000000"),
        ("11111111", "11111111"),
    ],
)
def test_a_bit_that_stands_alone_is_turned(noisy, filtered):
    assert without_single_bits(int(noisy, 2), 8) == int(filtered, 2)


def test_every_pattern_by_the_letter():
    """Each bit between two others that it differs from takes their value."""
    for pattern in range(256):
        ring = [pattern >> place & 1 for place in range(8)]
        expected = 0
        for place in range(8):
            left, own, right = ring[place - 1], ring[place], ring[(place + 1) % 8]
            expected |= (left if (left, own, right) in {(0, 1, 0), (1, 0, 1)} else own) << place
        assert without_single_bits(pattern, 8) == expected


def test_a_mended_pattern_is_coded_as_the_same_pattern_of_another_pixel():
    """Where nothing stood alone, robust codes tell the same pixels apart as plain ones do."""
    image = np.random.default_rng(0).integers(0, 256, (60, 60)).astype(np.uint8)
    raw = local_binary_pattern(np.pad(image, 2, mode="edge"), 8, 2)[2:-2, 2:-2].astype(int)
    sound = np.array([without_single_bits(pattern, 8) == pattern for pattern in range(256)])[raw]
    plain, robust = lbp_codes(image, 8, 2), rlbp_codes(image, 8, 2)
    pairs = {*zip(plain[sound].tolist(), robust[sound].tolist(), strict=True)}
    assert len(pairs) == len({own for own, _ in pairs}) == len({own for _, own in pairs})
    assert 0 < sound.mean() < 1
    assert robust.min() >= 0
    assert robust.max() == lbp_size(8) - 1


def test_a_speck_of_noise_leaves_a_flat_surface_flat():
    """A darker pixel spoils the codes all round it, but the robust ones of those beside it stay."""
    flat = np.full((15, 15), 90, np.uint8)
    specked = flat.copy()
    specked[7, 7] = 60
    changed_plain = lbp_codes(specked, 8, 1) != lbp_codes(flat, 8, 1)
    changed_robust = rlbp_codes(specked, 8, 1) != rlbp_codes(flat, 8, 1)
    assert changed_plain.sum() > changed_robust.sum()
    assert not changed_robust[7, 7]  # all neighbours are brighter, as on the flat surface
    assert changed_robust.sum() <= 4


# The network on patches


def test_sizes_are_those_of_the_specification():
    network = PatchNetwork((16, 256), 10)
    values, sizes = torch.zeros(1, 1, 16, 256), []
    for layer in network.layers[:7]:
        values = layer(values)
        sizes.append(tuple(values.shape[1:]))
    convolved, pooled = [(64, 12, 252), (64, 2, 122)], [(64, 6, 126), (64, 1, 61)]
    assert [sizes[1], sizes[4]] == convolved
    assert [sizes[3], sizes[6]] == pooled
    convolutions = 64 * 25 + 64 + 64 * 64 * 25 + 64
    assert count(network) == convolutions + 64 * 61 * 500 + 500 + 500 * 10 + 10


@pytest.mark.parametrize("shape", [(16, 16), (16, 128), (12, 8), (40, 17), (1, 1)])
def test_any_patch_is_classified_and_gradients_reach_every_value(shape):
    network = PatchNetwork(shape, 4)
    logits = network(seeded_tensor(6, *shape))
    assert logits.shape == (6, 4)
    logits.square().sum().backward()
    silent = [
        name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()
    ]
    assert silent == []


def test_the_network_sees_patches_of_16_frames_side_by_side():
    model = built("costa2017").fit(examples(6, mel=(70, 8)), None)
    _, (patch,) = model.profile_target()
    assert patch.shape == (1, 16, 8)
    values = np.arange(2 * 1 * 70 * 2, dtype=np.float32).reshape(2, 1, 70, 2)
    patches = cut(values, 16, 16)
    assert np.array_equal(patches.reshape(2, 64, 2), values[:, 0, :64])


# The sum


def test_scores_of_the_network_and_of_the_machines_are_summed():
    """Each side computed alone, brought to variance 1 over the genres, and added up."""
    part, test = examples(18, mel=(20, 12)), examples(5, seed=9, mel=(20, 12)).inputs
    together = built("costa2017", weight=0.5).fit(part, None).predict_proba(test)
    network = PieceNetwork(
        PatchNetwork,
        3,
        0,
        "cpu",
        Training(epochs=2, batch=16, patience=0, optimisers=(sgd(0.01),)),
        partial(cut, window=16, hop=16),
    )
    alone = network.fit(part, None).predict_proba(test)
    textures = visual_acoustic(("rlbp",), 3, TextureOptions(zones=2, acoustic=False)).fit(part, None)
    seen = textures.scores(test)
    np.testing.assert_allclose(seen.std(axis=1), 1.0)
    np.testing.assert_allclose(together, softmax(seen + 0.5 * standardised(alone), axis=1), rtol=1e-6)


def test_the_ensemble_is_the_system_of_2017_and_a_network():
    part, test = examples(18, **SHAPES), examples(5, seed=9, **SHAPES).inputs
    former = models.built("nanni2017", zones=2)
    expected = former.fit(part, None).predict_proba(test)
    silent = built("nanni2018", network_weight=0).fit(part, None)
    np.testing.assert_allclose(silent.predict_proba(test), expected, rtol=1e-6)
    heard = built("nanni2018").fit(part, None)
    assert not np.allclose(heard.predict_proba(test), expected)
    assert [row["epoch"] for row in heard.history] == [1, 2]
    assert heard.embed(test).shape == (5, 500)


# Pretrained convolutions


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A file of AlexNet's layout with random values, taken for the published one."""
    stored = ImageNetwork(None, 1).features.state_dict()
    state = {f"features.{name}": seeded_tensor(*v.shape) / 50 for name, v in stored.items()}
    path = tmp_path / _imagenet.NAME
    torch.save(state | {"classifier.6.bias": torch.zeros(1000)}, path)
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(_imagenet, "CHECKSUM", _imagenet.digest_of_file(path)[:8])
    return path


def test_convolutions_begin_with_the_published_values(weights):
    stored = torch.load(weights, weights_only=True)
    network = ImageNetwork(_imagenet.published(), 5)
    for name, values in network.features.state_dict().items():
        assert torch.equal(values, stored[f"features.{name}"])
    assert sum(p.numel() for p in network.features.parameters()) == 2_469_696  # as torchvision's AlexNet
    with torch.no_grad():
        assert network.features(torch.zeros(1, 3, 224, 224)).shape == (1, 256, 13, 13)
        assert network.eval()(seeded_tensor(2, 30, 12)).shape == (2, 5)


def test_fine_tuning_begins_with_them_and_sees_whole_segments(weights):
    model = built("nanni2018", pretrained="on", epochs=1).fit(examples(4, segments=1, **SHAPES), None)
    network, (segment,) = model.profile_target()
    assert segment.shape == (1, 20, 12)
    stored = torch.load(weights, weights_only=True)["features.0.weight"]
    difference = (network.network.features[0].weight - stored).abs().max()
    assert 0 < difference < 0.1


def test_without_published_weights_there_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.delenv("MGRBENCH_WEIGHTS", raising=False)
    with pytest.raises(BenchError, match=r"alexnet-owt-7be5be79\.pth is not at hand; get download"):
        built("nanni2018", pretrained="on")
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(BenchError, match=r"alexnet-owt-7be5be79\.pth: no such file"):
        built("nanni2018", pretrained="on")
    (tmp_path / _imagenet.NAME).write_bytes(b"no weights")
    with pytest.raises(BenchError, match=r"has a SHA-256 that begins [0-9a-f]{8}, not 7be5be79"):
        built("nanni2018", pretrained="on")


def test_files_of_something_else_are_refused(tmp_path):
    path = tmp_path / "x.pth"
    path.write_bytes(b"no weights at all")
    with pytest.raises(BenchError, match="is no file of weights"):
        _imagenet.convolutions(path)
    torch.save({"features.0.weight": torch.zeros(3)}, path)
    with pytest.raises(BenchError, match=r"lacks features\.0\.weight of shape \(64, 3, 11, 11\)"):
        _imagenet.convolutions(path)
    torch.save([1, 2], path)
    with pytest.raises(BenchError, match=r"lacks features\.0\.weight"):
        _imagenet.convolutions(path)


# The models


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("costa2017", {"mel": (20, 12)}),
        ("nanni2018", SHAPES),
        ("nanni2018", {"mel": (20, 12), "harmonic": (20, 12)}),
    ],
)
def test_a_system_keeps_the_contract(name, shapes):
    checks = check_model(models.builder(name, **QUICK), "none", tuple(shapes), shapes)
    assert [check for check in checks if check.broken] == []


@pytest.mark.parametrize("name", ["costa2017", "nanni2018"])
def test_without_an_image_there_is_nothing_for_the_network(name):
    with pytest.raises(BenchError, match="given no image; name a feature of"):
        fitted(built(name), rhythm=(9,))
    with pytest.raises(BenchError, match="before it was fitted"):
        built(name).predict_proba(examples(2, mel=(20, 12)).inputs)
    model = built(name).fit(examples(6, mel=(20, 12)), None)
    with pytest.raises(BenchError, match="feature 'mel' has segments of None, fitted on"):
        model.predict_proba(Inputs(("a",), {}))


@pytest.mark.parametrize(
    ("name", "option", "value", "line"),
    [
        ("costa2017", "width", 0, "width is 0"),
        ("costa2017", "zones", 0, "zones is 0"),
        ("costa2017", "weight", -1, "weight is -1"),
        ("costa2017", "learning_rate", 0, "learning_rate is 0"),
        ("nanni2018", "network_weight", "x", "network_weight is 'x'"),
        ("nanni2018", "pretrained", "yes", "pretrained is 'yes'; say on or off"),
        ("nanni2018", "segments", "x", "choose from together, apart"),
    ],
)
def test_options_out_of_range_are_refused(name, option, value, line):
    with pytest.raises(BenchError, match=line):
        built(name, **{option: value})


@pytest.mark.parametrize(("name", "least"), [("costa2017", 1 / 3), ("nanni2018", 0.4)])
def test_a_system_tells_the_styles_of_synth_apart(name, least):
    features = ("mel",) if name == "costa2017" else ("mel", "rhythm")
    assert accuracy_on_synth(name, *features, epochs=2, batch=32) >= least
