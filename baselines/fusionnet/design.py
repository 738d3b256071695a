"""What the two presets differ in: the shape of the networks, the loss, and the pipeline.

Numbers in brackets are rows of the table "paper against released code" (section 4 of the project's
description of FusionNet); each has a switch of its own, so that its worth can be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from baselines._neural.settings import Optimiser, chosen_from, number, whole

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "elu": nn.ELU,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "selu": nn.SELU,
    "tanh": nn.Tanh,
}
FEWEST_VALUES = 64
"""Values that the meta-CNN's convolutions and pools need of a high-level feature."""
DROPOUT = 0.5


@dataclass(frozen=True, slots=True)
class Design:
    """A FusionNet. The defaults are the method of the paper; ``True`` in a switch is the released code.

    Attributes:
        clusters: K [1].
        heads: N, of the two-dimensional coding network.
        high_level: values of a high-level feature.
        center_loss_weight: λ [5]; 0 leaves the centre loss out.
        activation: one of `ACTIVATIONS`.
        netvlad: code the maps of all levels; without, the last map is used as it is.
        attention: relate the rows of X to each other; without, X goes to the dense layers as it is.
        softmax_twice: softmax inside the model and again in the loss [2].
        identical_heads: attention over identical copies [3].
        scrambled_layout: a view where a transpose was meant [4].
        released_start: the released initial values of NetVLAD.
        fixed_centres: centres of the centre loss never learn, no ½ [6].
        raw_inputs: features go in as they are, not standardised.
        raw_high_level: high-level features are not standardised [15].
        two_attentions: two attentions and no third pool in the meta-CNN, copied channels [16].
        unequal_sum: in the sum rule a feature weighs as much as it has segments [17].
        in_sample_features: the meta-CNN learns from features of tracks that the coding networks were trained
            on [18].
        inner_folds: parts into which the training tracks are cut for out-of-fold features.
        candidates: how many combinations the sum rule hands on to the meta-CNN; 0: the best one decides by
            the sum rule itself.
    """

    clusters: int = 20
    heads: int = 10
    high_level: int = 1024
    center_loss_weight: float = 0.001
    activation: str = "elu"
    netvlad: bool = True
    attention: bool = True
    softmax_twice: bool = False
    identical_heads: bool = False
    scrambled_layout: bool = False
    released_start: bool = False
    fixed_centres: bool = False
    raw_inputs: bool = False
    raw_high_level: bool = False
    two_attentions: bool = False
    unequal_sum: bool = False
    in_sample_features: bool = False
    inner_folds: int = 3
    candidates: int = 6

    def __post_init__(self) -> None:
        whole(clusters=self.clusters, heads=self.heads)
        whole(candidates=self.candidates, least=0)
        whole(high_level=self.high_level, least=FEWEST_VALUES)
        whole(inner_folds=self.inner_folds, least=2)
        number(center_loss_weight=self.center_loss_weight, zero=True)
        chosen_from(ACTIVATIONS, activation=self.activation)

    def activate(self) -> nn.Module:
        """A new activation."""
        return ACTIVATIONS[self.activation]()


RELEASED_RMSPROP = Optimiser(epsilon=1.0, momentum=0.9, floor=1e-4)
"""The RMSprop of the paper as the released code sets it [7]."""

SECOND_RMSPROP = Optimiser(decay=1.0, smoothing=0.99, weight_decay=0.0)
"""torch's default RMSprop, which the released code lets step the same values as well [7]."""

META_OPTIMISER = Optimiser(learning_rate=1e-5, decay=1.0)
"""The meta-CNN's RMSprop with its fixed learning rate."""
