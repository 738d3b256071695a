"""Ballroom (ISMIR 2004 tempo contest): 698 clips of 30 s, 8 dances, no official split.

What is known of the clips (albums, replicas) is read from ``facts/ballroom_tracks.tsv``, fold assignments
from ``facts/ballroom_folds.tsv``; both name their sources. No artists are published, so that the album is the
only thing that can be kept on one side. 253 of the clips have the number of a clip of the Extended Ballroom
dataset, see the column ``extballroom`` of the facts.
"""

from __future__ import annotations

from functools import cache

from mgrbench import Archive
from mgrbench.datasets.shipped import fact_dataset, index_names, parts_of, plain

GENRES = ("ChaChaCha", "Jive", "Quickstep", "Rumba", "Samba", "Tango", "VienneseWaltz", "Waltz")
SECONDS = 30.0
"""Nominal length of a clip."""

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".au")

# Names that people put before that of a clip in a folder of all clips.
_PREFIXES = (
    "ballroom", *GENRES, "Cha Cha Cha", "Viennese Waltz", "Rumba American", "Rumba International",
    "Rumba Misc",
)  # fmt: skip


def identify(name: str) -> str | None:
    """Canonical track id of a track id, file name or path in whatever spelling, or None.

    Folders are not looked at: ``Rumba``, ``Rumba-International`` or none, a clip has a name of its own.

    >>> identify("BallroomData/ChaChaCha/albums_cafe_paradiso_05.WAV")
    'Albums-Cafe_Paradiso-05'
    >>> identify("105119.mp3") is None
    True
    """
    parts = parts_of(name)
    return _names().get(plain(parts[-1])) if parts else None


@cache
def _names() -> dict[str, str]:
    return index_names(
        (f"{prefix}-{track.id}", track.id) for track in DATASET.tracks() for prefix in ("", *_PREFIXES)
    )


DATASET = fact_dataset(
    "ballroom",
    seconds=SECONDS,
    about="Ballroom: 698 clips of 30 s in 8 dances, from the ISMIR 2004 tempo contest; no artists known.",
    genres=GENRES,
    sample_rate=22050,
    segment_seconds=10.0,
    segments_per_track=3,
    licence="none stated (mirdata calls it CC BY-NC-SA 4.0)",
    homepage="https://mtg.upf.edu/ismir2004/contest/tempoContest/",
    citation=(
        "F. Gouyon, A. Klapuri, S. Dixon, M. Alonso, G. Tzanetakis, C. Uhle, P. Cano: An experimental "
        "comparison of audio tempo induction algorithms, IEEE Transactions on Audio, Speech, and Language "
        "Processing 14(5), 1832-1844, 2006."
    ),
    identify=identify,
    archives=(
        Archive(
            "https://mtg.upf.edu/ismir2004/contest/tempoContest/data1.tar.gz",
            "md5:2872a3e52070bc342a4510a95e2fa0b8",
        ),
    ),
    audio_suffixes=SUFFIXES,
)
