"""The transparency site: pages, feed, catalogues and checksums over all editions."""
