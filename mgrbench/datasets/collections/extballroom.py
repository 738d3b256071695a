"""Extended Ballroom (Marchand & Peeters 2016): 4180 clips of about 30 s, 13 dances, no official split.

What is known of the clips (artists, albums, duplicates) is read from ``facts/extballroom_tracks.tsv``, fold
assignments from ``facts/extballroom_folds.tsv``; both name their sources. The clips are previews of a dance
shop, published one by one as ``<number>.mp3``; the number is the track id.

A *replica* is what the authors of the dataset call an exact, time (the same recording at another speed) or
karaoke duplicate; a *recording* is that or a version of the same piece.
"""

from __future__ import annotations

import re
from functools import cache

from mgrbench import Archive
from mgrbench.datasets.shipped import fact_dataset, parts_of

GENRES = (
    "Chacha", "Foxtrot", "Jive", "Pasodoble", "Quickstep", "Rumba", "Salsa", "Samba", "Slowwaltz", "Tango",
    "Viennesewaltz", "Waltz", "Wcswing",
)  # fmt: skip
SECONDS = 30.0
"""Nominal length of a clip."""


# The whole file name: the number, and before it at most the dance or the name of the dataset.
_SPACE = r"[ ._-]?"
_DANCES = (
    GENRES[0].replace("cha", f"{_SPACE}cha({_SPACE}cha)?"),
    *GENRES[1:3],
    f"paso{_SPACE}doble",
    *GENRES[4:8],
    f"slow{_SPACE}waltz",
    "tango",
    f"viennese{_SPACE}waltz",
    "waltz",
    f"(wc|west{_SPACE}coast){_SPACE}swing",
)
_NAME = re.compile(
    rf"(?:ext(?:ended)?{_SPACE}ballroom[ ._-])?(?:(?:{'|'.join(_DANCES)})[ ._-])?(?P<number>[0-9]{{6}})",
    re.IGNORECASE | re.ASCII,
)


def identify(name: str) -> str | None:
    """Canonical track id of a track id, file name or path in whatever spelling, or None.

    Folders are not looked at. The Ballroom dataset's ``Media-103601.wav`` is another dataset's clip.

    >>> identify("Chacha/103601.mp3"), identify("Viennese Waltz_100610.wav"), identify("Media-103601.wav")
    ('103601', '100610', None)
    """
    parts = parts_of(name)
    match = _NAME.fullmatch(parts[-1]) if parts else None
    return match["number"] if match and match["number"] in _numbers() else None


@cache
def _numbers() -> frozenset[str]:
    return frozenset(track.id for track in DATASET.tracks())


DATASET = fact_dataset(
    "extballroom",
    seconds=SECONDS,
    about="Extended Ballroom: 4180 clips of 30 s in 13 dances, rich in annotated duplicates.",
    genres=GENRES,
    sample_rate=22050,
    segment_seconds=10.0,
    segments_per_track=3,
    licence="none stated; the clips are previews of a dance shop",
    homepage="http://anasynth.ircam.fr/home/media/ExtendedBallroom",
    citation="U. Marchand, G. Peeters: The Extended Ballroom dataset, ISMIR late-breaking session, 2016.",
    identify=identify,
    # There is no archive: each clip has an address of its own, and its MD5 in the facts.
    archives=(Archive("http://media.ballroomdancers.com/mp3/{id}.mp3", "", open=True),),
)
