"""The artist network: its padding and pooling by hand, its weight file, its vectors of real clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("h5py")

import h5py
import torch

from mgrbench.core.audio import Clip, decode
from mgrbench.core.types import BenchError
from mgrbench.features.extractors import artist
from mgrbench.features.extractors._networks import artist as net

PARTS = ("gamma", "beta", "moving_mean", "moving_variance")


def write(path: Path, seed=0):
    """A weight file of random values in Keras' layout."""
    rng = np.random.default_rng(seed)
    incoming = 128
    with h5py.File(path, "w") as stored:
        for layer, (width, kernel) in enumerate(zip(net.WIDTHS, net.KERNELS, strict=True), start=1):
            place = f"model_weights/conv1d_{layer}/conv1d_{layer}/"
            stored[place + "kernel:0"] = rng.normal(0, 0.1, (kernel, incoming, width)).astype(np.float32)
            stored[place + "bias:0"] = rng.normal(0, 1, width).astype(np.float32)
            place = f"model_weights/batch_normalization_{layer}/batch_normalization_{layer}/"
            for name in PARTS:
                stored[f"{place}{name}:0"] = rng.uniform(0.5, 1.5, width).astype(np.float32)
            incoming = width
    return path


def literal(path, segment):
    """The network as Keras computes it, in loops over time."""
    values = (segment - net.MEAN) / net.DEVIATION
    found = []
    with h5py.File(path) as stored:
        for layer, (kernel, pool) in enumerate(zip(net.KERNELS, net.POOLS, strict=True), start=1):
            convolution = stored[f"model_weights/conv1d_{layer}/conv1d_{layer}"]
            norm = stored[f"model_weights/batch_normalization_{layer}/batch_normalization_{layer}"]
            gamma, beta, mean, variance = (norm[f"{name}:0"][:] for name in PARTS)
            weights = convolution["kernel:0"][:]
            before = (kernel - 1) // 2
            filled = np.zeros((len(values) + kernel - 1, values.shape[1]))
            filled[before : before + len(values)] = values
            wide = np.stack(
                [
                    sum(filled[time + k] @ weights[k] for k in range(kernel)) + convolution["bias:0"][:]
                    for time in range(len(values))
                ]
            )
            wide = np.maximum(gamma * (wide - mean) / np.sqrt(variance + 1e-3) + beta, 0)
            values = wide[: len(wide) // pool * pool].reshape(-1, pool, wide.shape[1]).max(axis=1)
            found.append(values.max(axis=0))
    return np.concatenate(found)


def test_the_network_is_keras_network(tmp_path):
    path = write(tmp_path / "weights.h5")
    segments = np.random.default_rng(1).random((2, 129, 128)).astype(np.float32)
    expected = np.stack([literal(path, segment) for segment in segments])
    network = net.load_weights(path)
    np.testing.assert_allclose(network(torch.from_numpy(segments)).numpy(), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(net.features(network, segments), expected.mean(axis=0), rtol=1e-4, atol=1e-4)


def test_mel_magnitudes_are_compressed():
    tone = np.sin(2 * np.pi * 1000 / 22050 * np.arange(22050)).astype(np.float32)
    found = artist.compressed_mel(tone)
    assert found.shape == (44, 128)
    assert found.min() >= 0
    magnitude = (10 ** artist.compressed_mel(tone)[20] - 1) / 10
    louder = (10 ** artist.compressed_mel(3 * tone)[20] - 1) / 10
    np.testing.assert_allclose(louder, 3 * magnitude, rtol=1e-3, atol=1e-4)


def test_without_a_weight_file_it_says_how_to_come_by_it(tmp_path, monkeypatch):
    clip = Clip("x", np.zeros(22050, np.float32), 22050, 1.0, 1)
    monkeypatch.delenv("MGRBENCH_WEIGHTS", raising=False)
    with pytest.raises(
        BenchError, match=r"siamese_artist_10000\.h5 is not at hand; name your copy by --weights"
    ):
        artist.extract([clip])
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(BenchError, match=r"siamese_artist_10000\.h5: no such file"):
        artist.extract([clip])
    with pytest.raises(BenchError, match=r"other\.h5: has the SHA-256 [0-9a-f]{64}, not"):
        artist.extract([clip], write(tmp_path / "other.h5"))


def test_weights_that_are_none_are_refused(tmp_path):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"not HDF5 at all")
    with pytest.raises(BenchError, match="is no HDF5 file, or is damaged"):
        net.load_weights(path)
    with h5py.File(path, "w") as stored:
        stored["dense/kernel"] = np.zeros(3)
    with pytest.raises(BenchError, match="holds other weights than expected"):
        net.load_weights(path)
    write(path)
    with h5py.File(path, "r+") as stored:
        del stored["model_weights/conv1d_3/conv1d_3/bias:0"]
        stored["model_weights/conv1d_3/conv1d_3/bias:0"] = np.zeros(16, np.float32)
    with pytest.raises(BenchError, match=r"convolutions\.2\.bias of shape \(16,\), not \(128,\)"):
        net.load_weights(path)


def test_the_published_weights_hear_what_they_were_trained_on(shared_data, monkeypatch):
    """The mean and deviation that the authors' script subtracts are about those of real clips."""
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(shared_data))
    paths = sorted((shared_data / "gtzan_audio_30s").glob("*.au"))
    clips = [Clip(path.stem, *decode(path), 10.0, 3) for path in paths]
    levels = np.concatenate([artist.compressed_mel(clip.at(22050)).ravel() for clip in clips])
    assert abs(levels.mean() - net.MEAN) < 0.1
    assert abs(levels.std() - net.DEVIATION) < 0.1
    values = artist.extract(clips)
    assert values.shape == (10, 1, 768)
    rows = values[:, 0]
    assert (rows >= 0).all()
    assert len(np.unique(rows, axis=0)) == 10
