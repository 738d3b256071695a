"""The nouns, the door to plugins, and the tools that know no model."""
