"""Sentences and plain facts made from results. Nobody types these."""
