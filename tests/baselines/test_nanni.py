"""Systems of Nanni et al.: descriptors against literal computations, sums, the contract."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skimage")

from baselines._handcrafted.image_texture import (
    RIC_SIZE,
    lbp_codes,
    lbp_fourier,
    lbp_size,
    lpq_codes,
    lpq_whitening,
    ric_lbp_codes,
)
from baselines._handcrafted.sum_rule import SumOfMachines, standardised
from baselines._handcrafted.zones import ZoneTextures, grey_images, histogram, zone_edges
from mgrbench.core.types import BenchError, Examples, Inputs
from mgrbench.models.checks import check_model
from tests.support.models import builder, built

WHOLE = np.array([0, 24])


def image(seed=0, shape=(24, 24)):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


# Descriptors


@pytest.mark.parametrize("points", [8, 16])
def test_patterns_are_coded_by_how_many_neighbours_are_bright_and_where_they_begin(points):
    flat = np.full((9, 9), 7, np.uint8)
    assert set(lbp_codes(flat, points, 1).ravel()) == {points * (points - 1) + 1}  # none is darker
    dot = flat.copy()
    dot[4, 4] = 9
    assert lbp_codes(dot, points, 1)[4, 4] == 0  # all are darker
    assert lbp_codes(image(), points, 1).max() == lbp_size(points) - 1


def test_a_pattern_by_hand():
    """Three neighbours in a row that are as bright: those of one side of an edge."""
    edge = np.zeros((7, 7), np.uint8)
    edge[:, 3:] = 100
    codes = lbp_codes(edge, 8, 1)
    on_the_edge = codes[3, 3]  # above, below and to the right: five in a row
    assert (on_the_edge - 1) // 8 + 1 == 5
    assert len(set(codes[1:-1, 3])) == 1


@pytest.mark.parametrize(("points", "radius"), [(8, 1), (16, 2)])
def test_fourier_histograms_ignore_a_quarter_turn_that_the_patterns_notice(points, radius):
    upright, turned = (
        histogram([lbp_codes(seen, points, radius)], WHOLE, lbp_size(points))
        for seen in (image(), np.rot90(image()))
    )
    assert not np.allclose(upright, turned)
    found, other = lbp_fourier(upright, points), lbp_fourier(turned, points)
    np.testing.assert_allclose(found, other, atol=1e-12)
    assert found.shape == (1, (points - 1) * (points // 2 + 1) + 3)


def test_pairs_of_patterns_by_the_letter():
    grey = image(shape=(12, 10)).astype(int)
    radius, distance = 1, 2
    literal = np.zeros((4, 16, 16))
    found = ric_lbp_codes(grey.astype(np.uint8), radius, distance)
    seen = {}
    for map_number, (down, across) in enumerate(((0, 1), (1, 0), (1, 1), (1, -1))):
        steps = [(down, across), (across, -down), (-down, -across), (-across, down)]
        for row in range(3, 9):
            for column in range(3, 7):
                pair = []
                for r, c in ((row, column), (row + distance * down, column + distance * across)):
                    bits = [grey[r + radius * y, c + radius * x] >= grey[r, c] for y, x in steps]
                    pair.append(sum(int(bit) << place for place, bit in enumerate(bits)))
                turned = [((p << 2) & 15) | (p >> 2) for p in reversed(pair)]
                code = found[map_number][row, column]
                name = min(tuple(pair), tuple(turned))
                assert seen.setdefault(name, code) == code
                literal[map_number, pair[0], pair[1]] += 1
    assert len(set(seen.values())) == len(seen)
    assert literal.sum() == 4 * 6 * 4


def test_pairs_of_patterns_ignore_quarter_turns():
    """But at the border, where the continued image is not the same."""
    inner = image(3, (40, 40))

    def counts(picture):
        maps = ric_lbp_codes(picture, 1, 2)
        total = np.zeros(RIC_SIZE)
        for codes, (down, across) in zip(maps, ((0, 1), (1, 0), (1, 1), (1, -1)), strict=True):
            rows = slice(1, 39 - 2 * down)
            columns = slice(1 + (2 if across < 0 else 0), 39 - (2 if across > 0 else 0))
            total += np.bincount(codes[rows, columns].ravel(), minlength=RIC_SIZE)
        return total

    assert np.array_equal(counts(inner), counts(np.rot90(inner)))
    assert (
        len(np.unique(np.concatenate([m.ravel() for m in ric_lbp_codes(image(1, (99, 99)), 1, 2)])))
        == RIC_SIZE
    )


@pytest.mark.parametrize("radius", [1, 3])
def test_phases_by_the_letter(radius):
    """Eight filters of the whitened Fourier coefficients, each applied to each pixel's surroundings."""
    grey = image(shape=(11, 13)).astype(float)
    size = 2 * radius + 1
    offsets = np.arange(-radius, radius + 1)
    y, x = np.meshgrid(offsets, offsets, indexing="ij")
    waves = [np.exp(-2j * np.pi * (u * x + v * y) / size) for u, v in ((1, 0), (0, 1), (1, 1), (-1, 1))]
    filters = np.stack([wave.real for wave in waves] + [wave.imag for wave in waves])
    padded = np.pad(grey, radius, mode="edge")
    codes = lpq_codes(grey.astype(np.uint8), radius)
    for row in range(11):
        for column in range(13):
            around = padded[row : row + size, column : column + size]
            parts = np.array([(own[::-1, ::-1] * around).sum() for own in filters])
            signs = parts @ lpq_whitening(radius) > 1e-6
            assert codes[row, column] == sum(int(sign) << place for place, sign in enumerate(signs))


