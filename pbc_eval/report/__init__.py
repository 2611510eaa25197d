"""From released results to the sections of a page."""
