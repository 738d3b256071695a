"""The transfer convnet: shapes, hand-computed values, both weight files, and the published features."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("h5py")

import h5py
import torch

from mgrbench.core.audio import Clip, decode
from mgrbench.core.types import BenchError, FloatArray
from mgrbench.features.extractors import transfer, transfer_keras2
from mgrbench.features.extractors._networks import choi as _choi

THEANO, KERAS2 = transfer.WEIGHTS.name, transfer_keras2.WEIGHTS.name
SHAPES = ((48, 340), (16, 85), (8, 17), (4, 4), (1, 1))


def _write(path: Path, *, keras2: bool, seed: int = 0) -> Path:
    """A weight file of random values in one of the two layouts; the convnet in it is the same in both."""
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as stored:
        for layer in range(1, 6):
            kernel = rng.normal(0, 0.2, (32, 1 if layer == 1 else 32, 3, 3)).astype(np.float32)
            bias, gamma, beta = rng.normal(0, 1, (3, 32)).astype(np.float32)
            mean, variance = np.zeros(32, np.float32), np.ones(32, np.float32)
            if keras2:
                convolution = f"model_weights/conv2d_{layer}/conv2d_{layer}/"
                norm = f"model_weights/batch_normalization_{layer}/batch_normalization_{layer}/"
                stored[convolution + "kernel:0"] = kernel.transpose(2, 3, 1, 0)
                stored[convolution + "bias:0"] = bias
                names = ("gamma", "beta", "moving_mean", "moving_variance")
                for name, values in zip(names, (gamma, beta, mean, variance), strict=True):
                    stored[f"{norm}{name}:0"] = values
            else:
                stored[f"ConvBNEluDr/convolution2d_{layer}_W"] = kernel[:, :, ::-1, ::-1]
                stored[f"ConvBNEluDr/convolution2d_{layer}_b"] = bias
                stored[f"ConvBNEluDr/batchnormalization_{layer}_gamma"] = gamma
                stored[f"ConvBNEluDr/batchnormalization_{layer}_beta"] = beta
    return path


def _noise(samples: int = 5 * 12000, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


@pytest.mark.parametrize("keras2", [False, True])
def test_layer_shapes(keras2: bool) -> None:
    before = (96, 1360)
    for (map_, pooled), shape in zip(
        _choi.ChoiConvnet(keras2=keras2).maps(torch.randn(1, 1, 96, 1360)), SHAPES, strict=True
    ):
        assert map_.shape == (1, 32, *before)
        assert pooled.shape == (1, 32, *shape)
        before = shape


def test_both_layouts_hold_the_same_kernels(tmp_path: Path) -> None:
    one = _choi.load_weights(_write(tmp_path / "a.hdf5", keras2=False))
    other = _choi.load_weights(_write(tmp_path / "b.hdf5", keras2=True))
    assert (one.keras2, other.keras2) == (False, True)
    for mine, theirs in zip(one.convolutions, other.convolutions, strict=True):
        assert torch.equal(mine.weight, theirs.weight)
        assert torch.equal(mine.bias, theirs.bias)


def test_theano_kernels_are_turned(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.hdf5", keras2=False)
    with h5py.File(path) as stored:
        kernel = stored["ConvBNEluDr/convolution2d_1_W"][:]
    image = np.random.default_rng(0).standard_normal((6, 7)).astype(np.float32)
    padded = np.pad(image, 1)
    # A convolution in the sense of mathematics: out[i, j] = sum over a, b of kernel[a, b] * in[i - a, j - b].
    expected = sum(
        kernel[0, 0, a, b] * padded[2 - a : 8 - a, 2 - b : 9 - b] for a in range(3) for b in range(3)
    )
    network = _choi.load_weights(path)
    result = (
        network.convolutions[0](torch.from_numpy(image)[None, None])[0, 0] - network.convolutions[0].bias[0]
    )
    assert np.allclose(result.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("keras2", [False, True])
def test_first_layer_by_hand(keras2: bool, tmp_path: Path) -> None:
    network = _choi.load_weights(_write(tmp_path / "a.hdf5", keras2=keras2))
    picture = np.random.default_rng(1).standard_normal((96, 1360)) * 20 - 40
    spectrogram = torch.from_numpy(picture.astype(np.float32))[None, None]
    values = network(spectrogram)[0, :32].numpy()

    image = (picture - picture.mean()) / picture.std() if keras2 else picture
    padded = np.pad(image, 1)
    kernel = network.convolutions[0].weight[7, 0].numpy().astype(np.float64)
    map_ = sum(kernel[a, b] * padded[a : a + 96, b : b + 1360] for a in range(3) for b in range(3))
    map_ = map_ + network.convolutions[0].bias[7].item()
    mean, variance = (0.0, 1.0) if keras2 else (map_.mean(), map_.var())
    map_ = (map_ - mean) / np.sqrt(variance + 1e-3)
    map_ = map_ * network.norms[0].weight[7].item() + network.norms[0].bias[7].item()
    map_ = np.where(map_ > 0, map_, np.expm1(map_))
    pooled = map_.reshape(48, 2, 340, 4).max(axis=(1, 3))
    expected = map_.mean() if keras2 else pooled.mean()
    assert values[7] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("keras2", [False, True])
def test_a_clip_does_not_depend_on_its_batch(keras2: bool, tmp_path: Path) -> None:
    network = _choi.load_weights(_write(tmp_path / "a.hdf5", keras2=keras2))
    batch = torch.from_numpy(np.stack([_choi.melgram(_noise(seed=seed)) for seed in range(3)]))[:, None]
    alone = torch.cat([network(one[None]) for one in batch])
    assert torch.allclose(network(batch), alone, atol=1e-4)


def test_melgram_is_decibels_below_the_maximum() -> None:
    spectrogram = _choi.melgram(_noise())
    assert spectrogram.shape == (96, 1360)
    assert spectrogram.max() == 0
    assert spectrogram.min() == -80  # the filling with zeros
    assert np.allclose(_choi.melgram(3 * _noise()), spectrogram, atol=1e-3)


def test_melgram_of_a_tone_peaks_at_its_band() -> None:
    tone = np.sin(2 * np.pi * 1500 / 12000 * np.arange(348000)).astype(np.float32)
    band = _choi.melgram(tone).argmax(axis=0)
    assert set(band) == {int(np.interp(1500, *_mel_bands()))}


def _mel_bands() -> tuple[FloatArray, FloatArray]:
    import librosa

    centres = librosa.mel_frequencies(98, fmin=0, fmax=6000)[1:-1]
    return centres, np.arange(96) + 0.5


def test_only_the_first_29_seconds_count(tmp_path: Path) -> None:
    network = _choi.load_weights(_write(tmp_path / "a.hdf5", keras2=False))
    long = _noise(31 * 12000)
    assert np.array_equal(_choi.features(network, long), _choi.features(network, long[:348000]))


@pytest.mark.parametrize("feature", [transfer, transfer_keras2])
def test_missing_weights_are_named(
    feature: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clip = Clip("x", _noise(), 12000, 1.0, 1)
    monkeypatch.delenv("MGRBENCH_WEIGHTS", raising=False)
    with pytest.raises(BenchError, match=f"{feature.WEIGHTS.name}.* not at hand; "):
        feature.extract([clip])
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(BenchError, match=f"{feature.WEIGHTS.name}: no such file"):
        feature.extract([clip])


@pytest.mark.parametrize("feature", [transfer, transfer_keras2])
def test_other_weights_than_the_published_are_refused(feature: ModuleType, tmp_path: Path) -> None:
    path = _write(tmp_path / "other.hdf5", keras2=feature is transfer_keras2)
    with pytest.raises(BenchError, match=r"other\.hdf5: has the SHA-256 [0-9a-f]{64}, not"):
        feature.extract([Clip("x", _noise(), 12000, 1.0, 1)], path)


@pytest.mark.parametrize("feature", [transfer, transfer_keras2])
def test_published_weights_give_features(
    feature: ModuleType, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MGRBENCH_WEIGHTS", str(shared_data))
    clips = [Clip("x", _noise(seed=seed), 12000, 1.0, 1) for seed in range(2)]
    values = feature.extract(clips)
    expected = _choi.features(_choi.load_weights(shared_data / feature.WEIGHTS.name), clips[1].samples)
    assert np.array_equal(values[1, 0], expected)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.hdf5"
    path.write_bytes(b"not HDF5 at all")
    with pytest.raises(BenchError, match="is no HDF5 file, or is damaged"):
        _choi.load_weights(path)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.hdf5"
    with h5py.File(path, "w") as stored:
        stored["dense/kernel"] = np.zeros(3)
    with pytest.raises(BenchError, match="holds other weights than expected"):
        _choi.load_weights(path)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "weights.hdf5", keras2=False)
    with h5py.File(path, "r+") as stored:
        del stored["ConvBNEluDr/convolution2d_3_b"]
        stored["ConvBNEluDr/convolution2d_3_b"] = np.zeros(16, np.float32)
    with pytest.raises(BenchError, match=r"convolutions\.2\.bias of shape \(16,\), not \(32,\)"):
        _choi.load_weights(path)


@pytest.mark.parametrize("name", [THEANO, KERAS2])
def test_published_weights_were_trained_on_this_mel_scale(shared_data: Path, name: str) -> None:
    import librosa

    place = {THEANO: "melgram/param_2", KERAS2: "model_weights/melgram/melgram/Variable:0"}[name]
    with h5py.File(shared_data / name) as stored:
        filters = stored[place][:]
    assert np.allclose(filters.T, librosa.filters.mel(sr=12000, n_fft=512, n_mels=96, fmax=6000), atol=1e-6)


@pytest.fixture(scope="module")
def real_clips(shared_data: Path) -> tuple[list[str], FloatArray]:
    """Ids and melgrams of the ten complete clips."""
    paths = sorted((shared_data / "gtzan_audio_30s").glob("*.au"))
    clips = [Clip(path.stem, *decode(path), 10.0, 3) for path in paths]
    return [clip.id for clip in clips], np.stack([_choi.melgram(clip.at(12000)) for clip in clips])


def _correlations(shared_data: Path, ids: list[str], values: FloatArray) -> list[float]:
    """Correlation with the published features in each layer, over the clips' maps."""
    with np.load(shared_data / "gtzan_choi.npz") as stored:
        rows = dict(zip(stored["ids"], stored["convnet"], strict=True))
    published = np.stack([rows[track] for track in ids])
    layers = [slice(32 * layer, 32 * layer + 32) for layer in range(5)]
    return [float(np.corrcoef(values[:, k].ravel(), published[:, k].ravel())[0, 1]) for k in layers]


def test_correlates_with_the_published_features(
    shared_data: Path, real_clips: tuple[list[str], FloatArray]
) -> None:
    ids, melgrams = real_clips
    network = _choi.load_weights(shared_data / THEANO)
    values = np.stack([network(torch.from_numpy(one)[None, None])[0].numpy() for one in melgrams])
    correlations = _correlations(shared_data, ids, values)
    assert (np.array(correlations) > [0.95, 0.84, 0.80, 0.66, 0.67]).all(), correlations


def test_statistics_of_a_batch_bring_it_closer_to_the_published_features(
    shared_data: Path, real_clips: tuple[list[str], FloatArray]
) -> None:
    ids, melgrams = real_clips
    network = _choi.load_weights(shared_data / THEANO)
    for layer, norm in enumerate(network.norms):
        batch = torch.nn.BatchNorm2d(32, eps=norm.eps, track_running_stats=False)
        batch.weight, batch.bias = norm.weight, norm.bias
        network.norms[layer] = batch
    values = network(torch.from_numpy(melgrams)[:, None]).numpy()
    correlations = _correlations(shared_data, ids, values)
    assert (np.array(correlations) > [0.97, 0.91, 0.91, 0.89, 0.93]).all(), correlations
