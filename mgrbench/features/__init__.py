"""The computed features, one file each.

A module here holds a ``SPEC`` (`mgrbench.types.FeatureSpec`) and ``extract(clips)``, which gives float32 of
shape (clips, segments, ...).
"""
