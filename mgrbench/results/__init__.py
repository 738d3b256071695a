"""Runs: their records and predictions, written, found, read back and compared."""
