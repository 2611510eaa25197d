"""Matching and weighting: a comparison group that resembles the treated."""
