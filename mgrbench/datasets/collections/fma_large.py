"""FMA large (Defferrard et al. 2017), single-label: those of 106 574 clips that have one of 16 top genres.

A track of FMA large has any number of 161 genres in a hierarchy. The single label here is its top genre
(``track.genre_top``), which the archive sets where all its genres descend from one of the 16 roots; tracks
without are left out. The roots exclude each other, as classes must; the 161 do not, since a rock track is not
wrong for a psych-rock one. `fma_large_161` has those all the same, for who needs them.

Metadata, layouts and faults: `mgrbench.datasets.collections._fma`.
"""

from mgrbench.datasets.collections._fma import fma
from mgrbench.datasets.collections._fma_genres import TOP

DATASET = fma(
    "large",
    tuple(TOP.values()),
    "Free Music Archive, large subset, single-label: the clips of 30 s whose 161 possible genres have one of "
    "16 roots, labelled by that root.",
)
