"""Dated, sourced values: the date selects the row."""