def test_whitening_decorrelates():
    """Of images whose neighbours correlate by 0.9 a pixel, the eight values hardly correlate."""
    radius, side = 3, 7
    whitening = lpq_whitening(radius)
    np.testing.assert_allclose(whitening @ whitening.T, np.eye(8), atol=1e-12)
    points = np.stack(np.meshgrid(*2 * [np.arange(side)]), axis=-1).reshape(-1, 2)
    distance = np.sqrt(((points[:, None] - points) ** 2).sum(axis=-1))
    offsets = np.arange(-radius, radius + 1)
    y, x = np.meshgrid(offsets, offsets, indexing="ij")
    waves = [
        np.exp(-2j * np.pi * (u * x + v * y) / side).ravel() for u, v in ((1, 0), (0, 1), (1, 1), (-1, 1))
    ]
    filters = np.stack([wave.real for wave in waves] + [wave.imag for wave in waves])
    covariance = whitening.T @ filters @ 0.9**distance @ filters.T @ whitening
    rest = covariance - np.diag(np.diag(covariance))
    assert np.abs(rest).max() < 1e-4 * np.diag(covariance).max()


def test_phases_ignore_brightness_and_contrast():
    dim = image() // 2
    assert np.array_equal(lpq_codes(dim, 3), lpq_codes(dim + 40, 3))
    assert np.array_equal(lpq_codes(dim // 2, 3), lpq_codes((dim // 2) * 2, 3))
    assert not lpq_codes(np.full((9, 9), 200, np.uint8), 3).any()


# Zones


def test_grey_goes_from_the_lowest_to_the_highest_of_the_track():
    values = np.random.default_rng(0).normal(size=(3, 20, 12)).astype(np.float32)
    grey = grey_images(values)
    assert grey.shape == (3, 12, 20)
    assert (grey.min(), grey.max()) == (0, 255)
    assert np.array_equal(grey, grey_images(4 * values - 9))
    assert not grey_images(np.ones((1, 4, 4), np.float32)).any()


def test_zones_are_of_equal_height_on_the_mel_scale():
    assert np.array_equal(zone_edges(30, 15, "mel"), np.arange(0, 31, 2))
    edges = zone_edges(257, 15, "harmonic")
    assert len(edges) == 16
    heights = np.diff(2595 * np.log10(1 + edges / 257 * 11025 / 700))
    assert np.ptp(heights) < 2 * 2595 * np.log10(1 + 11025 / 257 / 700)  # to within a bin
    assert len(zone_edges(4, 15, "mel")) == 5


def test_histograms_count_the_codes_of_each_zone():
    codes = np.array([[0, 0, 1], [2, 2, 2], [1, 1, 0]])
    found = histogram([codes], np.array([0, 1, 3]), 3)
    np.testing.assert_allclose(found, [[2 / 3, 1 / 3, 0], [1 / 6, 2 / 6, 3 / 6]])


def test_textures_are_remembered_and_the_same():
    values = np.random.default_rng(5).normal(size=(2, 16, 30)).astype(np.float32)
    textures = ZoneTextures(("lbp", "lbp_hf", "lpq", "ric_lbp"), 3)
    first = textures.of(values, "mel")
    assert textures.of(values.copy(), "mel") is first
    assert ZoneTextures(("lbp_hf",), 3).of(values, "mel")["lbp_hf"].tobytes() == first["lbp_hf"].tobytes()
    sizes = {name: found.shape for name, found in first.items()}
    assert sizes == {"lbp": (2, 3, 302), "lbp_hf": (2, 3, 176), "lpq": (2, 3, 512), "ric_lbp": (2, 3, 408)}
    for name in ("lpq", "ric_lbp"):
        np.testing.assert_allclose(
            first[name].sum(axis=-1), first[name].shape[-1] // {"lpq": 256}.get(name, 136), rtol=1e-5
        )


# The sum


def test_scores_are_summed_after_each_row_is_standardised():
    np.testing.assert_allclose(
        standardised(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])), [[-(1.5**0.5), 0, 1.5**0.5], [0, 0, 0]]
    )
    rng = np.random.default_rng(0)
    genre = np.arange(30) % 3
    rows = {name: (genre[:, None, None] + rng.normal(size=(30, 2, 4))).astype(np.float32) for name in "ab"}
    examples = Examples(Inputs(tuple(map(str, range(30))), {}), genre)
    both = SumOfMachines(4, 10.0, 0.1).fit(rows, examples).scores(rows)
    alone = [
        SumOfMachines(4, 10.0, 0.1).fit({name: rows[name]}, examples).scores({name: rows[name]})
        for name in "ab"
    ]
    np.testing.assert_allclose(both, np.mean(alone, axis=0))
    assert (both.argmin(axis=1) == both[:, 3].argmin()).any() or (
        both[:, 3] <= both.min(axis=1) + 1e-12
    ).all()
    with pytest.raises(BenchError, match="fitted on other features"):
        SumOfMachines(4, 10.0, 0.1).fit(rows, examples).scores({"a": rows["a"]})


