"""Profiles -> tables and plots, each machine by itself, beside the accuracies of a board."""
