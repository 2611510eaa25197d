"""All contracts of a year: read, pooled and released."""
