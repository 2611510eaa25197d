"""The audit of a site: each page as people meet it, by mouse or keyboard, on screen or paper."""
