"""Paired tests: against published examples, enumeration, literal resampling, and by their properties."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from mgrbench.core.types import BenchError
from mgrbench.metrics.bootstrap import Bootstrap, paired_bootstrap
from mgrbench.metrics.classification import Outcome
from mgrbench.metrics.significance import corrected_resampled_t, holm, mcnemar, paired_tests

# --- McNemar's exact test


@pytest.mark.parametrize(
    ("b", "c", "published"),
    [
        # Bentur et al. 2009, as worked through by Fagerland et al. (2013, doi 10.1186/1471-2288-13-91)
        (1, 7, "0.0703"),
        # Agresti's presidential approval ratings (1990, p. 350) by R's exact2x2::mcnemar.exact
        (86, 150, "3.716e-05"),
    ],
)
def test_mcnemar_gives_what_is_published(b, c, published):
    digits = len(published.split("e")[0].replace("0.", "").lstrip("0").replace(".", ""))
    for p in (mcnemar(b, c), mcnemar(c, b)):
        assert float(f"{float(p):.{digits - 1}e}") == pytest.approx(float(published), rel=1e-12)


@pytest.mark.parametrize("n", range(9))
def test_mcnemar_counts_all_ways_the_discordant_tracks_could_fall(n):
    for b in range(n + 1):
        far = abs(2 * b - n)
        ways = sum(abs(2 * sum(flips) - n) >= far for flips in product((0, 1), repeat=n))
        assert float(mcnemar(b, n - b)) == pytest.approx(float(Fraction(ways, 2**n)))


@given(st.integers(0, 400), st.integers(0, 400))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_mcnemar_is_scipys_binomial_test(b, c):
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert float(mcnemar(b, c)) == pytest.approx(expected, rel=1e-9)


# --- the corrected resampled t-test


def test_corrected_t_is_the_ordinary_one_times_nadeaus_and_bengios_factor():
    values = np.random.default_rng(0).normal(0.02, 0.05, size=10)
    ordinary = stats.ttest_1samp(values, 0)
    t, p = corrected_resampled_t(values, 1 / 9)
    # For K folds repeated T times the variance grows by 1 + T·K / (K − 1) (Bouckaert and Frank 2004).
    assert t == pytest.approx(ordinary.statistic / np.sqrt(1 + 10 / 9))
    assert p == pytest.approx(2 * stats.t.sf(abs(t), 9))
    assert p > ordinary.pvalue


def test_corrected_t_by_hand():
    # mean 2, variance 1, three folds that train on twice what they test: 2 / √(1/3 + 1/2)
    t, p = corrected_resampled_t([1, 2, 3], 0.5)
    assert t == pytest.approx(2 / np.sqrt(5 / 6))
    assert p == pytest.approx(0.1598, abs=5e-4)
    assert corrected_resampled_t([-1, -2, -3], 0.5) == (pytest.approx(-t), pytest.approx(p))


@pytest.mark.slow
def test_corrected_t_gives_what_scikit_learn_publishes():
    """The worked example "Statistical comparison of models using grid search" of its documentation."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel), x, y, scoring="roc_auc", cv=folds) for kernel in ("rbf", "linear")
    )
    t, p = corrected_resampled_t(rbf - linear, 10 / 90)
    assert t == pytest.approx(0.750, abs=5e-4)
    assert p / 2 == pytest.approx(0.227, abs=5e-4)  # it prints the one-sided p


def test_corrected_t_of_equal_differences():
    assert corrected_resampled_t([0, 0, 0], 0.5) == (0.0, 1.0)
    assert corrected_resampled_t([-0.25] * 3, 0.5) == (-np.inf, 0.0)


def test_corrected_t_keeps_its_promise_where_training_parts_overlap():
    """Fifteen random halves of the same data: the ordinary t-test errs far more often than it says."""
    rng = np.random.default_rng(1)
    wrong = {"corrected": 0, "ordinary": 0}
    for _ in range(200):
        # Two guesses of a mean from what is left to train on, judged on the rest: neither is better.
        one, other = rng.normal(size=(2, 60))
        noise = rng.normal(size=60)
        values = []
        for _ in range(15):
            order = rng.permutation(60)
            train, test = order[:30], order[30:]
            losses = [(noise[test] - guess[train].mean()) ** 2 for guess in (one, other)]
            values.append(float((losses[0] - losses[1]).mean()))
        wrong["corrected"] += corrected_resampled_t(values, 1.0)[1] < 0.05
        wrong["ordinary"] += stats.ttest_1samp(values, 0).pvalue < 0.05
    assert wrong["corrected"] / 200 < 0.1
    assert wrong["ordinary"] > 3 * wrong["corrected"]


