"""ISMIR 2004 genre contest (Magnatune): 2187 whole tracks, 6 genres, three parts of 729.

`load` gives all three parts, training, development and evaluation; the usual 1458 tracks are two of them, and
a split says which (``official``: training and evaluation, ``development``: training and development). What is
known of the tracks is read from ``facts/ismir2004_tracks.tsv``, splits from ``facts/ismir2004_folds.tsv``;
both name their sources.

The contest put numbers in place of the artists of the development part. They tell its artists apart, but
match no name in the other parts: of these tracks nobody can say whether their artist is in training.

The tracks are whole pieces; models see the three middle segments of 30 s. A track id is the path of the file
in the distribution, ``<part>/<genre>/<artist>/<album>/<file>`` or ``development/<file>``. The homepage
publishes the audio; checksums of its archives are not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from mgrbench.datasets.shipped import fact_dataset, index_names, parts_of, plain

GENRES = ("classical", "electronic", "jazz_blues", "metal_punk", "rock_pop", "world")

_PARTS = ("training", "development", "evaluation")
_DEEPEST = 5
"""Folders and file of the longest id, ``training/classical/<artist>/<album>/<file>``."""


def identify(name: str) -> str | None:
    """Canonical track id of a track id or path in whatever spelling, or None.

    A named track is known by artist, album and file, be they folders or joined to one file name, whatever
    stands before them; a track of the development part by its file name, as long as it is in no folder of
    another part.

    >>> identify("ISMIR04/electronic/Domased/Return Back/2-so_easy.wav")
    'training/electronic/domased/return_back/2-so_easy.mp3'
    >>> identify("development/tracks/artist_16_album_1_track_3.mp3")
    'development/artist_16_album_1_track_3.mp3'
    >>> identify("evaluation/artist_16_album_1_track_3.mp3"), identify("2-so_easy.mp3")
    (None, None)
    """
    parts = parts_of(name)
    index = _names()
    for depth in range(1, min(len(parts), _DEEPEST) + 1):
        if track := index.get(plain("/".join(parts[-depth:]))):
            others = {part for part in _PARTS if not track.startswith(part)}
            anonymous = track.startswith("development")
            return None if anonymous and others & {part.lower() for part in parts[:-1]} else track
    return None


@cache
def _names() -> dict[str, str]:
    return index_names(
        (spelling, track.id) for track in DATASET.tracks() for spelling in _spellings(track.id)
    )


def _spellings(track: str) -> Iterator[str]:
    """The ends of a track id that still say which track it is, and that without the genre's folder."""
    parts = parts_of(track)
    enough = 1 if parts[0] == "development" else 3  # the file, or artist, album and file
    for start in range(len(parts) - enough + 1):
        yield "/".join(parts[start:])
    yield "/".join((parts[0], *parts[-enough:]))


DATASET = fact_dataset(
    "ismir2004",
    seconds=None,
    about="ISMIR 2004 genre contest: 2187 whole tracks of Magnatune in 6 genres, in three parts of 729.",
    genres=GENRES,
    sample_rate=22050,
    segment_seconds=30.0,
    segments_per_track=3,
    licence="CC BY-NC-SA 1.0 (README of the distribution)",
    homepage="https://zenodo.org/record/1302992",
    citation=(
        "P. Cano, E. Gómez, F. Gouyon, P. Herrera, M. Koppenberger, B. Ong, X. Serra, S. Streich, N. Wack: "
        "ISMIR 2004 audio description contest, technical report MTG-TR-2006-02, Universitat Pompeu Fabra, "
        "2006."
    ),
    identify=identify,
    steps=(
        "get the archives of the three parts from https://zenodo.org/record/1302992 (no checksums known)",
        "unpack them into {root}, each into a folder of its name, and keep the folders in them: a track is "
        "known by its artist, album and file",
        "mgrbench data verify ismir2004 --root {root}",
    ),
)
