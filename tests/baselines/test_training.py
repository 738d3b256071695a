"""The training engine: every segment counts, the best epoch stays, and an interruption changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from baselines._neural.checkpoints import Checkpoints
from baselines._neural.prediction import scored, track_probabilities
from baselines._neural.segments import Segments, Standardise, in_batches, seeded
from baselines._neural.settings import Optimiser, Training, adam
from baselines._neural.training import Objective, Place, kept_epoch, train
from mgrbench.core.types import BenchError
from tests.support.models import built
from tests.support.neural import examples, seeded_tensor, timeless

FAST = Training(epochs=6, batch=8, patience=0, optimisers=(adam(0.01),))


def segments(tracks=18, seed=0, **more):
    part = examples(tracks, seed=seed, vector=(8,), **more)
    return Segments(part.inputs.arrays["vector"], part.genre)


def network(seed=0):
    with seeded("cpu", seed):
        return nn.Sequential(
            nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ELU(), nn.Dropout(0.5), nn.Linear(16, 3)
        )


def trained(settings=FAST, place=None, valid=True, seed=0):
    objective = Objective(network(seed))
    history = train(
        objective, segments(), segments(9, 50) if valid else None, settings, place or Place(), "net"
    )
    return objective.network, history


def values(net):
    return torch.cat([value.double().flatten() for value in net.state_dict().values()])


@pytest.mark.parametrize(("tracks", "size"), [(18, 8), (10, 7), (4, 7), (9, 17), (1, 16), (5, 9)])
def test_every_segment_is_in_one_batch_and_none_is_alone(tracks, size):
    part = Segments(np.arange(tracks * 2, dtype=np.float32).reshape(tracks, 2, 1), np.arange(tracks))
    torch.manual_seed(0)
    batches = list(part.batches(size, "cpu"))
    assert sorted(torch.cat([batch[:, 0] for batch, _ in batches]).tolist()) == list(range(tracks * 2))
    assert all(torch.equal(batch[:, 0].long() // 2, genre) for batch, genre in batches)
    assert all(2 <= len(batch) <= size + 1 for batch, _ in batches)


def test_predicting_keeps_order_and_the_last_batch():
    array = np.arange(10, dtype=np.float32).reshape(5, 2, 1)
    assert torch.cat(list(in_batches(array, 3, "cpu")))[:, 0].tolist() == list(range(10))


def test_track_probabilities_are_the_mean_of_the_segments_softmax():
    array = np.random.default_rng(0).normal(size=(4, 3, 5)).astype(np.float32)
    proba = track_probabilities(nn.Identity(), array, "cpu")
    exponential = np.exp(array.astype(float))
    expected = (exponential / exponential.sum(axis=2, keepdims=True)).mean(axis=1)
    np.testing.assert_allclose(proba, expected, rtol=1e-5)


@pytest.mark.parametrize(("shape", "axes"), [((70, 2, 5, 4), 1), ((9, 3, 4), 1), ((80, 1, 3, 4), 2)])
def test_inputs_get_mean_0_and_variance_1_by_training_statistics(shape, axes):
    array = (np.random.default_rng(0).normal(size=shape) * [1, 5, 0.01, 3] + 7).astype(np.float32)
    done = Standardise.fitted(array, axes)(torch.from_numpy(array)).numpy().reshape(-1, *shape[-axes:])
    np.testing.assert_allclose(done.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(done.std(axis=0), 1.0, atol=1e-3)


def test_a_value_that_never_changes_is_only_centred():
    array = np.full((5, 2, 3), -80.1, dtype=np.float32)
    done = Standardise.fitted(array)(torch.from_numpy(array))
    assert torch.isfinite(done).all()
    assert done.abs().max() < 1e-4


def test_a_seed_stands_for_one_thing_and_leaves_the_global_generator():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with seeded("cpu", 0, "a"):
        first = torch.rand(3)
    with seeded("cpu", 0, "a"):
        assert torch.equal(torch.rand(3), first)
    with seeded("cpu", 0, "b"):
        assert not torch.equal(torch.rand(3), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_same_seed_same_values_other_seed_others():
    first, second, other = trained()[0], trained()[0], trained(place=Place(seed=1))[0]
    assert torch.equal(values(first), values(second))
    assert not torch.equal(values(first), values(other))


def test_training_learns_and_its_history_says_how():
    net, history = trained(Training(epochs=30, batch=8, optimisers=(adam(0.01),)))
    assert [row["epoch"] for row in history] == list(range(1, len(history) + 1))
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    valid = segments(9, 50)
    best = history[kept_epoch(history) - 1]
    assert scored(track_probabilities(net, valid.values, "cpu"), valid.genre) == pytest.approx(
        {key: best[key] for key in ("valid_loss", "valid_accuracy")}
    )
    assert best["valid_accuracy"] == max(row["valid_accuracy"] for row in history)
    assert not net.training


def test_patience_ends_training_and_none_goes_to_the_end():
    _, history = trained(Training(epochs=200, batch=8, patience=3, optimisers=(adam(0.01),)))
    assert len(history) == kept_epoch(history) + 3 < 200
    assert len(trained(valid=False)[1]) == FAST.epochs
    assert "valid_loss" not in trained(valid=False)[1][0]


def test_of_equal_accuracies_the_smaller_loss_then_the_first_epoch_is_kept():
    rows = [(0.5, 1.0), (0.75, 0.9), (0.75, 0.8), (0.75, 0.8), (0.5, 0.1)]
    history = [
        {"epoch": i, "valid_accuracy": accuracy, "valid_loss": loss}
        for i, (accuracy, loss) in enumerate(rows, start=1)
    ]
    assert kept_epoch(history) == 3


@pytest.mark.parametrize("stop", [1, 3, 5])
@pytest.mark.parametrize("valid", [True, False])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path, stop, valid):
    settings = Training(epochs=6, batch=8, patience=0, optimisers=(Optimiser(momentum=0.5), adam(0.01)))

    def interrupt(row):
        if row["epoch"] == stop:
            raise KeyboardInterrupt

    whole, history = trained(settings, valid=valid)
    place = Place(checkpoints=Checkpoints(tmp_path), on_epoch=interrupt)
    with pytest.raises(KeyboardInterrupt):
        trained(settings, place, valid)
    epochs = []
    place = Place(checkpoints=Checkpoints(tmp_path), on_epoch=lambda row: epochs.append(row["epoch"]))
    resumed, rows = trained(settings, place, valid)
    assert epochs == list(range(stop + 1, 7))
    assert torch.equal(values(resumed), values(whole))
    assert timeless(rows) == timeless(history)
    again, rows = trained(settings, Place(checkpoints=Checkpoints(tmp_path), on_epoch=interrupt), valid)
    assert torch.equal(values(again), values(whole))
    assert timeless(rows) == timeless(history)


def test_checkpoints_of_other_settings_and_damaged_ones_are_refused(tmp_path):
    trained(place=Place(checkpoints=Checkpoints(tmp_path)))
    with pytest.raises(BenchError, match=r"net\.pt: is the checkpoint of a training with other settings"):
        trained(place=Place(seed=1, checkpoints=Checkpoints(tmp_path)))
    file = tmp_path / "net.pt"
    data = file.read_bytes()
    for broken in (
        b"",
        b"text",
        data[: len(data) // 2],
        data[:-300],
        data.replace(b"\x00\x00\x00", b"\x00\x01\x00", 1),
    ):
        file.write_bytes(broken)
        with pytest.raises(BenchError, match=r"net\.pt: is a damaged checkpoint; remove it"):
            trained(place=Place(checkpoints=Checkpoints(tmp_path)))


def test_pickled_objects_in_a_checkpoint_are_never_loaded(tmp_path):
    Checkpoints(tmp_path).save("net", "x", {"a": Bomb()})
    with pytest.raises(BenchError, match=r"net\.pt: is no checkpoint of tensors and numbers"):
        Checkpoints(tmp_path).load("net", "x")


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_the_rate_falls_every_second_epoch_to_its_floor():
    schedule = Optimiser(floor=8.4e-4)
    rates = [schedule.rate(epoch) for epoch in range(1, 8)]
    np.testing.assert_allclose(rates, [1e-3, 1e-3, 9.4e-4, 9.4e-4, 8.836e-4, 8.836e-4, 8.4e-4])
    _, history = trained(Training(epochs=3, batch=8, optimisers=(schedule,)))
    assert [row["learning_rate"] for row in history] == rates[:3]


def test_rmsprop_steps_as_its_equations():
    weight = nn.Parameter(seeded_tensor(4))
    optimiser = Optimiser(weight_decay=0.1).build([weight], [])
    expected, square = weight.detach().double().numpy().copy(), np.zeros(4)
    for step in range(3):
        gradient = seeded_tensor(4, seed=step + 1)
        weight.grad = gradient.clone()
        optimiser.step()
        full = gradient.double().numpy() + 0.1 * expected
        square = 0.9 * square + 0.1 * full**2
        expected -= 1e-3 * full / (np.sqrt(square) + 1e-8)
    np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-5)


def test_clipping_is_off_unless_asked_for():
    plain, clipped = (
        trained(Training(epochs=2, batch=8, optimisers=(Optimiser(epsilon=1.0),), clip_norm=c))[0]
        for c in (0.0, 1e-4)
    )
    start = values(network())
    assert (values(clipped)[:140] - start[:140]).norm() < 0.1 * (values(plain)[:140] - start[:140]).norm()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"epochs": 0}, "epochs is 0; give a whole number from 1"),
        ({"batch": 2.5}, r"batch is 2\.5"),
        ({"patience": -1}, "patience is -1; give a whole number from 0"),
        ({"clip_norm": "x"}, "clip_norm is 'x'; give a number from 0"),
        ({"learning_rate": 0}, "learning_rate is 0; give a number above 0"),
        ({"compiled": "yes"}, "compiled is 'yes'; say on or off"),
        ({"bf16": "on"}, "bf16 is on and the device is cpu"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(options, problem):
    with pytest.raises(BenchError, match=problem):
        built("cnn", **options)


def test_a_loss_that_is_no_number_ends_training():
    huge = Training(epochs=5, batch=8, optimisers=(Optimiser(learning_rate=1e38),))
    with pytest.raises(BenchError, match=r"net: the loss is (nan|inf) in epoch \d; lower the learning rate"):
        trained(huge)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(value):
    part = segments()
    part.values[3, 1, 2] = value
    with pytest.raises(BenchError, match="net has a value that is not finite"):
        train(Objective(network()), part, None, FAST, Place(), "net")
