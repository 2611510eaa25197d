"""The whole story of one evaluation: data, checks, estimates, payment and value."""
