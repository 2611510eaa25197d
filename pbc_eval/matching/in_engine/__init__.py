"""Matching and weighting of people who stay in an engine: sums by group come out, no rows."""
