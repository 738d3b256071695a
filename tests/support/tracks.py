"""What the tests of splits share: made-up tracks that share artists, replica sets and recordings."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st

from mgrbench.core.types import Dataset, Track

GENRES = ("ambient", "bolero", "chorinho")

properties = settings(deadline=None, max_examples=60, derandomize=True)


def toy(tracks: Iterable[Track]) -> Dataset:
    """A dataset of these tracks, known by their ids and by ``<id>.wav`` in any folder."""
    known = {track.id: track for track in tracks}

    def identify(name: str) -> str | None:
        stem = name.rpartition("/")[2].removesuffix(".wav")
        return stem if stem in known else None

    return Dataset(
        name="toy",
        about="Made-up tracks.",
        genres=GENRES,
        sample_rate=8000,
        segment_seconds=1.0,
        segments_per_track=1,
        licence="none",
        homepage="",
        citation="nobody, 2000",
        load=lambda root: tuple(known.values()),
        identify=identify,
    )


def plain_tracks(per_genre: int, artists: int = 1000) -> list[Track]:
    return [
        Track(f"{genre}.{number}", genre, artist=f"{genre}-{number % artists}", album=f"album-{number}")
        for genre in GENRES
        for number in range(per_genre)
    ]


@st.composite
def track_lists(draw: st.DrawFn, smallest: int = 0, largest: int = 40) -> list[Track]:
    """Tracks that share artists (several on some, none on others), replica sets and recordings."""

    def one_of(letter: str, up_to: int) -> st.SearchStrategy[str]:
        return st.integers(1, up_to).map(lambda number: f"{letter}{number}")

    artist = st.lists(one_of("a", draw(st.integers(1, 12))), max_size=2, unique=True).map(";".join)
    optional = st.none() | st.none() | st.none()
    fields = draw(
        st.lists(
            st.tuples(st.sampled_from(GENRES), artist, optional | one_of("x", 6), optional | one_of("r", 6)),
            min_size=smallest,
            max_size=largest,
        )
    )
    return [
        Track(f"t{number:03d}", genre, artist=artist or None, replica=replica, recording=recording)
        for number, (genre, artist, replica, recording) in enumerate(fields)
    ]


def share_something(one: Track, other: Track) -> bool:
    """Whether two tracks must not be on two sides: the definition, word for word."""
    return bool(
        one.artists & other.artists
        or (one.replica and one.replica == other.replica)
        or (one.recording and one.recording == other.recording)
    )
