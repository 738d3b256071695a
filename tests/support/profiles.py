"""What the tests of profiling share: small models, the row of a board, records, and one profile of them."""

from __future__ import annotations

from pathlib import Path

from mgrbench.profiling.record import CostRow, Machine, Session, Timing
from mgrbench.profiling.task import Task
from mgrbench.profiling.timing import QUICK
from tests.support.helpers import MEANS

TINY = '''
"""A small network that offers itself."""

import numpy as np
import torch

FEATURES = ("toy",)


class Tiny:
    def __init__(self, n_genres, width):
        self.width, self.n_genres = width, n_genres

    def fit(self, train, valid):
        (array,) = train.inputs.arrays.values()
        print("a plugin may print")
        layers = torch.nn.Linear(array.shape[2], self.width), torch.nn.ReLU()
        self.network = torch.nn.Sequential(*layers, torch.nn.Linear(self.width, self.n_genres)).eval()
        self.size = array.shape[2]

    def predict_proba(self, inputs):
        (array,) = inputs.arrays.values()
        with torch.no_grad():
            return self.network(torch.tensor(array)).softmax(dim=2).mean(dim=1).double().numpy()

    def profile_target(self):
        return self.network, (torch.zeros(1, self.size),)


def build(n_genres, seed, device, *, width=16, epochs=3):
    return Tiny(n_genres, width)
'''
BROKEN = '''
"""Falls over while it is fitted."""


class Broken:
    FEATURES = ("toy",)

    def fit(self, train, valid):
        raise RuntimeError("out of luck")

    def predict_proba(self, inputs):
        return None
'''
DYING = '''
"""Takes its process with it."""

import os


class Dying:
    FEATURES = ("toy",)

    def fit(self, train, valid):
        os.kill(os.getpid(), 9)

    def predict_proba(self, inputs):
        return None
'''
WAIT = """
        import os
        import time
        from pathlib import Path

        Path("pid").write_text(str(os.getpid()))
        while not Path("go").exists():
            time.sleep(0.05)
"""
WAITING = MEANS.replace("def fit(self, train, valid):", f"def fit(self, train, valid):{WAIT}")
"""Waits in its fit until a file is there, and says which process it is in."""
QUICKLY = ("--quick", "--threads", "1", "--batch-size", "4", "--reference", "./tiny.py", "--device", "cpu")


def board_row(model, value, features=("toy",), codes=(), tracks=948, rank=1, **options):
    accuracy = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return {
        "model": model, "features": features, "options": options, "test_tracks": tracks,
        "rank": rank,
        "warnings": [{"code": code} for code in codes], "scores": {"accuracy": accuracy},
    }  # fmt: skip


BOARD = {
    "audit": {"test_tracks": 948},
    "ranked": [
        board_row("means", 0.9, codes=["MGR103"]),
        board_row("means", 0.8, tracks=900),
        board_row("means", 0.75, codes=["MGR109"], rank=None),
        board_row("tiny", 0.7, features=("toy2",), width=8),
        board_row("means", 0.6, codes=["MGR104"], tracks=947),
        board_row("means", 0.5),
        board_row("tiny", 0.4),
    ],
}


def timing(p50):
    return Timing(first=p50, p50=p50, p95=p50, iqr=0.0, low=p50, high=p50, repeats=9, capped=False)


def row_of(model, p50=None, **fields):
    facts = {"features": ("toy",), "shapes": {"toy": (12,)}, "segments": 1, "values": "stored", "genres": 3}
    facts |= {"train_tracks": 9, "epochs": None, "batch": 4, "clips": timing(p50) if p50 else None}
    return CostRow(model=model, **{**facts, **fields})


def session_of(*rows, **machine):
    facts = {"device": "cpu", "threads": 1, "precision": "float32", "compiled": False, "cpu": "a"}
    facts |= {"platform": "Linux", "python": "3", "packages": {}}
    return Session(
        machine=Machine(**{**facts, **machine}),
        code={"version": "0", "commit": None, "dirty": None},
        dataset="gtzan",
        clip_seconds=30.0,
        reference="one",
        quick=False,
        rows=rows,
        started_utc="2000-01-01T00:00:00Z",
    )


def task_of(**fields):
    facts = {"model": "x", "name": "x", "features": ("toy",), "dataset": "gtzan", "genres": 10, "batch": 4}
    facts |= {"device": "cpu", "threads": 1, "budget": QUICK, "store": Path("none")}
    return Task(**{**facts, **fields})
