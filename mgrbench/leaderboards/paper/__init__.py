"""The tables of the FusionNet paper, printed beside measured."""
