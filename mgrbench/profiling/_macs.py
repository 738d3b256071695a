"""``macs_ptflops``: multiply-adds as ptflops 0.6.2 counts them, the convention behind the paper's figures.

Ng et al. 2020 print "billion FLOPs" that are multiply-adds of one input, and not all of them. Counted are, as
far as a layer of a network does it:

* a convolution and a linear layer: each value given takes as many as its kernel has weights, and 1 for the
  bias (a linear layer over several rows is the 1 × 1 convolution that it equals);
* batch norm: 2 a value, 1 without learned scale;
* an activation: 1 a value given; a pool: 1 a value taken. An activation right behind a max-pool counts at the
  size before the pool: every rising activation gives the same on either side, and the published order is
  activation first;
* a module of one's own with a matrix ``weight`` (rows, values) and a ``bias`` (rows,) is a linear map of its
  input's channels at each position: NetVLAD's soft assignment;
* a recurrent layer: its weights and biases, at each step.

Not counted are products of two computed tensors (attention's, NetVLAD's sum of residuals), softmax, norms of
vectors, Fourier transforms, additions. The count is therefore no amount of work: ``flops`` is.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from mgrbench.profiling._components import PARTS, parts_of

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_ACTIVATIONS = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.SELU, nn.Tanh, nn.GELU, nn.PReLU, nn.Sigmoid, nn.SiLU)
_POOLS = {
    torch.nn.functional.max_pool1d, torch.nn.functional.max_pool2d, torch.nn.functional.max_pool3d,
    torch.nn.functional.avg_pool1d, torch.nn.functional.avg_pool2d, torch.nn.functional.avg_pool3d,
    torch.nn.functional.adaptive_avg_pool1d, torch.nn.functional.adaptive_avg_pool2d,
    torch.nn.functional.adaptive_max_pool1d, torch.nn.functional.adaptive_max_pool2d,
}  # fmt: skip


def count_macs(network: nn.Module, inputs: Sequence[Tensor]) -> Mapping[str, int]:
    """Multiply-adds of ``network(*inputs)`` by part, in the order of `PARTS`; the network is left as it is.

    Raises:
        RuntimeError: as torch does where the network can't run on shapes alone.
    """
    twin = copy.deepcopy(network).to("meta").eval()
    tally = _Tally(twin)
    with torch.no_grad(), tally:
        try:
            twin(*(value.to("meta") for value in inputs))
        finally:
            tally.remove()
    return {part: tally.sums[part] for part in PARTS if tally.sums[part]}


class _Tally(TorchFunctionMode):
    """Adds up layers by forward hooks, and pools, which are often functions, as they are called."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.sums: Counter[str] = Counter()
        self._parts = parts_of(network)
        self._inside: list[str] = []
        self._pooled: tuple[Tensor | None, int] = (None, 0)
        self._hooks: list[RemovableHandle] = []
        for path, module in network.named_modules():
            self._hooks.append(module.register_forward_pre_hook(self._enter(path)))
            self._hooks.append(module.register_forward_hook(self._leave(path)))

    def remove(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if func in _POOLS and isinstance(result, Tensor):
            taken = args[0].numel()
            self._add(self._part_of_pool(), taken)
            self._pooled = (result, taken)
        return result

    def _part_of_pool(self) -> str:
        """The part of the module that pools; of one that is of no part, what it holds first."""
        path = self._inside[-1] if self._inside else ""
        inside = [part for name, part in self._parts.items() if name.startswith(f"{path}.".lstrip("."))]
        own = self._parts.get(path, "other")
        return own if own != "other" else next((part for part in inside if part != "other"), "other")

    def _add(self, part: str, macs: int) -> None:
        self.sums[part] += macs

    def _enter(self, path: str) -> Callable[[nn.Module, object], None]:
        def hook(_module: nn.Module, _inputs: object) -> None:
            self._inside.append(path)

        return hook

    def _leave(self, path: str) -> Callable[[nn.Module, tuple[object, ...], object], None]:
        def hook(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            self._inside.pop()
            if inputs and isinstance(inputs[0], Tensor):
                # What a recurrent layer gives is a tuple, and is not needed for its count.
                size = output.numel() if isinstance(output, Tensor) else 0
                self._add(self._parts[path], self._of_layer(module, inputs[0], size))

        return hook

    def _of_layer(self, module: nn.Module, given: Tensor, size: int) -> int:
        """Multiply-adds of one layer.

        Args:
            module: the layer.
            given: its input.
            size: number of values that it gives.
        """
        if isinstance(module, _ACTIVATIONS):
            pooled, before = self._pooled
            return before if given is pooled else size
        if isinstance(module, _NORMS):
            return given.numel() * (2 if module.affine else 1)
        if isinstance(module, nn.RNNBase):
            return _of_recurrent(module, given)
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if isinstance(module, _CONVOLUTIONS):
            kernel = math.prod(module.kernel_size) * module.in_channels // module.groups
            turned = isinstance(module, _CONVOLUTIONS[3:])
            products = given.numel() * kernel * module.out_channels // module.in_channels
            return (products if turned else size * kernel) + (size if bias is not None else 0)
        if isinstance(module, nn.Linear):
            return size * (module.in_features + (bias is not None))
        own = not type(module).__module__.startswith("torch.")
        if own and isinstance(weight, Tensor) and isinstance(bias, Tensor) and weight.dim() == 2:
            rows = given.numel() // weight.shape[1]
            return rows * (weight.numel() + bias.numel())
        return 0


def _of_recurrent(layer: nn.RNNBase, given: Tensor) -> int:
    """Weights and biases of all layers and directions at each step of each sequence."""
    steps = given.numel() // given.shape[-1]
    return steps * sum(value.numel() for value in layer.parameters())
