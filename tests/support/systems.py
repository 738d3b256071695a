"""What tests of published systems share: features of ``synth``, computed once, in artist-disjoint parts."""

from __future__ import annotations

import functools
import importlib

import numpy as np

from mgrbench.core.audio import Clip
from mgrbench.core.types import Examples, Inputs
from mgrbench.datasets.collections import synth
from tests.support.models import built, source_of

ARTISTS = {"train": (0, 1, 2, 3), "valid": (4,), "test": (5,)}
"""Numbers of the artists of each genre in each part; three tracks of each artist."""


@functools.cache
def clips(part):
    """Clips of a part, in the order of genres."""
    genres, segments = range(len(synth.DATASET.genres)), (synth.SECONDS / 2, 2)
    return tuple(
        Clip(
            f"{genre}.{artist}.{number}",
            synth.record(genre, artist, number, strength=1.0, seed=0).astype(np.float32) / 2**15,
            synth.RATE,
            *segments,
        )
        for genre in genres
        for artist in ARTISTS[part]
        for number in range(3)
    )


@functools.cache
def examples(part, *features):
    """Some features of a part as a model gets them."""
    tracks = clips(part)
    modules = [importlib.import_module(f"mgrbench.features.extractors.{feature}") for feature in features]
    arrays = {module.SPEC.name: module.extract(tracks) for module in modules}
    ids = tuple(clip.id for clip in tracks)
    genre = np.array([int(track.split(".")[0]) for track in ids], dtype=np.int64)
    artist = tuple(track.rpartition(".")[0] for track in ids)
    return Examples(Inputs(ids, arrays), genre, artist)


def accuracy_on_synth(name, *features, **options):
    """Accuracy of a system on the artists of ``synth`` that it was not trained on; chance is 1/6."""
    source = source_of(name)
    model = built(name, len(synth.DATASET.genres), **options)
    features = features or source.features
    model.fit(
        examples("train", *features),
        examples("valid", *features) if source.selection == "validation" else None,
    )
    test = examples("test", *features)
    return float(np.mean(model.predict_proba(test.inputs).argmax(axis=1) == test.genre))
