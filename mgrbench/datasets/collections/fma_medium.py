"""FMA medium (Defferrard et al. 2017): 25 000 clips of 30 s, 16 unbalanced top genres, official split.

Metadata, labels, layouts and faults: `mgrbench.datasets.collections._fma`.
"""

from mgrbench.datasets.collections._fma import fma
from mgrbench.datasets.collections._fma_genres import TOP

DATASET = fma(
    "medium",
    tuple(TOP.values()),
    "Free Music Archive, medium subset: 25 000 clips of 30 s, 16 unbalanced top genres.",
)
