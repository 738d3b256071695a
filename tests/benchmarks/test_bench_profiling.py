"""Attention in one call beside its products written out.

A step is forward and backward of FusionNet's two attentions on a batch of 16 codings: the paper's (tokens of
224 rows, K = 20, 10 heads) and the released one (2240 tokens of 10 copies, K = 10), whose matrix of all pairs
has 5 million values a segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.benchmarks.ratios import best_seconds, compared

torch = pytest.importorskip("torch")

import baselines.fusionnet.attention as module  # noqa: E402 - torch may be absent
from baselines.fusionnet.attention import ChannelAttention, HeadAttention  # noqa: E402

BATCH, ROWS = 16, 224
ROUNDS = 3
LAYERS = {
    "the paper's attention (224 tokens, 10 heads)": (lambda: HeadAttention(20, 10), 20),
    "the released attention (2240 tokens)": (lambda: ChannelAttention(10), 10),
}


def written_out(f: Any, g: Any, h: Any, scale: float) -> Any:
    """Equations 6 to 9: the matrix of all pairs, its softmax, its product."""
    return (scale * f @ g.transpose(-1, -2)).softmax(dim=-1) @ h


class Step:
    """Forward and backward of an attention, with torch's call or with the products written out."""

    def __init__(self, layer: Any, width: int, literal: bool, batch: int = BATCH) -> None:
        self.layer, self.literal = layer, literal
        generator = torch.Generator().manual_seed(0)
        self.rows = torch.randn(batch, ROWS, width, generator=generator)

    def __call__(self) -> Any:
        """The output."""
        kept = module.scaled_dot_product_attention
        module.scaled_dot_product_attention = written_out if self.literal else kept
        try:
            self.layer.zero_grad()
            output = self.layer(self.rows)
        finally:
            module.scaled_dot_product_attention = kept
        output.square().sum().backward()
        return output


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """One thread, so that both ways have the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def both(name: str, batch: int = BATCH) -> tuple[Step, Step]:
    make, width = LAYERS[name]
    layer = make()
    layer.gamma.data.fill_(0.5)
    return Step(layer, width, literal=False, batch=batch), Step(layer, width, literal=True, batch=batch)


@pytest.mark.parametrize("name", LAYERS)
def test_both_ways_are_one_function(name: str) -> None:
    ours, literal = both(name, batch=1)
    assert torch.allclose(ours(), literal(), atol=1e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_time_of_a_step(benchmark, name: str) -> None:
    ours, literal = both(name)
    seconds = benchmark.pedantic(best_seconds, args=(ROUNDS, ours, literal), rounds=1)
    compared(benchmark, f"a step of {name}, batch 16", *seconds, other_way="products written out (eqs. 6–9)")
