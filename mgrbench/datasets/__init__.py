"""The datasets, one file each. A module here holds a `mgrbench.Dataset` named ``DATASET``."""
