"""Pieces of the `synth` dataset: from a style and a colour to samples.

Key, tempo, progression, rhythms, instruments, tune and the balance of the parts are drawn for every
piece, within what its style allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mgrbench.datasets.collections.synth.styles import Style
from mgrbench.datasets.collections.synth.synthesis import (
    DRUMS,
    RATE,
    TIMBRES,
    Colour,
    Signal,
    Timbre,
    coloured,
    hit,
    tone,
)

SECONDS = 5.0
"""Length of a piece."""

_Option = TypeVar("_Option")
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_STROKES = {"x": 1.0, "o": 0.5}
_LEVELS = {"drums": 1.7, "bass": 0.5, "chords": 0.12, "tune": 0.22}
_LEVEL_SPREAD_DB = 0.7


def compose(style: Style, colour: Colour, rng: Generator) -> NDArray[np.int16]:
    """A piece of that style in that colour.

    Args:
        style: what it has in common with the other pieces of its genre.
        colour: how the recording sounds.
        rng: everything else is drawn from it.

    Returns:
        16-bit mono samples at ``RATE``, shape (5 s,).
    """
    piece = _Piece(style, colour, rng)
    piece.play_drums()
    piece.play_bass()
    piece.play_chords()
    piece.play_tune()
    piece.echo()
    # tanh keeps the few peaks beyond full scale from wrapping around.
    sound = np.tanh(coloured(piece.mix, colour, rng))
    return np.round(32_767.0 * sound).astype(np.int16)


class _Piece:
    """A piece while it is written: its plan, drawn once, and the mix that its parts are added to."""

    def __init__(self, style: Style, colour: Colour, rng: Generator) -> None:
        self.style, self.rng = style, rng
        self.mix: Signal = np.zeros(int(SECONDS * RATE))
        self.beat = 60.0 / float(rng.uniform(*style.tempo))
        bar = style.beats * self.beat
        # The piece is an excerpt: it begins anywhere in a bar, anywhere in the progression.
        begin = float(rng.uniform(0.0, bar))
        self.bars = [number * bar - begin for number in range(int(SECONDS / bar) + 2)]
        progression, turn = self._draw(style.progressions), int(rng.integers(8))
        self.roots = [progression[(turn + number) % len(progression)] for number in range(len(self.bars))]
        self.scale = _MINOR if rng.random() < style.minor else _MAJOR
        self.key = int(rng.integers(48, 56)) + colour.cents / 100.0
        self.layers = (2.0 ** (colour.spread / 2400.0), 2.0 ** (-colour.spread / 2400.0))
        spread = rng.normal(0.0, _LEVEL_SPREAD_DB, len(_LEVELS))
        self.levels = {
            part: level * 10.0 ** (decibels / 20.0)
            for (part, level), decibels in zip(_LEVELS.items(), spread, strict=True)
        }

    def play_drums(self) -> None:
        """Add the drums: one sound a drum, struck in its rhythm."""
        for name, rhythms in self.style.drums.items():
            sound = hit(DRUMS[name], self.rng)
            for start, _, _, stroke in self._events(self._draw(rhythms)):
                self._add(sound, start, self.levels["drums"] * _STROKES[stroke])

    def play_bass(self) -> None:
        """Add the bass, two octaves below the chords."""
        timbre = TIMBRES[self._draw(self.style.bass_timbres)]
        for start, length, root, digit in self._events(self._draw(self.style.bass)):
            frequency = self._hertz(root + 2 * int(digit)) / 4.0
            self._add(tone(timbre, frequency, 0.9 * length), start, self.levels["bass"])

    def play_chords(self) -> None:
        """Add the chords, thirds stacked on the bar's root."""
        timbre = TIMBRES[self._draw(self.style.timbres)]
        sounds: dict[tuple[int, int], Signal] = {}
        for start, length, root, _ in self._events(self._draw(self.style.chords)):
            same = (root, round(length * RATE))
            if same not in sounds:
                degrees = [root + 2 * third for third in range(self.style.notes)]
                sounds[same] = self._layered(timbre, degrees, self.style.hold * length)
            self._add(sounds[same], start, self.levels["chords"])

    def play_tune(self) -> None:
        """Add a tune: a random walk on the scale, on the beat more often than off it."""
        timbre = TIMBRES[self._draw(self.style.timbres)]
        steps, step = self.style.beats * self.style.steps, self.beat / self.style.steps
        accent = np.where(np.arange(steps) % self.style.steps, 0.7, 1.6)
        degree = int(self.rng.integers(7, 12))
        for bar in self.bars:
            played = np.flatnonzero(self.rng.random(steps) < self.style.tune * accent)
            for start, length in zip(played, np.diff(played, append=steps), strict=True):
                degree = int(np.clip(degree + self.rng.integers(-2, 3), 4, 14))
                sound = self._layered(timbre, [degree], 0.9 * float(length) * step)
                self._add(sound, bar + float(start) * step, self.levels["tune"])

    def echo(self) -> None:
        """Add three fading echoes of everything, where the style has them."""
        lag = round(self.style.echo * self.beat * RATE)
        dry = self.mix.copy()
        for number in (1, 2, 3) if lag else ():
            self.mix[number * lag :] += 0.4**number * dry[: len(dry) - number * lag]

    def _draw(self, options: Sequence[_Option]) -> _Option:
        return options[int(self.rng.integers(len(options)))]

    def _events(self, rhythm: str) -> Iterator[tuple[float, float, int, str]]:
        """Start in seconds, seconds until the next one, root and character of every stroke of a rhythm."""
        step = self.beat / self.style.steps
        strokes = [
            (bar + number * step, root, character)
            for bar, root in zip(self.bars, self.roots, strict=True)
            for number, character in enumerate(rhythm)
            if character != "."
        ]
        ends = [start for start, _, _ in strokes[1:]] + [SECONDS]
        for (start, root, character), end in zip(strokes, ends, strict=False):
            yield start, max(end - start, step), root, character

    def _hertz(self, degree: int) -> float:
        """Frequency of a degree of the scale, counted on through the octaves."""
        octave, place = divmod(degree, len(self.scale))
        return float(440.0 * 2.0 ** ((self.key + 12 * octave + self.scale[place] - 69.0) / 12.0))

    def _layered(self, timbre: Timbre, degrees: Sequence[int], seconds: float) -> Signal:
        """Notes sounding together, each in two layers a little apart."""
        notes = [
            tone(timbre, self._hertz(degree) * layer, seconds) for degree in degrees for layer in self.layers
        ]
        return np.asarray(np.sum(notes, axis=0))

    def _add(self, sound: Signal, start: float, gain: float) -> None:
        """Add a sound from ``start`` seconds on; what lies outside of the piece is cut off."""
        first = round(start * RATE)
        begin, end = max(first, 0), min(first + len(sound), len(self.mix))
        if begin < end:
            self.mix[begin:end] += gain * sound[begin - first : end - first]
