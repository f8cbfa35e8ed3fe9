"""From an embedding to what a generator listens to."""
