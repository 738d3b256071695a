"""The datasets, one file each.

A module here holds a `mgrbench.Dataset` named ``DATASET``. `mgrbench.datasets.shipped.fact_dataset` makes one
whose facts come with mgrbench as tables.
"""
