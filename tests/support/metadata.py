"""Made-up metadata with the real columns: FMA's ``tracks.csv`` and ``genres.csv``, MTG-Jamendo's tables.

The numbers of rows, columns and genres can be those of the real files; titles and people are none's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mgrbench.datasets.collections._fma_genres import TOP

FMA_COLUMNS = (
    *(("album", name) for name in (
        "comments", "date_created", "date_released", "engineer", "favorites", "id", "information", "listens",
        "producer", "tags", "title", "tracks", "type",
    )),
    *(("artist", name) for name in (
        "active_year_begin", "active_year_end", "associated_labels", "bio", "comments", "date_created",
        "favorites", "id", "latitude", "location", "longitude", "members", "name", "related_projects", "tags",
        "website", "wikipedia_page",
    )),
    ("set", "split"), ("set", "subset"),
    *(("track", name) for name in (
        "bit_rate", "comments", "composer", "date_created", "date_recorded", "duration", "favorites",
        "genre_top", "genres", "genres_all", "information", "interest", "language_code", "license", "listens",
        "lyricist", "number", "publisher", "tags", "title",
    )),
)  # fmt: skip
"""The 52 columns of the real file, in its order."""


@dataclass(frozen=True)
class FmaTrack:
    """What a line of ``tracks.csv`` says that is used."""

    id: int
    top: str = "Rock"
    split: str = "training"
    subset: str = "small"
    artist: int = 1
    album: int = 1
    genres: str = "[12]"
    duration: int = 200


def write_fma(
    folder: Path,
    tracks: Iterable[FmaTrack],
    bio: str = 'A band,\n"of" some town',
    counted: Mapping[int, int] | None = None,
) -> Path:
    """``tracks.csv`` with these tracks and ``genres.csv``.

    ``bio`` is every artist's, as long as need be; ``counted``: genre number -> tracks, by ``genres.csv``.
    """
    counted = counted or {}
    folder.mkdir(parents=True, exist_ok=True)
    place = {pair: position for position, pair in enumerate(FMA_COLUMNS)}
    fixed = [""] * len(FMA_COLUMNS)
    fixed[place["artist", "bio"]] = bio
    with (folder / "tracks.csv").open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(["", *(group for group, _ in FMA_COLUMNS)])
        lines.writerow(["", *(name for _, name in FMA_COLUMNS)])
        lines.writerow(["track_id", *[""] * len(FMA_COLUMNS)])
        for track in tracks:
            fields = list(fixed)
            said = {
                ("set", "split"): track.split,
                ("set", "subset"): track.subset,
                ("track", "genre_top"): track.top,
                ("track", "genres"): track.genres,
                ("artist", "id"): track.artist,
                ("album", "id"): track.album,
                ("track", "duration"): track.duration,
            }
            for pair, value in said.items():
                fields[place[pair]] = str(value)
            lines.writerow([track.id, *fields])
    rows = [
        f"{number},{counted.get(number, 0)},{parent},{title},{root}" for number, parent, title, root in GENRES
    ]
    (folder / "genres.csv").write_text("\n".join(["genre_id,#tracks,parent,title,top_level", *rows, ""]))
    return folder / "tracks.csv"


GENRES = [
    *((number, 0, title, number) for number, title in enumerate(TOP, start=1)),
    (101, 14, "Psych-Rock", 14),
    (102, 101, "Space-Rock", 14),
    (103, 8, "Hip-Hop Beats", 8),
]
"""Number, parent, title and root; Rock is 14, Hip-Hop 8, as their places among the roots."""

NUMBER = {title: number for number, _, title, _ in GENRES}
"""Title -> number."""


def fma_tracks(count: int, subset_of: Mapping[str, int] | None = None) -> Iterable[FmaTrack]:
    """So many tracks, eight in ten for training, each artist with ten tracks in one part and all genres."""
    titles, sizes = list(TOP), dict(subset_of or {"small": count})
    subsets = [name for name, size in sizes.items() for _ in range(size)]
    for position in range(count):
        artist = position // 10
        top = titles[position % len(titles)]
        yield FmaTrack(
            id=position + 1,
            top=top,
            split=("test", "validation", *["training"] * 8)[artist % 10],
            subset=subsets[position] if position < len(subsets) else "large",
            artist=artist,
            album=position // 5,
            genres=f"[{NUMBER[top]}]",
            duration=30 + position % 400,
        )


JAMENDO_HEAD = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"


def jamendo_line(number: int, tags: Iterable[str], artist: int = 1, seconds: float = 200.5) -> str:
    """A line of ``autotagging_genre.tsv``: its tags stand in columns of their own."""
    path = f"{number % 100:02d}/{number}.mp3"
    said = [f"track_{number:07d}", f"artist_{artist:06d}", f"album_{artist:06d}", path, str(seconds)]
    return "\t".join([*said, *(f"genre---{tag}" for tag in tags)])


def write_jamendo(data: Path, lines: Mapping[int, str], part_of: Mapping[int, str]) -> Path:
    """The table and the five splits, all alike, with tracks in the part that ``part_of`` says, or in none."""
    data.mkdir(parents=True, exist_ok=True)
    table = data / "autotagging_genre.tsv"
    table.write_text("\n".join([JAMENDO_HEAD, *lines.values(), ""]))
    for split in range(5):
        folder = data / "splits" / f"split-{split}"
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("train", "validation", "test"):
            mine = [line for number, line in lines.items() if part_of.get(number) == part]
            (folder / f"autotagging_genre-{part}.tsv").write_text("\n".join([JAMENDO_HEAD, *mine, ""]))
    return table


def jamendo_rows(count: int, tags: int = 20) -> tuple[dict[int, str], dict[int, str]]:
    """So many lines, half of them with one tag, and the part of each; artists of ten tracks in one part."""
    lines, part_of = {}, {}
    for position in range(count):
        artist = position // 10
        names = [f"tag{(position // 2) % tags}", f"tag{position % 7}", "other"][: 1 + 2 * (position % 2)]
        lines[position + 1] = jamendo_line(position + 1, dict.fromkeys(names), artist)
        part_of[position + 1] = ("test", "validation", *["train"] * 3)[artist % 5]
    return lines, part_of
