"""From a notebook to a published edition and the site."""
