"""The sections of each kind of page."""
