"""The audit of a site: each page as people with and without a mouse, a wide screen or paper meet it."""
