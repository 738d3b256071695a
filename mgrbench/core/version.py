"""The version of mgrbench; the package is built with it, and every record carries it."""

__version__ = "0.1.0"
