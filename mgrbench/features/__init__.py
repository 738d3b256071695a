"""Features: computed from clips, imported or downloaded, kept in a store, found again, and drawn."""
