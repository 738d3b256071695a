"""Models as the tool builds them: by name, with options as a user gives them."""

from __future__ import annotations

from functools import cache

from mgrbench.models.source import model_source

source_of = cache(model_source)


def built(name, genres=3, seed=0, **options):
    """A model by its plugin's name."""
    return source_of(name).build(genres, seed, "cpu", options)


def builder(name, **options):
    """``build(n_genres, seed, device)`` with these options, as `check_model` takes it."""
    return lambda n_genres, seed, device: source_of(name).build(n_genres, seed, device, options)
