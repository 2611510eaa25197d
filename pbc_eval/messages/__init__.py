"""Pages in another language: messages with the English text as their key, and their catalogues."""
