"""What may be written at a place of evaluation.yaml or portfolio.yaml, for an editor."""
