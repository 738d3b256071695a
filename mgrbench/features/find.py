"""A stored feature by its name, or an error with the command that puts it into the store."""

from __future__ import annotations

from functools import partial

from mgrbench.core.registry import available
from mgrbench.core.text import did_you_mean
from mgrbench.features.packs import packs
from mgrbench.features.store import FeatureStore, StoredFeature


def stored_feature(store: FeatureStore, dataset: str, feature: str) -> StoredFeature:
    """A stored feature, its values memory-mapped.

    Raises:
        BenchError: if it is not in the store, with the command that puts it there; or if its files are
            damaged.
    """
    return store.open(dataset, feature, partial(_how_to_get, dataset, feature))


def _how_to_get(dataset: str, feature: str, there: list[str]) -> str:
    """The hint for a feature that is not in the store, beside those that are ``there``."""
    published = [pack.feature for pack in packs() if pack.dataset == dataset]
    computed = [plugin.name for plugin in available("features")]
    if feature in published:
        return f"`mgrbench features download {dataset} {feature}` fetches it"
    if feature in computed:
        return f"`mgrbench features extract {dataset} --feature {feature}` computes it from the clips"
    otherwise = f"`mgrbench features import {dataset} {feature} --file FILE --array KEY` puts it there"
    return did_you_mean(feature, [*there, *published, *computed], otherwise)
