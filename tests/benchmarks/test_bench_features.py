"""Features of real clips: by our extraction, and by scripts as researchers write them.

The plain script goes through the clips segment by segment and asks librosa and kymatio for one feature after
the other: HPSS once for the harmonic and once for the percussive part, the scattering filters for every
segment. Its better half builds them once. It is given every other advantage: kymatio's precision is the
faster one, decoded segments are the same, and it stores nothing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import librosa
import numpy as np
import pytest
from kymatio.scattering1d.frontend.numpy_frontend import ScatteringNumPy1D
from threadpoolctl import threadpool_limits

from mgrbench.core.audio import Clip, load_clip
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import FloatArray
from mgrbench.features.extract import extract
from mgrbench.features.extractors._scattering.transform import Scattering
from mgrbench.features.plugin import feature_plugin
from mgrbench.features.store import FeatureStore
from tests.benchmarks.ratios import best_seconds, compared

torch = pytest.importorskip("torch")

GTZAN = load_dataset("gtzan")
SPECTROGRAMS = ("mel", "cqt", "harmonic", "percussive", "scatter")
CLIPS = 16
"""Two batches for each of two processes."""
PLAIN_CLIPS = 2
"""Of the same clips, what the plain scripts do in a round; they take seconds for each."""
SEGMENTS = GTZAN.segments_per_track
ROUNDS = 3
RATE, SAMPLES, OCTAVES, PER_OCTAVE = 22050, 220500, 10, 6


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """One thread for everything that does not ask for more."""
    threads = torch.get_num_threads()
    with threadpool_limits(1):
        torch.set_num_threads(1)
        yield
    torch.set_num_threads(threads)


@pytest.fixture
def clips(shared_data: Path, tmp_path: Path) -> Path:
    """A folder with links to some of the 17 s clips, of all genres (the number in a name comes first)."""
    files = sorted((shared_data / "gtzan_audio_17s").glob("*.flac"), key=lambda file: file.stem[::-1])
    folder = tmp_path / "clips"
    folder.mkdir()
    for file in files[:CLIPS]:
        (folder / file.name).symlink_to(file)
    return folder


class OnOneCore:
    """Something to do that also counts its CPU time."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.function = function
        self.seconds: list[float] = []

    def __call__(self) -> None:
        start = time.process_time()
        self.function()
        self.seconds.append(time.process_time() - start)

    @property
    def best(self) -> float:
        return min(self.seconds)


def plain_script(
    clips: Sequence[Clip], precision: type[np.floating], transform: ScatteringNumPy1D | None
) -> list[FloatArray]:
    """The five features of every segment, as a script for one paper computes them; gives the last one's.

    Without a ``transform`` its filters are built for every segment.
    """
    values: list[FloatArray] = []
    for segment in itertools.chain.from_iterable(clip.segments() for clip in clips):
        power = librosa.feature.melspectrogram(y=segment, sr=RATE, n_fft=2048, hop_length=1024, n_mels=128)
        constant_q = librosa.cqt(
            segment, sr=RATE, hop_length=1024, fmin=librosa.midi_to_hz(36), n_bins=84, bins_per_octave=12
        )
        harmonic, _ = librosa.decompose.hpss(librosa.stft(segment, n_fft=512, hop_length=1024))
        _, percussive = librosa.decompose.hpss(librosa.stft(segment, n_fft=512, hop_length=1024))
        scattering = transform or ScatteringNumPy1D(OCTAVES, SAMPLES, PER_OCTAVE)
        paths = scattering((segment / np.abs(segment).max()).astype(precision))
        every = (power, np.abs(constant_q), np.abs(harmonic), np.abs(percussive), np.abs(paths))
        values = [np.log(np.maximum(part, 1e-10)).T for part in every]
    return values


def faster_precision(transform: ScatteringNumPy1D, segment: FloatArray) -> type[np.floating]:
    """Which precision of its input kymatio's numpy frontend likes better."""
    kinds: tuple[type[np.floating], ...] = (np.float32, np.float64)
    inputs = [segment.astype(kind) for kind in kinds]
    times = best_seconds(2, *(lambda values=values: transform(values) for values in inputs))
    return kinds[int(np.argmin(times))]


