"""What the tests of bad input share: how a refusal is checked, files of predictions, damage."""

from __future__ import annotations

import csv
import io

from tests.support.helpers import GENRE, GTZAN, MINI, refused, unchanged


def refused_with(needles, *arguments, where):
    """Refused in a line with all of these in it, and every file below ``where`` as it was."""
    with unchanged(where):
        line = refused(*arguments)
    assert all(needle in line for needle in needles), line
    return line


def table(rows, delimiter=",", end="\n"):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    return stream.getvalue()


def plain():
    """A sound file of predictions as rows: every test track of the small split, its genre at 0.91."""
    head = ["track_id", "predicted", *(f"p_{genre}" for genre in GTZAN.genres)]
    proba = {
        genre: ["0.91" if other == genre else "0.01" for other in GTZAN.genres] for genre in GTZAN.genres
    }
    return [head, *([track, GENRE[track], *proba[GENRE[track]]] for track in MINI)]


def damage(path, how):
    whole = path.read_bytes()
    damaged = {"cut": whole[: len(whole) // 2], "empty": b"", "words": b"words\n", "bytes": bytes(range(256))}
    path.write_bytes(damaged[how])
