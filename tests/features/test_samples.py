"""Features on samples: pieces as they are, and the pretrained network by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.audio import Clip, decode
from mgrbench.core.types import BenchError
from mgrbench.features.extractors import samplecnn, wave

RATE, SAMPLES = 22050, 3**10


def clip(samples, seconds=10.0, count=3):
    return Clip("x", samples, RATE, seconds, count)


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


# wave


def test_pieces_are_the_samples_themselves_one_after_the_other():
    samples = noise(30 * RATE)
    values = wave.extract([clip(samples)])
    assert values.shape == (1, 3, 3, SAMPLES)
    for segment in range(3):
        start = segment * 10 * RATE
        assert np.array_equal(values[0, segment].ravel(), samples[start : start + 3 * SAMPLES])


def test_a_segment_shorter_than_a_piece_is_filled_up_as_clips_are():
    samples = noise(4 * RATE)
    values = wave.extract([clip(samples, seconds=2.0, count=2)])
    assert values.shape == (1, 2, 1, SAMPLES)
    first = values[0, 0, 0]
    assert np.array_equal(first[: 2 * RATE], samples[: 2 * RATE])
    missing = SAMPLES - 2 * RATE
    assert np.array_equal(first[2 * RATE :], samples[2 * RATE - missing : 2 * RATE])


def test_a_gain_is_a_factor():
    samples = noise(12 * RATE)
    quiet, loud = (wave.extract([clip(gain * samples, 4.0, 3)]) for gain in (0.5, 1.0))
    np.testing.assert_array_equal(2 * quiet, loud)


def test_real_clips_come_through_whole(shared_data: Path):
    path = min((shared_data / "gtzan_audio_30s").glob("*.au"))
    samples, rate = decode(path)
    values = wave.extract([Clip(path.stem, samples, rate, 10.0, 3)])
    assert values.shape == (1, 3, 3, SAMPLES)
    assert 0.001 < np.abs(values).mean() < 1


# samplecnn


def test_twelve_pieces_reach_from_the_start_to_the_end():
    samples = np.arange(30 * RATE, dtype=np.float32)
    pieces = samplecnn.spread(samples)
    assert pieces.shape == (12, SAMPLES)
    starts = pieces[:, 0]
    assert starts[0] == 0
    assert set(np.diff(starts)) == {(30 * RATE - SAMPLES) // 11}
    assert 0 <= samples[-1] - pieces[-1, -1] < 11
    assert samplecnn.spread(samples[:100]).shape == (12, SAMPLES)


def test_without_a_weight_file_it_says_how_to_come_by_it(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.delenv("MGRBENCH_WEIGHTS", raising=False)
    with pytest.raises(BenchError, match=r"weight_msdTag\.hdf5 is not at hand; name your copy by --weights"):
        samplecnn.extract([clip(noise(RATE))])
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(BenchError, match=r"weight_msdTag\.hdf5: no such file"):
        samplecnn.extract([clip(noise(RATE))])


def write(path: Path, seed=0):
    """A weight file of random values in the layout of Keras 1.1."""
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(seed)
    incoming = 1
    with h5py.File(path, "w") as stored:
        for layer, width in enumerate([128, 128, 128, *[256] * 8], start=1):
            kernel = 1 if layer == 11 else 3
            place = f"convolution1d_{layer}/convolution1d_{layer}_"
            scale = (2 / (kernel * incoming)) ** 0.5
            stored[place + "W"] = rng.normal(0, scale, (kernel, 1, incoming, width)).astype(np.float32)
            stored[place + "b"] = rng.normal(0, 0.1, width).astype(np.float32)
            place = f"batchnormalization_{layer}/batchnormalization_{layer}_"
            for name in ("gamma", "running_std"):
                stored[place + name] = rng.uniform(0.5, 1.5, width).astype(np.float32)
            for name in ("beta", "running_mean"):
                stored[place + name] = rng.normal(0, 0.1, width).astype(np.float32)
            incoming = width
    return path


def literal(path, samples):
    """The network as Keras 1.1 computes it on Theano: a convolution in the sense of mathematics."""
    import h5py

    values = samples[:, None].astype(np.float64)
    with h5py.File(path) as stored:
        for layer in range(1, 12):
            own, norm = f"convolution1d_{layer}", f"batchnormalization_{layer}"
            kernel = stored[f"{own}/{own}_W"][:, 0].astype(np.float64)
            size, stride = len(kernel), 3 if layer == 1 else 1
            filled = values if stride == 3 else np.pad(values, ((size // 2, size // 2), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(filled, size, axis=0)[::stride]
            wide = sum(windows[:, :, size - 1 - k] @ kernel[k] for k in range(size))
            names = ("gamma", "beta", "running_mean", "running_std")
            gamma, beta, mean, variance = (stored[f"{norm}/{norm}_{name}"][:] for name in names)
            wide = (wide + stored[f"{own}/{own}_b"][:] - mean) / np.sqrt(variance + 1e-5)
            wide = np.maximum(gamma * wide + beta, 0)
            values = wide.reshape(-1, 3, wide.shape[1]).max(axis=1) if 1 < layer < 11 else wide
    assert values.shape == (1, 256)
    return values[0]


def test_the_network_is_keras_network(tmp_path):
    pytest.importorskip("torch")
    from mgrbench.features.extractors._networks import samplecnn as net

    path = write(tmp_path / "weights.hdf5")
    pieces = samplecnn.spread(noise(2 * SAMPLES))[[0, 11]]
    found = net.features(net.load_weights(path), pieces)
    expected = np.mean([literal(path, piece) for piece in pieces], axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * expected.max())
    values = samplecnn.extract([clip(pieces[0])], path)
    assert values.shape == (1, 1, 256)
    np.testing.assert_allclose(values[0, 0], literal(path, pieces[0]), rtol=1e-3, atol=1e-3 * expected.max())


def test_weights_below_a_group_of_their_own_are_the_same(tmp_path):
    pytest.importorskip("torch")
    h5py = pytest.importorskip("h5py")
    from mgrbench.features.extractors._networks.samplecnn import load_weights

    plain, grouped = write(tmp_path / "a.hdf5"), tmp_path / "b.hdf5"
    with h5py.File(plain) as source, h5py.File(grouped, "w") as target:
        for name in source:
            source.copy(name, target.require_group("model_weights"))
    one, other = (load_weights(path).state_dict() for path in (plain, grouped))
    assert all(one[name].equal(values) for name, values in other.items())


def test_weights_that_are_none_are_refused(tmp_path):
    pytest.importorskip("torch")
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "damaged.hdf5"
    path.write_bytes(b"not HDF5 at all")
    with pytest.raises(BenchError, match="is no HDF5 file, or is damaged"):
        samplecnn.extract([clip(noise(RATE))], path)
    path = tmp_path / "other.hdf5"
    with h5py.File(path, "w") as stored:
        stored["dense/kernel"] = np.zeros(3)
    with pytest.raises(BenchError, match="holds other weights than expected"):
        samplecnn.extract([clip(noise(RATE))], path)
    for name, values, problem in (
        ("b", np.zeros(16, np.float32), r"convolutions\.2\.bias of shape \(16,\), not \(128,\)"),
        ("W", np.zeros((3, 128, 128), np.float32), "convolution1d_3_W of 3 axes"),
        ("W", np.zeros((128, 128, 3, 1), np.float32), r"convolutions\.2\.weight of shape"),
    ):
        path = write(tmp_path / f"{len(problem)}.hdf5")
        with h5py.File(path, "r+") as stored:
            del stored[f"convolution1d_3/convolution1d_3_{name}"]
            stored[f"convolution1d_3/convolution1d_3_{name}"] = values
        with pytest.raises(BenchError, match=problem):
            samplecnn.extract([clip(noise(RATE))], path)
