"""FMA small (Defferrard et al. 2017): 8000 clips of 30 s, 8 top genres of 1000, official split.

Metadata, labels, layouts and faults: `mgrbench.datasets.collections._fma`.
"""

from mgrbench.datasets.collections._fma import fma
from mgrbench.datasets.collections._fma_genres import SMALL

DATASET = fma("small", SMALL, "Free Music Archive, small subset: 8000 clips of 30 s, 8 balanced top genres.")
