"""Data in: who was observed, when, and what was dropped."""
