"""Homburg (Homburg et al. 2005): 1886 clips of 10 s, 9 genres, also called Dortmund or Garageband.

What is known of the clips is read from ``facts/homburg_tracks.tsv``, fold assignments from
``facts/homburg_folds.tsv``; both name their sources. There is no official split. The artist is the part of
the file name before the first hyphen; nothing is known of replicas. The homepage publishes the audio;
addresses and checksums of its archives are not known here.
"""

from __future__ import annotations

from functools import cache

from mgrbench.datasets.shipped import fact_dataset, index_names, parts_of, plain

GENRES = (
    "alternative", "blues", "electronic", "folkcountry", "funksoulrnb", "jazz", "pop", "raphiphop", "rock",
)  # fmt: skip
SECONDS = 10.0
"""Length of a clip."""


def identify(name: str) -> str | None:
    """Canonical track id of a track id, file name or path in whatever spelling, or None.

    Folders are not looked at: no two clips have one file name. In a folder of all clips the name may have the
    genre or the name of the dataset before it.

    >>> identify("Homburg/Alternative/50 Minutes - Colours.mp3")
    'alternative/50_Minutes-Colours'
    """
    parts = parts_of(name)
    return _names().get(plain(parts[-1])) if parts else None


@cache
def _names() -> dict[str, str]:
    return index_names(
        (f"{prefix}-{track.id.partition('/')[2]}", track.id)
        for track in DATASET.tracks()
        for prefix in ("", "homburg", track.genre)
    )


DATASET = fact_dataset(
    "homburg",
    seconds=SECONDS,
    about="Homburg (Dortmund, Garageband): 1886 clips of 10 s in 9 genres, of 1463 artists.",
    genres=GENRES,
    sample_rate=22050,
    segment_seconds=10.0,
    segments_per_track=1,
    licence="none seen; the page calls the clips freely available",
    homepage="http://www-ai.cs.uni-dortmund.de/audio.html",
    citation=(
        "H. Homburg, I. Mierswa, B. Möller, K. Morik, M. Wurst: A benchmark dataset for audio classification "
        "and clustering, ISMIR 2005, 528-531."
    ),
    identify=identify,
    steps=(
        "get the clips from http://www-ai.cs.uni-dortmund.de/audio.html (no checksums known)",
        "put or unpack them into {root}, in any folders; keep the file names",
        "mgrbench data verify homburg --root {root}",
    ),
)
