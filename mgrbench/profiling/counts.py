"""Values and operations of a network, part by part; see `_flops` and `_macs` for the two conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgrbench.core.types import BenchError
from mgrbench.profiling.record import Counts, Part

if TYPE_CHECKING:
    from torch import Tensor, nn


def count(network: nn.Module, inputs: Sequence[Tensor]) -> Counts:
    """Count a network on one example; operations are those of a forward pass.

    Args:
        network: the network; it is left as it is.
        inputs: the example, as by a model's ``profile_target``.

    Raises:
        BenchError: if the network can't run on shapes alone, because it reads values.
    """
    from mgrbench.profiling._components import PARTS, parameters_of
    from mgrbench.profiling._flops import count_flops
    from mgrbench.profiling._macs import count_macs

    try:
        flops, macs = count_flops(network, inputs), count_macs(network, inputs)
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        hint = (
            "a forward pass that looks at no values, and makes tensors on its input's device, can be counted"
        )
        raise BenchError(f"the network can't be counted: {type(error).__name__}: {reason}", hint) from error
    values = parameters_of(network)
    named = [part for part in PARTS if part in {*values, *flops.parts, *macs}]
    parameters = list(network.parameters())
    held = [*parameters, *network.buffers()]
    return Counts(
        parameters=sum(value.numel() for value in parameters),
        trainable=sum(value.numel() for value in parameters if value.requires_grad),
        bytes=sum(value.numel() * value.element_size() for value in held),
        flops=flops.total,
        macs_ptflops=sum(macs.values()),
        parts={
            part: Part(
                parameters=values.get(part, 0),
                flops=flops.parts.get(part, 0),
                macs_ptflops=macs.get(part, 0),
            )
            for part in named
        },
        uncounted=dict(flops.uncounted),
        input_shapes=tuple(tuple(value.shape) for value in inputs),
    )
