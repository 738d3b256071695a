"""SampleCNN: shapes and counts of the paper's network, its staged learning rate, transfer, the contract."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from sklearn.svm import SVC

from baselines._neural.segments import Segments
from baselines._neural.settings import Training, sgd
from baselines._neural.training import Objective, Place, train
from baselines.samplecnn2018 import OneScale, SampleCNN, side_by_side
from mgrbench.core.types import BenchError
from mgrbench.models.checks import check_model
from mgrbench.profiling._macs import count_macs
from tests.support.models import builder, built
from tests.support.neural import count, examples, fitted, seeded_tensor

FROM_THE_START = {"pretrained": "off", "epochs": 2, "batch": 16}


# The network


def test_a_piece_of_59049_samples_ends_in_one_step():
    """By the authors' code: each step keeps a value of three, 128 channels, then 256, then 512."""
    network, values, shapes = SampleCNN(10), torch.zeros(1, 1, 3**10, device="meta"), []
    network.to("meta")
    for layer, convolution in enumerate(network.convolutions):
        values = convolution(values)
        if 0 < layer < 10:
            values = torch.nn.functional.max_pool1d(values, 3)
        shapes.append(tuple(values.shape[1:]))
    widths = [128, 128, 128, *[256] * 6, 512, 512]
    assert shapes == [(width, 3 ** max(0, 9 - layer)) for layer, width in enumerate(widths)]


def test_values_and_multiplications_are_those_of_the_paper():
    network = SampleCNN(10)
    assert count(network) == 1_849_354
    macs = count_macs(network, (torch.zeros(1, 3**10),))
    # Kernels on every step of what each convolution gives; the dense layer.
    steps = [3**9, *(3 ** (10 - layer) for layer in range(1, 10)), 1]
    sizes = [(1, 128, 3), (128, 128, 3), (128, 128, 3), (128, 256, 3), *[(256, 256, 3)] * 5, (256, 512, 3)]
    sizes.append((512, 512, 1))
    literal = sum(
        many * incoming * out * kernel for many, (incoming, out, kernel) in zip(steps, sizes, strict=True)
    )
    assert literal == pytest.approx(1.73e9, rel=0.005)
    assert sum(macs.values()) == pytest.approx(literal, rel=0.03)  # with biases, norms and pools


@pytest.mark.parametrize("samples", [1, 2, 27, 100, 3**8])
def test_pieces_of_any_length_are_classified(samples):
    network = SampleCNN(4)
    logits = network(seeded_tensor(5, samples))
    assert logits.shape == (5, 4)
    logits.square().sum().backward()
    assert all(value.grad is not None for value in network.parameters())


def test_pieces_of_all_segments_stand_side_by_side():
    values = np.arange(2 * 3 * 2, dtype=np.float32).reshape(2, 3, 2, 1) * np.ones(3**10, np.float32)
    pieces = side_by_side(values)
    assert pieces.shape == (2, 6, 3**10)
    assert np.shares_memory(pieces, values)
    assert pieces[1, :, 0].tolist() == [6, 7, 8, 9, 10, 11]
    spectrogram = np.zeros((2, 3, 20, 12), np.float32)
    assert side_by_side(spectrogram) is spectrogram


def test_samples_go_in_as_they_are():
    model = fitted(built("samplecnn2018", **FROM_THE_START), wave=(27,))
    network, inputs = model.profile_target()
    assert inputs[0].shape == (1, 27)
    test = examples(4, segments=1, seed=9, wave=(27,)).inputs
    logits = network.network(torch.from_numpy(test.arrays["wave"][:, 0]))
    np.testing.assert_allclose(logits.softmax(dim=1).detach().numpy(), model.predict_proba(test), atol=1e-6)


# The learning rate


def noise(tracks, seed):
    rng = np.random.default_rng(seed)
    return Segments(rng.normal(size=(tracks, 2, 6)).astype(np.float32), np.arange(tracks) % 3)


def history_of(folder=None, **settings):
    """Of a linear network on noise, whose validation part soon gets no better."""
    from baselines._neural.checkpoints import Checkpoints

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = torch.nn.Linear(6, 3)
    chosen = Training(batch=4, optimisers=(sgd(0.5, nesterov=True),), **settings)
    place = Place(checkpoints=Checkpoints(folder))
    return network, train(Objective(network), noise(12, 0), noise(9, 1), chosen, place, "net")


def test_the_rate_is_divided_by_5_where_patience_ends_and_in_the_end_training_ends():
    _, history = history_of(epochs=200, patience=3, drops=2)
    rates = [row["learning_rate"] for row in history]
    assert sorted(set(rates), reverse=True) == pytest.approx([0.5, 0.1, 0.02])
    best, stale, drops = None, 0, 0
    for row in history:
        assert row["learning_rate"] == pytest.approx(0.5 / 5**drops)
        rank = (-row["valid_accuracy"], row["valid_loss"])
        best, stale = (rank, 0) if best is None or rank < best else (best, stale + 1)
        if stale == 3 and drops < 2:
            drops, stale = drops + 1, 0
    assert stale == 3
    assert len(history) < 200


