"""NetVLAD as one matrix product beside the literal tensor of residuals, in time and in memory.

A step is forward and backward, on a batch of 16 mel segments of 216 × 128, with the paper's 20 clusters: of a
NetVLAD by itself on the map of the first block, and of the whole coding network with its five. The literal
way writes equations 1 to 5 out as they stand: a tensor of the residuals of all clusters, channels and
positions, weighted and summed. Memory is what a step adds to the peak of a fresh process that has the
network already.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.benchmarks.ratios import best_seconds, compared

torch = pytest.importorskip("torch")

from baselines.fusionnet.coding import CodingNetwork  # noqa: E402 - torch may be absent
from baselines.fusionnet.design import Design  # noqa: E402
from baselines.fusionnet.netvlad import NetVLAD  # noqa: E402

BATCH, SHAPE, GENRES = 16, (216, 128), 10
CLUSTERS = 20
FIRST_MAP = (32, 108, 64)
"""Channels and positions of the first block's map, the largest."""
ROUNDS = 3
WAY = "residuals written out (eqs. 1–5)"
STATED_BYTES = 0.7e9
"""What a step of the defaults adds to a process, as `baselines.fusionnet` states it."""
PARTS = ("netvlad", "network")
WHAT = {
    "netvlad": "a step of NetVLAD on the first block's map (batch 16)",
    "network": "a step of FusionNet's mel network (batch 16, 216 × 128)",
}


class LiteralNetVLAD(NetVLAD):
    """Equations 1 to 5 as they stand: (batch, K, D, positions) residuals."""

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        local = torch.nn.functional.normalize(feature_map.flatten(start_dim=2), dim=1)
        scores = torch.einsum("kd,bdp->bkp", self.weight, local) + self.bias[:, None]
        assigned = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
        residuals = local[:, None] - self.centres[None, :, :, None]
        coding = (assigned[:, :, None] * residuals).sum(dim=3)
        coding = coding / coding.norm(dim=2, keepdim=True)
        return coding / coding.flatten(start_dim=1).norm(dim=1)[:, None, None]


class Step:
    """Forward and backward of a part, to be done again and again."""

    def __init__(self, part: str, literal: bool, batch: int = BATCH, dtype: Any = torch.float32) -> None:
        torch.manual_seed(0)
        if part == "netvlad":
            self.layer = (LiteralNetVLAD if literal else NetVLAD)(FIRST_MAP[0], CLUSTERS)
            self.values = torch.randn(batch, *FIRST_MAP, dtype=dtype, requires_grad=True)
        else:
            self.layer = CodingNetwork(SHAPE, GENRES, Design(clusters=CLUSTERS))
            self.values = torch.randn(batch, *SHAPE, dtype=dtype)
            for coding in self.layer.high_level[1].codings if literal else ():
                coding.__class__ = LiteralNetVLAD
        self.layer.to(dtype)

    def __call__(self) -> torch.Tensor:
        """The output."""
        torch.manual_seed(1)  # the dropout's
        self.layer.zero_grad()
        self.values.grad = None
        output = self.layer(self.values)
        output.square().sum().backward()
        return output


SCRIPT = """
import sys
import torch
torch.set_num_threads(1)
from tests.benchmarks.test_bench_fusionnet import Step

def peak():
    # Not ru_maxrss, which a process inherits from the one that started it.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024

step = Step(sys.argv[1], sys.argv[2] == "literal")
before = peak()
step()
print(peak() - before)
"""


def added_bytes(part: str, way: str) -> int:
    """What one step adds to the peak memory of a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, part, way],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return int(done.stdout.splitlines()[-1])


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """One thread, so that both ways have the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("part", PARTS)
def test_both_ways_are_one_function(part: str) -> None:
    ours, literal = (Step(part, way, batch=4, dtype=torch.float64) for way in (False, True))
    assert torch.allclose(ours(), literal(), atol=1e-9)
    for own, other in zip(ours.layer.parameters(), literal.layer.parameters(), strict=True):
        assert torch.allclose(own.grad, other.grad, atol=1e-9)


@pytest.mark.parametrize(("part", "least"), [("netvlad", 2.0), ("network", 1.2)])
def test_time_of_a_step(benchmark, part: str, least: float) -> None:
    ours, literal = (Step(part, way) for way in (False, True))
    seconds = benchmark.pedantic(best_seconds, args=(ROUNDS, ours, literal), rounds=1)
    assert compared(benchmark, WHAT[part], *seconds, other_way=WAY) > least


@pytest.mark.parametrize(("part", "least"), [("netvlad", 2.0), ("network", 1.2)])
def test_memory_of_a_step(benchmark, part: str, least: float) -> None:
    ours = benchmark.pedantic(added_bytes, args=(part, "ours"), rounds=1)
    literal = added_bytes(part, "literal")
    what = f"peak memory of {WHAT[part]}"
    assert compared(benchmark, what, ours / 1e6, literal / 1e6, other_way=WAY, unit="MB") > least
    if part == "network":
        assert ours < 1.1 * STATED_BYTES
