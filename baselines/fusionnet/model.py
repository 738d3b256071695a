"""FusionNet's pipeline as one genre model: features in, probabilities of tracks out (Ng et al. 2020).

1. A coding network for each feature; every segment of a training track is an example.
2. A track's probabilities by a feature are the summed, normalised probabilities of its segments.
3. The sum rule ranks all combinations of two or more features on the validation tracks.
4. For each of the best six, a meta-CNN learns from the tracks' high-level features (the mean over segments),
   which are out-of-fold for training tracks and standardised; its epoch is chosen on the validation tracks.
5. The meta-CNN that is best on the validation tracks is the model. With one feature, the coding network is;
   with no candidates for a meta-CNN, the best combination by the sum rule.

What "validation" means is the bench's to say: under ``selection=test`` it hands over the test part.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines._neural.network import NeuralModel
from baselines._neural.prediction import scored, segment_outputs, track_probabilities
from baselines._neural.segments import Segments, Standardise, seeded, segments_of
from baselines._neural.settings import Training
from baselines._neural.training import kept_epoch, train
from baselines.fusionnet.coding import CodingNetwork
from baselines.fusionnet.crossfit import Rotation, inner_parts
from baselines.fusionnet.design import Design
from baselines.fusionnet.joined import Fused, Summed
from baselines.fusionnet.losses import CentredObjective
from baselines.fusionnet.meta import MetaNetwork
from baselines.fusionnet.sumrule import Ranked, ranked, summed
from mgrbench import BenchError, Examples, FloatArray, Inputs


class FusionNet(NeuralModel):
    """FusionNet.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        design: which FusionNet.
        training: how coding networks are trained.
        meta_training: how meta-CNNs are trained.
    """

    def __init__(
        self,
        n_genres: int,
        seed: int,
        device: str,
        design: Design,
        training: Training,
        meta_training: Training,
    ) -> None:
        super().__init__(n_genres, seed, device, training)
        self.sum_rule: list[Ranked] = []
        self._design = design
        self._meta_training = meta_training
        self._main: dict[str, CodingNetwork] = {}
        self._fused: Fused | None = None
        self._members: tuple[str, ...] = ()
        self._segments: dict[str, int] = {}

    def fit(self, train_part: Examples, valid: Examples | None) -> FusionNet:
        """Train the coding networks, rank their combinations and train meta-CNNs on the best.

        Raises:
            BenchError: if there is a choice to make and no validation part, or as by `train`.
        """
        self._learn_sizes(train_part.inputs)
        names = tuple(self._sizes)
        self._segments = {name: train_part.inputs.arrays[name].shape[1] for name in names}
        if len(names) > 1 and valid is None:
            raise BenchError("combinations are to be ranked and there is no validation part", "give valid")
        epochs = {name: self._train_coding(name, name, train_part, valid) for name in names}
        self._main = {name: network for name, (network, _) in epochs.items()}
        self._members = names
        if valid is not None:
            self.chosen = {"epochs": {name: epoch for name, (_, epoch) in epochs.items()}}
        if len(names) > 1 and valid is not None:
            self._rank(names, valid)
            if not self._design.candidates:
                self._members = tuple(names[i] for i in self.sum_rule[0].members)
                self.chosen["combination"] = "+".join(self._members)
                return self
            features = self._learning_features(
                train_part, {name: epoch for name, (_, epoch) in epochs.items()}
            )
            self._fuse(features, train_part, valid)
        return self

    def predict_proba(self, inputs: Inputs) -> NDArray[np.float64]:
        """Probabilities, float64 of shape (tracks, genres).

        Raises:
            BenchError: if the model is not fitted or the features do not fit it.
        """
        self._check_sizes(inputs)
        if self._fused is None:
            proba = np.stack([self._coding_proba(name, inputs) for name in self._members])
            return np.asarray(
                summed(proba, np.ones((1, len(proba)), dtype=np.bool_), self._weights(self._members))[0]
            )
        return track_probabilities(self._fused.meta, self._meta_inputs(inputs), self._device)

    def embed(self, inputs: Inputs) -> FloatArray:
        """High-level features of tracks, float32: the meta-CNN's 1024 where there is one.

        Those of several coding networks stand side by side.

        Raises:
            BenchError: if the model is not fitted or the features do not fit it.
        """
        self._check_sizes(inputs)
        if self._fused is None:
            return np.concatenate(
                [self._high_level(name, inputs.arrays[name]) for name in self._members], axis=1
            )
        meta = self._fused.meta
        rows = segment_outputs(meta.high_level, self._meta_inputs(inputs), self._device)
        features: FloatArray = rows.mean(axis=1)
        return features

    def profile_target(self) -> tuple[nn.Module, tuple[Tensor, ...]]:
        """What predicts and a track of one segment for each feature; with one feature, one segment of it."""
        if not self._main:
            raise BenchError("the model has no network before it was fitted", "call fit first")
        shapes = [self._sizes[name] for name in self._members]
        if len(shapes) == 1:
            return self._main[self._members[0]], (torch.zeros(1, *shapes[0], device=self._device),)
        networks = [self._main[name] for name in self._members]
        what = self._fused or Summed(networks, self._weights(self._members)).eval()
        return what, tuple(torch.zeros(1, 1, *shape, device=self._device) for shape in shapes)

    def _train_coding(
        self, feature: str, name: str, part: Examples, valid: Examples | None, epochs: int = 0
    ) -> tuple[CodingNetwork, int]:
        """A trained coding network and its epoch; with ``epochs`` so many are made, and none is chosen."""
        design, segments = self._design, segments_of(part, feature)
        with seeded(self._device, self._seed, name, "initial values"):
            normalise = nn.Identity() if design.raw_inputs else Standardise.fitted(segments.values)
            network = CodingNetwork(self._sizes[feature], self._n_genres, design, normalise)
            objective = self._objective(network, weight=design.center_loss_weight)
        settings = replace(self._training, epochs=epochs) if epochs else self._training
        watched = None if valid is None else segments_of(valid, feature)
        rows = train(objective, segments, watched, settings, self._place(), name)
        self.history += rows
        return network, kept_epoch(rows)

    def _objective(self, network: CodingNetwork | MetaNetwork, weight: float) -> CentredObjective:
        return CentredObjective(
            network,
            self._n_genres,
            self._design.high_level,
            weight=weight,
            softmax_twice=self._design.softmax_twice,
            released_centres=self._design.fixed_centres,
        )

    def _rank(self, names: tuple[str, ...], valid: Examples) -> None:
        proba = np.stack([self._coding_proba(name, valid.inputs) for name in names])
        self.sum_rule = ranked(proba, valid.genre, self._weights(names))
        singles = {
            name: scored(rows, valid.genre)["valid_accuracy"] for name, rows in zip(names, proba, strict=True)
        }
        self.chosen["single_accuracy"] = singles

    def _weights(self, names: tuple[str, ...]) -> NDArray[np.float64] | None:
        """Weights of features in the sum rule; None for equal ones."""
        if not self._design.unequal_sum:
            return None
        return np.array([self._segments[name] for name in names], dtype=np.float64)

    def _learning_features(self, part: Examples, epochs: dict[str, int]) -> dict[str, FloatArray]:
        """High-level features of the training tracks, (tracks, 1024) for each feature of a candidate."""
        candidates = self.sum_rule[: self._design.candidates]
        wanted = {i for candidate in candidates for i in candidate.members}
        names = [name for i, name in enumerate(self._sizes) if i in wanted]
        if self._design.in_sample_features:
            return {name: self._high_level(name, part.inputs.arrays[name]) for name in names}
        parts = inner_parts(part, self._design.inner_folds)
        return {name: self._out_of_fold(name, part, parts, epochs[name]) for name in names}

    def _out_of_fold(
        self, feature: str, part: Examples, parts: list[NDArray[np.intp]], epochs: int
    ) -> FloatArray:
        features = np.empty((len(part), self._design.high_level), dtype=np.float32)
        checkpoints = self._place().checkpoints
        for number, held in enumerate(parts, start=1):
            name = f"{feature}.inner{number}"
            identity = f"{name} seed {self._seed} {epochs} {self._training} {self._design}"
            kept = checkpoints.load(f"{name}.features", identity)
            if kept is None:
                before = len(self.history)
                rows = self._held_out(feature, name, part, held, epochs)
                kept = {"features": torch.from_numpy(rows), "history": self.history[before:]}
                checkpoints.save(f"{name}.features", identity, kept)
                checkpoints.forget(name)  # the network itself is of no more use
            else:
                self.history += kept["history"]
            features[held] = kept["features"].numpy()
        return features

    def _held_out(
        self, feature: str, name: str, part: Examples, held: NDArray[np.intp], epochs: int
    ) -> FloatArray:
        """Features of held-out tracks by a network trained on the others, in the main one's coordinates."""
        rest = np.setdiff1d(np.arange(len(part)), held)
        values = part.inputs.arrays[feature]
        network, _ = self._train_coding(feature, name, part.take(rest), None, epochs)
        seen = [self._segment_features(net, values[rest]) for net in (network, self._main[feature])]
        turn = Rotation(*(rows.reshape(-1, self._design.high_level) for rows in seen))
        aligned: FloatArray = turn(self._segment_features(network, values[held])).mean(axis=1)
        return aligned

    def _fuse(self, features: dict[str, FloatArray], part: Examples, valid: Examples) -> None:
        """Train a meta-CNN for each candidate and keep the one that is best on the validation tracks."""
        names = tuple(self._sizes)
        valid_features = {name: self._high_level(name, valid.inputs.arrays[name]) for name in features}
        results = []
        for candidate in self.sum_rule[: self._design.candidates]:
            members = tuple(names[i] for i in candidate.members)
            learn = Segments(self._stacked({name: features[name] for name in members}), part.genre)
            watch = Segments(self._stacked({name: valid_features[name] for name in members}), valid.genre)
            results.append((members, candidate, *self._train_meta("+".join(members), learn, watch)))
        best = min(results, key=lambda result: (-result[3]["valid_accuracy"], result[3]["valid_loss"]))
        members, _, meta, row = best
        self._members = members
        self._fused = Fused(
            [self._main[name] for name in members], [self._copies(n) for n in members], meta
        ).eval()
        self.chosen |= {
            "combination": "+".join(members),
            "meta_epoch": row["epoch"],
            "candidates": [_summary(members, found, row) for members, found, _, row in results],
        }

    def _train_meta(self, name: str, learn: Segments, watch: Segments) -> tuple[MetaNetwork, dict[str, Any]]:
        with seeded(self._device, self._seed, "meta", name, "initial values"):
            standardise = not self._design.raw_high_level
            normalise = Standardise.fitted(learn.values, axes=2) if standardise else nn.Identity()
            network = MetaNetwork(learn.values.shape[2], self._n_genres, self._design, normalise)
            objective = self._objective(network, weight=0.0)
        rows = train(objective, learn, watch, self._meta_training, self._place(), f"meta-{name}")
        self.history += rows
        return network, rows[kept_epoch(rows) - 1]

    def _meta_inputs(self, inputs: Inputs) -> FloatArray:
        return self._stacked({name: self._high_level(name, inputs.arrays[name]) for name in self._members})

    def _stacked(self, features: dict[str, FloatArray]) -> FloatArray:
        """High-level features as a meta-CNN takes them: (tracks, 1, channels, 1024)."""
        channels = [rows for name, rows in features.items() for _ in range(self._copies(name))]
        return np.stack(channels, axis=1)[:, None]

    def _copies(self, feature: str) -> int:
        """Channels that a feature gets: 1; in the released code 3 for a spectrogram and 2 for a vector."""
        return 1 if not self._design.two_attentions else 3 if len(self._sizes[feature]) == 2 else 2

    def _coding_proba(self, feature: str, inputs: Inputs) -> NDArray[np.float64]:
        network, values = self._main[feature], inputs.arrays[feature]
        return track_probabilities(network, values, self._device, bf16=self._training.bf16)

    def _high_level(self, feature: str, values: FloatArray) -> FloatArray:
        mean: FloatArray = self._segment_features(self._main[feature], values).mean(axis=1)
        return mean

    def _segment_features(self, network: CodingNetwork, values: FloatArray) -> FloatArray:
        return segment_outputs(network.high_level, values, self._device, bf16=self._training.bf16)


def _summary(members: tuple[str, ...], found: Ranked, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "combination": "+".join(members),
        "sum_rule_accuracy": found.accuracy,
        "meta_accuracy": row["valid_accuracy"],
    }
