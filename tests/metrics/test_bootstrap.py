"""Statistics: the bootstrap against literal resampling with scikit-learn, and by its properties."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from mgrbench.core.types import BenchError
from mgrbench.metrics.bootstrap import LOSS_UNIT, Bootstrap, fold_mean_std
from mgrbench.metrics.classification import CLIP, METRICS, Outcome, scores, track_log_loss

GENRES = 5


def clustered_outcome(seed: int = 0, tracks: int = 120, clusters: int = 30, genres: int = GENRES) -> tuple:
    """An outcome in which artists are right or wrong as a whole more often than not, and its clusters."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(clusters, size=tracks)
    genre = rng.integers(genres, size=clusters)[cluster]
    ease = rng.beta(1, 0.5, size=clusters)[cluster]
    predicted = np.where(rng.random(tracks) < ease, genre, rng.integers(genres, size=tracks))
    proba = 0.5 * np.eye(genres)[predicted] + 0.5 * rng.dirichlet(np.ones(genres), size=tracks)
    return cluster, Outcome(genre, predicted, proba, genres)


def by_scikit_learn(outcome: Outcome, picked: np.ndarray) -> dict[str, float]:
    """Every metric of the tracks picked, with repeats."""
    true, predicted = outcome.genre[picked], outcome.predicted[picked]
    assert outcome.proba is not None
    proba = np.clip(outcome.proba[picked], CLIP, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of genres that are predicted but do not occur in a resample
        return {
            "accuracy": sklearn_metrics.accuracy_score(true, predicted),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(true, predicted),
            "macro_f1": sklearn_metrics.f1_score(true, predicted, average="macro"),
            "weighted_f1": sklearn_metrics.f1_score(true, predicted, average="weighted"),
            "mcc": sklearn_metrics.matthews_corrcoef(true, predicted),
            "log_loss": sklearn_metrics.log_loss(true, proba, labels=range(outcome.n_genres)),
        }


# Six clusters only: many resamples miss a genre, and some hold a single one.
@pytest.mark.parametrize(("tracks", "clusters"), [(120, 30), (25, 6), (8, 3)])
def test_distributions_are_those_of_literal_resampling(tracks: int, clusters: int) -> None:
    cluster, outcome = clustered_outcome(tracks=tracks, clusters=clusters)
    bootstrap = Bootstrap(cluster, outcome.genre, GENRES, resamples=40, seed=3)
    distributions = bootstrap.distributions(outcome)
    assert list(distributions) == list(METRICS)
    for resample in range(40):
        times_drawn = bootstrap.weights[bootstrap.clusters, resample].astype(int)
        expected = by_scikit_learn(outcome, np.repeat(np.arange(tracks), times_drawn))
        got = {name: values[resample] for name, values in distributions.items()}
        assert got.pop("log_loss") == pytest.approx(expected.pop("log_loss"), abs=1e-6)
        assert got == pytest.approx(expected, abs=1e-12)


def test_draws_are_whole_clusters_as_many_as_there_are() -> None:
    cluster, outcome = clustered_outcome()
    weights = Bootstrap(cluster * 7 - 3, outcome.genre, GENRES, resamples=2000).weights
    n = len(np.unique(cluster))
    assert weights.shape == (n, 2000)
    assert np.array_equal(weights.sum(axis=0), np.full(2000, n))
    assert np.array_equal(weights, np.round(weights))
    # Every cluster is drawn once in the mean, with the variance 1 - 1/n of a multinomial count.
    assert np.allclose(weights.mean(axis=1), 1, atol=5 / np.sqrt(2000))
    assert weights.var(axis=1).mean() == pytest.approx(1 - 1 / n, abs=0.05)


def test_intervals_are_the_percentiles_and_hold_the_value() -> None:
    cluster, outcome = clustered_outcome()
    bootstrap = Bootstrap(cluster, outcome.genre, GENRES, resamples=1001)
    distributions, point = bootstrap.distributions(outcome), scores(outcome)
    for name, interval in bootstrap.intervals(outcome, confidence=0.9).items():
        assert interval == (np.percentile(distributions[name], 5), np.percentile(distributions[name], 95))
        assert interval[0] < point[name] < interval[1]


def test_accuracy_of_independent_tracks_has_the_binomial_spread() -> None:
    genre = np.zeros(1000, dtype=np.int64)
    outcome = Outcome(genre, (np.arange(1000) >= 800).astype(np.int64), None, 2)
    values = Bootstrap(np.arange(1000), genre, 2).distributions(outcome)["accuracy"]
    assert values.mean() == pytest.approx(0.8, abs=1e-3)
    assert values.std() == pytest.approx(np.sqrt(0.8 * 0.2 / 1000), rel=0.03)


def test_copies_of_a_track_by_one_artist_tell_nothing_new() -> None:
    rng = np.random.default_rng(2)
    genre, predicted = rng.integers(3, size=(2, 60))
    once = Bootstrap(np.arange(60), genre, 3).intervals(Outcome(genre, predicted, None, 3))
    copies = np.repeat(np.arange(60), 9)
    many = Bootstrap(copies, genre[copies], 3).intervals(Outcome(genre[copies], predicted[copies], None, 3))
    for name, interval in many.items():
        assert interval == pytest.approx(once[name], abs=1e-12)
    naive = Bootstrap(np.arange(540), genre[copies], 3).intervals(
        Outcome(genre[copies], predicted[copies], None, 3)
    )
    assert np.diff(naive["accuracy"])[0] == pytest.approx(np.diff(once["accuracy"])[0] / 3, rel=0.1)


def test_same_seed_same_bits_and_another_seed_other_draws() -> None:
    cluster, outcome = clustered_outcome()
    first, again = (Bootstrap(cluster, outcome.genre, GENRES).intervals(outcome) for _ in range(2))
    other = Bootstrap(cluster, outcome.genre, GENRES, seed=1).intervals(outcome)
    assert first == again
    assert first != other
    assert np.allclose(list(first.values()), list(other.values()), atol=0.02)


def test_order_of_the_tracks_does_not_matter() -> None:
    cluster, outcome = clustered_outcome()
    expected = Bootstrap(cluster, outcome.genre, GENRES, resamples=300).distributions(outcome)
    shuffled = np.random.default_rng(1).permutation(len(outcome))
    assert outcome.proba is not None
    other = Outcome(outcome.genre[shuffled], outcome.predicted[shuffled], outcome.proba[shuffled], GENRES)
    got = Bootstrap(cluster[shuffled], other.genre, GENRES, resamples=300).distributions(other)
    for name in METRICS:
        assert np.array_equal(got[name], expected[name]), name


def test_log_loss_sums_are_those_of_whole_numbers() -> None:
    cluster, outcome = clustered_outcome(tracks=900, clusters=70)
    bootstrap = Bootstrap(cluster, outcome.genre, GENRES, resamples=500)
    assert bootstrap.weights.dtype == np.float32
    losses = np.rint(np.bincount(bootstrap.clusters, track_log_loss(outcome)) / LOSS_UNIT).astype(np.int64)
    weights = bootstrap.weights.astype(np.int64)
    tracks = np.bincount(bootstrap.clusters) @ weights
    expected = (losses @ weights) * LOSS_UNIT / tracks
    assert np.array_equal(bootstrap.distributions(outcome)["log_loss"], expected)


def test_counts_too_large_for_single_precision_stay_exact() -> None:
    # 6000 clusters, one of them of 3000 tracks: 1.8e7 > 2**24.
    cluster = np.concatenate([np.zeros(3000, dtype=np.int64), np.arange(1, 6000)])
    rng = np.random.default_rng(0)
    genre = rng.integers(2, size=len(cluster))
    outcome = Outcome(genre, 1 - genre, rng.dirichlet(np.ones(2), size=len(cluster)), 2)
    bootstrap = Bootstrap(cluster, genre, 2, resamples=4)
    assert bootstrap.weights.dtype == np.float64
    values = bootstrap.distributions(outcome)
    times_drawn = bootstrap.weights[bootstrap.clusters, 0].astype(int)
    expected = by_scikit_learn(outcome, np.repeat(np.arange(len(cluster)), times_drawn))
    assert {name: value[0] for name, value in values.items()} == pytest.approx(expected, abs=1e-6)


def test_one_cluster_has_no_interval() -> None:
    outcome = Outcome([0, 1, 0], [0, 0, 0], None, 2)
    intervals = Bootstrap([4, 4, 4], outcome.genre, 2, resamples=50).intervals(outcome)
    assert intervals == dict.fromkeys(["accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "mcc"])


def test_perfect_prediction_has_no_spread_even_where_resamples_miss_genres() -> None:
    genre = np.repeat(np.arange(4), 2)
    outcome = Outcome(genre, genre, None, 4)
    intervals = Bootstrap(genre, genre, 4, resamples=500).intervals(outcome)
    del intervals["mcc"]  # which is 0 where a resample holds a single genre
    assert intervals == dict.fromkeys(intervals, (1.0, 1.0))


def test_bootstrap_of_other_tracks_is_refused() -> None:
    cluster, outcome = clustered_outcome()
    bootstrap = Bootstrap(cluster, outcome.genre[::-1], GENRES, resamples=10)
    with pytest.raises(BenchError, match="not those the bootstrap was drawn for"):
        bootstrap.intervals(outcome)


@pytest.mark.parametrize(
    ("clusters", "resamples", "problem"),
    [([0, 1], 10, r"differ in shape: \(2,\) != \(3,\)"), ([0, 1, 2], 0, "resamples is 0")],
)
def test_bootstrap_that_cannot_be_drawn_is_refused(clusters, resamples: int, problem: str) -> None:
    with pytest.raises(BenchError, match=problem):
        Bootstrap(clusters, [0, 1, 1], 2, resamples=resamples)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan")])
def test_confidence_that_is_no_share_is_refused(confidence: float) -> None:
    cluster, outcome = clustered_outcome()
    bootstrap = Bootstrap(cluster, outcome.genre, GENRES, resamples=10)
    with pytest.raises(BenchError, match="confidence is"):
        bootstrap.intervals(outcome, confidence)


def test_fold_standard_deviation_is_the_population_one() -> None:
    assert fold_mean_std([1.0, 2.0, 3.0, 4.0]) == pytest.approx((2.5, np.sqrt(1.25)))
    assert fold_mean_std([0.5]) == (0.5, None)
    with pytest.raises(BenchError, match="no folds"):
        fold_mean_std([])
