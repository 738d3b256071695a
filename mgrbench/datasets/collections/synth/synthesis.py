"""Sounds behind the `synth` dataset: instruments, drums, and the colour of a recording.

Tones are additive (wavetables with a harmonic slope), drums are shaped noise over falling sines, and a
recording's colour is equalisation, tuning and a noise floor. All arithmetic is float64 and every draw
comes from the generator passed in, so a sound is the same each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Signal = NDArray[np.float64]

RATE = 22_050
"""Samples a second."""

_TABLE = 4096
_HARMONICS = 48
_RELEASE = 0.03
_BANDS = np.log2(np.geomspace(60.0, 9600.0, 9))


@dataclass(frozen=True, slots=True)
class Timbre:
    """An instrument.

    Attributes:
        slope: level of the harmonics in dB an octave.
        even: amplitude of the even harmonics, 1 for a complete spectrum.
        attack: seconds until the full level.
        decay: time constant in seconds of the fading; infinite for a held tone.
    """

    slope: float
    even: float
    attack: float
    decay: float


TIMBRES: Mapping[str, Timbre] = {
    "brass": Timbre(-5.5, 1.0, 0.05, np.inf),
    "flute": Timbre(-14.0, 0.6, 0.07, np.inf),
    "organ": Timbre(-9.0, 0.9, 0.01, np.inf),
    "piano": Timbre(-8.5, 1.0, 0.004, 0.5),
    "pluck": Timbre(-7.0, 0.8, 0.002, 0.2),
    "reed": Timbre(-5.0, 0.7, 0.04, np.inf),
    "saw": Timbre(-6.0, 1.0, 0.004, 0.6),
    "square": Timbre(-6.5, 0.05, 0.004, np.inf),
    "strings": Timbre(-7.5, 1.0, 0.18, np.inf),
}


@dataclass(frozen=True, slots=True)
class Drum:
    """A percussion sound: a sine that falls in pitch, and noise around a centre.

    Attributes:
        pitch: Hz that the sine falls to, from four times as much.
        body: amplitude of the sine.
        ring: time constant of the sine in seconds.
        centre: Hz around which the noise lies.
        width: octaves from the centre at which the noise is 6 dB down.
        noise: amplitude of the noise.
        rustle: time constant of the noise in seconds.
    """

    pitch: float
    body: float
    ring: float
    centre: float
    width: float
    noise: float
    rustle: float


DRUMS: Mapping[str, Drum] = {
    "brush": Drum(200.0, 0.05, 0.03, 4500.0, 1.0, 0.35, 0.09),
    "clap": Drum(300.0, 0.0, 0.0, 1600.0, 0.6, 0.8, 0.05),
    "hat": Drum(400.0, 0.0, 0.0, 8500.0, 0.4, 0.4, 0.025),
    "kick": Drum(50.0, 1.6, 0.11, 1500.0, 1.0, 0.08, 0.006),
    "ride": Drum(600.0, 0.03, 0.1, 7000.0, 0.6, 0.3, 0.18),
    "rim": Drum(420.0, 0.6, 0.015, 2500.0, 0.5, 0.3, 0.01),
    "snare": Drum(185.0, 0.5, 0.05, 3000.0, 1.0, 0.7, 0.06),
    "tom": Drum(95.0, 1.0, 0.12, 900.0, 1.0, 0.06, 0.02),
}


@dataclass(frozen=True, slots=True)
class Colour:
    """How a recording sounds, whatever is played.

    Attributes:
        gains: dB at nine frequencies from 60 to 9600 Hz, evenly spaced in octaves, of mean 0.
        cents: tuning against 440 Hz.
        spread: cents between the two layers that chords and tune are played in.
        hiss: level of the noise floor against the music in dB.
        hiss_slope: slope of its spectrum in dB an octave.
    """

    gains: Signal
    cents: float
    spread: float
    hiss: float
    hiss_slope: float


COLOUR_NORMALS = len(_BANDS) + 4
"""How many standard normal numbers make a colour."""


def colour_of(normals: Signal) -> Colour:
    """The colour that ``COLOUR_NORMALS`` standard normal numbers stand for."""
    gains = 11.0 * normals[: len(_BANDS)]
    cents, spread, hiss, slope = (float(number) for number in normals[len(_BANDS) :])
    return Colour(
        gains=gains - gains.mean(),
        cents=30.0 * cents,
        spread=8.0 * abs(spread),
        hiss=-32.0 + 6.0 * hiss,
        hiss_slope=-3.0 + 2.0 * slope,
    )


def tone(timbre: Timbre, frequency: float, seconds: float) -> Signal:
    """A note of unit power, ``seconds`` long and then released, of shape (samples,)."""
    harmonics = max(1, min(_HARMONICS, int(0.45 * RATE / frequency)))
    table = _wavetable(timbre.slope, timbre.even, harmonics)
    time = np.arange(int((seconds + _RELEASE) * RATE)) / RATE
    position = frequency * _TABLE * time
    index = position.astype(np.int64)
    position -= index
    index &= _TABLE - 1
    sound = table[index]
    index += 1
    sound += position * (table[index] - sound)
    sound *= np.minimum(time / timbre.attack, 1.0)
    sound *= np.minimum((seconds - time) / _RELEASE + 1.0, 1.0)
    if np.isfinite(timbre.decay):
        sound *= np.exp(-time / timbre.decay)
    return sound


@lru_cache(maxsize=1024)
def _wavetable(slope: float, even: float, harmonics: int) -> Signal:
    """One period of a tone of unit power, its first sample once more at the end for interpolation."""
    number = np.arange(1, harmonics + 1)
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    spectrum[1 : harmonics + 1] = -1j * 10.0 ** (slope * np.log2(number) / 20.0)
    spectrum[2 : harmonics + 1 : 2] *= even
    period = np.fft.irfft(spectrum)
    period /= np.sqrt(np.mean(period**2))
    return np.append(period, period[0])


def hit(drum: Drum, rng: Generator) -> Signal:
    """One hit of a drum, its pitch and noise drawn, of shape (samples,)."""
    time = np.arange(int(5.0 * max(drum.ring, drum.rustle) * RATE)) / RATE
    pitch = drum.pitch * 2.0 ** rng.uniform(-0.2, 0.2)
    fall = 0.02  # seconds
    turns = pitch * (time + 3.0 * fall * (1.0 - np.exp(-time / fall)))
    distance = (_octaves(len(time)) - np.log2(drum.centre)) / drum.width
    noise = np.fft.irfft(_noise_spectrum(len(time), -6.0 * distance**2, rng), len(time))
    sound = drum.noise * noise * np.exp(-time / drum.rustle)
    if drum.body:
        sound += drum.body * np.sin(2.0 * np.pi * turns) * np.exp(-time / drum.ring)
    return np.asarray(sound)


def coloured(music: Signal, colour: Colour, rng: Generator) -> Signal:
    """Music with a recording's noise floor and equalisation, at a power of 0.01 (-20 dB)."""
    octaves = _octaves(len(music))
    level = np.sqrt(np.mean(music**2)) * 10.0 ** (colour.hiss / 20.0)
    spectrum = np.fft.rfft(music)
    spectrum += level * _noise_spectrum(len(music), colour.hiss_slope * octaves, rng)
    spectrum *= 10.0 ** (np.interp(octaves, _BANDS, colour.gains) / 20.0)
    sound = np.fft.irfft(spectrum, len(music))
    return np.asarray(sound * (0.1 / np.sqrt(np.mean(sound**2))))


def _noise_spectrum(samples: int, decibels: Signal, rng: Generator) -> NDArray[np.complex128]:
    """Spectrum of Gaussian noise of unit power whose density follows ``decibels``."""
    normals = rng.standard_normal((2, len(decibels)))
    spectrum = (normals[0] + 1j * normals[1]) * 10.0 ** (decibels / 20.0)
    return np.asarray(spectrum * (samples / np.sqrt(2.0 * np.sum(np.abs(spectrum) ** 2))))


@lru_cache(maxsize=64)
def _octaves(samples: int) -> Signal:
    """log2 of the frequencies in Hz of a real spectrum; its first bin counts as its second."""
    frequency = np.fft.rfftfreq(samples, 1.0 / RATE)
    frequency[0] = frequency[1]
    return np.asarray(np.log2(frequency))