def test_five_spectrograms_of_real_clips(benchmark, clips: Path, tmp_path: Path) -> None:
    some = sorted(GTZAN.tracks(clips), key=lambda track: track.id)[:PLAIN_CLIPS]

    def ours(jobs: int) -> None:
        store = FeatureStore(tmp_path / f"store{jobs}")
        done = extract(GTZAN, SPECTROGRAMS, clips, jobs=jobs, store=store, replace=True)
        assert set(done.computed.values()) == {CLIPS}

    def plain(filters: ScatteringNumPy1D | None) -> list[FloatArray]:
        decoded = [load_clip(GTZAN, clips, track) for track in some]
        return plain_script(decoded, precision, filters)

    built = ScatteringNumPy1D(OCTAVES, SAMPLES, PER_OCTAVE)
    precision = faster_precision(built, load_clip(GTZAN, clips, some[0]).segments()[0])
    benchmark.pedantic(ours, args=(2,), rounds=1, warmup_rounds=1)  # once to start the processes
    alone, each_time, once = map(OnOneCore, (lambda: ours(1), lambda: plain(None), lambda: plain(built)))
    both, _, *scripts = best_seconds(ROUNDS, lambda: ours(2), alone, each_time, once)

    what = f"mel, cqt, harmonic, percussive and scatter of a clip ({SEGMENTS} × 10 s), stored"
    ways = ("librosa and kymatio segment by segment", "the same, scattering filters built once")
    ratios = [
        compared(benchmark, what, both / CLIPS, seconds / PLAIN_CLIPS, other_way=way, cores=2)
        for way, seconds in zip(ways, scripts, strict=True)
    ]
    for way, script in zip(ways, (each_time, once), strict=True):
        compared(benchmark, f"{what}, CPU time", alone.best / CLIPS, script.best / PLAIN_CLIPS, other_way=way)
    same_values(FeatureStore(tmp_path / "store2"), some[-1].id, plain(built))
    assert ratios[0] > 20
    assert ratios[1] > 4


def same_values(store: FeatureStore, track: str, expected: Sequence[FloatArray]) -> None:
    """What was stored of a clip's last segment is what the plain script got, where both define it alike."""
    got = {name: store.open("gtzan", name).rows([track])[0, -1] for name in SPECTROGRAMS}
    wanted = dict(zip(SPECTROGRAMS, expected, strict=True))
    for name in ("mel", "cqt"):
        assert np.allclose(got[name], wanted[name], rtol=0, atol=1e-3), name
    loud = wanted["scatter"] > np.log(1e-4)  # frames that kymatio cuts off and what is at the floor apart
    assert np.allclose(got["scatter"][: len(loud)][loud], wanted["scatter"][loud], rtol=0, atol=0.02)


def test_scattering_alone(benchmark, clips: Path) -> None:
    from kymatio.scattering1d.frontend.torch_frontend import ScatteringTorch1D

    tracks = sorted(GTZAN.tracks(clips), key=lambda track: track.id)
    decoded = [load_clip(GTZAN, clips, track).segments() for track in tracks[:4]]
    signals = np.concatenate(decoded)[:8]
    transform, frontend = (
        Scattering(SAMPLES, OCTAVES, PER_OCTAVE),
        ScatteringTorch1D(OCTAVES, SAMPLES, PER_OCTAVE),
    )
    batch = torch.tensor(signals)

    def theirs(threads: int) -> None:
        torch.set_num_threads(threads)
        frontend(batch)

    with ThreadPoolExecutor(2) as pool:

        def ours(threads: int) -> None:
            list(pool.map(transform, np.split(signals, threads)))

        benchmark.pedantic(ours, args=(1,), rounds=2, warmup_rounds=1)
        ways = [lambda way=way, n=n: way(n) for n in (1, 2) for way in (ours, theirs)]
        seconds = [taken / len(signals) for taken in best_seconds(4, *ways)]
    ratios = [
        compared(
            benchmark,
            f"scattering of a 10 s segment (J = {OCTAVES}, Q = {PER_OCTAVE})",
            seconds[2 * n],
            seconds[2 * n + 1],
            other_way=f"kymatio's torch frontend, float32, batch of {len(signals)}, threads: {n + 1}",
            cores=n + 1,
        )
        for n in range(2)
    ]
    assert min(ratios) > 3


@pytest.mark.parametrize("feature", [*SPECTROGRAMS, "transfer", "rhythm", "timbre"])
def test_seconds_of_a_clip(benchmark, shared_data: Path, feature: str) -> None:
    root = shared_data / "gtzan_audio_30s"
    weights = shared_data / "choi_weights_theano.hdf5"
    decoded = [load_clip(GTZAN, root, track) for track in GTZAN.tracks(root)][:8]
    plugin = feature_plugin(feature)

    def compute() -> None:
        # New clips, since a clip remembers what was derived from it.
        fresh = [Clip(clip.id, clip.samples, clip.sample_rate, 10.0, SEGMENTS) for clip in decoded]
        plugin.compute(fresh, weights=weights)

    benchmark.pedantic(compute, rounds=1, warmup_rounds=1)
    (seconds,) = best_seconds(2, compute)
    alone = ", alone" if feature in {"harmonic", "percussive"} else ""
    compared(benchmark, f"{feature} of a decoded clip of 30 s{alone}", seconds / len(decoded))


def test_seconds_of_decoding_a_clip(benchmark, shared_data: Path) -> None:
    root = shared_data / "gtzan_audio_30s"
    tracks = GTZAN.tracks(root)
    seconds = benchmark.pedantic(lambda: best_seconds(3, lambda: [load_clip(GTZAN, root, t) for t in tracks]))
    compared(benchmark, "decoding a clip of 30 s (.au)", seconds[0] / len(tracks))
