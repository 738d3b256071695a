"""Figures of stored runs for papers: confusion matrix, intervals, learning curves, embedding.

Letters are 7 to 9 points at the width of one column. Colours are those of Okabe and Ito (2008), or shades of
one hue; a position or a marker always says the same as a colour. With one version of matplotlib, the same run
gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.plotting import COLOURS, MARKERS, ONE_COLUMN, TWO_COLUMNS
from mgrbench.core.types import BenchError, FloatArray
from mgrbench.results.history import HISTORY_FILE, curve_lines, read_history
from mgrbench.results.load import StoredRun
from mgrbench.results.names import on_features
from mgrbench.results.predictions import Predictions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALLEST = 1e-4
"""Smallest probability of an embedding: smaller ones are raised to it, since their digits mean little."""
_DARK = 0.55


def _name(one: StoredRun) -> str:
    """Model and features: options would not fit a figure."""
    return on_features(one.run.model, one.run.features)


def confusion(one: StoredRun) -> Figure:
    """The confusion matrix of a run: counts, in cells shaded by their share of the true genre."""
    from matplotlib.figure import Figure

    counts = np.array(one.run.confusion)
    genres = one.dataset.genres
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = ONE_COLUMN if len(genres) <= _MANY else TWO_COLUMNS * 0.75
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        ink = "white" if shares[row, column] > _DARK else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=ink, fontsize=7)
    axes.set_xticks(range(len(genres)), genres, rotation=45, ha="right")
    axes.set_yticks(range(len(genres)), genres)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"{_name(one)}, {one.run.split}", wrap=True)
    return figure


_MANY = 10
"""Largest number of genres whose matrix is legible in one column."""


def intervals(runs: Sequence[StoredRun]) -> Figure:
    """Accuracies of runs on one split with their 95 % intervals over artists, the first run on top.

    A run that was selected on test has a hollow marker.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(ONE_COLUMN, 0.7 + 0.18 * len(runs)), layout="constrained")
    axes = figure.add_subplot()
    for place, one in enumerate(runs):
        score = one.run.scores["accuracy"]
        if score.low is not None and score.high is not None:
            axes.plot([100 * score.low, 100 * score.high], [place, place], color=COLOURS[0], linewidth=1.2)
        hollow = one.run.selection.rule == "test"
        axes.plot(
            [100 * score.value], [place], "o", color=COLOURS[0], mfc="white" if hollow else COLOURS[0], ms=4
        )
    names = [_name(one) + (" (selected on test)" if one.run.selection.rule == "test" else "") for one in runs]
    axes.set_yticks(range(len(runs)), names)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.set_xlabel(f"accuracy on {runs[0].run.split} (%), 95 % interval")
    axes.grid(axis="x", linewidth=0.3, color="0.8")
    axes.set_axisbelow(True)
    return figure