@pytest.mark.parametrize(
    ("values", "ratio", "needle"), [([0.1], 1, "1 folds"), ([1, 2], 0, "is 0"), ([1, 2], -1, "-1")]
)
def test_corrected_t_refuses_what_it_cannot_use(values, ratio, needle):
    with pytest.raises(BenchError, match=needle):
        corrected_resampled_t(values, ratio)


# --- Holm


def test_holm_gives_what_is_published():
    # R's package HDLSSkST: of these the third and the last are rejected at .05.
    adjusted = holm([0.50, 0.01, 0.001, 0.69, 0.02, 0.05, 0.0025])
    assert adjusted.tolist() == pytest.approx([1, 0.05, 0.007, 1, 0.08, 0.15, 0.015])
    assert [p < 0.05 for p in adjusted.tolist()] == [False, False, True, False, False, False, True]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_holm_is_the_closure_of_bonferronis_tests(values):
    """One is rejected if every set of hypotheses that it is in is, by the set's smallest p times its size."""
    indices = range(len(values))
    sets = [chosen for size in indices for chosen in combinations(indices, size + 1)]
    for index, adjusted in enumerate(holm(values).tolist()):
        worst = max(min(values[i] for i in chosen) * len(chosen) for chosen in sets if index in chosen)
        assert adjusted == pytest.approx(min(1.0, worst))


def test_holm_refuses_what_is_no_probability():
    for values in ([0.1, 1.5], [-0.1], [float("nan")]):
        with pytest.raises(BenchError, match="p-value"):
            holm(values)
    assert holm([]).tolist() == []


# --- the test over clusters, and both together


