"""What a notebook may take."""

CELL_DEADLINE = 600.0  # seconds a cell
