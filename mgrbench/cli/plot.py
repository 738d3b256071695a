"""``mgrbench plot``: figures of stored runs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.output import Json, emit, note
from mgrbench.core.errors import BenchError
from mgrbench.core.text import did_you_mean

if TYPE_CHECKING:
    from mgrbench.results.figures import Cloud
    from mgrbench.results.load import StoredRun


def plot(
    kind: Annotated[str, typer.Argument(help="confusion, intervals, curves, embedding or ladder.")],
    run: Annotated[
        list[str],
        typer.Argument(
            help="Folders or names of runs; for ladder, the folder of a ladder.", metavar="RUN..."
        ),
    ],
    runs: Annotated[
        list[Path] | None, typer.Option("--runs", help="Folder of runs in which names are looked up.")
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", "-s", help="dataset/split on which names are looked up.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Path of the files without their ending; without it, named after the kind."),
    ] = None,
    of: Annotated[
        str,
        typer.Option(
            help="What embedding shows: features (trains a fold again to have them), predictions "
            "(log-probabilities, as stored), or auto: features where the model gives them."
        ),
    ] = "auto",
    fold: Annotated[
        int | None, typer.Option(help="Fold of the embedding; else 1 for features, all for predictions.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Where to find the model, if the row does not say it.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where embedding trains: auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the embedding.")] = 0,
    as_json: Json = False,
) -> None:
    """Draw stored runs as PNG (300 dpi) and SVG, for one or two columns of a paper."""
    from mgrbench.core.files import write_atomically
    from mgrbench.core.plotting import need_matplotlib, pictures
    from mgrbench.results import figures as drawings

    _check_choice(kind, drawings.KINDS, "nothing is drawn by the name {!r}")
    _check_choice(of, _OF, "embedding shows no {!r}")
    if kind in _ALONE and len(run) > 1:
        raise BenchError(
            f"{kind} draws one run, and {len(run)} are named", "name one, and repeat the command"
        )
    need_matplotlib()
    told: dict[str, Any] = {}
    if kind == "ladder":
        from mgrbench.experiments.ladder.files import read_ladder
        from mgrbench.experiments.ladder.plot import ladder_pictures

        files = ladder_pictures(read_ladder(Path(run[0])))
    else:
        from mgrbench.results.load import load_run

        places = [_found(name, runs, split) for name in run]
        found = [load_run(place) for place in places]
        if kind == "embedding":
            cloud, told = _cloud(found[0], places[0], of, fold, model, device)
            points = drawings.embed(cloud.values, seed)
        draw = {
            "confusion": lambda: drawings.confusion(found[0]),
            "intervals": lambda: drawings.intervals(_of_one_split(found)),
            "curves": lambda: drawings.curves(found),
            "embedding": lambda: drawings.embedding(found[0], cloud, points),
        }[kind]
        files = pictures(draw)
    stem = out.with_suffix("") if out and out.suffix in {".png", ".svg"} else out or Path(kind)
    paths = {ending: stem.with_name(f"{stem.name}.{ending}") for ending in files}
    for ending, data in files.items():
        write_atomically(paths[ending], data)
    names = [str(path) for path in paths.values()]
    emit(
        {"files": names, **told}, lambda screen: screen.print("\n".join(names), markup=False), as_json=as_json
    )


_ALONE = ("confusion", "embedding", "ladder")
_OF = ("auto", "features", "predictions")


def _check_choice(word: str, known: Collection[str], problem: str) -> None:
    if word not in known:
        hint = did_you_mean(word, known, f"there are {', '.join(known)}")
        raise BenchError(problem.format(word), hint)


def _cloud(
    one: StoredRun, folder: Path, of: str, fold: int | None, model: str | None, device: str
) -> tuple[Cloud, dict[str, Any]]:
    """What the embedding shows, and what is said of it."""
    from mgrbench.evaluation.retrain import has_features, retrain
    from mgrbench.results.figures import feature_cloud, prediction_cloud

    if of == "auto" and not has_features(one.run, model):
        note(f"{one.run.model} has no high-level features to give: showing its log-probabilities instead")
        of = "predictions"
    if of == "predictions":
        cloud = prediction_cloud(one.run.predictions, fold)
        return cloud, {"shown": cloud.shown}
    seconds = (one.run.cost.fit_seconds or 0.0) / len(one.run.folds)
    try:
        again = retrain(
            folder,
            fold or 1,
            model=model,
            device=device,
            features=True,
            on_start=lambda _tracks: note(
                f"training fold {fold or 1} again for its features; it took {seconds:.0f} s for the run"
            ),
        )
    except BenchError as error:
        hint = f"{error.hint}; or see what is stored by --of predictions"
        raise BenchError(error.problem, hint, error.where) from error
    assert again.features is not None, "they were asked for"
    cloud = feature_cloud(again.features, again.genre, again.fold)
    note(f"{again.same:.1%} of the fold's tracks get the genre that the run recorded")
    return cloud, {"shown": cloud.shown, "same": again.same}


def _found(name: str, runs: list[Path] | None, split: str | None) -> Path:
    from mgrbench.results.find import find_run

    return find_run(name, runs or [Path("runs")], split)


def _of_one_split(found: list[StoredRun]) -> list[StoredRun]:
    splits = sorted({one.run.split for one in found})
    if len(splits) > 1:
        hint = "accuracies on different splits are different exams: draw one split at a time"
        raise BenchError(f"the runs are of {' and '.join(splits)}", hint)
    return found
