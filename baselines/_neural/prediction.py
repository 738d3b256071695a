"""What a trained network predicts for tracks, and how good that is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines._neural.segments import in_batches
from mgrbench import FloatArray

_BATCH = 64


def track_probabilities(
    network: nn.Module, values: FloatArray, device: str, *, bf16: bool = False
) -> NDArray[np.float64]:
    """Probabilities of tracks: the mean of the softmax over the segments of each.

    Args:
        network: gives logits, in evaluation mode.
        values: float32, shape (tracks, segments, ...).
        device: where the network is.
        bf16: compute as it was trained.

    Returns:
        Float64, shape (tracks, genres).
    """
    rows = segment_outputs(
        lambda batch: network(batch).float().softmax(dim=-1), values, device, bf16=bf16
    ).astype(np.float64)
    proba: NDArray[np.float64] = rows.mean(axis=1)
    return np.asarray(proba / proba.sum(axis=1, keepdims=True))


def segment_outputs(
    compute: Callable[[Tensor], Tensor], values: FloatArray, device: str, *, bf16: bool = False
) -> FloatArray:
    """Outputs for every segment, without gradients: float32 of shape (tracks, segments, outputs)."""
    with torch.inference_mode(), torch.autocast(device.partition(":")[0], torch.bfloat16, enabled=bf16):
        rows = [compute(batch).float().cpu().numpy() for batch in in_batches(values, _BATCH, device)]
    return np.concatenate(rows).reshape(*values.shape[:2], -1)


def last_hidden(network: nn.Module, values: FloatArray, device: str, *, bf16: bool = False) -> FloatArray:
    """What the last dense layer of a network gets, the mean over segments: float32 (tracks, values)."""
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    seen: list[Tensor] = []

    def hidden(batch: Tensor) -> Tensor:
        network(batch)
        return seen.pop().flatten(start_dim=1)

    hook = last.register_forward_pre_hook(lambda _layer, inputs: seen.append(inputs[0]))
    try:
        rows = segment_outputs(hidden, values, device, bf16=bf16)
    finally:
        hook.remove()
    means: FloatArray = rows.mean(axis=1)
    return means


def scored(proba: NDArray[np.float64], genre: NDArray[np.int64]) -> dict[str, float]:
    """Log loss and accuracy of validation tracks, as they stand in the history."""
    of_truth = np.clip(proba[np.arange(len(genre)), genre], np.finfo(np.float64).eps, 1.0)
    accuracy = float(np.mean(proba.argmax(axis=1) == genre))
    return {"valid_loss": float(-np.log(of_truth).mean()), "valid_accuracy": accuracy}
