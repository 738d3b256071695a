"""The genres of the `synth` dataset: what the pieces of each have in common.

A genre lives in its metre, tempo and rhythms, its scales, chords and progressions, and its instruments.
Genres share some of all these, as they do outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """What the pieces of a genre have in common.

    A rhythm is one character a step over one bar: ``.`` rests, ``x`` and ``o`` are a loud and a soft
    stroke, a digit is a note of the bar's chord, 0 its root. Where several of a thing are given, one is
    drawn for each piece.

    Attributes:
        tempo: lowest and highest number of beats a minute.
        beats: beats a bar.
        steps: steps a beat; 3 where the beat swings.
        drums: drum -> its rhythms.
        bass: rhythms of the bass.
        chords: rhythms of the chords.
        bass_timbres: instruments for the bass.
        timbres: instruments for chords and tune.
        progressions: for every bar the degree of the scale, from 0, that its chord stands on.
        minor: probability of a minor scale.
        notes: notes a chord, stacked in thirds.
        hold: length of a chord as a share of the time to the next one.
        tune: expected notes of the tune a step.
        echo: time between echoes in beats; 0 for none.
    """

    tempo: tuple[float, float]
    beats: int
    steps: int
    drums: Mapping[str, tuple[str, ...]]
    bass: tuple[str, ...]
    chords: tuple[str, ...]
    bass_timbres: tuple[str, ...]
    timbres: tuple[str, ...]
    progressions: tuple[tuple[int, ...], ...]
    minor: float
    notes: int
    hold: float
    tune: float
    echo: float = 0.0


STYLES: Mapping[str, Style] = {
    "ambient": Style(
        tempo=(60.0, 80.0),
        beats=4,
        steps=2,
        drums={"ride": ("o.......", "o...o..."), "tom": ("x.......", "........")},
        bass=("0.......", "0...2..."),
        chords=("x.......", "x...x..."),
        bass_timbres=("flute", "organ"),
        timbres=("strings", "flute", "organ"),
        progressions=((0, 5, 3, 4), (0, 3), (5, 3, 0, 4)),
        minor=0.5,
        notes=4,
        hold=1.0,
        tune=0.2,
        echo=0.75,
    ),
    "dub": Style(
        tempo=(128.0, 150.0),
        beats=4,
        steps=4,
        drums={
            "kick": ("........x.......",),
            "rim": ("........x.......", "....x.......x..."),
            "hat": ("x.x.x.x.x.x.x.x.", "o.x.o.x.o.x.o.x."),
        },
        bass=("0...0...2.....1.", "0.....0.2...0..."),
        chords=("....x.......x...", "....x.......x.x."),
        bass_timbres=("flute", "organ"),
        timbres=("organ", "pluck"),
        progressions=((0, 3), (0, 6), (0, 4, 3, 0)),
        minor=0.7,
        notes=3,
        hold=0.3,
        tune=0.12,
        echo=0.75,
    ),
    "march": Style(
        tempo=(100.0, 124.0),
        beats=2,
        steps=4,
        drums={"kick": ("x...x...",), "snare": ("..x...xx", "x.xoxoxo", "..xo..xo")},
        bass=("0...2...",),
        chords=("..x...x.", "x.x.x.x."),
        bass_timbres=("brass", "organ"),
        timbres=("brass", "reed"),
        progressions=((0, 4, 0, 4), (0, 3, 4, 0), (0, 5, 1, 4)),
        minor=0.2,
        notes=3,
        hold=0.5,
        tune=0.4,
    ),
    "swing": Style(
        tempo=(120.0, 180.0),
        beats=4,
        steps=3,
        drums={
            "ride": ("x..x.xx..x.x", "x..x..x..x.x"),
            "kick": ("o..o..o..o..", "............"),
            "brush": ("...x.....x..",),
        },
        bass=("0..1..2..1..", "0..2..3..2.."),
        chords=("x....x......", "..x.....x...", "...x.....x.."),
        bass_timbres=("pluck",),
        timbres=("piano", "brass"),
        progressions=((1, 4, 0, 0), (0, 5, 1, 4), (0, 3, 0, 4)),
        minor=0.3,
        notes=4,
        hold=0.5,
        tune=0.35,
    ),
    "techno": Style(
        tempo=(122.0, 140.0),
        beats=4,
        steps=4,
        drums={
            "kick": ("x...x...x...x...",),
            "hat": ("..x...x...x...x.", "o.x.o.x.o.x.o.x."),
            "clap": ("....x.......x...", "................"),
        },
        bass=("..0...0...0...0.", "0.00..0.0.00..0."),
        chords=("x..x..x.........", "x.....x...x....."),
        bass_timbres=("saw", "organ"),
        timbres=("saw", "pluck"),
        progressions=((0, 0), (0, 5), (0, 5, 2, 6)),
        minor=0.85,
        notes=3,
        hold=0.5,
        tune=0.2,
        echo=0.75,
    ),
    "waltz": Style(
        tempo=(140.0, 190.0),
        beats=3,
        steps=2,
        drums={"brush": ("..o.o.", "x.o.o."), "kick": ("o.....", "......")},
        bass=("0.....", "2....."),
        chords=("..x.x.",),
        bass_timbres=("pluck", "organ"),
        timbres=("reed", "strings"),
        progressions=((0, 4, 4, 0), (0, 3, 4, 0), (0, 5, 1, 4)),
        minor=0.35,
        notes=3,
        hold=0.6,
        tune=0.4,
    ),
}
