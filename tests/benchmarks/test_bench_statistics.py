"""Coverage of intervals, false alarms of tests by simulation, and speed beside resampling one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn_metrics
from threadpoolctl import threadpool_limits

from mgrbench.metrics.bootstrap import Bootstrap
from mgrbench.metrics.classification import CLIP, Outcome
from mgrbench.metrics.significance import paired_tests
from tests.benchmarks.ratios import compared

ARTISTS = 120
ACCURACY = 0.7


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """One thread for linear algebra: times compare, and threads do not fight over a busy machine's cores."""
    with threadpool_limits(1):
        yield


def simulated_test_part(rng: np.random.Generator) -> tuple[np.ndarray, Outcome]:
    """Artists of four tracks in the mean; one is recognised with a probability of its own, 0.7 in the mean.

    A wrong track is equally likely to be taken for any of the other genres, so that the population's
    accuracy, balanced accuracy and F1 are all 0.7, and its MCC is (0.7 − 1/4) / (1 − 1/4).
    """
    cluster = np.repeat(np.arange(ARTISTS), rng.geometric(0.25, size=ARTISTS))
    genre = rng.integers(4, size=ARTISTS)[cluster]
    ease = rng.beta(1.4, 0.6, size=ARTISTS)[cluster]
    wrong = (genre + rng.integers(1, 4, size=len(genre))) % 4
    return cluster, Outcome(genre, np.where(rng.random(len(genre)) < ease, genre, wrong), None, 4)


def coverage(simulations: int, by_artist: bool) -> dict[str, float]:
    """Share of simulated test parts whose 95 % interval holds the population's value."""
    rng = np.random.default_rng(0)
    truth = dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"), ACCURACY)
    truth["mcc"] = (ACCURACY - 1 / 4) / (1 - 1 / 4)
    held = dict.fromkeys(truth, 0)
    for seed in range(simulations):
        cluster, outcome = simulated_test_part(rng)
        drawn = cluster if by_artist else np.arange(len(cluster))
        intervals = Bootstrap(drawn, outcome.genre, 4, resamples=800, seed=seed).intervals(outcome)
        for name, interval in intervals.items():
            assert interval is not None
            held[name] += interval[0] <= truth[name] <= interval[1]
    return {name: count / simulations for name, count in held.items()}


def test_intervals_over_artists_cover_what_they_promise(benchmark) -> None:
    covered = benchmark.pedantic(coverage, args=(1000, True), rounds=1)
    benchmark.extra_info.update(covered)
    assert all(0.93 <= share <= 0.97 for share in covered.values()), covered


def test_intervals_over_tracks_would_cover_less(benchmark) -> None:
    covered = benchmark.pedantic(coverage, args=(150, False), rounds=1)
    benchmark.extra_info.update(covered)
    assert all(share < 0.85 for share in covered.values()), covered


def simulated_pair(rng: np.random.Generator, apart: float) -> tuple[np.ndarray, Outcome, Outcome]:
    """Two models whose accuracy is 0.7 and 0.7 − ``apart``; what one finds hard the other tends to as well.

    As in `simulated_test_part` the population's macro F1 is the accuracy.
    """
    cluster = np.repeat(np.arange(ARTISTS), rng.geometric(0.25, size=ARTISTS))
    genre = rng.integers(4, size=ARTISTS)[cluster]
    shared = rng.normal(size=ARTISTS)
    outcomes = []
    for mean in (ACCURACY, ACCURACY - apart):
        rank = stats.norm.cdf(0.7 * shared + np.sqrt(1 - 0.7**2) * rng.normal(size=ARTISTS))
        ease = stats.beta.ppf(rank, 2 * mean, 2 - 2 * mean)[cluster]
        wrong = (genre + rng.integers(1, 4, size=len(genre))) % 4
        outcomes.append(Outcome(genre, np.where(rng.random(len(genre)) < ease, genre, wrong), None, 4))
    return cluster, outcomes[0], outcomes[1]


