"""Datasets: what is known of their tracks, and their audio: downloaded, found and verified."""
