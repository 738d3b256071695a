"""Published feature arrays that need a caveat wherever results from them stand, known by their values."""

from __future__ import annotations

_LABEL_SORTED = (
    "computed by its authors in label-sorted batches of 256 with batch statistics in batch normalisation, so "
    "the values carry a little label information"
)

_CAVEATS = {
    # GTZAN, Choi et al. 2017, five layers of 32 averages, all 1000 tracks
    "7a986770a57a7947fba8f5baa894de83a31e60060217804ab8ae53809f7ee889": _LABEL_SORTED,
}
"""Fingerprint of the values (`mgrbench.store.fingerprint_of_values`) -> caveat."""


def caveat_of(fingerprint: str) -> str:
    """What must be said of these values; empty if nothing is known against them."""
    return _CAVEATS.get(fingerprint, "")
