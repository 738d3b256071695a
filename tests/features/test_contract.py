"""What every computed feature keeps to, whatever it is made of."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType

import numpy as np
import pytest

from mgrbench.core.audio import Clip
from mgrbench.core.types import BenchError, FeatureSpec, FloatArray

RATE = 22050
SECONDS, SEGMENTS = 3.0, 2
NAMES = (
    *("mel", "cqt", "harmonic", "percussive", "harmonic_released", "percussive_released"),
    *("scatter", "rhythm", "timbre", "transfer", "transfer_keras2"),
    *("band_frames", "timbre_frames", "beat", "scale_transform", "artist"),
    *("wave", "samplecnn"),
)


def _noise(seed: int = 0) -> FloatArray:
    return (0.1 * np.random.default_rng(seed).standard_normal(7 * RATE)).astype(np.float32)


SIGNALS: dict[str, Callable[[], FloatArray]] = {
    "silence": lambda: np.zeros(7 * RATE, np.float32),
    "tone": lambda: np.sin(2 * np.pi * 440 / RATE * np.arange(7 * RATE)).astype(np.float32),
    "noise": _noise,
    "impulse": lambda: np.eye(1, 7 * RATE, 3 * RATE, dtype=np.float32)[0],
    "one sample": lambda: np.array([0.5], np.float32),
    "full scale": lambda: np.sign(_noise()),
}


def _clip(samples: FloatArray, rate: int = RATE) -> Clip:
    return Clip("x.00000", samples, rate, SECONDS, SEGMENTS)


@pytest.fixture(params=NAMES)
def feature(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    if request.param == "scatter":
        pytest.importorskip("kymatio")
    module = importlib.import_module(f"mgrbench.features.extractors.{request.param}")
    if request.param == "artist":
        torch = pytest.importorskip("torch")
        net = importlib.import_module("mgrbench.features.extractors._networks.artist")
        torch.manual_seed(0)
        untrained = net.ArtistNetwork().eval().requires_grad_(False)
        monkeypatch.setattr(net, "published", lambda path, sha256: untrained)
        monkeypatch.setenv("MGRBENCH_WEIGHTS", "nowhere")
    if request.param == "samplecnn":
        torch = pytest.importorskip("torch")
        net = importlib.import_module("mgrbench.features.extractors._networks.samplecnn")
        torch.manual_seed(0)
        fresh = net.SampleNetwork().eval().requires_grad_(False)
        monkeypatch.setattr(net, "load_weights", lambda path: fresh)
        monkeypatch.setenv("MGRBENCH_WEIGHTS", "nowhere")
    if request.param.startswith("transfer"):
        torch = pytest.importorskip("torch")
        choi = importlib.import_module("mgrbench.features.extractors._networks.choi")
        torch.manual_seed(0)
        network = choi.ChoiConvnet(keras2=request.param == "transfer_keras2").eval()
        monkeypatch.setattr(choi, "published", lambda path, sha256: network)
        monkeypatch.setenv("MGRBENCH_WEIGHTS", "nowhere")
    return module


def _extract(feature: ModuleType, clips: Sequence[Clip]) -> FloatArray:
    values: FloatArray = feature.extract(clips)
    return values


def _shape(spec: FeatureSpec) -> tuple[int, ...]:
    samples = round(SECONDS * RATE)
    frames = 1 + samples // int(spec.parameters.get("hop", 1024))
    if spec.name == "wave":
        frames = samples // int(spec.parameters["samples"])
    sizes = tuple(frames if size is None else size for size in spec.shape)
    return (1, *sizes) if spec.per_clip else (SEGMENTS, *sizes)


def test_spec_is_named_like_its_file(feature: ModuleType) -> None:
    assert feature.SPEC.name == feature.__name__.rpartition(".")[2]


@pytest.mark.parametrize("signal", SIGNALS)
def test_values_are_finite_float32_of_the_declared_shape(feature: ModuleType, signal: str) -> None:
    values = _extract(feature, [_clip(SIGNALS[signal]())])
    assert values.dtype == np.float32
    assert values.shape == (1, *_shape(feature.SPEC))
    assert np.isfinite(values).all()


def test_batch_of_many_equals_batches_of_one_to_the_bit(feature: ModuleType) -> None:
    signals = [_noise(seed) for seed in range(3)]
    together = _extract(feature, [_clip(one) for one in signals])
    alone = np.concatenate([_extract(feature, [_clip(one)]) for one in signals])
    assert np.array_equal(together, alone)


def test_does_not_change_the_clip(feature: ModuleType) -> None:
    clip = _clip(_noise())
    _extract(feature, [clip])
    assert np.array_equal(clip.samples, _noise())


def test_a_built_in_feature_hears_the_samples_at_the_dataset_s_rate_alone(feature: ModuleType) -> None:
    def source() -> tuple[FloatArray, int]:
        raise AssertionError("the values would depend on the rate of the file")

    with_source = Clip("x.00000", _noise(), RATE, SECONDS, SEGMENTS, source)
    assert np.array_equal(_extract(feature, [with_source]), _extract(feature, [_clip(_noise())]))


# The largest change of a value when the samples are doubled: those of log spectra rise by the gain's log.
GAINS = {
    "mel": lambda before, after: after - before - 2 * np.log(2),
    "cqt": lambda before, after: after - before - np.log(2),
    "harmonic": lambda before, after: after - before - np.log(2),
    "percussive": lambda before, after: after - before - np.log(2),
    "harmonic_released": lambda before, after: after - before - np.log(2),
    "percussive_released": lambda before, after: after - before - np.log(2),
    "scatter": lambda before, after: after - before,
    "transfer": lambda before, after: after - before,
    "transfer_keras2": lambda before, after: after - before,
    "timbre_frames": lambda before, after: after - before,
    "beat": lambda before, after: after - before,
    "scale_transform": lambda before, after: after - before,
    "wave": lambda before, after: after - 2 * before,
    "timbre": lambda before, after: np.delete(after - before, 3, axis=-1),  # 3 is the mean of mfcc0
}


def test_behaviour_under_gain_is_as_stated(feature: ModuleType) -> None:
    if feature.SPEC.name not in GAINS:
        pytest.skip("loudness is absolute")
    before = _extract(feature, [_clip(_noise())])
    after = _extract(feature, [_clip(2 * _noise())])
    assert np.abs(GAINS[feature.SPEC.name](before, after)).max() < 1e-4


def test_another_sample_rate_is_resampled_or_refused(feature: ModuleType) -> None:
    clip = _clip(np.repeat(_noise(), 2), 2 * RATE)
    if feature.SPEC.per_clip:
        assert _extract(feature, [clip]).shape == (1, *_shape(feature.SPEC))
    else:
        with pytest.raises(BenchError, match="44100 Hz, the feature is defined at 22050 Hz"):
            _extract(feature, [clip])
