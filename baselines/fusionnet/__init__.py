"""FusionNet as the paper describes it, mended where it is plainly broken (Ng et al. 2020).

W. W. Y. Ng, W. Zeng and T. Wang, "Multi-level local feature coding fusion for music genre recognition", IEEE
Access 8, 2020, doi 10.1109/ACCESS.2020.3017661. A coding network (NetVLAD at five levels, self-attention) for
each feature, the sum rule over all combinations of features, a meta-CNN on the best of them; see `fusion`.

Mended against the released code (`baselines.fusionnet_released`): logits into the cross-entropy, a real
transpose, heads with projections of their own, learned centres, one optimiser, standardised inputs and
high-level features, a meta-CNN that learns from out-of-fold features. K, N, λ and the optimiser are the
paper's; epochs and batch are the released code's, since the paper has none; patience and inner folds are
ours.

Memory: a training step with the defaults and a batch of 16 mel segments of 216 × 128 adds about 0.7 GB to a
process on the CPU; the network has 46 million values, 0.18 GB, and RMSprop and its gradients as much again
each.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines._neural.settings import Optimiser, Training, TrainingOptions
from baselines.fusionnet.design import META_OPTIMISER, PaperDesign
from baselines.fusionnet.model import FusionNet
from mgrbench import Printed, Reference, option

FEATURES = ("mel",)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Ng, Zeng & Wang, Multi-level local feature coding fusion for music genre recognition, "
    "IEEE Access 8",
    year=2020,
    fidelity="faithful",
    doi="10.1109/ACCESS.2020.3017661",
    printed=(
        Printed(
            dataset="gtzan",
            accuracy=0.965,
            protocol="stratified 10-fold, no artist filter; eight features, the combination chosen on test",
        ),
        Printed(
            dataset="gtzan",
            accuracy=0.8692,
            protocol="Foleiss's 3 folds, which hold a fifth of the test artists in training; the combination "
            "chosen on the test part of unfiltered GTZAN",
        ),
        Printed(
            dataset="ismir2004",
            accuracy=0.9246,
            protocol="official training and evaluation halves; settings and combination chosen on test",
        ),
        Printed(
            dataset="extballroom",
            accuracy=0.955,
            protocol="stratified 10-fold, no artist filter; the combination chosen on test",
        ),
    ),
)


@dataclass(frozen=True)
class Options(TrainingOptions, PaperDesign):
    """What can be chosen; batch and clip_norm hold for the meta-CNN too, the other settings do not."""

    epochs: int = 400
    batch: int = 16
    patience: int = 20
    decay: float = option(
        0.94, "Factor of the learning rate after every second epoch; smaller for fewer epochs.", above=0
    )
    meta_epochs: int = option(400, "Largest number of epochs of the meta-CNN.", least=1)
    meta_patience: int = option(40, "Patience of the meta-CNN; 0: never.", least=0)


def build(n_genres: int, seed: int, device: str, options: Options) -> FusionNet:
    """The model; the seed sets the initial values, the batches and the dropout."""
    training = options.training(Optimiser(learning_rate=options.learning_rate, decay=options.decay))
    meta = Training(
        options.meta_epochs, options.batch, options.meta_patience, (META_OPTIMISER,), options.clip_norm
    )
    return FusionNet(n_genres, seed, device, options, training, meta)
