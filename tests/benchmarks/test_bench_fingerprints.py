"""Replicas by their sound: how many edits of real clips are found, how many others are taken for them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import soundfile
from threadpoolctl import threadpool_limits

from mgrbench.core.audio import decode
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.splits.fingerprints import (
    FEWEST,
    SECONDS_PER_FRAME,
    THRESHOLD,
    ClipPair,
    Fingerprint,
    alike,
    compared,
    fingerprint,
    landmarks,
)
from tests.benchmarks.ratios import best_seconds
from tests.benchmarks.ratios import compared as put_down

RATE = 22050
SHIFT = 1.234
"""Seconds; no multiple of what a frame lasts."""


def noisy(samples: np.ndarray, decibels: float) -> np.ndarray:
    level = np.sqrt(np.mean(samples**2) / 10 ** (decibels / 10))
    noise = np.random.default_rng(len(samples)).normal(scale=level, size=len(samples))
    return samples + noise.astype(np.float32)


def mp3(samples: np.ndarray) -> np.ndarray:
    """Through MP3 at 64 kbit/s and back."""
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", RATE, 1, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="CONSTANT",
        compression_level=0.6,
    ) as sound:  # fmt: skip
        sound.write(samples)
    assert 60_000 < 8 * stream.tell() / (len(samples) / RATE) < 70_000
    stream.seek(0)
    return soundfile.read(stream, dtype="float32")[0]


def later(samples: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(round(SHIFT * RATE), np.float32), samples])


def cut(samples: np.ndarray) -> np.ndarray:
    return samples[round(SHIFT * RATE) :]


EDITS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "gain −20 dB": lambda x: x * 0.1,
    "noise 20 dB below": lambda x: noisy(x, 20),
    "noise 10 dB below": lambda x: noisy(x, 10),
    "noise 5 dB below": lambda x: noisy(x, 5),
    "MP3 at 64 kbit/s": mp3,
    f"{SHIFT} s of silence before": later,
    f"first {SHIFT} s cut off": cut,
    "5 s of the middle": lambda x: x[5 * RATE : 10 * RATE],
    "cut, −10 dB, MP3 at 64 kbit/s, noise 15 dB below": lambda x: noisy(mp3(cut(x) * 0.316), 15),
}


def percent(benchmark: object, what: str, share: float) -> None:
    put_down(benchmark, what, 100 * share, unit="%")


def test_edits_of_a_hundred_real_clips(benchmark, shared_data: Path) -> None:
    """Every edited clip is held against all hundred originals, and the originals against each other."""
    files = sorted((shared_data / "gtzan_audio_17s").glob("*.flac"))
    clips = {file.stem: decode(file)[0] for file in files}
    tracks = {track.id: track for track in load_dataset("gtzan").tracks()}
    for one, other in combinations(clips, 2):  # nothing known is alike among them
        assert not tracks[one].replica or tracks[one].replica != tracks[other].replica
    with threadpool_limits(1):
        originals = {name: fingerprint(samples, RATE) for name, samples in clips.items()}
        first = next(iter(clips.values()))
        benchmark.pedantic(fingerprint, args=(first, RATE), rounds=5, warmup_rounds=1)
        (seconds,) = best_seconds(5, lambda: fingerprint(first, RATE))
        put_down(benchmark, f"fingerprint of a decoded clip of {len(first) / RATE:.0f} s", seconds)
        (seconds,) = best_seconds(3, lambda: list(compared(originals)))
        put_down(benchmark, "100 fingerprints of 15 to 20 s held against each other", seconds)
        false = list(alike(originals))
        found = {what: found_of(edit, clips, originals) for what, edit in EDITS.items()}
    for what, (right, wrong) in found.items():
        percent(benchmark, f"replicas by sound, 100 clips, {what}: recall", right / len(clips))
        percent(benchmark, f"replicas by sound, 100 clips, {what}: precision", right / max(right + wrong, 1))
    assert not false
    assert all(right == len(clips) and not wrong for right, wrong in found.values())


def found_of(
    edit: Callable[[np.ndarray], np.ndarray],
    clips: Mapping[str, np.ndarray],
    originals: Mapping[str, Fingerprint],
) -> tuple[int, int]:
    """How many edited clips are found to be their original, and how many pairs are wrong."""
    right = wrong = 0
    for name, samples in clips.items():
        prints = {"edited": fingerprint(edit(samples), RATE), **originals}
        pairs = alike_to_first(prints)
        right += any(pair.other == name for pair in pairs)
        wrong += sum(pair.other != name for pair in pairs)
    return right, wrong


def alike_to_first(prints: Mapping[str, Fingerprint]) -> list[ClipPair]:
    """The pairs of the first clip alone."""
    pairs = []
    first = next(iter(prints))
    for pair in compared(prints):
        if pair.one != first:
            break
        if pair.score >= THRESHOLD and pair.agreeing >= FEWEST:
            pairs.append(pair)
    return pairs


def test_the_known_replicas_of_gtzan_by_published_mels(benchmark, shared_data: Path) -> None:
    """Real replicas: 54 pairs among 999 clips, by mels of 0.08 s a column, which is coarser than our own."""
    tracks = {track.id: track for track in load_dataset("gtzan").tracks()}
    with np.load(shared_data / "gtzan_mel128.npz", allow_pickle=False) as arrays:
        ids, mels = arrays["ids"].tolist(), arrays["mel"]
    decibels = 80 / 255
    times = np.linspace(0, mels.shape[2] - 1, round(30 / SECONDS_PER_FRAME))
    left = np.minimum(times.astype(int), mels.shape[2] - 2)
    weight = (times - left)[:, None].astype(np.float32)
    prints = {}
    with threadpool_limits(1):
        for name, mel in zip(ids, mels, strict=True):
            levels = mel.T.astype(np.float32) * np.float32(decibels * np.log(10) / 10)
            prints[name] = landmarks(levels[left] * (1 - weight) + levels[left + 1] * weight)
        pairs = benchmark.pedantic(lambda: list(alike(prints)), rounds=1)
    found = {(pair.one, pair.other) for pair in pairs}

    def known(kind: str) -> set[tuple[str, str]]:
        sets = {name: getattr(tracks[name], kind) for name in ids}
        return {(one, other) for one, other in combinations(ids, 2) if sets[one] and sets[one] == sets[other]}

    replicas, related = known("replica"), known("replica") | known("recording")
    what = "replicas by sound, GTZAN's known exact replicas from published mels"
    percent(benchmark, f"{what}: recall", len(found & replicas) / len(replicas))
    percent(
        benchmark, f"{what}: precision (replicas, recordings, versions)", len(found & related) / len(found)
    )
    assert len(replicas) == 54
    assert len(found & replicas) >= 50
    assert found <= related
