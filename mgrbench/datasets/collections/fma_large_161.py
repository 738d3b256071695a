"""FMA large (Defferrard et al. 2017), single-label over its hierarchy of 161 genres: the finest genre.

The label is the one genre of ``track.genres`` that no other genre of the track descends from; tracks with
several such genres have no single label and are left out, and so are genres without a track in each part of
the official split. Classes are nested: ``rock`` holds the tracks that nobody described more finely, and a
``psych_rock`` track taken for ``rock`` counts as an error. Prefer `fma_large` unless the hierarchy is the
point.

Metadata, layouts and faults: `mgrbench.datasets.collections._fma`.
"""

from mgrbench.datasets.collections._fma import fma

DATASET = fma(
    "large",
    (),
    "Free Music Archive, large subset, single-label: the clips of 30 s that have one finest genre in its "
    "hierarchy of 161, labelled by it.",
    name="fma_large_161",
    finest=True,
)
