"""What was agreed before outcomes were seen: evaluation.yaml as frozen models."""
