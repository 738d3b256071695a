"""GTZAN genre collection (Tzanetakis & Cook 2002): 1000 clips of 30 s, 10 genres of 100, no official split.

What is known of the clips (artists, replicas, faults) is read from ``facts/gtzan_tracks.tsv``, the fold
assignments that others published from ``facts/gtzan_folds.tsv``; both name their sources.

The audio is found in any layout people have it in: one folder a genre or none, ``blues.00000.au`` or
``blues_00000.wav``, ``hiphop``, ``hip-hop`` or ``Hip Hop``. The published MD5 sums are those of the WAV
copies, so a clip found in another format has no checksum.
"""

from __future__ import annotations

import re

from mgrbench import Archive
from mgrbench.datasets.shipped import fact_dataset

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
SECONDS = 30.0
"""Nominal length of a clip; the collection's own are 660 000 to 675 808 samples, 29.93 to 30.65 s."""

SUFFIXES = (".au", ".wav", ".flac", ".ogg", ".mp3")

# The whole file name: a wider pattern would take "notblues.00001" or the 3-second piece "blues.00000.1.wav"
# for the clip. There are 100 clips a genre, so the number is 000 and two digits. Converters append their
# ending ("blues.00000.au.wav").
_SEPARATOR = r"[ ._-]?"
_NAME = re.compile(
    rf"(?:gtzan[ ._-])?(?P<genre>{'|'.join(GENRES).replace('hiphop', f'hip{_SEPARATOR}hop')})"
    rf"{_SEPARATOR}(?P<number>000[0-9]{{2}})(?:{'|'.join(map(re.escape, SUFFIXES))})*",
    re.IGNORECASE | re.ASCII,
)


def identify(name: str) -> str | None:
    """Canonical track id of a track id, file name or path in whatever spelling, or None.

    Folders are not looked at: a clip that somebody moved to another genre's folder keeps its id.

    >>> identify("genres/Hip-Hop/Hip-Hop_00003.WAV")
    'hiphop.00003'
    >>> identify("blues.1000") is None
    True
    """
    match = _NAME.fullmatch(name.strip().replace("\\", "/").rpartition("/")[2])
    if match is None:
        return None
    return f"{re.sub(r'[ ._-]', '', match['genre']).lower()}.{match['number']}"


CLIPS, CONSPICUOUS, CONTENTIOUS = 1000, 43, 63
"""Clips of the collection, and those that Sturm (2012) finds plainly or arguably mislabelled."""

DATASET = fact_dataset(
    "gtzan",
    seconds=SECONDS,
    about="GTZAN genre collection: 1000 clips of 30 s in 10 genres, the most used and the most faulty.",
    genres=GENRES,
    sample_rate=22050,
    segment_seconds=10.0,
    segments_per_track=3,
    licence="none stated",
    homepage="https://huggingface.co/datasets/marsyas/gtzan",
    citation=(
        "G. Tzanetakis, P. Cook: Musical genre classification of audio signals, IEEE Transactions on Speech "
        "and Audio Processing 10(5), 293-302, 2002. Its faults and artists: B. L. Sturm: The GTZAN dataset: "
        "its contents, its faults, their effects on evaluation, and its future use, arXiv:1306.1461, 2013."
    ),
    identify=identify,
    # The collection's own addresses (opihi.cs.uvic.ca, marsyas.info) are dead. These are two different
    # archives of one name, with different checksums; it is the clips that `mgrbench data verify` checks.
    archives=(
        Archive(
            "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
            "sha256:b28cc067ff6199bd826f5d1a6931458586d64acae7f44b2e882b7a97af057531",
        ),
        Archive(
            "https://web.archive.org/web/20220328223413/http://opihi.cs.uvic.ca/sound/genres.tar.gz",
            "sha256:24347e0223d2ba798e0a558c4c172d9d4a19c00bb7963fe055d183dadb4ef2c6",
        ),
    ),
    audio_suffixes=SUFFIXES,
    cautions=(
        f"Sturm (2012) finds {CONSPICUOUS} conspicuous and {CONTENTIOUS} contentious mislabelings among the "
        f"{CLIPS} clips: a perfect listener scores {1 - CONSPICUOUS / CLIPS:.1%} if the conspicuous ones "
        f"count as errors, {1 - (CONSPICUOUS + CONTENTIOUS) / CLIPS:.1%} if the contentious ones do too "
        "(mgrbench's arithmetic, not a published ceiling; which clips they are is not known here).",
    ),
)
