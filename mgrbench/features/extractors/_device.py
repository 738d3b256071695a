"""Computing features on a GPU with PyTorch: which device is meant, and under which rules.

**Same values.** Sums of many products, that is matrix products and convolutions, are taken in double
precision. TF32, which rounds the factors of single-precision products to ten bits and which PyTorch switches
on for convolutions, then has nothing to round, whatever its switches say; PyTorch has two sets of them that
must not be mixed. In double precision these sums cost little beside decoding the audio.

**Same bits.** cuDNN is held to deterministic algorithms and may not choose among them by trial. One clip is
computed at a time, so its values do not depend on which clips it comes with. With the same GPU, driver and
PyTorch, values should then come out the same to the bit; on another GPU, and against the CPU, they are the
same to within the tolerance that each feature states.

No GPU was at hand where this was written. The code names no device, and was tested with PyTorch on the CPU
against NumPy, librosa and kymatio; what no test has seen is CUDA itself: its FFTs, its convolutions, and how
its memory and its speed behave. `tests/features/test_device.py` holds the tests that run where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mgrbench import BenchError

if TYPE_CHECKING:
    import torch

_HINT = "use the device cpu"


def gpu(name: str) -> torch.device:
    """The GPU of this name.

    Args:
        name: ``"cuda"``, or with a number ``"cuda:1"``.

    Raises:
        BenchError: if PyTorch is not installed, if it finds no GPU or not that one, or if no device is called
            so.
    """
    if not re.fullmatch(r"cuda(:\d+)?", name):
        raise BenchError(f"no device is called {name!r}", "the devices are cpu, cuda, cuda:0, cuda:1 …")
    try:
        import torch
    except ImportError as error:
        hint = f"install mgrbench[neural], or {_HINT}"
        raise BenchError(f"the device {name} needs PyTorch, which is not installed", hint) from error
    if not torch.cuda.is_available():
        hint = f"{_HINT}, or install the GPU's driver and a PyTorch that is built for it"
        raise BenchError(f"no GPU that torch can use was found (torch {torch.__version__})", hint)
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.index is not None and device.index >= count:
        raise BenchError(f"there is no {name}: torch finds {count} GPU(s)", f"{_HINT}, or cuda:{count - 1}")
    return device


@contextmanager
def computing() -> Iterator[None]:
    """Within it, torch keeps no gradients and cuDNN is deterministic; afterwards all is as before.

    Raises:
        BenchError: if the GPU's memory does not suffice.
    """
    import torch

    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        with torch.inference_mode():
            yield
    except torch.cuda.OutOfMemoryError as error:
        hint = f"end other programs that use it, ask for fewer jobs, or {_HINT}"
        raise BenchError("the GPU has too little free memory", hint) from error
    finally:
        cudnn.deterministic, cudnn.benchmark = before