# The models


@pytest.mark.parametrize("options", [{}, {"segments": "apart", "weight": 0.5}, {"zones": 1}])
@pytest.mark.parametrize("shapes", [{"mel": (20, 12)}, {"mel": (20, 12), "rhythm": (9,)}, {"rhythm": (9,)}])
def test_a_model_keeps_the_contract(options, shapes):
    build = builder("nanni2016", **{"zones": 2} | options)
    checks = check_model(build, "none", tuple(shapes), shapes)
    assert all(check.ok for check in checks), checks


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [("zones", 0, "zones is 0"), ("segments", "x", "segments is 'x'; choose from together, apart"),
     ("weight", -1, "weight is -1"), ("acoustic", "no", "acoustic is 'no'; say on or off")],
)  # fmt: skip
def test_options_out_of_range_are_refused(option, value, line):
    with pytest.raises(BenchError, match=line):
        built("nanni2016", **{option: value})


def test_without_images_and_without_sound_there_is_nothing():
    model = built("nanni2016", acoustic="off")
    part = Examples(Inputs(("a", "b"), {"rhythm": np.zeros((2, 1, 4), np.float32)}), np.array([0, 1]))
    with pytest.raises(BenchError, match="no feature that it uses"):
        model.fit(part, None)


def test_the_later_system_keeps_the_contract_on_three_images():
    shapes = {"mel": (20, 12), "harmonic": (20, 12), "rhythm": (9,)}

    checks = check_model(builder("nanni2017", zones=2), "none", tuple(shapes), shapes)
    assert [check for check in checks if check.broken] == []
