"""Handcrafted features and classifiers that several baselines share."""
