"""Clusters of test tracks: one definition for intervals, ranks and comparisons."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.metrics.clusters import clusters_of


def clusters_by_artist(artist: list[str]) -> np.ndarray:
    """The clusters of tracks that are tested once each."""
    credited = {str(track): names for track, names in enumerate(artist)}
    return clusters_of(list(credited), credited)


@pytest.mark.parametrize(
    ("artist", "expected"),
    [
        (["a", "b", "a"], [0, 1, 0]),
        (["a;b", "c", "b;d", "d"], [0, 1, 0, 0]),
        (["", "", "x", ""], [0, 1, 2, 3]),
        (["x;", "y;", ""], [0, 1, 2]),
        (["z", "y", "z;y"], [0, 0, 0]),
        (["", ""], [0, 1]),
        ([], []),
    ],
)
def test_tracks_that_share_a_credited_artist_are_one_cluster(artist: list[str], expected: list[int]) -> None:
    clusters = clusters_by_artist(artist)
    assert clusters.dtype == np.int64
    assert clusters.tolist() == expected


credited = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3).map(";".join), max_size=14)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(credited)
def test_clusters_are_the_closure_of_sharing_an_artist(artist: list[str]) -> None:
    sets = [set(names.split(";")) - {""} for names in artist]
    together = np.array([[i == j or bool(a & b) for j, b in enumerate(sets)] for i, a in enumerate(sets)])
    for _ in artist:
        together = together.astype(int) @ together > 0 if len(artist) else together
    clusters = clusters_by_artist(artist)
    assert np.array_equal(clusters[:, None] == clusters[None, :], together.reshape(len(artist), len(artist)))


def test_gtzan_artists_tie_tracks_together(shared_data) -> None:
    """The clusters are the index's own artist groups (``artist_group``), where the artist is known."""
    facts = shared_data.parent / "facts" / "gtzan_tracks.csv"
    if not facts.is_file():
        pytest.skip(f"no fact table beside the data: {facts} is missing")
    with facts.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    clusters = clusters_by_artist([row["artist_ids"] for row in rows])
    groups = [row["artist_group"] or row["track_id"] for row in rows]
    assert (
        len(set(zip(clusters.tolist(), groups, strict=True)))
        == len(set(groups))
        == len(set(clusters.tolist()))
    )


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_the_connected_components(seed: int) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rng = np.random.default_rng(seed)
    credited = [[f"a{name}" for name in rng.integers(0, 40, size=rng.integers(0, 4))] for _ in range(60)]
    pairs = [(track, 60 + int(name[1:])) for track, names in enumerate(credited) for name in names]
    rows, columns = np.array(pairs).T
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(100, 100))
    component = connected_components(graph, directed=False)[1][:60].tolist()
    order = {number: place for place, number in enumerate(dict.fromkeys(component))}
    assert clusters_by_artist([";".join(names) for names in credited]).tolist() == [
        order[number] for number in component
    ]


def test_a_track_of_unknown_artist_that_several_folds_test_is_one_cluster() -> None:
    artist = {"a": "x", "b": "", "d": None, "e": "x;y"}
    tracks = ["a", "b", "c", "d", "b", "c", "d", "e", "a"]
    assert clusters_of(tracks, artist).tolist() == [0, 1, 2, 3, 1, 2, 3, 0, 0]


def test_an_artist_who_is_called_like_a_track_is_not_that_track() -> None:
    assert clusters_of(["a", "b"], {"b": "a"}).tolist() == [0, 1]
