"""Design notes: what will be done, before outcomes are seen."""
