"""FusionNet as the paper describes it, corrected where it is clearly wrong (Ng et al. 2020).

W. W. Y. Ng, W. Zeng and T. Wang, "Multi-level local feature coding fusion for music genre recognition", IEEE
Access 8, 2020, doi 10.1109/ACCESS.2020.3017661. Each feature has a coding network (NetVLAD at five levels,
self-attention). The sum rule ranks all combinations of features, and a meta-CNN learns from the best of them;
see `baselines.fusionnet.model`.

Corrected against the released code (`baselines.fusionnet_released`): the cross-entropy gets logits. A
transpose is a transpose. Each head has projections of its own. Centres learn. There is one optimiser. Inputs
and high-level features are standardised. The meta-CNN learns from out-of-fold features. K, N, λ and the
optimiser are the paper's. Epochs and batch are the released code's, since the paper has none. Patience and
inner folds are ours.

Memory: with the defaults and a batch of 16 mel segments of 216 × 128, a training step adds about 0.7 GB to a
process on the CPU. The network has 46 million values, 0.18 GB. RMSprop and its gradients take as much again
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
