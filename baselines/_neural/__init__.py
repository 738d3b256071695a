"""The training engine that the neural baselines share."""
