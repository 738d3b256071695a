"""GTZAN genre collection (Tzanetakis & Cook 2002): 1000 clips of 30 s, 10 genres of 100, no official split.

What is known of the clips (artists, replicas, faults) is read from ``facts/gtzan_tracks.tsv``, the fold
assignments that others published from ``facts/gtzan_folds.tsv``; both name their sources.

The audio is found in any layout people have it in: one folder a genre or none, ``blues.00000.au`` or
``blues_00000.wav``, ``hiphop``, ``hip-hop`` or ``Hip Hop``. The published MD5 sums are those of the WAV
copies, so a clip found in another format has no checksum.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mgrbench import Archive, Dataset, PublishedFolds, Track
from mgrbench.datasets.fact_tables import facts_file, read_facts, read_folds
from mgrbench.datasets.folder import find_clips

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
SECONDS = 30.0
"""Nominal length of a clip; the collection's own are 660 000 to 675 808 samples, 29.93 to 30.65 s."""

SUFFIXES = (".au", ".wav", ".flac", ".ogg", ".mp3")
_COLUMNS = ("genre", "artist", "replica", "recording", "faults", "md5_wav")

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


def load(root: Path | None = None) -> Sequence[Track]:
    """The 1000 tracks, sorted by id; with ``root`` those of which there is audio under it.

    Raises:
        BenchError: if ``root`` does not exist or holds none of the clips.
    """
    if root is None:
        return _known()
    clips = find_clips(DATASET, root)
    return tuple(_with_audio(track, clips[track.id]) for track in _known() if track.id in clips)


def published() -> Mapping[str, PublishedFolds]:
    """The fold assignments of ``facts/gtzan_folds.tsv``: foleiss3, kereliuk, mclnn10, artist3, artist5."""
    return _folds()


@lru_cache(maxsize=1)
def _folds() -> Mapping[str, PublishedFolds]:
    return read_folds(facts_file("gtzan_folds.tsv"))


@lru_cache(maxsize=1)
def _known() -> tuple[Track, ...]:
    return tuple(
        Track(
            id=row["track_id"],
            genre=row["genre"],
            artist=row["artist"] or None,
            seconds=SECONDS,
            replica=row["replica"] or None,
            recording=row["recording"] or None,
            faults=tuple(row["faults"].split(";")) if row["faults"] else (),
            checksum=row["md5_wav"] or None,
        )
        for row in read_facts(facts_file("gtzan_tracks.tsv"), _COLUMNS).rows
    )


def _with_audio(track: Track, path: str) -> Track:
    checksum = track.checksum if path.lower().endswith(".wav") else None
    return replace(track, path=path, checksum=checksum)


CLIPS, CONSPICUOUS, CONTENTIOUS = 1000, 43, 63
"""Clips of the collection, and those that Sturm (2012) finds plainly or arguably mislabelled."""

DATASET = Dataset(
    name="gtzan",
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
    load=load,
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
    published=published,
    audio_suffixes=SUFFIXES,
    cautions=(
        f"Sturm (2012) finds {CONSPICUOUS} conspicuous and {CONTENTIOUS} contentious mislabelings among the "
        f"{CLIPS} clips: a perfect listener scores {1 - CONSPICUOUS / CLIPS:.1%} if the conspicuous ones "
        f"count as errors, {1 - (CONSPICUOUS + CONTENTIOUS) / CLIPS:.1%} if the contentious ones do too "
        "(mgrbench's arithmetic, not a published ceiling; which clips they are is not known here).",
    ),
)
