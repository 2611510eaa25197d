"""Social return on investment."""
