"""The convolutions of AlexNet as they were trained on ImageNet, below a new layer for the genres.

A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014 (arXiv 1404.5997); the
weights are those that torchvision publishes, whose name begins their own checksum.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

from mgrbench import BenchError
from mgrbench.core.files import digest_of_file, reading

VARIABLE = "MGRBENCH_WEIGHTS"
NAME, CHECKSUM = "alexnet-owt-7be5be79.pth", "7be5be79"
ADDRESS = f"download.pytorch.org/models/{NAME}"
SIDE = 224
CHANNELS = 256

State = dict[str, Tensor]


class ImageNetwork(nn.Module):
    """A fine-tuned network on whole images, each scaled to 224 × 224.

    The input is standardised, as the pictures were, and stands for all three colours. Of AlexNet's dense
    layers none is kept: the largest value of each of the 256 maps is classified.

    Args:
        state: values of the convolutions, from `published`; None to begin at random.
        n_genres: number of genres.

    Shape:
        (batch, time, frequency) -> (batch, genres)
    """

    def __init__(self, state: State | None, n_genres: int) -> None:
        super().__init__()
        # Numbered as in the weight file.
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(256, CHANNELS, kernel_size=3, padding=1), nn.ReLU(),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(CHANNELS, n_genres))
        if state is not None:
            self.features.load_state_dict(state)

    def forward(self, segments: Tensor) -> Tensor:
        """Logits."""
        images = segments[:, None].transpose(2, 3)  # frequency runs down
        images = nn.functional.interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True)
        maps = self.features(images.expand(-1, 3, -1, -1))
        logits: Tensor = self.classifier(maps.amax(dim=(2, 3)))
        return logits


def published() -> State:
    """The convolutions' values in the file that torchvision publishes.

    Raises:
        BenchError: if it is not in the folder that ``MGRBENCH_WEIGHTS`` names, or if it is another file.
    """
    folder = os.environ.get(VARIABLE)
    if not folder:
        hint = f"get {ADDRESS} and name its folder by {VARIABLE}, or leave out pretrained"
        raise BenchError(f"the weight file {NAME} is not at hand", hint)
    path = Path(folder) / NAME
    with reading(path):
        found = digest_of_file(path)
    if not found.startswith(CHECKSUM):
        raise BenchError(f"has a SHA-256 that begins {found[:8]}, not {CHECKSUM}", f"get {ADDRESS}", path)
    return convolutions(path)


def convolutions(path: Path) -> State:
    """The convolutions' values in a file of tensors; nothing else in it is loaded.

    Raises:
        BenchError: if it is no such file, or holds other weights.
    """
    hint = f"get {ADDRESS}"
    try:
        with reading(path):
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise BenchError("is no file of weights", hint, path) from error
    expected = ImageNetwork(None, 1).features.state_dict()
    state = {}
    for name, values in expected.items():
        given = stored.get(f"features.{name}") if isinstance(stored, dict) else None
        if not isinstance(given, Tensor) or given.shape != values.shape:
            raise BenchError(f"lacks features.{name} of shape {tuple(values.shape)}", hint, path)
        state[name] = given
    return state
