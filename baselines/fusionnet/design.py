"""What the two presets differ in: the shape of the networks, the loss, and the pipeline.

Numbers in brackets are rows of the table "paper against released code" (section 4 of the project's
description of FusionNet); each has a switch of its own, so that its worth can be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from baselines._neural.settings import Optimiser
from mgrbench import fixed, option

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "elu": nn.ELU,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "selu": nn.SELU,
    "tanh": nn.Tanh,
}
DROPOUT = 0.5


@dataclass(frozen=True)
class Design:
    """A FusionNet. The defaults are the method of the paper; a switch that is on is the released code.

    A high-level feature has 64 values or more, as the meta-CNN's convolutions and pools need them.
    """

    clusters: int = option(20, "K, the clusters of every NetVLAD [1].", least=1)
    heads: int = option(10, "N, the heads of the attention over spectrogram features [3].", least=1)
    high_level: int = option(1024, "Values of a high-level feature.", least=64)
    center_loss_weight: float = option(
        0.001, "λ, the weight of the centre loss [5]; 0 leaves it out.", least=0
    )
    activation: str = option(
        "elu",
        "Activation of the dense and convolutional layers.",
        choices=("elu", "relu", "leaky_relu", "selu", "tanh"),
    )
    netvlad: bool = option(True, "NetVLAD codes the maps of all levels; off: the last map is taken as it is.")
    attention: bool = option(True, "Self-attention relates the rows of a coding to each other.")
    inner_folds: int = option(
        3, "Parts of the training tracks, for features of tracks that a network has not seen.", least=2
    )
    candidates: int = option(
        6, "Combinations that a meta-CNN is trained for; 0: the best one decides by the sum rule.", least=0
    )
    softmax_twice: bool = option(False, "The loss has a second softmax before the cross-entropy [2].")
    identical_heads: bool = option(False, "Attention is over identical copies [3].")
    scrambled_layout: bool = option(False, "A view stands where a transpose was meant [4].")
    released_start: bool = option(False, "NetVLAD starts from centres in U[0, 1).")
    fixed_centres: bool = option(
        False, "The centre loss draws to random points that never learn, without the ½ [6]."
    )
    raw_inputs: bool = option(False, "Features go in as they are, not standardised.")
    raw_high_level: bool = option(False, "High-level features are not standardised [15].")
    two_attentions: bool = option(
        False, "The meta-CNN has two attentions, copied channels and no third pool [16]."
    )
    unequal_sum: bool = option(False, "A feature weighs as much in the sum rule as it has segments [17].")
    in_sample_features: bool = option(
        False, "The meta-CNN learns from features of tracks that the coding networks were trained on [18]."
    )

    def activate(self) -> nn.Module:
        """A new activation."""
        return ACTIVATIONS[self.activation]()


@dataclass(frozen=True)
class PaperDesign(Design):
    """The method of the paper: it offers none of the released code's switches."""

    softmax_twice: bool = fixed(False)
    identical_heads: bool = fixed(False)
    scrambled_layout: bool = fixed(False)
    released_start: bool = fixed(False)
    fixed_centres: bool = fixed(False)
    raw_inputs: bool = fixed(False)
    raw_high_level: bool = fixed(False)
    two_attentions: bool = fixed(False)
    unequal_sum: bool = fixed(False)
    in_sample_features: bool = fixed(False)


RELEASED_RMSPROP = Optimiser(epsilon=1.0, momentum=0.9, floor=1e-4)
"""The RMSprop of the paper as the released code sets it [7]."""

SECOND_RMSPROP = Optimiser(decay=1.0, smoothing=0.99, weight_decay=0.0)
"""torch's default RMSprop, which the released code lets step the same values as well [7]."""

META_OPTIMISER = Optimiser(learning_rate=1e-5, decay=1.0)
"""The meta-CNN's RMSprop with its fixed learning rate."""
