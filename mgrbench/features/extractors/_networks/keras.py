"""Networks with the weights of an HDF5 file as Keras writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import h5py
import torch
from torch import Tensor, nn

from mgrbench import BenchError
from mgrbench.core.files import digest_of_file, reading

State = dict[str, Tensor]
"""Values of a network by their name in it."""

_Network = TypeVar("_Network", bound=nn.Module)
_HINT = "get the published file again"


def verify(path: Path, sha256: str) -> None:
    """Check that a file is the published one.

    Raises:
        BenchError: if it is missing or another file.
    """
    with reading(path):
        found = digest_of_file(path)
    if found != sha256:
        raise BenchError(f"has the SHA-256 {found}, not {sha256}", _HINT, path)


def load(path: Path, read: Callable[[h5py.File], tuple[_Network, State]]) -> _Network:
    """A network with the weights of a file, in evaluation mode and with no value to be learnt.

    Args:
        path: an HDF5 file.
        read: gives a network of this file's kind and its values; a ``KeyError`` says what the file lacks.

    Raises:
        BenchError: if it is missing, is no HDF5 file, or holds other weights.
    """
    with reading(path), path.open("rb"):
        pass
    try:
        with h5py.File(path) as stored:
            network, state = read(stored)
    except OSError as error:
        raise BenchError("is no HDF5 file, or is damaged", _HINT, path) from error
    except KeyError as error:
        raise BenchError(f"holds other weights than expected ({error.args[0]})", _HINT, path) from error
    expected = network.state_dict()
    for name, values in state.items():
        if values.shape != expected[name].shape:
            problem = f"holds {name} of shape {tuple(values.shape)}, not {tuple(expected[name].shape)}"
            raise BenchError(problem, _HINT, path)
    network.load_state_dict(state, strict=False)  # only counters of batches are missing
    return network.eval().requires_grad_(False)


def tensor(dataset: h5py.Dataset) -> Tensor:
    """The values of a dataset."""
    return torch.from_numpy(dataset[:])
