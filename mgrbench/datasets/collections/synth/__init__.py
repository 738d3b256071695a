"""The embedded dataset: short pieces of six genres, composed and recorded by the package from a seed.

Genre lives in rhythm, harmony and instruments (`_styles`). On top, every recording has a colour:
equalisation, tuning and a noise floor (`_synthesis`). The colour of a track is drawn as

    strength * artist's + sqrt(1 - strength**2) * its own

with standard normal numbers on the right, so recordings are equally diverse at every strength, and what
the strength changes is only how much of the colour two tracks of one artist share: all of it at 1,
nothing at 0, where the artists of a genre differ by chance alone. What a classifier gains from knowing a
test track's artist is therefore the artist effect and nothing else.
"""

from __future__ import annotations

import io
import json
import math
import wave
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrbench import BenchError, Dataset, Track
from mgrbench.core.files import write_atomically
from mgrbench.datasets.collections.synth.composition import SECONDS, compose
from mgrbench.datasets.collections.synth.styles import STYLES
from mgrbench.datasets.collections.synth.synthesis import COLOUR_NORMALS, RATE, colour_of

VERSION = 1
"""Raised whenever the same seed gives other audio."""

ARTISTS, TRACKS = 6, 5
"""Artists a genre, tracks an artist."""

_SUFFIXES = (".wav", ".flac", ".au", ".ogg", ".mp3")
_HEADER_BYTES = 44
_ARTIST_COLOUR, _TRACK_COLOUR, _PIECE = 0, 1, 2


def dataset(*, strength: float = 1.0, seed: int = 0, name: str | None = None) -> Dataset:
    """The dataset with another strength of the artist's colour or another seed.

    Args:
        strength: from 0 (artists of a genre sound alike) to 1 (an artist's recordings share
            their colour entirely).
        seed: other music, other colours; not negative.
        name: its name; by default ``synth``, with strength and seed added where they are not 1 and 0,
            because the same track id stands for other audio then.

    Raises:
        BenchError: if strength or seed is out of range.
    """
    strength = _checked(strength, seed)
    usual = (strength, seed) == (1.0, 0)
    return Dataset(
        name=name or ("synth" if usual else f"synth-{strength}-{seed}"),
        about="Short synthetic pieces whose artists have an audible colour, for demonstrations and tests.",
        genres=tuple(STYLES),
        sample_rate=RATE,
        segment_seconds=SECONDS / 2,
        segments_per_track=2,
        licence="CC0-1.0",
        homepage="part of mgrbench, made by it on first use",
        citation=f"mgrbench, embedded dataset synth, version {VERSION}",
        load=partial(_load, strength=strength, seed=seed),
        identify=identify,
        audio_suffixes=(".wav",),
        steps=("nothing is to be got: the first command that needs the audio makes it",),
    )


def generate(root: Path, *, strength: float = 1.0, seed: int = 0) -> Path:
    """Make the audio under ``root``, unless it is there already, whole.

    Every strength, seed and version has a folder of its own. Its ``synth.json`` is written last, so a
    folder in which the work was interrupted is never taken for a complete one. Processes that make the
    same folder at once write the same bytes.

    Args:
        root: data root; made where it does not exist.
        strength: see `dataset`.
        seed: see `dataset`.

    Returns:
        The folder: 16-bit mono WAV files ``<genre>/<track id>.wav``.

    Raises:
        BenchError: if strength or seed is out of range or the files cannot be written.
    """
    strength = _checked(strength, seed)
    folder = root / f"synth-v{VERSION}-strength{strength}-seed{seed}"
    facts = {"version": VERSION, "strength": strength, "seed": seed, "tracks": len(_known())}
    marker, text = folder / "synth.json", json.dumps(facts) + "\n"
    if not _complete(folder, marker, text):
        for genre, artist, number, track in _known():
            pcm = record(genre, artist, number, strength=strength, seed=seed)
            write_atomically(folder / _file(track), _wav(pcm))
        write_atomically(marker, text)
    return folder


def identify(name: str) -> str | None:
    """The track id that an id, file name or path in any case stands for, or None."""
    last = name.strip().replace("\\", "/").rsplit("/", maxsplit=1)[-1].lower()
    for suffix in _SUFFIXES:
        last = last.removesuffix(suffix)
    return last if any(last == track.id for *_, track in _known()) else None


def _checked(strength: float, seed: int) -> float:
    """The strength as a float, so that 1 and 1.0 are the same everywhere."""
    if not 0.0 <= strength <= 1.0:
        raise BenchError(f"strength {strength:g} is not between 0 and 1", "choose one that is")
    if seed < 0:
        raise BenchError(f"seed {seed} is negative", "choose 0 or more")
    return float(strength)


def _load(root: Path | None, *, strength: float, seed: int) -> Sequence[Track]:
    """The tracks, with their paths and made where need be if a root is given."""
    tracks = [track for *_, track in _known()]
    if root is None:
        return tracks
    folder = generate(root, strength=strength, seed=seed)
    return [replace(track, path=f"{folder.name}/{_file(track)}") for track in tracks]


def _known() -> list[tuple[int, int, int, Track]]:
    """Number of the genre, artist and track (from 0), and the track, for all tracks in order of id."""
    return [
        (
            place,
            artist,
            number,
            Track(
                id=f"{genre}.a{artist + 1:02d}.{number + 1}",
                genre=genre,
                artist=f"synth-{genre}-a{artist + 1:02d}",
                seconds=SECONDS,
            ),
        )
        for place, genre in enumerate(STYLES)
        for artist in range(ARTISTS)
        for number in range(TRACKS)
    ]


def _file(track: Track) -> str:
    return f"{track.genre}/{track.id}.wav"


def _complete(folder: Path, marker: Path, text: str) -> bool:
    """Whether the marker says so and every file has its size."""
    try:
        if marker.read_text(encoding="utf-8") != text:
            return False
        files = [folder / _file(track) for *_, track in _known()]
        size = _HEADER_BYTES + 2 * int(SECONDS * RATE)
        return all(file.stat().st_size == size for file in files)
    except (OSError, UnicodeDecodeError):
        return False


def record(genre: int, artist: int, number: int, *, strength: float, seed: int) -> NDArray[np.int16]:
    """The samples of one track; they depend on nothing but the arguments."""
    artist_colour = _generator(seed, _ARTIST_COLOUR, genre, artist).standard_normal(COLOUR_NORMALS)
    own_colour = _generator(seed, _TRACK_COLOUR, genre, artist, number).standard_normal(COLOUR_NORMALS)
    normals = strength * artist_colour + math.sqrt(1.0 - strength**2) * own_colour
    style = tuple(STYLES.values())[genre]
    return compose(style, colour_of(normals), _generator(seed, _PIECE, genre, artist, number))


def _generator(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _wav(pcm: NDArray[np.int16]) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(pcm.astype("<i2").tobytes())
    return stream.getvalue()


DATASET = dataset()
