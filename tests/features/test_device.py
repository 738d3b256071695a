"""mel, scatter and the convnet as a GPU computes them: on torch's CPU, and on a GPU where there is one."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("h5py")

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mgrbench.core.audio import Clip, decode
from mgrbench.core.types import BenchError, FloatArray
from mgrbench.features.extractors import _device, _transfer, mel, scatter
from mgrbench.features.extractors._networks import choi as _choi
from mgrbench.features.extractors._scattering import on_torch as _scattering_torch
from mgrbench.features.extractors._scattering.on_torch import TorchScattering
from mgrbench.features.extractors._scattering.transform import Scattering

CPU = torch.device("cpu")
RATE, SECONDS, SEGMENTS = 22050, 1.0, 2
SAMPLES = round(RATE * SECONDS)
FEATURES = ("mel", "scatter", "transfer", "transfer_keras2")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Work as small as this is done sooner by one thread, the more so beside other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _signals(samples: int = SAMPLES) -> FloatArray:
    """Noise, a tone, an impulse, a constant, a chirp, silence, and clicks over quiet noise."""
    rng, time = np.random.default_rng(0), np.arange(samples)
    rows = [
        rng.uniform(-1, 1, samples),
        np.sin(0.1 * time),
        np.eye(1, samples, samples // 3)[0],
        np.ones(samples),
        np.sin(1e-5 * time**2),
        np.zeros(samples),
        0.9 * (time % 5000 == 0) + 1e-3 * rng.standard_normal(samples),
    ]
    return np.array(rows, dtype=np.float32)


def _clips() -> list[Clip]:
    """Noise, a tone, silence, clicks."""
    rows = _signals(2 * SAMPLES)[[0, 1, 5, 6]]
    return [Clip(f"x.{i}", row, RATE, SECONDS, SEGMENTS) for i, row in enumerate(rows)]


def _largest_difference(name: str, values: FloatArray, expected: FloatArray) -> float:
    """In units of the tolerance that the feature states."""
    assert values.dtype == expected.dtype == np.float32
    assert values.shape == expected.shape
    tolerance: float | FloatArray = 1e-5
    if name == "scatter":
        clear = np.log(1e-4 * scatter.scattering(SAMPLES).gains)
        tolerance = np.where(expected > clear, 0.001, 0.02)
    return float((np.abs(values.astype(np.float64) - expected) / tolerance).max())


def _convnet(*, keras2: bool) -> _choi.ChoiConvnet:
    """With weights drawn at random, kernels such that maps neither grow nor vanish."""
    network = _choi.ChoiConvnet(keras2=keras2).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for values in network.parameters():
        values.normal_(0, 0.06 if values.ndim > 1 else 0.5, generator=generator)
    return network


@pytest.fixture(params=FEATURES)
def feature(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Each feature that takes a device, the convnets with weights drawn at random."""
    if request.param.startswith("transfer"):
        network = _convnet(keras2=request.param == "transfer_keras2")
        monkeypatch.setattr(_choi, "published", lambda path, sha256: network)
        monkeypatch.setenv("MGRBENCH_WEIGHTS", "nowhere")
    return importlib.import_module(f"mgrbench.features.extractors.{request.param}")


@pytest.fixture
def torch_cpu_as_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device called cuda is torch's CPU."""
    for module in (mel, scatter, _transfer):
        monkeypatch.setattr(module, "gpu", lambda name: {"cuda": CPU}[name])


# Which device


@pytest.mark.parametrize("name", ["", "gpu", "auto", "cuda:", "cuda:x", "cuda:-1", "mps", "CUDA"])
def test_names_of_no_device_are_refused(name: str) -> None:
    with pytest.raises(BenchError, match=f"no device is called {name!r}; the devices are cpu, cuda"):
        _device.gpu(name)


