"""What the tests of neural models share: small inputs with a genre in them, and small settings."""

from __future__ import annotations

import numpy as np
import torch

from mgrbench.core.types import Examples, Inputs
from tests.support import models

torch.set_num_threads(1)  # threads that wait for each other take most of the time of tiny networks

QUICK = {"epochs": 2, "batch": 8}
SMALL_FUSION = {
    **QUICK,
    "clusters": 2,
    "heads": 2,
    "high_level": 64,
    "inner_folds": 2,
    "candidates": 1,
    "meta_epochs": 1,
}
MODELS = {
    "cnn": QUICK,
    "crnn": QUICK,
    "bigru": QUICK,
    "fusionnet": SMALL_FUSION,
    "fusionnet_released": SMALL_FUSION,
    "fusionnet_backbone": QUICK,
}


def built(name, genres=3, seed=0, **options):
    return models.built(name, genres, seed, **{**MODELS[name], **options})


def examples(tracks=18, segments=2, genres=3, seed=0, spread=2.0, **shapes):
    """Tracks whose genre is a profile over the last axis of every feature, two tracks an artist."""
    rng = np.random.default_rng(seed)
    genre = np.arange(tracks) % genres
    arrays = {}
    for number, (name, shape) in enumerate((shapes or {"mel": (12, 8)}).items()):
        profile = spread * np.random.default_rng(number).normal(size=(genres, shape[-1]))
        wide = profile[genre].reshape(tracks, 1, *(1,) * (len(shape) - 1), shape[-1])
        arrays[name] = (wide + rng.normal(size=(tracks, segments, *shape))).astype(np.float32)
    ids = tuple(f"set{seed}.{i:03d}" for i in range(tracks))
    artist = tuple(f"artist{seed}.{g}.{i // (2 * genres)}" for i, g in enumerate(genre))
    return Examples(Inputs(ids, arrays), genre.astype(np.int64), artist)


def fitted(model, seed=0, **shapes):
    model.fit(examples(seed=seed, **shapes), examples(9, seed=seed + 50, **shapes))
    return model


def predicted(model, seed=99, **shapes):
    return model.predict_proba(examples(7, seed=seed, **shapes).inputs)


def timeless(history):
    """A history without the times, which differ from run to run."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history]


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def seeded_tensor(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
