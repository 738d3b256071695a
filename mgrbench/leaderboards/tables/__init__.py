"""Tables of values for the screen, Markdown, CSV and LaTeX."""
