"""Neural genre models: what all of them offer the bench, and the one of one network on one feature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines._neural.checkpoints import Checkpoints
from baselines._neural.prediction import last_hidden, track_probabilities
from baselines._neural.segments import Standardise, seeded, segments_of
from baselines._neural.settings import Training
from baselines._neural.training import Objective, OnEpoch, Place, kept_epoch, train
from mgrbench import BenchError, Examples, FloatArray, Inputs

Shape = tuple[int, ...]
MakeNetwork = Callable[[Shape, int], nn.Module]
"""(shape of a segment, number of genres) -> network of segments (batch, *shape) to logits (batch, genres)."""


class NeuralModel:
    """What neural models have in common.

    Attributes:
        checkpoint: a folder to keep an unfinished training in, to be set before ``fit``; None to keep
            nothing. Fitting again with the same folder goes on where it stopped.
        on_epoch: told each epoch's row of the history, see `baselines._neural.training.train`.
        history: after ``fit``, one row an epoch.
        chosen: after ``fit``, what was chosen on the validation part.
    """

    checkpoint: Path | None = None
    on_epoch: OnEpoch | None = None

    def __init__(self, n_genres: int, seed: int, device: str, training: Training) -> None:
        training.check_device(device)
        self.history: list[dict[str, Any]] = []
        self.chosen: dict[str, Any] = {}
        self._n_genres = n_genres
        self._seed = seed
        self._device = device
        self._training = training
        self._sizes: dict[str, Shape] = {}

    def _place(self) -> Place:
        return Place(self._device, self._seed, Checkpoints(self.checkpoint), self.on_epoch)

    def _learn_sizes(self, inputs: Inputs) -> None:
        if not inputs.arrays:
            raise BenchError("this model learns from features and was given none", "name one with --feature")
        self._sizes = {name: array.shape[2:] for name, array in inputs.arrays.items()}

    def _check_sizes(self, inputs: Inputs) -> None:
        if not self._sizes:
            raise BenchError("the model predicts before it was fitted", "call fit first")
        for name, size in self._sizes.items():
            given = inputs.arrays[name].shape[2:] if name in inputs.arrays else None
            if given != size:
                hint = "predict on the features that it was fitted on"
                raise BenchError(f"feature {name!r} has segments of {given}, fitted on {size}", hint)


class SegmentNetwork(NeuralModel):
    """One network that classifies the segments of one feature; a track gets the mean of their softmax.

    Args:
        make: makes the network from the shape of a segment and the number of genres.
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        training: how to train.
        axes: axes that a segment must have: 2 for (time, frequency).
        raw: whether segments go in as they are, not standardised over the training part.
    """

    def __init__(
        self,
        make: MakeNetwork,
        n_genres: int,
        seed: int,
        device: str,
        training: Training,
        axes: int = 2,
        *,
        raw: bool = False,
    ) -> None:
        super().__init__(n_genres, seed, device, training)
        self._make = make
        self._axes = axes
        self._raw = raw
        self._network: nn.Module | None = None

    def fit(self, train_part: Examples, valid: Examples | None) -> SegmentNetwork:
        """Train on the segments of the training part, and choose the epoch on the validation tracks.

        Raises:
            BenchError: if there is not exactly one feature, or it has other axes, or as by `train`.
        """
        self._learn_sizes(train_part.inputs)
        if len(self._sizes) > 1:
            raise BenchError(
                f"this model takes one feature and was given {', '.join(self._sizes)}", "name one"
            )
        ((feature, shape),) = self._sizes.items()
        if len(shape) != self._axes:
            of_time = "name a feature of (time, frequency), such as mel"
            hint = of_time if self._axes == 2 else "name a feature of one axis, or see the model's options"
            raise BenchError(f"feature {feature!r} has segments of shape {shape}", hint)
        segments = segments_of(train_part, feature)
        with seeded(self._device, self._seed, "initial values"):
            layers = {
                "normalise": nn.Identity() if self._raw else Standardise.fitted(segments.values),
                "network": self._make(shape, self._n_genres),
            }
        network = nn.Sequential()
        for name, layer in layers.items():
            network.add_module(name, layer)
        watched = None if valid is None else segments_of(valid, feature)
        self.history = train(Objective(network), segments, watched, self._training, self._place(), feature)
        if watched is not None:
            self.chosen = {"epoch": kept_epoch(self.history)}
        self._network = network
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """Probabilities, float64 of shape (tracks, genres).

        Raises:
            BenchError: if the model is not fitted or the feature does not fit it.
        """
        self._check_sizes(inputs)
        (feature,) = self._sizes
        network, _ = self.profile_target()
        return track_probabilities(network, inputs.arrays[feature], self._device, bf16=self._training.bf16)

    def embed(self, inputs: Inputs) -> FloatArray:
        """What the last dense layer gets of tracks, the mean over their segments: float32 (tracks, values).

        Raises:
            BenchError: if the model is not fitted or the feature does not fit it.
        """
        self._check_sizes(inputs)
        (feature,) = self._sizes
        network, _ = self.profile_target()
        return last_hidden(network, inputs.arrays[feature], self._device, bf16=self._training.bf16)

    def profile_target(self) -> tuple[nn.Module, tuple[Tensor, ...]]:
        """The network and one segment of zeros."""
        if self._network is None:
            raise BenchError("the model has no network before it was fitted", "call fit first")
        (shape,) = self._sizes.values()
        return self._network, (torch.zeros(1, *shape, device=self._device),)
