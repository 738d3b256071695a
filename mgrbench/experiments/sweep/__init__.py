"""One option of a model over a range of values, chosen on validation tracks."""
