"""How much of an accuracy is the artist: one protocol after another, each stricter."""
