"""Randomised trials: who got the programme was decided by lot."""
