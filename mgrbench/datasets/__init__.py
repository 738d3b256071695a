"""The datasets, one file each. A module here holds a `mgrbench.types.Dataset` named ``DATASET``."""
