"""How much of an accuracy is the artist: split after split, each stricter."""
