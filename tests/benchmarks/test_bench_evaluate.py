"""The whole of `mgrbench.evaluate` beside a bare scikit-learn cross-validation on the same arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import mgrbench
from tests.benchmarks.ratios import best_seconds, compared


def test_rbf_svm_on_choi_features(benchmark, shared_data: Path) -> None:
    file = shared_data / "gtzan_choi.npz"
    mgrbench.import_features(mgrbench.load_dataset("gtzan"), "choi", file, "convnet")
    split = mgrbench.load_split("gtzan/random10")
    fold_of = {track: number for number, fold in enumerate(split.folds) for track in fold.test}
    with np.load(file, allow_pickle=False) as arrays:
        ids, values = arrays["ids"].tolist(), arrays["convnet"]
    genre = np.array([split.genre[track] for track in ids])
    folds = PredefinedSplit([fold_of[track] for track in ids])

    def ours() -> object:
        return mgrbench.evaluate("svm_rbf", "gtzan", split, ["choi"])

    def bare() -> object:
        pipeline = make_pipeline(StandardScaler(), SVC(C=10.0))
        return cross_val_predict(pipeline, values, genre, cv=folds)

    benchmark.pedantic(ours, rounds=3, warmup_rounds=1)
    whole, naked = best_seconds(5, ours, bare)
    what = "`evaluate` of svm_rbf on GTZAN, 10 folds, scores and record included"
    compared(benchmark, what, whole, naked, other_way="bare scikit-learn cross_val_predict")
    assert whole <= 1.3 * naked
