"""Training on one dataset, testing on another."""
