"""The feature store: one array per dataset and feature, on disk, memory-mapped.

``<store>/<dataset>/<feature>/`` holds

* ``values.npy``     float32 (tracks, segments, ...), one row for each track of the manifest;
* ``manifest.json``  the track ids in row order, the fingerprint, and what the values are made from;
* ``rows.tsv``       one line per row that is there: track id, CRC-32 of its bytes, checksum of its source.

A row counts as stored only when its line is, so a killed extraction loses at most the clips it was at.
Imported arrays are written beside and renamed. Every row that is read is checked against its CRC-32.
"""

from mgrbench.features.store.manifest import Manifest, fingerprint_of_spec, fingerprint_of_values
from mgrbench.features.store.rows import FeatureWriter, StoredFeature
from mgrbench.features.store.store import FeatureStore

__all__ = [
    "FeatureStore",
    "FeatureWriter",
    "Manifest",
    "StoredFeature",
    "fingerprint_of_spec",
    "fingerprint_of_values",
]
