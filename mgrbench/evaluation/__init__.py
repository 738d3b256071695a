"""Models trained and tested fold by fold; runs submitted and verified."""