def clustered(seed=0, clusters=60, others=3):
    """Hits of models that know some artists and not others."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.geometric(0.25, size=clusters))
    ease = rng.beta(1.4, 0.6, size=(others + 1, clusters))[:, cluster]
    right = rng.random(ease.shape) < ease
    return rng.permutation(clusters)[cluster], right[0], right[1:]


def test_error_over_clusters_is_that_of_the_bootstrap():
    cluster, first, others = clustered()
    tests = paired_tests(cluster, first, others)
    for at, other in enumerate(others):
        drawn = paired_bootstrap(cluster, first, other)
        assert tests.difference[at] == pytest.approx(drawn.value)
        assert tests.half_width[at] == pytest.approx((drawn.high - drawn.low) / 2, rel=0.08)


def test_error_over_single_tracks_is_that_of_the_paired_t_test():
    _, first, others = clustered()
    tests = paired_tests(np.arange(len(first)), first, others)
    for at, other in enumerate(others):
        expected = stats.ttest_rel(first.astype(float), other.astype(float))
        assert tests.clustered[at] == pytest.approx(expected.pvalue)
        interval = expected.confidence_interval()
        assert tests.half_width[at] == pytest.approx((interval.high - interval.low) / 2)


def test_copies_of_a_track_by_one_artist_are_no_evidence():
    _, first, others = clustered()
    once = paired_tests(np.arange(len(first)), first, others)
    copies = np.repeat(np.arange(len(first)), 7)
    many = paired_tests(copies, first[copies], others[:, copies])
    assert many.clustered == pytest.approx(once.clustered)
    assert (many.mcnemar < once.mcnemar).all(), "which is why it does not decide alone"
    assert (many.p == np.maximum(many.mcnemar, many.clustered)).all()


def test_only_tracks_that_both_were_tested_on_count():
    cluster, first, others = clustered()
    tested = np.random.default_rng(3).random(others.shape) < 0.6
    tests = paired_tests(cluster, first, others, tested)
    for at, (other, mask) in enumerate(zip(others, tested, strict=True)):
        alone = paired_tests(cluster[mask], first[mask], other[None, mask])
        for name in ("tracks", "difference", "error", "half_width", "only_first", "only_second", "p"):
            assert getattr(tests, name)[at] == pytest.approx(getattr(alone, name)[0]), name


def test_one_model_for_each_of_the_others():
    cluster, first, others = clustered()
    both = paired_tests(cluster, np.stack([first, others[0]]), others[:2])
    assert both.p[0] == paired_tests(cluster, first, others[:1]).p[0]
    assert both.p[1] == paired_tests(cluster, others[0], others[1:2]).p[0]


def test_swapping_the_models_turns_the_sign_and_nothing_else():
    cluster, first, (other, *_) = clustered()
    there, back = paired_tests(cluster, first, other[None]), paired_tests(cluster, other, first[None])
    assert there.difference == -back.difference
    assert there.p == pytest.approx(back.p)
    assert there.only_first == back.only_second


@pytest.mark.parametrize(
    ("cluster", "first", "second"),
    [
        ([0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]),  # a single artist
        ([0, 1], [1, 1], [0, 0]),  # two tracks, all apart
        ([0, 1, 2, 3], [1, 0, 1, 0], [1, 0, 1, 0]),  # the same answers
        ([0, 1, 2, 3], [1, 0, 1, 0], [0, 1, 0, 1]),  # as many, others
    ],
)
def test_little_evidence_tells_nothing_apart(cluster, first, second):
    assert paired_tests(cluster, first, [second]).p[0] > 0.2


def test_tracks_that_none_were_both_tested_on_tell_nothing():
    tests = paired_tests([0, 1, 2], [1, 1, 1], [[0, 0, 0]], [[False] * 3])
    assert (tests.tracks[0], tests.difference[0], tests.p[0]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("cluster", "first", "others", "tested"),
    [
        ([0, 1], [1, 1, 1], [[1, 1, 1]], None),
        ([0, 1, 2], [1, 1], [[1, 1, 1]], None),
        ([0, 1, 2], [1, 1, 1], [1, 1, 1], None),
        ([0, 1, 2], [1, 1, 1], [[1, 1, 1]], [[1, 1]]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(cluster, first, others, tested):
    with pytest.raises(BenchError, match="shape"):
        paired_tests(cluster, first, others, tested)
    with pytest.raises(BenchError, match="no tracks"):
        paired_tests([], [], [[]])


# --- the paired bootstrap of every metric


def test_differences_of_metrics_are_those_of_literal_resampling():
    rng = np.random.default_rng(5)
    cluster = rng.integers(20, size=90)
    genre = rng.integers(4, size=20)[cluster]
    one, other = (
        Outcome(genre, np.where(rng.random(90) < share, genre, rng.integers(4, size=90)), None, 4)
        for share in (0.8, 0.6)
    )
    bootstrap = Bootstrap(cluster, genre, 4, resamples=100, seed=2)
    found = bootstrap.differences([one, other, one])
    assert list(found) == [(0, 1), (0, 2), (1, 2)]
    assert found[1, 2]["mcc"].value == -found[0, 1]["mcc"].value
    assert (found[0, 2]["mcc"].low, found[0, 2]["mcc"].high) == (0, 0)
    found = found[0, 1]
    assert "log_loss" not in found
    drawn = []
    for resample in range(100):
        picked = np.repeat(np.arange(90), bootstrap.weights[bootstrap.clusters, resample].astype(int))
        f1 = [
            f1_score(genre[picked], outcome.predicted[picked], average="macro", zero_division=0)
            for outcome in (one, other)
        ]
        drawn.append(f1[0] - f1[1])
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found["macro_f1"].low, found["macro_f1"].high) == pytest.approx((low, high))
    whole = [f1_score(genre, outcome.predicted, average="macro") for outcome in (one, other)]
    assert found["macro_f1"].value == pytest.approx(whole[0] - whole[1])
    right = [outcome.predicted == genre for outcome in (one, other)]
    alone = paired_bootstrap(cluster, *right, resamples=100, seed=2)
    assert found["accuracy"].value == pytest.approx(alone.value)
    assert (found["accuracy"].low, found["accuracy"].high) == pytest.approx((alone.low, alone.high))


def test_one_cluster_has_a_difference_without_an_interval():
    one, other = Outcome([0, 1, 0], [0, 1, 0], None, 2), Outcome([0, 1, 0], [0, 0, 0], None, 2)
    score = Bootstrap([4, 4, 4], one.genre, 2, resamples=20).differences([one, other])[0, 1]["accuracy"]
    assert (score.value, score.low, score.high) == (pytest.approx(1 / 3), None, None)
