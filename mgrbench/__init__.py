"""A benchmark for music genre recognition whose numbers can be believed."""

__version__ = "0.1.0"
