"""What the tests of leaderboards share: rows that score what is asked for, and how a board is read."""

from __future__ import annotations

import csv
import io
import re

from tests.support.helpers import GENRE, GTZAN, MINI, done


def score(place, name, right, *arguments, proba=False):
    """A row of which so many of the sixty tracks are right, in the order of the small split."""
    others = dict(zip(GTZAN.genres, (*GTZAN.genres[1:], GTZAN.genres[0]), strict=True))
    head = ["track_id", "predicted", *((f"p_{genre}" for genre in GTZAN.genres) if proba else ())]
    rows = [head]
    for at, track in enumerate(MINI):
        said = GENRE[track] if at < right else others[GENRE[track]]
        rows.append([track, said, *((0.91 if said == genre else 0.01) for genre in GTZAN.genres if proba)])
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    (place / "scored.csv").write_text(stream.getvalue())
    arguments = ("-d", "gtzan", "-s", "mini.tsv", "--name", name, *arguments)
    return done("score", "scored.csv", *arguments, "--json").document


def board(*arguments):
    return done("leaderboard", "show", "gtzan/mini", *arguments, "--json").document


def markdown_table(text):
    """Cells of the first table of a Markdown page."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
