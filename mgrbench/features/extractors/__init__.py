"""The computed features, one file each.

A module here holds a ``SPEC`` (`mgrbench.FeatureSpec`) and ``extract(clips)``, which gives float32 of
shape (clips, segments, ...).

One whose values are time × frequency may also say what `mgrbench.features.panels` labels its axes with:

* ``frequencies()``: float64 of shape (bins,), in Hz, rising or falling throughout;
* ``SPEC.parameters["hop"]`` or ``HOP``: samples from frame to frame, the first of which is centred at 0 s;
* ``UNIT``: what the values are, for example ``"ln power"``;
* ``PARTS``: name -> slice of the bins, where these are of several kinds that need an axis each; frequencies
  then rise or fall within each part.
"""
