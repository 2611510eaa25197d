"""Difference-in-differences: effects by cohort and period, and what is made of them."""