def curves(runs: Sequence[StoredRun]) -> Figure:
    """Loss and accuracy by epoch: a line for every fold and network, dashed for the training part.

    Args:
        runs: the runs, a colour each.

    Raises:
        BenchError: if a run has no history.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    histories = [read_history(one.folder) for one in runs]
    for one, history in zip(runs, histories, strict=True):
        if not history:
            hint = "name a run of a model that trains in epochs"
            raise BenchError(f"{_name(one)} has no {HISTORY_FILE}", hint)
    figure = Figure(figsize=(TWO_COLUMNS * 0.8, 2.4), layout="constrained")
    for place, kind in enumerate(("loss", "accuracy"), start=1):
        axes = figure.add_subplot(1, 2, place)
        for number, (one, history) in enumerate(zip(runs, histories, strict=True)):
            for part, line in (("train", "--"), ("valid", "-")):
                for points in curve_lines(history, f"{part}_{kind}"):
                    epochs, values = zip(*points, strict=True)
                    axes.plot(epochs, values, line, color=COLOURS[number % len(COLOURS)], alpha=0.6)
            axes.plot([], [], "-", color=COLOURS[number % len(COLOURS)], label=_name(one))
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(kind)
        axes.plot([], [], "-", color="0.3", label="validation")
        axes.plot([], [], "--", color="0.3", label="training")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """What a model gives for test tracks, before `embed` lays them out in the plane.

    Attributes:
        values: float, shape (tracks, values).
        genre: int64, shape (tracks,): positions of the true genres.
        shown: what the values are, for the title.
    """

    values: NDArray[np.floating[Any]]
    genre: NDArray[np.int64]
    shown: str


def feature_cloud(features: FloatArray, genre: NDArray[np.int64], fold: int) -> Cloud:
    """The high-level features of a fold's test tracks, as in Figures 8 to 10 of Ng, Zeng and Wang (2020).

    There is one fold alone, because the features of another fold's network have other axes.

    Args:
        features: float32, shape (tracks, values).
        genre: int64, shape (tracks,): positions of the true genres.
        fold: number of the fold.
    """
    many, wide = features.shape
    return Cloud(features, genre, f"{wide} high-level features of fold {fold}'s {many} test tracks")


def prediction_cloud(predictions: Predictions, fold: int | None = None) -> Cloud:
    """The log-probabilities of test tracks: the last layer of a model, up to a constant for each track.

    They mean the same in every fold, which hidden features do not.

    Args:
        predictions: the predictions of a run, with probabilities.
        fold: number of the one fold to show; all folds without it.

    Raises:
        BenchError: if there are no probabilities, or no such fold.
    """
    outcome = predictions.outcome
    if outcome.proba is None:
        raise BenchError("the run has no probabilities", "name a run that `mgrbench run` made")
    chosen = np.ones(len(predictions), dtype=bool) if fold is None else predictions.fold == fold
    if not chosen.any():
        raise BenchError(f"there is no fold {fold}", f"the run has folds 1 to {predictions.fold.max()}")
    logs = np.log(np.maximum(outcome.proba[chosen], SMALLEST))
    whose = "all folds'" if fold is None else f"fold {fold}'s"
    return Cloud(
        logs - logs.mean(axis=1, keepdims=True),
        outcome.genre[chosen],
        f"log-probabilities of {whose} {chosen.sum()} test tracks",
    )


def embedding(one: StoredRun, cloud: Cloud, points: FloatArray) -> Figure:
    """t-SNE of what a model gives for test tracks, coloured and marked by true genre.

    Args:
        one: the run.
        cloud: what was laid out in the plane.
        points: its positions in the plane, float32 of shape (tracks, 2), see `embed`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(ONE_COLUMN, ONE_COLUMN), layout="constrained")
    axes = figure.add_subplot()
    for at, name in enumerate(one.dataset.genres):
        chosen = cloud.genre == at
        look: dict[str, Any] = {"marker": MARKERS[at % len(MARKERS)], "c": COLOURS[at % len(COLOURS)]}
        axes.scatter(
            points[chosen, 0], points[chosen, 1], s=7, linewidths=0.2, edgecolors="white", label=name, **look
        )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(f"{_name(one)}, {one.run.split}\nt-SNE of {cloud.shown}", fontsize=7, wrap=True)
    figure.legend(loc="outside lower center", ncols=4, markerscale=1.5, handletextpad=0.1)
    return figure


def embed(values: NDArray[np.floating[Any]], seed: int = 0) -> FloatArray:
    """Lay tracks out in the plane by t-SNE (van der Maaten and Hinton 2008).

    Args:
        values: shape (tracks, values).
        seed: seed of the layout.

    Returns:
        float32, shape (tracks, 2): the positions.

    Raises:
        BenchError: if there are fewer than five tracks.
    """
    from sklearn.manifold import TSNE

    if len(values) < _FEWEST:
        raise BenchError(f"there are {len(values)} tracks", f"t-SNE needs {_FEWEST} at least")
    perplexity = min(30.0, (len(values) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    return np.asarray(tsne.fit_transform(values), np.float32)


_FEWEST = 5

KINDS: Mapping[str, str] = {
    "confusion": "confusion matrix of one run",
    "intervals": "accuracies of runs with their 95 % intervals",
    "curves": "learning curves of runs of networks",
    "embedding": "t-SNE of one model's high-level features of test tracks",
    "ladder": "a stored artist ladder",
}
"""What can be drawn."""
