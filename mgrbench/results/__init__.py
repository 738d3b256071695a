"""Runs: their records and predictions, written, looked up, read back and compared."""
