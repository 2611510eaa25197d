"""Every figure, with its alternative text and its data."""
