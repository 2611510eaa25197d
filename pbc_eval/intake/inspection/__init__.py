"""A first look at a person's file: where its table stands, what its columns hold, what is odd."""
