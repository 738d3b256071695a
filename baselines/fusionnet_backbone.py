"""FusionNet's own backbone, without NetVLAD and without attention: the first row of the paper's figure 7.

The five convolutional blocks and the dense layers of the coding network; the last map is flattened. The
figure's other rows are ``fusionnet`` with ``attention=off``, with ``netvlad=off``, and as it is.
"""

from __future__ import annotations

from baselines._neural.settings import Optimiser, Training, switch
from baselines.fusionnet.design import META_OPTIMISER, Design
from baselines.fusionnet.model import FusionNet

FEATURES = ("mel",)
SELECTION = "validation"


def build(
    n_genres: int,
    seed: int,
    device: str,
    *,
    center_loss_weight: float = 0.001,
    activation: str = "elu",
    epochs: int = 400,
    batch: int = 16,
    patience: int = 20,
    learning_rate: float = 1e-3,
    channels_last: bool | str = False,
    bf16: bool | str = False,
    compiled: bool | str = False,
) -> FusionNet:
    """The model.

    Args:
        n_genres: number of genres.
        seed: of the initial values, the batches and the dropout.
        device: ``"cpu"`` or ``"cuda"``.
        center_loss_weight: λ; 0 leaves the centre loss out.
        activation: elu, relu, leaky_relu, selu or tanh.
        epochs: largest number of epochs.
        batch: segments in a batch.
        patience: epochs without improvement after which training ends; 0: never.
        learning_rate: in the first epoch.
        channels_last: memory layout of images, on or off.
        bf16: bfloat16 on a GPU, on or off.
        compiled: ``torch.compile`` on a GPU, on or off.

    Raises:
        BenchError: for an option out of range.
    """
    design = Design(
        center_loss_weight=center_loss_weight, activation=activation, netvlad=False, attention=False
    )
    training = Training(
        epochs=epochs,
        batch=batch,
        patience=patience,
        optimisers=(Optimiser(learning_rate=learning_rate),),
        channels_last=switch("channels_last", channels_last),
        bf16=switch("bf16", bf16),
        compiled=switch("compiled", compiled),
    )
    meta = Training(epochs, batch, patience, (META_OPTIMISER,))
    return FusionNet(n_genres, seed, device, design, training, meta)
