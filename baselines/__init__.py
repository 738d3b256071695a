"""Genre models, one file each; `mgrbench list models` shows them."""
