"""The part of a network that a layer belongs to, so that costs can be given part by part.

The parts are those of Ng et al. 2020 (backbone, NetVLAD, attention, dense) and ``recurrent``:

* a module whose class is called after VLAD is ``netvlad``, with all that is in it;
* one whose name or class speaks of attention is ``attention``, with all that is in it;
* a recurrent layer is ``recurrent``;
* a linear layer is ``dense``, and so is what a module called ``dense`` or ``classifier`` holds;
* any other layer with values is ``backbone``, such as a convolution;
* a layer that only goes with another (a norm, an activation, a pool, dropout) is of the part that the layer
  before it in the same module is of; with none before it, of its parent's;
* whatever is computed outside of all these is ``other``.
"""

from __future__ import annotations

from collections import Counter

from torch import nn

PARTS = ("backbone", "netvlad", "recurrent", "attention", "dense", "other")
_DENSE = ("dense", "classifier")


def parts_of(network: nn.Module) -> dict[str, str]:
    """Path of every module -> its part; the network itself has the path ``""``."""
    found: dict[str, str] = {}
    _name(network, "", _recognised("", network) or "other", found)
    return found


def parameters_of(network: nn.Module) -> dict[str, int]:
    """Part -> number of its values, in the order of `PARTS`; a value that two modules share counts once."""
    parts, seen = parts_of(network), set()
    counts: Counter[str] = Counter()
    for path, module in network.named_modules():
        for parameter in module.parameters(recurse=False):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                counts[parts[path]] += parameter.numel()
    return {part: counts[part] for part in PARTS if counts[part]}


def _name(module: nn.Module, path: str, part: str, found: dict[str, str]) -> None:
    """Give this part to a module, and theirs to those in it."""
    found[path] = part
    before = part
    for name, child in module.named_children():
        own = part if part in {"netvlad", "attention", "recurrent", "dense"} else _recognised(name, child)
        if own is None:
            holds = any(True for _ in child.children())
            own = "other" if holds else before
        if own != "other":
            before = own
        _name(child, f"{path}.{name}".lstrip("."), own, found)


def _recognised(name: str, module: nn.Module) -> str | None:
    """The part that a module's name, class or values show; None if they show none."""
    kind = type(module).__name__.lower()
    if "vlad" in kind:
        return "netvlad"
    if "attention" in kind or "attention" in name.lower():
        return "attention"
    if isinstance(module, nn.RNNBase | nn.RNNCellBase):
        return "recurrent"
    if isinstance(module, nn.Linear) or name in _DENSE:
        return "dense"
    goes_along = "norm" in kind or not any(True for _ in module.parameters(recurse=False))
    return None if goes_along else "backbone"
