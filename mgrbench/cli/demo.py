"""``mgrbench demo``: the main job on the embedded dataset, from audio to leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mgrbench.cli.options import data_root
from mgrbench.cli.output import Json, emit, note, progress, share

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.leaderboards import Board

DATASET = "synth"
FEATURE = "melstats"
MODELS = ("majority", "knn", "logreg", "svm_rbf")
RANDOM, ARTIST = "random3", "artist3"


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write runs and leaderboards to.")] = Path(
        "mgrbench-demo"
    ),
    as_json: Json = False,
) -> None:
    """Make a small dataset, extract features, evaluate baselines on two splits, write the leaderboard."""
    from mgrbench.cli.leaderboard_screen import draw_board
    from mgrbench.core.dataset_plugin import load_dataset
    from mgrbench.evaluation.evaluate import evaluate
    from mgrbench.features.extract import extract
    from mgrbench.leaderboards import build_boards, write_boards

    data = load_dataset(DATASET)
    note(f"1/4  making {data.name}: {len(data.tracks())} clips of synthetic music")
    root = data_root(None, data.name)
    data.tracks(root)
    note(f"2/4  extracting {FEATURE} from its audio")
    with progress("clips") as tell:
        extract(data, [FEATURE], root, jobs=2, on_clip=tell)
    note(f"3/4  evaluating {', '.join(MODELS)} on {RANDOM} and {ARTIST}")
    for split in (RANDOM, ARTIST):
        for model in MODELS:
            evaluate(model, data, split, [FEATURE], out=out / "runs")
    note(f"4/4  building the leaderboard in {out / 'leaderboards'}")
    boards = build_boards([out / "runs"])
    write_boards(boards, out / "leaderboards")
    effect = artist_effect(boards)
    document = {"artist_effect": effect, "leaderboards": str(out / "leaderboards"), "runs": str(out / "runs")}

    def draw(screen: Console) -> None:
        for board in reversed(boards):
            screen.print()
            draw_board(screen, board)
        screen.print()
        screen.print(_sentence(effect), markup=False)

    emit(document, draw, as_json=as_json)


def artist_effect(boards: list[Board]) -> dict[str, Any]:
    """The best model of the artist-disjoint split, and what it scores on either split."""
    board = {board.split.name: board for board in boards}
    best = board[f"{DATASET}/{ARTIST}"].ranked[0]
    other = next(row for row in board[f"{DATASET}/{RANDOM}"].ranked if row.model == best.model)
    random, disjoint = other.scores["accuracy"].value, best.scores["accuracy"].value
    return {"model": best.model, RANDOM: random, ARTIST: disjoint, "difference": random - disjoint}


def _sentence(effect: dict[str, Any]) -> str:
    points = 100 * effect["difference"]
    return (
        f"Artist effect: {effect['model']} scores {share(effect[RANDOM])} where artists stand on both sides, "
        f"{share(effect[ARTIST])} where they do not: {points:.1f} points of it were the artist."
    )
