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

from baselines._neural.settings import Optimiser, Training, switch
from baselines.fusionnet.design import META_OPTIMISER, Design
from baselines.fusionnet.model import FusionNet
from mgrbench import Printed, Reference

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


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    clusters: int = 20,
    heads: int = 10,
    high_level: int = 1024,
    center_loss_weight: float = 0.001,
    activation: str = "elu",
    netvlad: bool | str = True,
    attention: bool | str = True,
    inner_folds: int = 3,
    candidates: int = 6,
    epochs: int = 400,
    batch: int = 16,
    patience: int = 20,
    learning_rate: float = 1e-3,
    decay: float = 0.94,
    meta_epochs: int = 400,
    meta_patience: int = 40,
    clip_norm: float = 0.0,
    channels_last: bool | str = False,
    bf16: bool | str = False,
    compiled: bool | str = False,
) -> FusionNet:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        clusters: K of every NetVLAD.
        heads: N of the attention over spectrogram features.
        high_level: values of a high-level feature, 64 or more.
        center_loss_weight: λ; 0 leaves the centre loss out.
        activation: elu, relu, leaky_relu, selu or tanh.
        netvlad: on or off; off takes the last map as it is.
        attention: on or off, in the coding networks.
        inner_folds: parts of the training tracks for out-of-fold features.
        candidates: combinations that a meta-CNN is trained for; 0 for the sum rule alone.
        epochs: largest number of epochs of a coding network.
        batch: segments in a batch (tracks, for the meta-CNN).
        patience: epochs without improvement after which training ends; 0: never.
        learning_rate: of the coding networks, in the first epoch.
        decay: factor of it after every second epoch; smaller for a schedule of fewer epochs.
        meta_epochs: largest number of epochs of the meta-CNN.
        meta_patience: as patience, for the meta-CNN.
        clip_norm: largest norm of the gradient; 0 leaves it as it is.
        channels_last: memory layout of images, on or off.
        bf16: bfloat16 in coding networks on a GPU, on or off.
        compiled: ``torch.compile`` of coding networks on a GPU, on or off.

    Raises:
        BenchError: for an option out of range.
    """
    design = Design(
        clusters=clusters,
        heads=heads,
        high_level=high_level,
        center_loss_weight=center_loss_weight,
        activation=activation,
        netvlad=switch("netvlad", netvlad),
        attention=switch("attention", attention),
        inner_folds=inner_folds,
        candidates=candidates,
    )
    training = Training(
        epochs=epochs,
        batch=batch,
        patience=patience,
        optimisers=(Optimiser(learning_rate=learning_rate, decay=decay),),
        clip_norm=clip_norm,
        channels_last=switch("channels_last", channels_last),
        bf16=switch("bf16", bf16),
        compiled=switch("compiled", compiled),
    )
    meta = Training(meta_epochs, batch, meta_patience, (META_OPTIMISER,), clip_norm)
    return FusionNet(n_genres, seed, device, design, training, meta)