def coverage_of_differences(simulations: int) -> dict[str, float]:
    """Share of simulated pairs whose 95 % interval holds the population's difference."""
    rng = np.random.default_rng(0)
    held = {"accuracy": 0, "macro_f1": 0}
    for seed in range(simulations):
        cluster, *outcomes = simulated_pair(rng, 0.1)
        found = Bootstrap(cluster, outcomes[0].genre, 4, resamples=800, seed=seed).differences(outcomes)[0, 1]
        for name in held:
            held[name] += found[name].low <= 0.1 <= found[name].high
    return {name: count / simulations for name, count in held.items()}


def test_intervals_of_differences_cover_what_they_promise(benchmark) -> None:
    covered = benchmark.pedantic(coverage_of_differences, args=(1000,), rounds=1)
    benchmark.extra_info.update(covered)
    assert all(0.93 <= share <= 0.97 for share in covered.values()), covered


def false_alarms(simulations: int) -> dict[str, float]:
    """Share of pairs of equally good models that each test tells apart."""
    rng = np.random.default_rng(0)
    alarms = {"mcnemar": 0, "clustered": 0, "p": 0}
    for _ in range(simulations):
        cluster, one, other = simulated_pair(rng, 0.0)
        tests = paired_tests(cluster, one.predicted == one.genre, [other.predicted == other.genre])
        for name in alarms:
            alarms[name] += int(getattr(tests, name)[0] < 0.05)
    return {name: count / simulations for name, count in alarms.items()}


def test_equal_models_are_told_apart_as_seldom_as_promised(benchmark) -> None:
    alarms = benchmark.pedantic(false_alarms, args=(4000,), rounds=1)
    benchmark.extra_info.update(alarms)
    assert alarms["p"] <= 0.06, alarms
    assert 0.03 <= alarms["clustered"] <= 0.07, alarms
    assert alarms["mcnemar"] > 0.09, "tracks are not independent, which is why McNemar does not decide alone"


def thousand_tracks() -> tuple[np.ndarray, Outcome]:
    """1000 tracks of 10 genres by 300 artists."""
    rng = np.random.default_rng(0)
    genre = np.arange(1000) // 100
    cluster = genre * 30 + rng.integers(30, size=1000)
    predicted = np.where(rng.random(1000) < 0.8, genre, rng.integers(10, size=1000))
    return cluster, Outcome(genre, predicted, rng.dirichlet(np.ones(10), size=1000), 10)


def one_by_one(outcome: Outcome, clusters: np.ndarray, weights: np.ndarray) -> None:
    """Every metric of each resample by scikit-learn."""
    for times_drawn in weights.T.astype(int):
        picked = np.repeat(np.arange(len(outcome)), times_drawn[clusters])
        true, predicted = outcome.genre[picked], outcome.predicted[picked]
        sklearn_metrics.accuracy_score(true, predicted)
        sklearn_metrics.balanced_accuracy_score(true, predicted)
        sklearn_metrics.f1_score(true, predicted, average="macro")
        sklearn_metrics.f1_score(true, predicted, average="weighted")
        sklearn_metrics.matthews_corrcoef(true, predicted)
        sklearn_metrics.log_loss(true, np.clip(outcome.proba[picked], CLIP, 1), labels=range(10))


def seconds(function: Callable[[], object], repeats: int) -> float:
    """The shortest of some times."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.filterwarnings("ignore:.*probabilities do not sum to one")
def test_ten_thousand_resamples_beside_one_by_one(benchmark) -> None:
    cluster, outcome = thousand_tracks()
    bootstrap = Bootstrap(cluster, outcome.genre, 10)
    benchmark(bootstrap.intervals, outcome)
    whole = seconds(lambda: Bootstrap(cluster, outcome.genre, 10).intervals(outcome), 3)
    again = seconds(lambda: bootstrap.intervals(outcome), 10)
    naive = seconds(lambda: one_by_one(outcome, bootstrap.clusters, bootstrap.weights[:, :5]), 2) / 5 * 10_000
    what, way = "10 000 bootstrap resamples of 1000 tracks", "scikit-learn, resample by resample"
    compared(benchmark, f"{what}, all metrics", whole, naive, other_way=way)
    compared(benchmark, f"{what}, another model's", again, naive, other_way=way)
    assert whole < 1
    assert naive > 100 * whole
    assert naive > 1000 * again
