"""Floating-point operations of a network, 2 for each multiply-add, on shapes alone.

Counted are products of matrices, convolutions and attention by torch's ``FlopCounterMode``, and Fourier
transforms by the formulas below. Tensors are on torch's ``meta`` device, which has shapes and no values; so
nothing is computed, and no processor's fused kernel (of an LSTM, of a transformer layer, of attention) hides
its products from the counter. What else was seen is listed with the number of values that it gave: additions,
activations, norms, pools and copies take time and are no multiply-adds.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from mgrbench.profiling._components import PARTS, parts_of

Shape = Sequence[int]


@dataclass(frozen=True, slots=True)
class Flops:
    """Operations of one forward pass.

    Attributes:
        total: 2 for each multiply-add, and those of Fourier transforms.
        parts: part of the network -> its share of the total; the parts add up to it.
        uncounted: operation that was seen and not counted -> values that it gave; views are left out.
    """

    total: int
    parts: Mapping[str, int]
    uncounted: Mapping[str, int]


def count_flops(network: nn.Module, inputs: Sequence[Tensor]) -> Flops:
    """Operations of ``network(*inputs)`` in evaluation mode; the network is left as it is.

    Raises:
        RuntimeError: as torch does where the network can't run on shapes alone.
    """
    shapes = [value.to("meta") for value in inputs]
    twin = copy.deepcopy(network).to("meta").eval()
    log = _Log()
    counter = FlopCounterMode(display=False, custom_mapping=_FOURIER)
    with _plainly(), torch.no_grad(), log, counter:
        twin(*shapes)
    total = int(counter.get_total_flops())
    counted = {str(kind) for kind in counter.flop_registry}
    uncounted = {name: size for name, size in log.given.most_common() if name not in counted}
    names = {name.removeprefix("aten."): size for name, size in uncounted.items()}
    return Flops(total, _by_part(twin, counter, total), names)


@contextmanager
def _plainly() -> Iterator[None]:
    """Without the fused kernels that hide what they multiply."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


class _Log(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operation but views, with the number of values that it gives."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.given: Counter[str] = Counter()

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            given = result if isinstance(result, tuple | list) else [result]
            self.given[str(func.overloadpacket)] += sum(
                value.numel() for value in given if isinstance(value, Tensor)
            )
        return result


def _by_part(network: nn.Module, counter: FlopCounterMode, total: int) -> dict[str, int]:
    """What each part did itself: what a module did less what the modules in it did."""
    root = type(network).__name__
    by_name = {name: sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    parts = parts_of(network)
    done: dict[str, int] = {}
    sums: Counter[str] = Counter()
    for path in sorted(parts, key=lambda path: -path.count(".") - bool(path)):  # the inner ones first
        children = [name for name, _ in network.get_submodule(path).named_children()]
        inside = sum(done[f"{path}.{name}".lstrip(".")] for name in children)
        # A module that is never called itself, such as a list of layers, has done what those in it did.
        done[path] = by_name.get(f"{root}.{path}" if path else root, inside)
        sums[parts[path]] += done[path] - inside
    sums["other"] += total - sum(sums.values())
    return {part: sums[part] for part in PARTS if sums[part]}


def _transforms(shape: Shape, size: int, per_value: float) -> int:
    count = math.prod(shape)
    return round(per_value * count * math.log2(size)) if size > 1 else 0


def _real(shape: Shape, dim: Shape, *_: object, **__: object) -> int:
    """Real Fourier transform of N values: 2.5 N log2 N, half of a complex one."""
    return _transforms(shape, math.prod(shape[axis] for axis in dim), 2.5)


def _complex(shape: Shape, dim: Shape, *_: object, **__: object) -> int:
    """Complex Fourier transform of N values: 5 N log2 N (Cooley and Tukey's radix 2)."""
    return _transforms(shape, math.prod(shape[axis] for axis in dim), 5.0)


def _inverse(shape: Shape, dim: Shape, _norm: int, last: int, *_: object, **__: object) -> int:
    """Inverse of a real transform: 2.5 N log2 N for the N values that it gives."""
    given = [last if axis == dim[-1] % len(shape) else size for axis, size in enumerate(shape)]
    return _transforms(given, math.prod(given[axis] for axis in dim), 2.5)


_FOURIER: dict[Any, Callable[..., int]] = {
    torch.ops.aten._fft_r2c: _real,
    torch.ops.aten._fft_c2c: _complex,
    torch.ops.aten._fft_c2r: _inverse,
}
"""Operations of a Fourier transform; ``torch.stft`` does one for each frame."""
