"""Many contracts at once: how much their effects differ, and what can be said of each."""
