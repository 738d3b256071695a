"""FusionNet as its authors released it, each departure from the paper a switch.

Repository bieqingcheng/music-genre-recognition at 37b56f3, re-implemented from a description: none of its
code is here. It runs the same networks and pipeline as ``fusionnet``; with every switch off and the paper's K
and λ the two are one. Choosing epoch and combination on the test part, as it does, is ``--option
selection=test``, which the bench marks as optimistic. Numbers in brackets are rows of the table "paper
against released code".

Not replicated: the published transfer features' batch norm over label-sorted files [13], which is a matter of
the feature, and the tuning of K, N, λ and activation on a test part [11, 12], whose outcome the defaults are.
The released sum rule and copied channels are known for segmented spectrograms (3) and the transfer vector
alone.
"""

from __future__ import annotations

from baselines._neural.settings import Optimiser, Training, switch
from baselines.fusionnet.design import META_OPTIMISER, RELEASED_RMSPROP, SECOND_RMSPROP, Design
from baselines.fusionnet.model import FusionNet
from mgrbench import Reference

FEATURES = ("mel",)
SELECTION = "validation"

REFERENCE = Reference(
    citation="Ng, Zeng & Wang, Multi-level local feature coding fusion for music genre recognition, "
    "IEEE Access 8, as released in bieqingcheng/music-genre-recognition at 37b56f3",
    year=2020,
    fidelity="faithful",
    doi="10.1109/ACCESS.2020.3017661",
)


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    clusters: int = 10,
    heads: int = 10,
    high_level: int = 1024,
    center_loss_weight: float = 1e-4,
    activation: str = "elu",
    softmax_twice: bool | str = True,
    identical_heads: bool | str = True,
    scrambled_layout: bool | str = True,
    released_start: bool | str = True,
    fixed_centres: bool | str = True,
    raw_inputs: bool | str = True,
    slow_optimiser: bool | str = True,
    second_optimiser: bool | str = True,
    raw_high_level: bool | str = True,
    two_attentions: bool | str = True,
    unequal_sum: bool | str = True,
    in_sample_features: bool | str = True,
    inner_folds: int = 3,
    candidates: int = 6,
    epochs: int = 400,
    batch: int = 16,
    patience: int = 0,
    meta_epochs: int = 400,
    channels_last: bool | str = False,
    bf16: bool | str = False,
    compiled: bool | str = False,
) -> FusionNet:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        clusters: K of every NetVLAD [1].
        heads: N, the copies that the attention sees [3].
        high_level: values of a high-level feature, 64 or more.
        center_loss_weight: λ [5]; 0 leaves the centre loss out.
        activation: elu, relu, leaky_relu, selu or tanh.
        softmax_twice: a softmax before the cross-entropy [2].
        identical_heads: attention over identical copies [3].
        scrambled_layout: a view instead of a transpose [4].
        released_start: NetVLAD starts from centres in U[0, 1).
        fixed_centres: the centre loss draws to random points that never learn, without the ½ [6].
        raw_inputs: inputs are not standardised.
        slow_optimiser: RMSprop with 1.0 under its root, momentum 0.9 and a floor of 1e-4 [7].
        second_optimiser: a default RMSprop steps the same values as well [7].
        raw_high_level: high-level features are not standardised [15].
        two_attentions: meta-CNN with two attentions, copied channels and no third pool [16].
        unequal_sum: in the sum rule a feature weighs as much as it has segments [17].
        in_sample_features: the meta-CNN learns from tracks that the coding networks know [18].
        inner_folds: parts for out-of-fold features, where in_sample_features is off.
        candidates: combinations that a meta-CNN is trained for [10]; 0 for the sum rule alone.
        epochs: number of epochs of a coding network [8].
        batch: segments in a batch [8].
        patience: epochs without improvement after which training ends; 0: never, as released.
        meta_epochs: number of epochs of the meta-CNN.
        channels_last: memory layout of images, on or off.
        bf16: bfloat16 on a GPU, on or off.
        compiled: ``torch.compile`` on a GPU, on or off.

    Raises:
        BenchError: for an option out of range.
    """
    design = Design(
        clusters=clusters,
        heads=heads,
        high_level=high_level,
        center_loss_weight=center_loss_weight,
        activation=activation,
        softmax_twice=switch("softmax_twice", softmax_twice),
        identical_heads=switch("identical_heads", identical_heads),
        scrambled_layout=switch("scrambled_layout", scrambled_layout),
        released_start=switch("released_start", released_start),
        fixed_centres=switch("fixed_centres", fixed_centres),
        raw_inputs=switch("raw_inputs", raw_inputs),
        raw_high_level=switch("raw_high_level", raw_high_level),
        two_attentions=switch("two_attentions", two_attentions),
        unequal_sum=switch("unequal_sum", unequal_sum),
        in_sample_features=switch("in_sample_features", in_sample_features),
        inner_folds=inner_folds,
        candidates=candidates,
    )
    first = RELEASED_RMSPROP if switch("slow_optimiser", slow_optimiser) else Optimiser()
    second = (SECOND_RMSPROP,) if switch("second_optimiser", second_optimiser) else ()
    training = Training(
        epochs=epochs,
        batch=batch,
        patience=patience,
        optimisers=(first, *second),
        channels_last=switch("channels_last", channels_last),
        bf16=switch("bf16", bf16),
        compiled=switch("compiled", compiled),
    )
    meta = Training(meta_epochs, batch, patience, (META_OPTIMISER,))
    return FusionNet(n_genres, seed, device, design, training, meta)
