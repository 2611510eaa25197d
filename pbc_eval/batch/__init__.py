"""Many evaluations at once."""
