"""Logarithm of the scattering coefficients, as in FusionNet (Ng et al. 2020, section III-B).

Each segment is divided by the largest modulus of its samples, so the values do not change under a gain.
Then come the coefficients as kymatio defines them (J = 10, Q = 6: paths of order 0, 1 and 2, 1 + 55 + 224 of
them), and the natural logarithm of their magnitude.

**Floor.** Far from a clean tone the coefficients are 1e-9 and less of full scale, which is the rounding of
the arithmetic and no property of the sound: there the logarithms of single and double precision differ by
up to 8. Magnitudes are therefore clamped at 1e-6 of full scale (-120 dB), where the two differ by less than
0.02 on clean tones. "Of full scale" takes into account that kymatio scales each path by a power of two of
its own. The released code has no floor and replaces exact zeros by 1e-6. Of the coefficients of 110 GTZAN
clips, 0.02 % lie below the floor; the others are the released values.

**Last frame.** kymatio gives 215 frames for 10 s where the other features have 216. The released code
repeats the last one. Here it is the next frame of the same transform, which kymatio computes and cuts off.

**GPU.** There (`mgrbench.features.extractors._device`) the values are the same to within 0.001 where the
magnitude is above 1e-4 of full scale, and to within 0.02 between that and the floor, where the last digits of
single precision begin to show. Between torch, on a CPU, and the default, 0.0003 and 0.006 were measured, on
clean tones; a coefficient itself differed by 2e-7 of full scale at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgrbench import Clip, FeatureSpec, FloatArray
from mgrbench.features.extractors._device import gpu
from mgrbench.features.extractors._scattering.transform import Scattering
from mgrbench.features.extractors._segments import stacked

if TYPE_CHECKING:
    import torch

SAMPLE_RATE, OCTAVES, PER_OCTAVE = 22050, 10, 6
HOP, PATHS = 2**OCTAVES, 280
FLOOR = 1e-6
UNIT = "ln magnitude"
PARTS = {"order 0": slice(0, 1), "order 1": slice(1, 56), "order 2, carrier": slice(56, PATHS)}

SPEC = FeatureSpec(
    name="scatter",
    about="Log scattering coefficients of orders 0, 1 and 2 (J = 10, Q = 6), hop 1024.",
    shape=(None, PATHS),
    parameters={
        "sample_rate": SAMPLE_RATE,
        "gain": "each segment divided by the largest modulus of its samples",
        "J": OCTAVES,
        "Q": PER_OCTAVE,
        "order": 2,
        "frames": "those of kymatio and the one after them",
        "log": "ln(max(magnitude, floor * gain of the path in kymatio))",
        "floor": FLOOR,
    },
    libraries=("kymatio", "numpy", "scipy", "soxr"),
)


def extract(clips: Sequence[Clip], device: str = "cpu") -> FloatArray:
    """Log scattering coefficients of every segment of some clips.

    Args:
        clips: clips of one dataset; four at a time, or a multiple, is fastest.
        device: ``"cpu"``, or a GPU: ``"cuda"``, ``"cuda:1"``.

    Returns:
        Float32, shape (clips, segments, 1 + samples // 1024, 280): order 0, then the 55 paths of order 1
        from the highest frequency down, then the 224 of order 2 in kymatio's order.

    Raises:
        BenchError: if the dataset's sample rate is not 22 050 Hz, or its segments are too short, or if there
            is no such device.
    """
    segments = stacked(clips, SAMPLE_RATE)
    if device != "cpu":
        transform = scattering_on(gpu(device), segments.shape[-1])
        return np.stack([log_scattering(one, transform) for one in segments])
    values = log_scattering(segments.reshape(-1, segments.shape[-1]))
    return values.reshape(*segments.shape[:2], *values.shape[1:])


def log_scattering(signals: FloatArray, transform: Scattering | None = None) -> FloatArray:
    """Log scattering coefficients: (signals, samples) to (signals, frames, 280).

    Args:
        signals: float32, shape (signals, samples).
        transform: what computes them; None for `scattering` of this length.
    """
    transform = transform or scattering(signals.shape[-1])
    peak = np.abs(signals).max(axis=-1, keepdims=True)
    coefficients = transform(np.asarray(signals / np.where(peak > 0, peak, 1), dtype=np.float32))
    values: FloatArray = np.log(np.maximum(np.abs(coefficients), np.float32(FLOOR) * transform.gains))
    return values


def frequencies() -> NDArray[np.float64]:
    """The frequency in Hz that each path listens at, shape (280,).

    Of order 0 it is 0; of order 1 the centre of the filter; of order 2 that of the first filter: the carrier
    whose envelope the second one takes apart. Within orders 1 and 2 frequencies fall.
    """
    from kymatio.scattering1d.frontend.base_frontend import ScatteringBase1D

    plan = ScatteringBase1D(OCTAVES, 2 ** (OCTAVES + 2), PER_OCTAVE)  # centres do not depend on the length
    plan.build()
    return np.asarray(np.nan_to_num(plan.meta()["xi"][:, 0]) * SAMPLE_RATE)


@lru_cache(maxsize=2)
def scattering(samples: int) -> Scattering:
    """The transform for segments of this length, its filters built once a process."""
    return Scattering(samples, OCTAVES, PER_OCTAVE)


@lru_cache(maxsize=2)
def scattering_on(device: torch.device, samples: int) -> Scattering:
    """The same on a device of torch's, its filters built and moved there once a process."""
    from mgrbench.features.extractors._scattering.on_torch import TorchScattering

    return TorchScattering(samples, OCTAVES, PER_OCTAVE, device)