def test_after_a_drop_training_goes_on_from_the_best_epoch():
    """With a rate too small to move anything, the next epoch's network is the best one's."""
    _, history = history_of(epochs=4, patience=3, drops=1)
    if len({row["learning_rate"] for row in history}) == 1:
        _, history = history_of(epochs=60, patience=3, drops=1)
    drop = next(at for at, row in enumerate(history) if row["learning_rate"] < 0.5)
    best = min(history[:drop], key=lambda row: (-row["valid_accuracy"], row["valid_loss"]))
    network, until_drop = history_of(epochs=drop, patience=3, drops=1)
    loss = torch.nn.functional.cross_entropy
    valid = noise(9, 1)
    with torch.no_grad():
        proba = network(torch.from_numpy(valid.values)).softmax(dim=-1).mean(dim=1)
    assert float(loss(proba.log(), torch.from_numpy(valid.genre))) == pytest.approx(best["valid_loss"])
    assert [row["valid_loss"] for row in until_drop] == [row["valid_loss"] for row in history[:drop]]


def test_an_interrupted_training_drops_where_an_uninterrupted_one_does(tmp_path):
    from baselines._neural.checkpoints import Checkpoints

    _, whole = history_of(epochs=30, patience=2, drops=2)
    assert whole[-1]["learning_rate"] == pytest.approx(0.02)
    for stop in range(1, len(whole)):
        folder = tmp_path / str(stop)

        def interrupt(row, stop=stop):
            if row["epoch"] == stop:
                raise KeyboardInterrupt

        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = torch.nn.Linear(6, 3)
        chosen = Training(epochs=30, batch=4, patience=2, optimisers=(sgd(0.5, nesterov=True),), drops=2)
        place = Place(checkpoints=Checkpoints(folder), on_epoch=interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(Objective(network), noise(12, 0), noise(9, 1), chosen, place, "net")
        _, resumed = history_of(folder, epochs=30, patience=2, drops=2)
        timed = {"seconds"}
        assert [{k: v for k, v in row.items() if k not in timed} for row in resumed] == [
            {k: v for k, v in row.items() if k not in timed} for row in whole
        ]


# Transfer


def test_transfer_is_the_authors_machine():
    """All values together to mean 0 and variance 1, then scikit-learn's machine with its settings of 2017."""
    part, test = examples(18, segments=1, samplecnn=(12,)), examples(5, segments=1, seed=9, samplecnn=(12,))
    proba = built("samplecnn2018").fit(part, None).predict_proba(test.inputs)
    rows, others = part.inputs.arrays["samplecnn"][:, 0], test.inputs.arrays["samplecnn"][:, 0]
    mean, deviation = rows.mean(), rows.std()
    machine = SVC(C=1.0, gamma=1 / 12).fit((rows - mean) / deviation, part.genre)
    assert np.array_equal(proba.argmax(axis=1), machine.predict((others - mean) / deviation))
    scaled = OneScale().fit(rows).transform(rows)
    assert abs(scaled.mean()) < 1e-6
    assert scaled.std() == pytest.approx(1.0)
    assert np.isfinite(OneScale().fit(np.ones((3, 2))).transform(np.ones((2, 2)))).all()


# The models


@pytest.mark.parametrize(
    ("options", "feature", "shape"),
    [
        ({}, "samplecnn", (16,)),
        ({}, "samplecnn", (9, 4)),
        (FROM_THE_START, "wave", (27,)),
        (FROM_THE_START, "wave", (100,)),
    ],
)
def test_both_ways_keep_the_contract(options, feature, shape):
    checks = check_model(builder("samplecnn2018", **options), "validation", (feature,), shape)
    assert [check for check in checks if check.broken] == []


def test_spectrograms_are_refused_in_place_of_samples():
    with pytest.raises(
        BenchError, match=r"feature 'mel' has segments of shape \(20, 12\); name a feature of one"
    ):
        fitted(built("samplecnn2018", **FROM_THE_START), mel=(20, 12))


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("pretrained", "no", "pretrained is 'no'"),
        ("epochs", 0, "epochs is 0"),
        ("patience", -1, "patience is -1"),
    ],
)
def test_options_out_of_range_are_refused(option, value, line):
    with pytest.raises(BenchError, match=line):
        built("samplecnn2018", **{option: value})


def test_tones_are_told_apart_by_their_samples():
    """Three pitches with phases at random, in pieces of a length that takes no time."""
    rng = np.random.default_rng(0)

    def tones(tracks, seed):
        part = examples(tracks, seed=seed, wave=(3**5,))
        pitch = np.array([0.01, 0.05, 0.2])[part.genre][:, None, None]
        time = np.arange(3**5) + 1000 * rng.random((tracks, 2, 1))
        values = np.sin(2 * np.pi * pitch * time) + 0.1 * rng.standard_normal((tracks, 2, 3**5))
        part.inputs.arrays["wave"][:] = values
        return part

    model = built("samplecnn2018", pretrained="off", epochs=10, batch=6)
    model.fit(tones(30, 0), tones(9, 50))
    test = tones(12, 99)
    assert np.mean(model.predict_proba(test.inputs).argmax(axis=1) == test.genre) >= 0.9
