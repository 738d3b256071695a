"""Models trained and asked fold by fold."""