def test_a_gpu_that_torch_does_not_find_is_named(
    feature: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    expected = (
        rf"no GPU that torch can use was found \(torch {re.escape(torch.__version__)}\); use the device"
    )
    with pytest.raises(BenchError, match=expected):
        feature.extract(_clips()[:1], device="cuda")


def test_a_gpu_beyond_the_last_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert _device.gpu("cuda") == torch.device("cuda")
    assert _device.gpu("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(BenchError, match=r"no cuda:2: torch finds 2 GPU\(s\); use the device cpu, or cuda:1"):
        _device.gpu("cuda:2")


def test_a_full_gpu_is_the_users_matter_and_switches_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "benchmark", True)
    monkeypatch.setattr(cudnn, "deterministic", False)
    seen = []

    @_device.computing()
    def compute() -> None:
        seen.append((cudnn.deterministic, cudnn.benchmark))
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(BenchError, match="the GPU has too little free memory; "):
        compute()
    assert [*seen, (cudnn.deterministic, cudnn.benchmark)] == [(True, False), (False, True)]


# The same values, on torch's CPU


def test_extract_gives_the_same_through_torch(feature: ModuleType, torch_cpu_as_cuda: None) -> None:
    clips = _clips()
    values = feature.extract(clips, device="cuda")
    assert _largest_difference(feature.SPEC.name, values, feature.extract(clips)) < 1


def test_a_clip_does_not_depend_on_its_batch(feature: ModuleType, torch_cpu_as_cuda: None) -> None:
    clips = _clips()[:2]
    alone = np.concatenate([feature.extract([clip], device="cuda") for clip in clips])
    assert np.array_equal(feature.extract(clips, device="cuda"), alone)


class _Products(TorchDispatchMode):
    """Notes the types of what goes into matrix products and convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.types: list[object] = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        if re.match(r"aten\.(mm|bmm|addmm|baddbmm|matmul|.*conv.*)\.", str(function)):
            self.types += [each.dtype for each in arguments if isinstance(each, torch.Tensor)]
        return function(*arguments, **(options or {}))


def test_tf32_finds_nothing_to_round(feature: ModuleType, torch_cpu_as_cuda: None) -> None:
    with _Products() as products:
        feature.extract(_clips()[:1], device="cuda")
    assert set(products.types) == {torch.float64}


def test_many_segments_go_to_the_device_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    segments = np.random.default_rng(0).uniform(-1, 1, (11, 5000)).astype(np.float32)
    together = mel.log_mel_on(CPU, segments)
    monkeypatch.setattr(mel, "AT_A_TIME", 3)
    assert np.allclose(mel.log_mel_on(CPU, segments), together, rtol=0, atol=1e-6)
    assert np.allclose(together, mel.log_mel(segments), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("samples", "octaves", "per_octave", "chunk"),
    [(2**14, 6, 4, 1 << 22), (10000, 7, 3, 1 << 22), (10000, 7, 3, 1), (20011, 6, 8, 1 << 18)],
)
def test_scattering_is_the_same_whatever_the_working_memory(
    samples: int, octaves: int, per_octave: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_scattering_torch, "CHUNK", chunk)
    signals = _signals(samples)
    expected = Scattering(samples, octaves, per_octave)(signals)
    transform = TorchScattering(samples, octaves, per_octave, CPU)
    values = transform(signals)
    assert values.dtype == np.float32
    assert values.shape == expected.shape
    assert (np.abs(values - expected) / transform.gains).max() < 1e-6


def test_too_short_segments_are_refused() -> None:
    with pytest.raises(BenchError, match="segments of 1000 samples are too short for scattering"):
        TorchScattering(1000, 10, 6, CPU)


@pytest.mark.parametrize("name", ["choi_weights_theano.hdf5", "choi_keras2_model_best.hdf5"])
def test_published_weights_give_the_same_in_double_precision(shared_data: Path, name: str) -> None:
    network = _choi.load_weights(shared_data / name)
    clip = Clip("x", *decode(shared_data / "gtzan_audio_30s" / "blues.00000.au"), 10.0, 3)
    for samples in (clip.at(12000), np.zeros(1, np.float32)):
        values = _choi.features(_choi.in_double_on(CPU, network), samples)
        assert _largest_difference("transfer", values, _choi.features(network, samples)) < 1


def test_the_convnet_that_is_copied_stays_as_it_is() -> None:
    network = _convnet(keras2=True)
    copy = _choi.in_double_on(CPU, network)
    assert {values.dtype for values in copy.parameters()} == {torch.float64}
    assert {values.dtype for values in network.parameters()} == {torch.float32}
    assert _choi.in_double_on(CPU, network) is copy


# On a GPU


@pytest.fixture
def tf32_wanted() -> Iterator[None]:
    """A user who has switched TF32 on."""
    if not torch.cuda.is_available():
        pytest.skip("torch finds no GPU")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    yield
    torch.set_float32_matmul_precision(before)


def test_a_gpu_gives_the_same_and_the_same_again(feature: ModuleType, tf32_wanted: None) -> None:
    clips = _clips()
    values = feature.extract(clips, device="cuda")
    assert _largest_difference(feature.SPEC.name, values, feature.extract(clips)) < 1
    assert np.array_equal(feature.extract(clips, device="cuda"), values)
    alone = np.concatenate([feature.extract([clip], device="cuda") for clip in clips])
    assert np.array_equal(alone, values)


def test_what_a_gpu_keeps_does_not_grow_with_the_clips(feature: ModuleType, tf32_wanted: None) -> None:
    feature.extract(_clips()[:1], device="cuda")  # tables and plans, which stay
    peaks = []
    for clips in (_clips()[:2], _clips() * 5):
        torch.cuda.reset_peak_memory_stats()
        feature.extract(clips, device="cuda")
        peaks.append(torch.cuda.max_memory_allocated())
    assert peaks[1] <= 1.2 * peaks[0]
